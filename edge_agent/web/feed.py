"""Spreads the story's lines to whoever watches: the last ones at once, then each new one."""

from collections import deque
from collections.abc import AsyncGenerator
from datetime import tzinfo
from typing import Final

from edge_agent.channels import DropOldest
from edge_agent.events import Instant
from edge_agent.telling import Fact
from edge_agent.web.story import line

KEEP: Final = 60
"""Lines that a new watcher sees at once: about a minute of a busy demo."""


class StoryFeed:
    """Facts in, lines out. Demo only: nothing of it is logged or stored."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._recent: deque[str] = deque(maxlen=KEEP)
        self._watchers: set[DropOldest[str]] = set()

    def tell(self, fact: Fact, at: Instant) -> None:
        """Add one fact; never blocks."""
        told = line(fact, at.utc, self._zone)
        self._recent.append(told)
        for watcher in self._watchers:
            watcher.put(told)

    async def lines(self) -> AsyncGenerator[str]:
        """Yield the recent lines and then each new one. A watcher that is too slow misses the oldest."""
        watcher: DropOldest[str] = DropOldest(KEEP)
        for told in self._recent:
            watcher.put(told)
        self._watchers.add(watcher)
        try:
            while True:
                yield await watcher.get()
        finally:
            self._watchers.discard(watcher)
