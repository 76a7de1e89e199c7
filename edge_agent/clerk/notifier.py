"""Cards out, replies and hellos in, over the store's broker."""

from collections.abc import Callable

from edge_agent.bus.connection import Bus
from edge_agent.contracts.base import Identifier
from edge_agent.contracts.bus import CARD, HELLO, REPLY
from edge_agent.contracts.clerk import Card, Reply, TabletHello
from edge_agent.contracts.topics import StoreTopics
from edge_agent.events import BusJoined, ClerkReplied, TabletJoined

Emit = Callable[[ClerkReplied | TabletJoined | BusJoined], None]
"""Hands an input to the engine; never blocks."""


class Notifier:
    """The engine's mouth and ear for the clerks. It keeps nothing: who holds which card is the engine's matter."""

    def __init__(self, bus: Bus, topics: StoreTopics, unit: Identifier, emit: Emit) -> None:
        self._bus = bus
        self._topics = topics
        self._emit = emit
        bus.handle(REPLY, topics.replies(unit), self._replied)
        bus.handle(HELLO, topics.every_hello(), self._hello)
        bus.on_joined(lambda: emit(BusJoined()))

    def send(self, card: Card) -> None:
        """Publish a card, or its new state, to its department."""
        self._bus.publish(CARD, self._topics.cards(card.department), card)

    def _replied(self, _unit: str, reply: Reply) -> None:
        self._emit(ClerkReplied(reply))

    def _hello(self, _tablet: str, hello: TabletHello) -> None:
        self._emit(TabletJoined(hello))
