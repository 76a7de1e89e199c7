"""Counting what the loop shows."""

from datetime import UTC, datetime, timedelta

import pytest

from display.items import LoopPicture
from display.loop.playlist import Entry
from display.loop.plays import INTERVAL_S, ITEMS_MAX, Plays

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
A, B = (Entry(LoopPicture(letter * 64, 10), letter) for letter in "ab")


def test_plays_and_seconds_are_counted_up() -> None:
    plays = Plays(0)
    assert plays.next_deadline() == float("inf")
    for turn in range(5):
        plays.showing(A, "v1", True, turn * 20)
        plays.showing(B, "v1", True, turn * 20 + 12)
    assert plays.next_deadline() == INTERVAL_S
    a, b = plays.collect(100, NOON + timedelta(seconds=100))
    assert (a.item, a.plays, a.on_screen_s, a.content_version) == ("a", 5, 60, "v1")
    assert (b.plays, b.on_screen_s) == (5, 40)
    assert (a.from_at, a.until_at) == (NOON, NOON + timedelta(seconds=100))


def test_time_that_nobody_saw_does_not_count() -> None:
    plays = Plays(0)
    plays.showing(A, "v1", True, 0)
    plays.showing(A, "v1", False, 3)
    plays.showing(B, "v1", False, 10)
    plays.showing(B, "v1", True, 14)
    a, b = plays.collect(20, NOON)
    assert (a.plays, a.on_screen_s, b.plays, b.on_screen_s) == (1, 3, 1, 6)


def test_what_stays_up_goes_on_counting_but_not_as_another_play() -> None:
    plays = Plays(0)
    plays.showing(A, "v1", True, 0)
    plays.collect(INTERVAL_S, NOON)
    (second,) = plays.collect(2 * INTERVAL_S, NOON)
    assert (second.plays, second.on_screen_s) == (0, INTERVAL_S)


@pytest.mark.parametrize("jump", [timedelta(hours=-1), timedelta(days=400)])
def test_an_interval_is_as_long_as_it_was_whatever_the_wall_clock_did(jump: timedelta) -> None:
    plays = Plays(0)
    plays.showing(A, "v1", True, 0)
    (told,) = plays.collect(10, NOON + jump)
    assert told.until_at - told.from_at == timedelta(seconds=10)


def test_months_without_anybody_who_listens_take_no_room() -> None:
    plays = Plays(0)
    for number in range(3 * ITEMS_MAX):
        plays.showing(Entry(LoopPicture("a" * 64, 10), str(number)), "v1", True, number)
    assert len(plays.collect(1e6, NOON)) <= ITEMS_MAX
