"""What the doctor is told of a unit by its agent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edge_agent.contracts.admin import AdapterStatus, QueueStatus, ScreenStatus
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.storage import ContentReport, StorageReport
from edge_agent.contracts.unit import PartReport
from edge_agent.events import Instant


@dataclass(frozen=True, slots=True)
class Held:
    """What the hub has sent, and how old it is."""

    customers: int
    """Customers whose tokens are known."""
    lease_until: datetime | None
    """Past this the slice is unusable; ``None``: there is none."""
    pulled_at: datetime | None
    """When the hub answered a pull last, since the start of the agent."""
    campaigns: int
    """What could be said."""
    stock_counted_at: datetime | None
    """When stock was counted last, of what was looked at; ``None``: no stock is known."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """Events on their way to the hub."""

    waiting: int = 0
    """Events that wait."""
    shed: int = 0
    """Events thrown away since the start because too many waited."""
    dead: int = 0
    """Events that the hub refused."""


@dataclass(frozen=True, slots=True)
class Space:
    """The disk of the unit's folder."""

    free_bytes: int = 0
    """What is left."""
    total_bytes: int = 0
    """How large it is; 0: that could not be found out."""


KeySource = Literal["file", "credential", "tpm", "hub"]


@dataclass(frozen=True, slots=True)
class Key:
    """The key that seals the profiles; of the key itself nothing."""

    source: KeySource
    """A file beside the data, a systemd credential (of the machine's disk, or of its TPM), or the hub at each start."""
    held: bool
    """Whether it is here."""


@dataclass(frozen=True, slots=True)
class Facts:
    """A unit at one moment."""

    now: Instant
    started_s: float
    """When the agent began, monotonic second."""
    config: AgentConfig
    adapters: Sequence[AdapterStatus]
    parts: Sequence[PartReport]
    queues: Sequence[QueueStatus]
    screen: ScreenStatus | None
    """How the screen is; ``None``: this unit has none."""
    tablets: int | None
    """Tablets that are online; ``None``: nobody can tell, without a broker."""
    in_reach: bool | None
    """Whether the coordinator answers; ``None``: the unit has none."""
    held: Held
    unreadable: str
    """Why the databases could not be looked at; empty: they were."""
    outbox: Outbox
    storage: StorageReport
    space: Space
    key: Key
    desired_elsewhere: str
    """Where the hub's configuration for this unit lies, if it is another one than the one at work; empty: it is not."""
    certificate_until: datetime | None
    """When the unit's certificate ends; ``None``: it has none."""
    memory_bytes: int
    """What the agent's process takes."""
    content: ContentReport | None = None
    """What the screen can show; ``None``: nothing fetches any."""
