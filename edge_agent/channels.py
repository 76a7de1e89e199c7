"""Bounded queues, one per arrow; the rule for what happens when one is full is its type."""

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Full(Exception):
    """A channel that may not drop is full: its reader is dead, which is a bug."""


class Channel(ABC, Generic[T]):
    """A queue within one event loop. Subclasses say what a full queue does."""

    def __init__(self, size: int, wake: Callable[[], None] | None = None) -> None:
        self._items: deque[T] = deque()
        self._size = size
        self._arrived = asyncio.Event()
        self._wake = wake
        self.dropped = 0
        """Items lost since the start."""

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Add an item; never blocks."""
        if len(self._items) >= self._size:
            self._overflow()
        self._items.append(item)
        self._arrived.set()
        if self._wake is not None:
            self._wake()

    def take(self) -> T | None:
        """Return the oldest item, or ``None``."""
        if not self._items:
            return None
        item = self._items.popleft()
        if not self._items:
            self._arrived.clear()
        return item

    def peek(self) -> T | None:
        """Return the oldest item and leave it there, or ``None``."""
        return self._items[0] if self._items else None

    async def get(self) -> T:
        """Wait for the oldest item."""
        while not self._items:
            await self._arrived.wait()
        item = self.take()
        assert item is not None
        return item

    def clear(self) -> None:
        """Throw away what waits."""
        self._items.clear()
        self._arrived.clear()

    @abstractmethod
    def _overflow(self) -> None:
        """Make room, or refuse."""


class DropOldest(Channel[T]):
    """What is new matters more: advertisements, telemetry."""

    def _overflow(self) -> None:
        self._items.popleft()
        self.dropped += 1


class NeverDrop(Channel[T]):
    """Withdrawals, replies, proofs: losing one would be wrong. Bounded all the same."""

    def _overflow(self) -> None:
        raise Full(f"{self._size} items wait and nobody reads them")
