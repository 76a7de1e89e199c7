"""Nudges: tell the units of a store that something changed. A missed nudge costs nothing.

There are two: ``pull`` for all units of a store, and ``presence`` for the unit whose beacon an app has reported.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Set
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

log = logging.getLogger(__name__)

POLL_S = 0.5
"""How often a worker looks for changes that other processes made; its own it hears of at once."""


NudgeKind = Literal["pull", "presence"]


class _Stream:
    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.waiting: set[NudgeKind] = {"pull", "presence"}
        self.ended = False

    def wake(self, kind: NudgeKind) -> None:
        self.waiting.add(kind)
        self.woken.set()

    def end(self) -> None:
        self.ended = True
        self.woken.set()


class Fanout:
    """The streams of one worker, one for each unit, and what each store's sequence number was last."""

    def __init__(
        self,
        sequences: Callable[[], Mapping[str, int]],
        enrolled: Callable[[str], Set[str]],
        reported: Callable[[], Mapping[tuple[str, str], float]],
    ) -> None:
        """``sequences``: by store. ``enrolled``: the units of a store. ``reported``: when, by store and unit."""
        self._sequences = sequences
        self._enrolled = enrolled
        self._reported = reported
        self._known: dict[str, int] = {}
        self._known_reports: Mapping[tuple[str, str], float] = {}
        self._streams: defaultdict[str, dict[str, _Stream]] = defaultdict(dict)
        self._ended = False
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
                await self._spread(await asyncio.to_thread(self._sequences))
                self._spread_reports(await asyncio.to_thread(self._reported))
            except SQLAlchemyError as error:
                log.warning("the database cannot be read, nudges wait: %s", type(error).__name__)

    def end(self) -> None:
        """End all streams, also those that open from now on: this worker stops, and the units come back to the next."""
        self._ended = True
        for streams in self._streams.values():
            for stream in streams.values():
                stream.end()

    async def _spread(self, present: Mapping[str, int]) -> None:
        for store, sequence in present.items():
            if self._known.get(store) == sequence:
                continue
            if self._streams[store]:
                enrolled = await asyncio.to_thread(self._enrolled, store)
                for unit, stream in self._streams[store].items():
                    if unit in enrolled:
                        stream.wake("pull")
                    else:
                        stream.end()
            self._known[store] = sequence

    def _spread_reports(self, present: Mapping[tuple[str, str], float]) -> None:
        for (store, unit), received_s in present.items():
            stream = self._streams[store].get(unit)
            if stream is not None and self._known_reports.get((store, unit)) != received_s:
                stream.wake("presence")
        self._known_reports = present

    async def nudges(self, store: str, unit: str) -> AsyncIterator[NudgeKind]:
        """Yield both kinds now, and each whenever there is something to pull; changes in between are one.

        It ends when the unit is revoked, when the unit opens another, and when this worker stops.
        """
        stream, streams = _Stream(), self._streams[store]
        if unit in streams:
            streams[unit].end()
        streams[unit] = stream
        try:
            while not (stream.ended or self._ended):
                stream.woken.clear()
                while stream.waiting:
                    yield stream.waiting.pop()
                await stream.woken.wait()
        finally:
            if streams.get(unit) is stream:
                del streams[unit]
