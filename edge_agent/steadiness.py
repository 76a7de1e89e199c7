"""How old things are where the wall clock cannot be relied on: it may be wrong at the start, jump ahead, jump back."""

from collections.abc import Iterable
from typing import Final

from edge_agent.events import Instant

JUMP_S: Final = 60.0
"""Where the wall clock and the monotonic one differ by more between two looks, the wall clock has jumped."""

STEADY_S: Final = 3600.0
"""A wall clock that has jumped is not believed for so long: it may jump back."""


class Steadiness:
    """Judges whether the wall clock may say what is past: it is trusted, and has not jumped lately."""

    def __init__(self) -> None:
        self._last: Instant | None = None
        self._distrusted_until_s = float("-inf")

    def believed(self, now: Instant) -> bool:
        """Take note of the time, and judge it. To be asked in every round."""
        last, self._last = self._last, now
        if last is not None:
            passed_s = now.monotonic_s - last.monotonic_s
            if abs((now.utc - last.utc).total_seconds() - passed_s) > JUMP_S:
                self._distrusted_until_s = now.monotonic_s + STEADY_S
        return now.utc_trusted and now.monotonic_s >= self._distrusted_until_s


class Watched:
    """Things that were seen to be over, and since when: their age in real time, whatever the wall clock does."""

    def __init__(self) -> None:
        self._since_s: dict[str, float] = {}

    def past(self, over: Iterable[str], now_s: float, keep_s: float) -> tuple[str, ...]:
        """Return what has been over for ``keep_s``; ``over``: everything that is."""
        self._since_s = {name: self._since_s.get(name, now_s) for name in over}
        return tuple(name for name, since_s in self._since_s.items() if now_s - since_s >= keep_s)
