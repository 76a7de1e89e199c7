"""What is told to whoever looks on while the unit works: the demo's story, and the field tools. In memory only."""

from dataclasses import dataclass
from typing import Literal

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.clerk import Outcome

FactKind = Literal[
    "near", "screen", "shown", "card", "escalated", "claimed", "outcome", "away", "left", "silent", "withdrawn"
]


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that happened, for the demo's story view. Held in memory, never logged."""

    kind: FactKind
    customer: CustomerId
    badge: str = ""
    zone: str = ""
    distance_m: float | None = None
    text: str = ""
    """What was said, or why nothing was."""
    due_s: float | None = None
    """Seconds until something that is planned."""
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of the screen. In memory only; whoever asked for it may keep it."""

    jpeg: bytes
    """The picture, reduced."""
    redacted: bool
    """Whether something personal was on the screen, and is not in the picture."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One advertisement of a recognised customer. Lives in memory for ``RSSI_KEEP_S`` at most; never logged."""

    customer: CustomerId
    device: str
    """Which of her devices, as the slice names it."""
    badge: int | None
    """Number of the badge with which she was first heard; ``None`` without an app."""
    rssi_dbm: int
    """As received: before this unit's calibration."""
    measured_power_dbm: int
    """What the device says that one receives 1 m away from it."""
    distance_m: float | None
    """Her distance after it, smoothed."""
