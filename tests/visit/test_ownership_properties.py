"""One greeting per visit, whatever the bus and the units do. Each test states its case and what must hold in it."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edge_agent.visit.membership import ASK_S
from edge_agent.visit.ownership import LEASE_S
from tests.visit.model import DWELL_S, SPACING_M, Crash, Day, Store, Weather

UNITS = 3
CALM = Weather(40.0)
HEALED_S = 5.0

SECONDS = st.floats(0.5, 15, allow_nan=False).map(lambda value: round(value, 1))
PLACES = st.floats(-0.5, 3.5, allow_nan=False).map(lambda value: round(value, 1))
STAYS = st.floats(0.5, 6, allow_nan=False).map(lambda value: round(value, 1))
WALKS = st.lists(st.tuples(STAYS, PLACES), min_size=1, max_size=10).map(tuple)
CLOCKS = st.tuples(*[st.floats(0, 1e6, allow_nan=False)] * UNITS)
SEEDS = st.integers(0, 2**32)
WHOLE = st.builds(
    Weather,
    lasts_s=SECONDS,
    loss=st.sampled_from([0.0, 0.05, 0.3, 0.6]),
    delay_s=st.sampled_from([0.02, 0.2, 1.0, 4.0]),
    repeats=st.sampled_from([0.0, 0.3]),
)
SPLIT = st.builds(
    Weather,
    lasts_s=SECONDS,
    loss=st.sampled_from([0.0, 0.3]),
    delay_s=st.sampled_from([0.02, 1.0]),
    groups=st.tuples(*[st.integers(0, 1)] * UNITS),
)


def crashes(units: tuple[int, ...], forgets: bool = False) -> st.SearchStrategy[tuple[Crash, ...]]:
    return st.lists(
        st.builds(
            Crash,
            unit=st.sampled_from(units),
            at_s=st.floats(0.5, 40).map(lambda value: round(value, 1)),
            down_s=st.floats(0.1, 12).map(lambda value: round(value, 1)),
            forgets=st.booleans() if forgets else st.just(False),
        ),
        max_size=4,
    ).map(tuple)


def days(
    weather: st.SearchStrategy[Weather],
    unlucky: st.SearchStrategy[tuple[Crash, ...]] = st.just(()),  # noqa: B008 (strategies are values)
    coordinators: st.SearchStrategy[tuple[int, ...]] = st.just((0,)),  # noqa: B008
) -> st.SearchStrategy[Day]:
    """Bad weather, then a calm in which everybody is up; she stays where she is at the end."""
    return st.builds(
        lambda bad, *rest: Day((*bad, CALM), *rest),
        st.lists(weather, max_size=4),
        WALKS,
        unlucky,
        CLOCKS,
        coordinators,
        SEEDS,
    )


def counted_once(store: Store) -> None:
    """Among units that reached the coordinator, when they greeted and when they said so: one greeting."""
    counted = [greeting for greeting in store.greetings if greeting.counted]
    assert len(counted) <= 1, store.greetings


def once_per_zone(store: Store) -> None:
    """An agent that starts again while nobody answers remembers its own visits, not those that it gave away."""
    zones = Counter((greeting.unit, greeting.run) for greeting in store.greetings)
    assert max(zones.values(), default=0) <= 1, store.greetings


def served(store: Store) -> None:
    """She stays, all are up and hear each other: she was greeted before, or is within HEALED_S of both."""
    last_m = store.day.walk[-1][1]
    near = min(abs(last_m - SPACING_M * unit) for unit in range(UNITS)) <= 2.0
    if near:
        bad_s = sum(weather.lasts_s for weather in store.day.weather[:-1])
        up_s = max([crash.at_s + crash.down_s for crash in store.day.crashes], default=0.0)
        there_s = sum(lasts_s for lasts_s, _ in store.day.walk[:-1]) + DWELL_S
        # An agent that starts hears her dwell anew.
        due_s = max(bad_s, up_s + DWELL_S if store.day.crashes else 0.0, there_s) + HEALED_S
        if due_s < store.now_s:
            assert store.greetings, "never served"
            assert store.greetings[0].at_s <= due_s, store.greetings


# No shrinking by default: a day takes 40 ms, and its printed form can be tried by hand.
lots = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=[Phase.generate])


@lots
@given(days(WHOLE))
def test_a_bus_that_loses_delays_repeats_and_reorders(day: Day) -> None:
    """No unit fails, and nobody is cut off for long. In reach: once. A unit cut off by loss: once per zone."""
    store = Store(day).run()
    counted_once(store)
    once_per_zone(store)
    served(store)


@lots
@given(days(WHOLE, crashes((1, 2))))
def test_units_crash_and_come_back(day: Day) -> None:
    """Also between assignment and first frame. The journal is durable."""
    store = Store(day).run()
    counted_once(store)
    once_per_zone(store)
    served(store)


@lots
@given(days(WHOLE, crashes((0,), forgets=True)))
def test_the_coordinator_crashes_and_comes_back(day: Day) -> None:
    """With its epoch or without. What it knew the units tell it again."""
    store = Store(day).run()
    counted_once(store)
    served(store)


@lots
@given(days(SPLIT))
def test_the_bus_splits_and_heals(day: Day) -> None:
    """Each part serves its zones. Whoever was greeted before the split is not greeted again by those who knew."""
    store = Store(day).run()
    once_per_zone(store)
    served(store)


@lots
@given(days(st.one_of(WHOLE, SPLIT), coordinators=st.just((0, 1))))
def test_two_coordinators_by_mistake(day: Day) -> None:
    """The higher epoch wins, by name where they are equal; the other is silent."""
    store = Store(day).run()
    once_per_zone(store)
    served(store)
    terms = {(host.member.epoch, host.coordinator.epoch if host.coordinator else 0) for host in store.hosts}
    assert len({epoch for epoch, _ in terms}) == 1, "after the calm all obey one of them"


@lots
@given(days(st.one_of(WHOLE, SPLIT), crashes((0, 1, 2)), st.sampled_from([(0,), (0, 2)])))
def test_everything_at_once(day: Day) -> None:
    """Splits, loss and crashes of all units: once per zone, never backwards, and served in the end."""
    store = Store(day).run()
    once_per_zone(store)
    served(store)


@lots
@given(WALKS, CLOCKS, SEEDS, st.sampled_from([0.02, 0.2]))
def test_on_a_good_day_exactly_one_and_no_later_than_alone(walk, clocks_s, seed: int, delay_s: float) -> None:
    """Nothing fails: one greeting in all, and the first dwell after the start is answered at once."""
    store = Store(
        Day((Weather(sum(lasts_s for lasts_s, _ in walk) + 20, delay_s=delay_s),), walk, (), clocks_s, (0,), seed)
    )
    store.run()
    assert len(store.greetings) <= 1, store.greetings
    served(store)


@lots
@given(WALKS, CLOCKS, SEEDS)
def test_on_a_good_day_a_visit_that_began_ends_once(walk, clocks_s, seed: int) -> None:
    """Whichever units hear her last."""
    stay_s = sum(lasts_s for lasts_s, _ in walk)
    store = Store(Day((Weather(stay_s + 40),), (*walk, (99.0, 99.0)), (), clocks_s, (0,), seed)).run()
    assert store.ended == [greeting.visit for greeting in store.greetings]


def test_no_wait_for_an_owner_once_the_store_is_awake() -> None:
    walk = ((10.0, -20.0), (20.0, 0.5))
    for unit_clock in (0.0, 5e5):
        store = Store(Day((Weather(30),), walk, clocks_s=(0.0, unit_clock, 3.0), coordinators=(2,))).run()
        (greeting,) = store.greetings
        assert (greeting.unit, greeting.counted) == (0, True)
        assert greeting.at_s == pytest.approx(10 + DWELL_S + 0.1, abs=0.16)


def test_an_owner_that_dies_before_its_first_frame_is_followed_within_the_lease() -> None:
    walk = ((10.0, -20.0), (30.0, 0.7))  # a little nearer to unit 0 than to unit 1
    crash = Crash(unit=0, at_s=10 + DWELL_S + 0.05, down_s=100)
    store = Store(Day((CALM,), walk, (crash,), coordinators=(2,)))
    store.run()
    (greeting,) = store.greetings
    assert greeting.unit == 1
    assert greeting.at_s <= crash.at_s + LEASE_S + 2 * ASK_S
