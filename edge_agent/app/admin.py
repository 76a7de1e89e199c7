"""Where the local commands' answers come from."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from edge_agent import __version__
from edge_agent.admin.reporter import Reporter, Sources
from edge_agent.admin.server import AdminSocket
from edge_agent.channels import Channel
from edge_agent.clock import Clock
from edge_agent.contracts.admin import AdapterStatus, QueueStatus
from edge_agent.contracts.config import AgentConfig
from edge_agent.engine import Engine
from edge_agent.loop import Inbox, Stamped
from edge_agent.store.journal import Journal
from edge_agent.supervisor import Health, Part


@runtime_checkable
class Hearing(Protocol):
    """A part that listens with an adapter."""

    def status(self, now_s: float) -> AdapterStatus:
        """Return how it hears at monotonic second ``now_s``."""
        ...


def admin_socket(
    config: AgentConfig, clock: Clock, engine: Engine, inbox: Inbox, journal: Journal, parts: Sequence[Part]
) -> AdminSocket:
    """Build the part that answers local commands. ``parts``: all of them, also those that are added later."""
    sources = Sources(
        config=config,
        version=__version__,
        view=engine.view,
        customers=lambda: engine.customers,
        adapters=lambda now_s: [part.status(now_s) for part in parts if isinstance(part, Hearing)],
        parts=lambda: [part.health.report for part in parts],
        queues=lambda: [
            _queue("radio", inbox.radio),
            _queue("clerks", inbox.clerks),
            _queue("units", inbox.units),
            _queue("urgent", inbox.urgent),
            QueueStatus(queue="outbox", waiting=journal.waiting(), dropped=journal.shed()),
        ],
        heard=lambda: inbox.heard,
    )
    return AdminSocket(config.admin.socket, Reporter(sources, clock), Health("admin", clock))


def _queue(name: str, channel: Channel[Stamped]) -> QueueStatus:
    return QueueStatus(queue=name, waiting=len(channel), dropped=channel.dropped)
