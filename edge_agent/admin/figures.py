"""Rates of what only grows. Pure."""

from collections import deque
from typing import Final

SPAN_S: Final = 10.0
"""Rates are those of the last so many seconds."""

_READINGS_MAX: Final = 64


class Rate:
    """How fast a counter grows, as far as it was read."""

    def __init__(self) -> None:
        self._readings: deque[tuple[float, int]] = deque(maxlen=_READINGS_MAX)

    def read(self, count: int, now_s: float) -> float:
        """Take a reading at monotonic second ``now_s``; return the rate per second, 0 after the first."""
        while len(self._readings) > 1 and self._readings[0][0] < now_s - SPAN_S:
            self._readings.popleft()
        if self._readings and now_s <= self._readings[-1][0]:
            self._readings.pop()
        self._readings.append((now_s, count))
        first_s, first = self._readings[0]
        return (count - first) / (now_s - first_s) if now_s > first_s else 0.0

    def forget(self) -> None:
        """Begin anew."""
        self._readings.clear()
