"""Every MQTT topic, built and parsed here and nowhere else: ``ea/1/{store}/...``."""

from dataclasses import dataclass
from typing import Literal

from edge_agent.contracts.base import Identifier

_ROOT = "ea/1"

Kind = Literal["unit", "tablet", "card", "reply", "hello", "sightings", "owners", "withdrawal", "spoken"]


@dataclass(frozen=True, slots=True)
class Topic:
    """A parsed topic. ``name`` is the unit, tablet or department that its last level names."""

    store: Identifier
    kind: Kind
    name: str


@dataclass(frozen=True, slots=True)
class StoreTopics:
    """The topics of one store."""

    store: Identifier

    def unit_presence(self, unit: str) -> str:
        """Retained :class:`UnitPresence`."""
        return self.topic("unit", unit)

    def tablet_presence(self, tablet: str) -> str:
        """Retained :class:`TabletPresence`."""
        return self.topic("tablet", tablet)

    def every_tablet(self) -> str:
        """Filter for the presence of all tablets."""
        return self.topic("tablet", "+")

    def cards(self, department: str) -> str:
        """:class:`Card` for the tablets of a department; never retained."""
        return self.topic("card", department)

    def replies(self, unit: str) -> str:
        """:class:`Reply` to the unit that owns the card."""
        return self.topic("reply", unit)

    def hello(self, tablet: str) -> str:
        """:class:`TabletHello` to every unit of the store."""
        return self.topic("hello", tablet)

    def every_hello(self) -> str:
        """Filter for the hellos of all tablets."""
        return self.topic("hello", "+")

    def every_unit(self) -> str:
        """Filter for the presence of all units."""
        return self.topic("unit", "+")

    def sightings(self, unit: str) -> str:
        """:class:`UnitSightings` of a unit, for the coordinator; never retained."""
        return self.topic("sightings", unit)

    def all_sightings(self) -> str:
        """Filter for the sightings of all units."""
        return self.topic("sightings", "+")

    def owners(self, unit: str) -> str:
        """:class:`Assignments` to the unit that asked; never retained."""
        return self.topic("owners", unit)

    def withdrawal(self, unit: str) -> str:
        """:class:`Withdrawal` that was said at a unit; never retained."""
        return self.topic("withdrawal", unit)

    def every_withdrawal(self) -> str:
        """Filter for the withdrawals of all units."""
        return self.topic("withdrawal", "+")

    def spoken(self, unit: str) -> str:
        """:class:`Spoken`, told by a unit; never retained."""
        return self.topic("spoken", unit)

    def every_spoken(self) -> str:
        """Filter for what all units tell of contacts."""
        return self.topic("spoken", "+")

    def topic(self, kind: Kind, name: str) -> str:
        """Return the topic of a kind and the unit, tablet or department that it is about."""
        return f"{_ROOT}/{self.store}/{kind}/{name}"


def parse(topic: str) -> Topic | None:
    """Return the parts of a topic of ours, or ``None`` for anything else that a broker carries."""
    levels = topic.split("/")
    if len(levels) != 5 or "/".join(levels[:2]) != _ROOT:
        return None
    _, _, store, kind, name = levels
    match kind:
        case "unit" | "tablet" | "card" | "reply" | "hello" | "sightings" | "owners" | "withdrawal" | "spoken" if (
            store and name
        ):
            return Topic(store, kind, name)
    return None
