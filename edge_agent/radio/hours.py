"""What a figure of this shop was at the same hour on other days. Pure, and in memory only.

Hours are counted from 1970 in UTC: a change to summer time moves the shop by one hour, and is learned within
two days. Nothing is written anywhere: even counts of strangers' advertisements stay in memory (hard rule 1),
so an agent that restarts learns again.
"""

from collections.abc import Iterable
from typing import Final

HOUR_S: Final = 3600.0
DAY: Final = 24
WEEK: Final = 7 * DAY
BACK: Final = 4
"""So many weeks or days are looked back at. Fewer than LEARNED of them say nothing."""
LEARNED: Final = 2


class Hours:
    """One figure for every hour of the last weeks, at most a month's worth."""

    def __init__(self) -> None:
        self._figures: dict[int, float] = {}

    def __len__(self) -> int:
        return len(self._figures)

    def raise_to(self, hour: int, figure: float) -> None:
        """Note a figure of an hour; the largest of the hour stays."""
        self._figures[hour] = max(figure, self._figures.get(hour, 0.0))
        self._forget(hour)

    def add(self, hour: int, figure: float) -> None:
        """Add to the figure of an hour."""
        self._figures[hour] = self._figures.get(hour, 0.0) + figure
        self._forget(hour)

    def same(self, hour: int) -> list[float]:
        """Return the figures of the same hour of the week, or of the day while the weeks are not known; or none."""
        for period in (WEEK, DAY):
            known = self._known(hour - back * period for back in range(1, BACK + 1))
            if len(known) >= LEARNED:
                return known
        return []

    def _known(self, hours: Iterable[int]) -> list[float]:
        return [self._figures[hour] for hour in hours if hour in self._figures]

    def _forget(self, hour: int) -> None:
        if len(self._figures) > 2 * BACK * WEEK:
            self._figures = {at: figure for at, figure in self._figures.items() if 0 <= hour - at <= BACK * WEEK}
