"""What the local commands may look at of a running agent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from edge_agent.admin.doctor.facts import Key
from edge_agent.app.screens import UnitScreen
from edge_agent.channels import Channel
from edge_agent.clerk.tablets import Tablets
from edge_agent.clock import Clock
from edge_agent.contracts.admin import AdapterStatus, QueueStatus, ScreenStatus
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.storage import ContentReport, StorageReport
from edge_agent.contracts.unit import PartReport
from edge_agent.engine import Engine
from edge_agent.errors import DisplayError
from edge_agent.loop import Inbox, Stamped
from edge_agent.retention import Retention
from edge_agent.store.opening import Stores
from edge_agent.store.worker import Worker
from edge_agent.supervisor import Part
from edge_agent.sync.unlock import Unlock
from edge_agent.telling import Shot


@runtime_checkable
class Hearing(Protocol):
    """A part that listens with an adapter."""

    def status(self, now_s: float) -> AdapterStatus:
        """Return how it hears at monotonic second ``now_s``."""
        ...


@dataclass(frozen=True, slots=True)
class Inside:
    """The pieces of an agent, to be looked at only."""

    config: AgentConfig
    clock: Clock
    engine: Engine
    inbox: Inbox
    stores: Stores
    retention: Retention
    worker: Worker
    parts: Sequence[Part]
    """All of them, also those that are added later."""
    tablets: Tablets | None
    """Those of the store; ``None`` where there is no broker."""
    screen: UnitScreen | None
    """The display's; ``None``: the unit has no screen."""
    key: Callable[[], Key]
    """Where the key of the profiles comes from."""
    content: Callable[[], ContentReport] | None
    """What lies in the content folder; ``None`` where nothing fetches any."""

    def adapters(self, now_s: float) -> tuple[AdapterStatus, ...]:
        """Return how each adapter hears at monotonic second ``now_s``."""
        return tuple(part.status(now_s) for part in self.parts if isinstance(part, Hearing))

    def reports(self) -> tuple[PartReport, ...]:
        """Return how each part is."""
        return tuple(part.health.report for part in self.parts)

    def screen_status(self) -> ScreenStatus | None:
        """Return how the screen is; ``None``: there is none."""
        return None if self.screen is None else self.screen.status()

    async def shoot(self) -> Shot:
        """Take a picture of the screen. Raises DisplayError, which says what to do."""
        if self.screen is None:
            raise DisplayError("this unit has no screen (display.enabled)")
        return await self.screen.shots.take()

    def storage(self) -> StorageReport:
        """Return how the databases are."""
        given_up = (part.given_up for part in self.parts if isinstance(part, Unlock) and part.given_up)
        set_aside = tuple(problem[:200] for problem in (*self.stores.problems, *given_up))
        return StorageReport(disk=self.engine.disk(), retention=self.retention.report(), set_aside=set_aside)

    def queues(self) -> tuple[QueueStatus, ...]:
        """Return what waits in each queue, and what it lost."""
        journal = self.stores.journal
        return (
            _queue("radio", self.inbox.radio),
            _queue("clerks", self.inbox.clerks),
            _queue("units", self.inbox.units),
            _queue("urgent", self.inbox.urgent),
            QueueStatus(queue="outbox", waiting=journal.waiting(), dropped=journal.shed()),
        )


def _queue(name: str, channel: Channel[Stamped]) -> QueueStatus:
    return QueueStatus(queue=name, waiting=len(channel), dropped=channel.dropped)
