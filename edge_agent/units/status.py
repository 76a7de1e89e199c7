"""The unit's presence on the store's broker: retained, with a last will."""

from edge_agent.bus.connection import Bus
from edge_agent.contracts.base import Identifier
from edge_agent.contracts.bus import UNIT_PRESENCE
from edge_agent.contracts.topics import StoreTopics
from edge_agent.contracts.unit import UnitPresence


class UnitStatus:
    """Says that the unit is here, and lets the broker say when it is not. Build it before the notifier:
    tablets that see it return expect the open cards next.
    """

    def __init__(self, bus: Bus, topics: StoreTopics, unit: Identifier, zone: str, version: str) -> None:
        self._bus = bus
        self._topic = topics.unit_presence(unit)
        self._here = UnitPresence(unit=unit, online=True, zone=zone, version=version)
        bus.will(UNIT_PRESENCE, self._topic, self._here.model_copy(update={"online": False}))
        bus.on_joined(self._say)

    def _say(self) -> None:
        self._bus.publish(UNIT_PRESENCE, self._topic, self._here)
