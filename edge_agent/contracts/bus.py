"""What travels on the store's broker: one kind of message per kind of topic, each in a CloudEvent.

Quality of service is 1, except for what is said again a second later. Nothing that is about a customer is ever
retained.
"""

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from edge_agent.contracts.base import Contract
from edge_agent.contracts.clerk import Card, Reply, TabletHello, TabletPresence
from edge_agent.contracts.ownership import Assignments, Spoken, UnitSightings, Withdrawal
from edge_agent.contracts.topics import Kind
from edge_agent.contracts.unit import UnitPresence

M = TypeVar("M", bound=Contract)


@dataclass(frozen=True, slots=True)
class BusMessage(Generic[M]):
    """How one contract travels."""

    kind: Kind
    """The kind of topic that carries it."""
    event_type: str
    """``type`` of its CloudEvent."""
    model: type[M]
    """The contract in ``data``."""
    names: str | None
    """The field that must equal the last level of the topic, so that nobody speaks for another."""
    retained: bool = False
    """Whether the broker keeps the last one for whoever comes later."""
    qos: Literal[0, 1] = 1
    """0: a lost one does no harm, and a late one would only be in the way."""


CARD: BusMessage[Card] = BusMessage("card", "card.changed", Card, names=None)  # it may be on the lead's topic too
REPLY: BusMessage[Reply] = BusMessage("reply", "card.replied", Reply, names=None)
HELLO: BusMessage[TabletHello] = BusMessage("hello", "tablet.hello", TabletHello, names="tablet")
TABLET_PRESENCE: BusMessage[TabletPresence] = BusMessage(
    "tablet", "tablet.presence", TabletPresence, names="tablet", retained=True
)
UNIT_PRESENCE: BusMessage[UnitPresence] = BusMessage("unit", "unit.presence", UnitPresence, names="unit", retained=True)
SIGHTINGS: BusMessage[UnitSightings] = BusMessage("sightings", "unit.sightings", UnitSightings, names="unit", qos=0)
OWNERS: BusMessage[Assignments] = BusMessage("owners", "unit.owners", Assignments, names="unit", qos=0)
WITHDRAWAL: BusMessage[Withdrawal] = BusMessage("withdrawal", "customer.withdrew", Withdrawal, names="unit")
SPOKEN: BusMessage[Spoken] = BusMessage("spoken", "customer.contacted", Spoken, names="unit")

BUS_MESSAGES: tuple[BusMessage[Any], ...] = (
    CARD,
    REPLY,
    HELLO,
    TABLET_PRESENCE,
    UNIT_PRESENCE,
    SIGHTINGS,
    OWNERS,
    WITHDRAWAL,
    SPOKEN,
)
"""Everything that we put on a broker."""
