"""How regularly somebody is heard, and therefore how long a silence means nothing."""

from collections import deque
from dataclasses import dataclass, field

PATIENT_GAPS = 2.5
"""A silence means something after so many of her longest gap: one sighting may be missed, or mislead, and the next one
may be late by half a gap."""

SLOWEST_GAP_S = 10.0
"""Some controllers report a device once in ten seconds. Whoever is new in the air may be heard through one."""

_GAPS_MAX = 16
_GAPS_MIN = 4  # fewer tell no rhythm: they may all be of several devices, heard at once
_NEVER = float("-inf")


@dataclass(slots=True)
class Rhythm:
    """The rhythm of one source: her phones in the air, or the reports of her app.

    The longest of the last gaps, not their mean or median: two adapters that hear the same advertisement, or a phone
    and a loyalty card, make pairs of sightings with next to nothing in between, which say nothing about silences.
    """

    last_s: float = _NEVER
    """When she was last heard, monotonic second."""
    new_gap_s: float = 0.0
    """What her gap is taken to be until some are known, at least."""
    longest_gap_s: float = 0.0
    """The longest of the last gaps; 0 while there is none."""
    _gaps_s: deque[float] = field(default_factory=lambda: deque(maxlen=_GAPS_MAX))

    def heard(self, at_s: float) -> None:
        """She was heard at ``at_s``. Going back in time changes nothing."""
        if at_s > self.last_s:
            if self.last_s != _NEVER:
                self._gaps_s.append(at_s - self.last_s)
                self.longest_gap_s = max(self._gaps_s)
            self.last_s = at_s

    def deaf(self, from_s: float, until_s: float) -> None:
        """Nobody listened in between: that is no silence."""
        self.last_s += until_s - max(from_s, self.last_s)

    def patience_s(self, least_s: float, most_s: float) -> float:
        """Return how long a silence is ordinary for her, within bounds."""
        new_gap_s = self.new_gap_s if len(self._gaps_s) < _GAPS_MIN else 0.0
        return min(max(PATIENT_GAPS * max(self.longest_gap_s, new_gap_s), least_s), most_s)
