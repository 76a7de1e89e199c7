"""Shares of voice."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from display.items import LoopPicture
from display.loop.playlist import Entry
from display.loop.turns import Credit, pick


def entries(*weights: int) -> tuple[Entry, ...]:
    return tuple(Entry(LoopPicture(str(n), 10), str(n), weight) for n, weight in enumerate(weights))


def played(due: tuple[Entry, ...], turns: int) -> list[str]:
    names, credit = [], {}
    for _ in range(turns):
        entry, credit = pick(due, credit)
        assert entry is not None
        names.append(entry.name)
    return names


def test_equal_weights_follow_the_playlist() -> None:
    assert played(entries(1, 1, 1), 6) == ["0", "1", "2"] * 2


def test_a_larger_share_is_spread() -> None:
    assert played(entries(3, 1, 1), 5) == ["0", "1", "0", "2", "0"]


@given(st.lists(st.integers(1, 100), min_size=1, max_size=12))
def test_within_one_round_everybody_has_exactly_his_share(weights: list[int]) -> None:
    due = entries(*weights)
    assert Counter(played(due, sum(weights))) == {entry.name: entry.weight for entry in due}


@given(
    st.lists(st.sets(st.integers(0, 4), min_size=1), max_size=200), st.lists(st.integers(1, 9), min_size=5, max_size=5)
)
def test_whatever_is_due_somebody_is_next_and_credit_stays_bounded(
    due_sets: list[set[int]], weights: list[int]
) -> None:
    everybody = entries(*weights)
    credit: Credit = {}
    for numbers in due_sets:
        due = [everybody[number] for number in sorted(numbers)]
        entry, credit = pick(due, credit)
        assert entry in due
        assert all(abs(owed) <= 2 * len(everybody) * sum(weights) for owed in credit.values())


def test_nothing_due_is_nobodys_turn() -> None:
    assert pick((), {}) == (None, {})
