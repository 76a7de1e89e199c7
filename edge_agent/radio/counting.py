"""What one adapter has heard: counts, and whether a neighbour unit's beacon was among it. Pure, nothing of anybody."""

from collections import deque
from typing import Final
from uuid import UUID

from edge_agent.events import Advertisement

RATE_S: Final = 10.0
"""The rate that is told is that of so many seconds."""

_APPLE: Final = 0x004C
_IBEACON: Final = b"\x02\x15"


class Counting:
    """Counts advertisements as they come; the rest of the listener looks at it twice a second."""

    def __init__(self, canary: str | None) -> None:
        """``canary``: the UUID of the operator's own beacons; ``None``: there are none."""
        self.total = 0
        """Advertisements since the start."""
        self._seen = 0
        self._sung = False
        self._canary = None if canary is None else _IBEACON + UUID(canary).bytes
        self._marks: deque[tuple[float, int]] = deque(maxlen=64)

    def count(self, heard: Advertisement) -> None:
        """Count one."""
        self.total += 1
        if self._canary is not None and not self._sung:
            self._sung = any(
                company == _APPLE and payload.startswith(self._canary) for company, payload in heard.manufacturer_data
            )

    def take(self, now_s: float) -> tuple[int, bool]:
        """Return how many were heard since the last call, and whether a neighbour unit's beacon was among them."""
        since, sung = self.total - self._seen, self._sung
        self._seen, self._sung = self.total, False
        self._marks.append((now_s, self.total))
        while len(self._marks) > 2 and self._marks[1][0] <= now_s - RATE_S:
            self._marks.popleft()
        return since, sung

    def per_s(self, now_s: float) -> float:
        """Return the rate of the last RATE_S seconds."""
        if not self._marks or now_s <= self._marks[0][0]:
            return 0.0
        at_s, total = self._marks[0]
        return (self.total - total) / (now_s - at_s)
