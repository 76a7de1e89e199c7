"""Is this silence a fault? Judged by what this shop sounds like. Pure, and in memory only.

Advertisements come in clumps: a passer-by sends a hundred and is gone. So their mean rate says little about how
long a healthy scan may hear nothing; the longest pauses that ended by themselves do. From them:

=====================================  ==========================================================================
what is known                          how long nothing may be heard
=====================================  ==========================================================================
this scan has heard something          :data:`UNUSUAL` times the longest pause of the last minutes
it has not; the hour is known          :data:`UNUSUAL` times the longest pause that is usual within this hour
it has not; a canary fell silent too   :data:`UNUSUAL` times the canary's longest pause of the last minutes
it has not, and is one of the first    :data:`UNUSUAL` times the longest pause of the last minutes
none of these                          for ever: an empty shop
=====================================  ==========================================================================

With every scan begun in vain it is twice as long as before: what is tried then is dearer, and where advertisements
come by chance every longer silence is far less likely than the one before. A busy shop notices nothing of that.

Where a silent hour is usual, silence does not count at all; where it is not, it counts from the beginning of the first
such hour, so that a Monday morning is not blamed for its Sunday.

The canary is the beacon of a neighbour unit: while it is heard an empty shop is healthy, and when it falls silent
together with everything else, the ears are ill even though the shop may be empty.
"""

import math
from collections import deque
from statistics import median
from typing import Final, Literal

from edge_agent.radio.hours import HOUR_S, WEEK, Hours

UNUSUAL: Final = 3.0
"""So many times longer than the longest usual pause is unusual. A wrong alarm costs one quick restart."""

MEMORY_S: Final = 300.0
"""A long pause is forgotten with this time constant, so that a quiet night does not excuse a deaf morning.
A pause counts for no more than this either."""

CURED_S: Final = 2.0
"""Heard again so soon after a scan began: what was silent was the scan, not the shop."""

IN_VAIN_MAX: Final = 3
"""So many scans one after the other may be found deaf by the last minutes alone; then the shop is taken for empty.
The time is doubled as often."""

PATIENCE_S: Final = 3600.0
PATIENCE_MAX: Final = 3
"""Each cure within PATIENCE_S makes the next one wait longer, up to PATIENCE_MAX times. So a controller that reports
each device once per scan, and late, shows its rhythm instead of being restarted in step with it. Only the cure
waits: meanwhile the scan is ``suspected``."""

DOUBT_MAX_S: Final = 120.0
"""A scan that was begun to cure another one and has heard nothing either stays in doubt until this is judged, but for
no longer than so long after the last advertisement: in a shop of long pauses the judgement may take an hour."""

CANARY_MIN: Final = 10
"""A beacon that was heard less often is no canary."""

SILENT_HOUR_S: Final = 120.0
"""An hour in which a longer pause is usual may be silent as a whole. Where pauses end by chance, n of them within an
hour make the longest ln(n) times the mean, and three times that happens once in n x n hours: that proves something
where there are a hundred pauses, whose longest is two minutes, and nothing where there are three."""

Verdict = Literal["hearing", "quiet", "doubt", "suspected", "deaf"]
"""``hearing``: the scan hears. ``quiet``: it hears nothing, which is nothing unusual. ``doubt``: it was begun because
the one before was deaf or away, has not heard anything yet either, and may itself be found deaf. ``deaf``: its silence
is unusual. ``suspected``: that is so, but after the last cures it gets more time."""


