"""Cards out, replies and hellos in, over the store's broker."""

import asyncio
from collections.abc import Callable
from typing import Final

from edge_agent.bus.connection import Bus
from edge_agent.contracts.base import Identifier
from edge_agent.contracts.bus import CARD, HELLO, REPLY
from edge_agent.contracts.clerk import Card, Reply, TabletHello
from edge_agent.contracts.topics import StoreTopics
from edge_agent.events import BusJoined, ClerkReplied, TabletJoined

Emit = Callable[[ClerkReplied | TabletJoined | BusJoined], None]
"""Hands an input to the engine; never blocks."""


HELLO_PAUSE_S: Final = 1.0
"""Each hello publishes the open cards again, so a tablet is answered no more often than this."""

TABLETS_MAX: Final = 64
"""Tablets that are answered within one pause; more than any store has. The rest are left out."""


class Notifier:
    """The engine's mouth and ear for the clerks. It keeps nothing: who holds which card is the engine's matter."""

    def __init__(self, bus: Bus, topics: StoreTopics, unit: Identifier, lead: Identifier, emit: Emit) -> None:
        """``lead``: the department whose tablets show what has escalated."""
        self._bus = bus
        self._topics = topics
        self._lead = lead
        self._emit = emit
        self._resting: dict[str, TabletHello | None] = {}
        bus.handle(REPLY, topics.replies(unit), self._replied)
        bus.handle(HELLO, topics.every_hello(), self._hello)
        bus.on_joined(lambda: emit(BusJoined()))

    def send(self, card: Card) -> None:
        """Publish a card, or its new state, to its department; to the lead as well once it has escalated."""
        self._bus.publish(CARD, self._topics.cards(card.department), card)
        if card.escalated and card.department != self._lead:
            self._bus.publish(CARD, self._topics.cards(self._lead), card)

    def _replied(self, _unit: str, reply: Reply) -> None:
        self._emit(ClerkReplied(reply))

    def _hello(self, tablet: str, hello: TabletHello) -> None:
        """Pass the first hello on at once; of more within the pause only the last counts, after it."""
        if tablet in self._resting:
            self._resting[tablet] = hello
        elif len(self._resting) < TABLETS_MAX:
            self._pass_on(tablet, hello)

    def _pass_on(self, tablet: str, hello: TabletHello) -> None:
        self._resting[tablet] = None
        asyncio.get_running_loop().call_later(HELLO_PAUSE_S, self._rested, tablet)
        self._emit(TabletJoined(hello))

    def _rested(self, tablet: str) -> None:
        waiting = self._resting.pop(tablet)
        if waiting is not None:
            self._pass_on(tablet, waiting)
