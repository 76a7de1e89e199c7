"""How regularly somebody is heard, and therefore how long a silence means nothing."""

from collections import deque
from dataclasses import dataclass, field
from statistics import median

_GAPS_MAX = 16
_NEVER = float("-inf")


@dataclass(slots=True)
class Rhythm:
    """The rhythm of one source: her phones in the air, or the reports of her app."""

    last_s: float = _NEVER
    """When she was last heard, monotonic second."""
    interval_s: float = 1.0
    """The median of the last gaps; a second while there is none."""
    _gaps_s: deque[float] = field(default_factory=lambda: deque(maxlen=_GAPS_MAX))

    def heard(self, at_s: float) -> None:
        """She was heard at ``at_s``. Going back in time changes nothing."""
        if at_s > self.last_s:
            if self.last_s != _NEVER:
                self._gaps_s.append(at_s - self.last_s)
                self.interval_s = median(self._gaps_s)
            self.last_s = at_s

    def deaf(self, from_s: float, until_s: float) -> None:
        """Nobody listened in between: that is no silence."""
        self.last_s += until_s - max(from_s, self.last_s)

    def patience_s(self, gaps: float, least_s: float, most_s: float) -> float:
        """Return how long a silence is ordinary: ``gaps`` of her own intervals, within bounds."""
        return min(max(gaps * self.interval_s, least_s), most_s)
