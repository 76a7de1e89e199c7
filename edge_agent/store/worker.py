"""The one thread that writes to the databases."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final, ParamSpec, TypeVar, cast

P = ParamSpec("P")
T = TypeVar("T")

_END: Final = object()
"""StopIteration cannot pass through a future."""


class Worker:
    """Runs blocking calls one after the other, so that the event loop never waits for a disk.

    What waits is bounded by its callers: each awaits its own call.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")

    async def call(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what ``function`` returns, or raise what it raises.

        A caller that is cancelled stops waiting; a call that has begun is finished all the same.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(function, *args, **kwargs))

    async def pieces(self, pieces: Iterator[T]) -> T | None:
        """Do a long work whose other callers get their turn after each piece; return the last result."""
        last: T | None = None
        while True:
            piece = await self.call(next, pieces, _END)
            if piece is _END:
                return last
            last = cast(T, piece)

    def close(self) -> None:
        """Finish what was asked for, then end the thread."""
        self._thread.shutdown(wait=True)