class _Pauses:
    """The longest pause of the last minutes."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.heard_s = -math.inf
        self.times = 0

    def heard(self, now_s: float, pause_s: float) -> None:
        self.longest_s = max(min(pause_s, MEMORY_S), self.longest_s * math.exp(-pause_s / MEMORY_S))
        self.heard_s = now_s
        self.times += 1


class Ambient:
    """What one adapter hears of everybody. ``now_s``: monotonic seconds; ``utc_s``: Unix seconds, ``None`` while the
    wall clock is not to be trusted."""

    def __init__(self, silent_s: float, now_s: float) -> None:
        """``silent_s``: a shorter silence is never a fault. ``now_s``: when the first scan begins."""
        self._silent_s = silent_s
        self._all = _Pauses()
        self._canary = _Pauses()
        self._pauses = Hours()
        self._counts = Hours()
        self._first_hour: int | None = None
        """The first hour was listened to in part: what it was like is not known."""
        self._ever = False
        self._heard_s = now_s
        self._begun_s: float | None = now_s
        """When the scan began, as long as it has heard nothing."""
        self._listened = False
        """Whether the scan before this one was running until this one began."""
        self._doubted = False
        """Whether the shop was heard so lately that this scan ought to hear it at once."""
        self._in_vain = 0
        self._cures: deque[float] = deque(maxlen=PATIENCE_MAX)

    @property
    def heard_s(self) -> float:
        """When something was heard last; before that, when listening began."""
        return self._heard_s

    @property
    def remembered(self) -> int:
        """How many figures are kept."""
        return len(self._pauses) + len(self._counts)

    def begun(self, now_s: float, *, listened: bool = True) -> None:
        """A new scan has begun. ``listened``: the one before it was deaf; otherwise the adapter was away until now."""
        self._doubted = listened or (self._ever and now_s - self._heard_s < MEMORY_S)
        if listened:
            self._in_vain += 1
        elif not self._doubted:
            self._in_vain = 0
        self._listened = listened
        if not listened:
            self._heard_s = now_s
        self._begun_s = now_s

    def heard(self, now_s: float, utc_s: float | None, advertisements: int = 1, *, canary: bool = False) -> None:
        """Something was heard since the last call. ``canary``: a neighbour unit's beacon was among it."""
        pause_s = now_s - self._heard_s
        natural = self._begun_s is None or now_s - self._begun_s > CURED_S
        if natural:
            self._all.heard(now_s, pause_s)
        elif self._listened:
            self._cures.append(now_s)
        if canary:
            known = natural and self._canary.times
            self._canary.heard(now_s, now_s - self._canary.heard_s if known else 0.0)
        if utc_s is not None:
            self._learn(pause_s if natural else 0.0, advertisements, utc_s)
        self._ever = True
        self._heard_s = now_s
        self._begun_s = None
        self._in_vain = 0

    def judge(self, now_s: float, utc_s: float | None) -> Verdict:
        """Say how the scan hears."""
        waited_s = now_s - (self._heard_s if self._begun_s is None else self._begun_s)
        unusual = waited_s >= self._silent_s and self._silence_s(now_s, utc_s) >= self.limit_s(utc_s)
        if unusual and waited_s >= self._patience_s(now_s):
            return "deaf"
        if self._begun_s is None:
            return "suspected" if unusual else "hearing"
        return "doubt" if self._doubted and self._undecided(waited_s, now_s, utc_s) else "quiet"

    def _undecided(self, waited_s: float, now_s: float, utc_s: float | None) -> bool:
        """Whether a scan that has heard nothing yet, though it ought to, is still on trial."""
        on_trial = now_s - self._heard_s < DOUBT_MAX_S and self.limit_s(utc_s) < math.inf
        return waited_s < self._silent_s or on_trial

    def silent_since_s(self, now_s: float) -> float | None:
        """Return since when its silence may not be taken for granted, usual or not; ``None``: it may.

        What a scan hears no more may come again within :attr:`silent_s`; one that has never heard proves nothing.
        """
        since_s = self._heard_s + self._silent_s if self._begun_s is None else self._begun_s
        return since_s if now_s >= since_s else None

    def limit_s(self, utc_s: float | None) -> float:
        """Return how long nothing may be heard, as the table says."""
        usual_s = None if utc_s is None else self.usual_pause_s(utc_s)
        if self._begun_s is None:
            longest_s = self._all.longest_s
        elif usual_s is not None:
            longest_s = usual_s if usual_s < SILENT_HOUR_S else math.inf
        elif self._canary_died():
            longest_s = self._canary.longest_s
        elif self._doubted and self._in_vain < IN_VAIN_MAX:
            longest_s = self._all.longest_s
        else:
            return math.inf
        return max(self._silent_s, UNUSUAL * longest_s * 2.0 ** min(self._in_vain, IN_VAIN_MAX))

    def _patience_s(self, now_s: float) -> float:
        """Return how long a silence must have lasted before the scan is cured again."""
        recent = sum(now_s - cure_s < PATIENCE_S for cure_s in self._cures) if self._begun_s is None else 0
        return self._silent_s * min(1 + recent, PATIENCE_MAX)

    def _silence_s(self, now_s: float, utc_s: float | None) -> float:
        """Return how long nothing was heard, without the hours before in which that is usual."""
        silence_s = now_s - self._heard_s
        if self._begun_s is None or utc_s is None:
            return silence_s
        counted_s = utc_s % HOUR_S
        while counted_s < silence_s and (self.usual_pause_s(utc_s - counted_s - 1) or 0.0) < SILENT_HOUR_S:
            counted_s += HOUR_S
        return min(counted_s, silence_s)

    def usual_pause_s(self, utc_s: float) -> float | None:
        """Return the longest pause that is usual within this hour; ``None``: not known yet.

        The second longest of the same hours: one odd day, or one undetected fault, does not decide.
        """
        same = sorted(self._pauses.same(int(utc_s // HOUR_S)))
        return same[-2] if same else None

    def usual_per_s(self, utc_s: float) -> float | None:
        """Return how many advertisements per second are usual at this hour; ``None``: not known yet."""
        same = self._counts.same(int(utc_s // HOUR_S))
        return median(same) / HOUR_S if same else None

    def _canary_died(self) -> bool:
        """Whether there was a canary, alive until everything fell silent."""
        alive_s = max(self._silent_s, UNUSUAL * self._canary.longest_s)
        return self._canary.times >= CANARY_MIN and self._heard_s - self._canary.heard_s <= alive_s

    def _learn(self, pause_s: float, advertisements: int, utc_s: float) -> None:
        """Every hour that a pause reaches into has had that part of it."""
        hour, into_s = int(utc_s // HOUR_S), utc_s % HOUR_S
        if self._first_hour is None:
            self._first_hour = hour
        for back in range(WEEK):
            if hour - back <= self._first_hour or (pause_s <= 0 and back):
                return
            self._pauses.raise_to(hour - back, max(min(pause_s, into_s), 0.0))
            self._counts.add(hour - back, 0 if back else advertisements)
            pause_s -= into_s
            into_s = HOUR_S
