"""Nudges: tell the units of a store that something changed. A missed nudge costs nothing."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

POLL_S = 0.5
"""How often a worker looks for changes that other processes made; its own it hears of at once."""


class Fanout:
    """The streams of one worker, and what each store's sequence number was last."""

    def __init__(self, sequences: Callable[[], Mapping[str, int]]) -> None:
        self._sequences = sequences
        self._known: dict[str, int] = {}
        self._streams: defaultdict[str, set[asyncio.Event]] = defaultdict(set)
        self._look = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def changed(self) -> None:
        """Look for changes now. May be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._look.set)

    async def run(self) -> None:
        """Watch the sequence numbers and wake the streams, for ever."""
        self._loop = asyncio.get_running_loop()
        self._known = dict(await asyncio.to_thread(self._sequences))
        while True:
            try:
                async with asyncio.timeout(POLL_S):
                    await self._look.wait()
            except TimeoutError:
                pass
            self._look.clear()
            try:
                present = await asyncio.to_thread(self._sequences)
            except SQLAlchemyError as error:
                log.warning("the database cannot be read, nudges wait: %s", type(error).__name__)
                continue
            for store, sequence in present.items():
                if self._known.get(store) != sequence:
                    self._known[store] = sequence
                    for stream in self._streams.get(store, ()):
                        stream.set()

    async def nudges(self, store: str) -> AsyncIterator[int]:
        """Yield the sequence number of a store now, and whenever it has changed; changes in between are one."""
        stream = asyncio.Event()
        self._streams[store].add(stream)
        try:
            while True:
                yield self._known.get(store, 0)
                await stream.wait()
                stream.clear()
        finally:
            self._streams[store].discard(stream)
