"""Parts of the week by the clock on the store's wall, which is what opening hours and people go by.

When the clock is put back, an hour occurs twice, and a daypart in it twice as well; when it is put forward, one never
occurs, and what lies within it is left out that day.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime, time
from typing import Annotated, Final, Literal

from pydantic import BeforeValidator, Field, field_validator

from edge_agent.contracts.base import FileContract


def no_number(example: str) -> BeforeValidator:
    """Return a check that refuses a number, which would be read as seconds since 1970: 20261201 is no day in 2026."""

    def check(given: object) -> object:
        if isinstance(given, (int, float)) or (isinstance(given, str) and given.strip().isdecimal()):
            raise ValueError(f"{given!s:.20} is no {example}")
        return given

    return BeforeValidator(check)


WallTime = Annotated[time, no_number("time of day; write 09:00")]
"""A time by the clock on the store's wall."""


Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Daypart(FileContract):
    """A part of the week, by the clock on the store's wall."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    """On these days."""
    begins: WallTime = time(0)
    """From this time, ``09:00``."""
    ends: WallTime = time(0)
    """Until before this time; not later than ``begins``: on the next day."""

    @field_validator("begins", "ends")
    @classmethod
    def _on_the_wall(cls, at: time) -> time:
        if at.tzinfo is not None:
            raise ValueError("is a time on the store's own clock: leave out Z and any offset, as in 09:00")
        return at


_DAYS: Final[tuple[Weekday, ...]] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_S: Final = 86_400.0
_WEEK_S: Final = 7 * _DAY_S


def week_second(store_time: datetime) -> float:
    """Return the seconds that the clock on the wall shows since Monday, 00:00. ``store_time``: in the store's zone."""
    return store_time.weekday() * _DAY_S + _seconds(store_time.time())


def bounds(dayparts: Iterable[Daypart]) -> tuple[float, ...]:
    """Return the seconds of the week at which the dayparts, taken together, begin and end in turn."""
    merged: list[float] = []
    for begins_s, ends_s in sorted(part for daypart in dayparts for part in _parts(daypart)):
        if merged and begins_s <= merged[-1]:
            merged[-1] = max(merged[-1], ends_s)
        else:
            merged += (begins_s, ends_s)
    return tuple(merged)


def within(bounds_s: tuple[float, ...], week_s: float) -> bool:
    """Whether a second of the week lies in one of the parts between these bounds."""
    return bisect_right(bounds_s, week_s) % 2 == 1


def _parts(daypart: Daypart) -> Iterable[tuple[float, float]]:
    begins_s, ends_s = _seconds(daypart.begins), _seconds(daypart.ends)
    if ends_s <= begins_s:
        ends_s += _DAY_S
    for day in daypart.days:
        monday_s = _DAYS.index(day) * _DAY_S
        yield monday_s + begins_s, min(monday_s + ends_s, _WEEK_S)
        if monday_s + ends_s > _WEEK_S:  # from Sunday into Monday
            yield 0.0, monday_s + ends_s - _WEEK_S


def _seconds(at: time) -> float:
    return at.hour * 3600 + at.minute * 60 + at.second + at.microsecond / 1e6
