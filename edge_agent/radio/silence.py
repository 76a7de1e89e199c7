"""Is this silence a fault? Judged by the pauses that ended by themselves.

Advertisements come in clumps: a passer-by sends a hundred and is gone. So their mean rate says little
about how long a healthy scan may hear nothing; the longest pause of the last minutes does.
"""

import math
from typing import Final

UNUSUAL: Final = 3.0
"""So many times longer than the longest usual pause is unusual. A wrong alarm costs one quick restart."""

MEMORY_S: Final = 300.0
"""A long pause is forgotten with this time constant, so that a quiet night does not excuse a deaf morning.
A pause counts for no more than this either."""

CURED_S: Final = 2.0
"""Heard again so soon after a scan began: what was silent was the scan, not the shop."""


class Silence:
    """The pauses of one adapter's scans. Times are monotonic seconds and never go back."""

    def __init__(self, silent_s: float, now_s: float) -> None:
        """``silent_s``: a shorter silence is never a fault. ``now_s``: when the first scan begins."""
        self._silent_s = silent_s
        self._usual_s = 0.0
        self._heard_s = now_s
        self._begun_s: float | None = now_s
        """When the scan began, as long as it has heard nothing."""

    def begun(self, now_s: float) -> None:
        """A new scan has begun."""
        self._begun_s = now_s

    def heard(self, now_s: float) -> None:
        """Something was heard."""
        if self._begun_s is None or now_s - self._begun_s > CURED_S:
            pause_s = now_s - self._heard_s
            self._usual_s = max(min(pause_s, MEMORY_S), self._usual_s * math.exp(-pause_s / MEMORY_S))
        self._heard_s = now_s
        self._begun_s = None

    def limit_s(self) -> float:
        """Return how long the scan may hear nothing; for ever as long as it has heard nobody: an empty shop."""
        return max(self._silent_s, UNUSUAL * self._usual_s) if self._begun_s is None else math.inf

    def deaf_since_s(self, now_s: float) -> float | None:
        """Return since when the scan has been deaf; ``None`` while its silence is nothing unusual."""
        return self._heard_s if now_s - self._heard_s >= self.limit_s() else None
