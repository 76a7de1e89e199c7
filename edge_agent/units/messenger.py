"""What the units of a store tell each other over its broker: who hears whom, who serves whom, who withdrew, who was
spoken to."""

from collections.abc import Callable

from edge_agent.bus.connection import Bus
from edge_agent.contracts.base import Identifier
from edge_agent.contracts.bus import OWNERS, SIGHTINGS, SPOKEN, UNIT_PRESENCE, WITHDRAWAL
from edge_agent.contracts.ownership import Assignments, Spoken, UnitMessage, UnitSightings, Withdrawal
from edge_agent.contracts.topics import StoreTopics
from edge_agent.contracts.unit import UnitPresence
from edge_agent.events import FromUnit, UnitJoined

Emit = Callable[[FromUnit | UnitJoined], None]
"""Hands an input to the engine; never blocks."""


class Messenger:
    """The engine's mouth and ear for the other units. It keeps nothing.

    Sightings go to the coordinator alone and its answers to the unit that asked; withdrawals and contacts to all.
    """

    def __init__(
        self, bus: Bus, topics: StoreTopics, unit: Identifier, coordinator: Identifier | None, emit: Emit
    ) -> None:
        """``coordinator``: the unit that assigns visits; ``None``: nobody does, and units only tell what is for all."""
        self._bus = bus
        self._topics = topics
        self._unit = unit
        self._emit = emit
        bus.handle(WITHDRAWAL, topics.every_withdrawal(), self._told)
        bus.handle(SPOKEN, topics.every_spoken(), self._told)
        bus.handle(UNIT_PRESENCE, topics.every_unit(), self._joined)
        if coordinator is not None:
            bus.handle(OWNERS, topics.owners(unit), lambda _, answer: emit(FromUnit(answer)))
        if coordinator == unit:
            bus.handle(SIGHTINGS, topics.all_sightings(), self._told)

    def send(self, message: UnitMessage) -> None:
        """Publish what this unit says."""
        match message:
            case UnitSightings():
                self._bus.publish(SIGHTINGS, self._topics.sightings(message.unit), message)
            case Assignments():
                self._bus.publish(OWNERS, self._topics.owners(message.unit), message)
            case Withdrawal():
                self._bus.publish(WITHDRAWAL, self._topics.withdrawal(message.unit), message)
            case Spoken():
                self._bus.publish(SPOKEN, self._topics.spoken(message.unit), message)

    def _told(self, unit: str, message: UnitMessage) -> None:
        if unit != self._unit:  # a broker gives back what one says oneself
            self._emit(FromUnit(message))

    def _joined(self, unit: str, presence: UnitPresence) -> None:
        if unit != self._unit and presence.online:
            self._emit(UnitJoined(presence.unit))
