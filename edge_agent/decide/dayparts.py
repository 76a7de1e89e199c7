"""Parts of the week by the clock on the store's wall, which is what opening hours and people go by.

When the clock is put back, an hour occurs twice, and a daypart in it twice as well; when it is put forward, one never
occurs, and what lies within it is left out that day.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from edge_agent.contracts.campaign import Daypart, Weekday

_DAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def in_daypart(dayparts: Iterable[Daypart], store_time: datetime) -> bool:
    """Whether one of the dayparts is under way. ``store_time``: in the store's time zone."""
    return any(_under_way(daypart, store_time) for daypart in dayparts)


def _under_way(daypart: Daypart, store_time: datetime) -> bool:
    wall, today = store_time.time(), store_time.weekday()
    if daypart.begins < daypart.ends:
        return _DAYS[today] in daypart.days and daypart.begins <= wall < daypart.ends
    evening = _DAYS[today] in daypart.days and wall >= daypart.begins
    return evening or (_DAYS[today - 1] in daypart.days and wall < daypart.ends)
