"""What arrives from the broker: sorted by topic, checked, handed on; everything else is counted and dropped."""

import logging
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from edge_agent.bus.envelope import Unreadable, decode
from edge_agent.contracts.base import Contract, Identifier
from edge_agent.contracts.bus import BusMessage
from edge_agent.contracts.topics import Kind, parse

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Contract)
Handler = Callable[[str, M], None]
"""Called with the last level of the topic and the contract. Synchronous: it queues, and works elsewhere."""


class Router:
    """Routes of one store. Anybody on the shop's network may send anything: nothing here can fail."""

    def __init__(self, store: Identifier) -> None:
        self.faults: Counter[str] = Counter()
        """Dropped messages by kind of fault, since the start."""
        self._store = store
        self._routes: dict[Kind, tuple[BusMessage[Any], Handler[Any]]] = {}

    def route(self, message: BusMessage[M], handler: Handler[M]) -> None:
        """Hand the messages of this kind to ``handler``."""
        self._routes[message.kind] = (message, handler)

    def deliver(self, topic: str, payload: bytes, *, retained: bool) -> None:
        """Take one message as it came from the broker."""
        try:
            self._deliver(topic, payload, retained)
        except Unreadable as problem:
            self.drop(problem)

    def drop(self, problem: Unreadable) -> None:
        """Count a message that is not taken; each kind of fault is said once."""
        self.faults[problem.fault] += 1
        if self.faults[problem.fault] == 1:
            log.warning("bus: dropped a message (%s); more of these are only counted", problem)

    def _deliver(self, topic: str, payload: bytes, retained: bool) -> None:
        parsed = parse(topic)
        if parsed is None or parsed.store != self._store or parsed.kind not in self._routes:
            raise Unreadable("foreign topic")
        message, handler = self._routes[parsed.kind]
        if retained and not message.retained:
            raise Unreadable("retained", f"{message.event_type} must never be; clear it on the broker")
        handler(parsed.name, decode(message, parsed, payload))
