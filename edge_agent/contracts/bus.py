"""What travels on the store's broker: one kind of message per kind of topic, each in a CloudEvent.

Quality of service is 1 throughout. Nothing that is about a customer is ever retained.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from edge_agent.contracts.base import Contract
from edge_agent.contracts.clerk import Card, Reply, TabletHello, TabletPresence
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


CARD: BusMessage[Card] = BusMessage("card", "card.changed", Card, names="department")
REPLY: BusMessage[Reply] = BusMessage("reply", "card.replied", Reply, names=None)
HELLO: BusMessage[TabletHello] = BusMessage("hello", "tablet.hello", TabletHello, names="tablet")
TABLET_PRESENCE: BusMessage[TabletPresence] = BusMessage(
    "tablet", "tablet.presence", TabletPresence, names="tablet", retained=True
)
UNIT_PRESENCE: BusMessage[UnitPresence] = BusMessage("unit", "unit.presence", UnitPresence, names="unit", retained=True)

BUS_MESSAGES: tuple[BusMessage[Any], ...] = (CARD, REPLY, HELLO, TABLET_PRESENCE, UNIT_PRESENCE)
"""Everything that we put on a broker."""
