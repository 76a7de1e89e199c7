"""Dayparts go by the clock on the store's wall, also on the two days of the year on which it is put."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.contracts.dayparts import Daypart, bounds, week_second, within

VIENNA = ZoneInfo("Europe/Vienna")
MINUTE = timedelta(minutes=1)


def daypart(begins: str, ends: str, *days: str) -> Daypart:
    return Daypart.model_validate({"begins": begins, "ends": ends, **({"days": days} if days else {})})


def in_daypart(parts: tuple[Daypart, ...], store_time: datetime) -> bool:
    return within(bounds(parts), week_second(store_time))


def under_way(part: Daypart, utc: datetime, zone: ZoneInfo = VIENNA) -> bool:
    return in_daypart((part,), utc.astimezone(zone))


def minutes(part: Daypart, begin: datetime, end: datetime) -> int:
    """Return how many minutes of real time a daypart lasts between two times."""
    return sum(under_way(part, begin + n * MINUTE) for n in range(int((end - begin) / MINUTE)))


@pytest.mark.parametrize(
    ("utc", "inside"),
    [
        (datetime(2026, 3, 14, 7, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 14, 8, 0, tzinfo=UTC), True),  # 09:00 in Vienna
        (datetime(2026, 3, 14, 16, 59, tzinfo=UTC), True),
        (datetime(2026, 3, 14, 17, 0, tzinfo=UTC), False),
        (datetime(2026, 7, 14, 7, 0, tzinfo=UTC), True),  # the same in summer
        (datetime(2026, 7, 14, 6, 59, tzinfo=UTC), False),
    ],
)
def test_it_begins_at_its_time_and_ends_before_its_end(utc, inside):
    assert under_way(daypart("09:00", "18:00"), utc) is inside


@pytest.mark.parametrize(
    ("local", "inside"),
    [
        ("2026-03-13 21:59", False),
        ("2026-03-13 22:00", True),  # Friday evening
        ("2026-03-14 01:59", True),  # goes on into Saturday
        ("2026-03-14 02:00", False),
        ("2026-03-14 22:30", False),  # Saturday evening is not meant
        ("2026-03-13 01:00", False),  # nor the night before
    ],
)
def test_past_midnight_it_belongs_to_the_day_on_which_it_began(local, inside):
    at = datetime.fromisoformat(local).replace(tzinfo=VIENNA)
    assert in_daypart((daypart("22:00", "02:00", "fri"),), at) is inside


def test_from_sunday_into_monday():
    night = daypart("20:00", "06:00", "sun")
    assert in_daypart((night,), datetime(2026, 3, 16, 5, 59, tzinfo=VIENNA))
    assert not in_daypart((night,), datetime(2026, 3, 15, 5, 59, tzinfo=VIENNA))


def test_without_times_it_is_the_whole_day():
    monday = Daypart(days=("mon",))
    assert minutes(monday, datetime(2026, 3, 9, tzinfo=VIENNA), datetime(2026, 3, 12, tzinfo=VIENNA)) == 24 * 60


SPRING = datetime(2026, 3, 28, 23, 0, tzinfo=UTC), datetime(2026, 3, 29, 22, 0, tzinfo=UTC)
"""The Sunday of 23 hours in Vienna: 02:00 to 03:00 never occurs."""
AUTUMN = datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 23, 0, tzinfo=UTC)
"""The Sunday of 25 hours: 02:00 to 03:00 occurs twice."""


@pytest.mark.parametrize(
    ("begins", "ends", "spring_min", "autumn_min"),
    [
        ("00:00", "00:00", 23 * 60, 25 * 60),
        ("09:00", "18:00", 9 * 60, 9 * 60),
        ("02:00", "03:00", 0, 120),
        ("02:15", "02:45", 0, 60),
        ("01:30", "02:30", 30, 90),
        ("02:30", "03:30", 30, 90),
        ("01:00", "04:00", 120, 240),
    ],
)
def test_the_days_on_which_the_clock_is_put(begins, ends, spring_min, autumn_min):
    sunday = daypart(begins, ends, "sun")
    assert minutes(sunday, *SPRING) == spring_min
    assert minutes(sunday, *AUTUMN) == autumn_min


def test_a_shift_of_half_an_hour_counts_as_it_is():
    lord_howe = ZoneInfo("Australia/Lord_Howe")  # puts its clock by 30 minutes
    begin = datetime(2026, 4, 4, 13, 0, tzinfo=UTC)  # 5 April, 00:00
    assert sum(under_way(daypart("01:00", "02:00"), begin + n * MINUTE, lord_howe) for n in range(24 * 60)) == 90


@given(
    begins=st.times(),
    ends=st.times(),
    unix_s=st.integers(946_684_800, 4_102_444_800),  # 2000 to 2100
    zone=st.sampled_from(["Europe/Vienna", "America/St_Johns", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca"]),
)
def test_what_is_not_in_a_daypart_is_in_the_rest_of_the_day(begins, ends, unix_s, zone):
    local = datetime.fromtimestamp(unix_s, ZoneInfo(zone))
    one, rest = Daypart(begins=begins, ends=ends), Daypart(begins=ends, ends=begins)
    if begins == ends:
        assert in_daypart((one,), local)
    else:
        assert in_daypart((one,), local) is not in_daypart((rest,), local)


@pytest.mark.parametrize("at", ["09:00Z", "09:00+02:00", "25:00"])
def test_a_time_that_no_wall_clock_shows_is_refused(at):
    with pytest.raises(ValidationError, match="begins"):
        daypart(at, "18:00")


def test_times_are_read_as_marketing_writes_them():
    assert daypart("09:00", "18:30").ends == time(18, 30)
