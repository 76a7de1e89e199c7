"""The only place that reads a clock."""

import ctypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, Protocol

from edge_agent.events import Instant

_TIME_ERROR = 5  # adjtimex(2): "the system clock is not synchronized to a reliable server"
_TRUST_S = 1.0  # asking costs as much as deciding about a stranger, and a clock is not set every second
_TIMEX_BYTES = 256  # struct timex is 208 bytes on 64-bit Linux; modes = 0 reads only


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> Instant:
        """Return this moment."""
        ...


class SystemClock:
    """The machine's clocks: CLOCK_MONOTONIC, and UTC with whether it may be believed."""

    def __init__(self, trust: Literal["synchronised", "always"] = "synchronised") -> None:
        self._synchronised: Callable[[], bool] = kernel_clock_synchronised if trust == "synchronised" else lambda: True
        self._trusted = False
        self._ask_again_s = 0.0

    def now(self) -> Instant:
        """Return this moment. Whether UTC may be believed is up to a second old."""
        monotonic_s = time.monotonic()
        if monotonic_s >= self._ask_again_s:
            self._trusted = self._synchronised()
            self._ask_again_s = monotonic_s + _TRUST_S
        return Instant(monotonic_s, datetime.now(UTC), self._trusted)


def kernel_clock_synchronised() -> bool:
    """Ask the kernel whether something keeps its clock right (adjtimex(2)). About 1 µs."""
    buffer = ctypes.create_string_buffer(_TIMEX_BYTES)
    state: int = _LIBC.adjtimex(buffer)
    return 0 <= state != _TIME_ERROR


_LIBC = ctypes.CDLL(None)
