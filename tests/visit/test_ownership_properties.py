"""One greeting per visit, whatever the bus and the units do. Each test states its case and what must hold in it."""

import os
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from edge_agent.visit.membership import ASK_S
from edge_agent.visit.ownership import LEASE_S
from tests.visit.model import DWELL_S, GONE_S, SPACING_M, UNSETTLED_S, Crash, Day, Store, Weather

UNITS = 3
CALM = Weather(40.0)
HEALED_S = 5.0

EXAMPLES = int(os.environ.get("EDGE_TEST_EXAMPLES", "30"))
"""Days per property. The same ones each time; ``EDGE_TEST_EXAMPLES=3000`` tries many."""

PLACES = st.sampled_from([-0.5, 0.0, 0.4, 0.7, 0.8, 1.1, 1.5, 1.9, 2.2, 2.6, 3.0, 3.5])
STAYS = st.sampled_from([0.3, 0.7, 1.0, 1.5, 2.2, 3.1, 4.0, 6.0])
WALKS = st.lists(st.tuples(STAYS, PLACES), min_size=1, max_size=8).map(tuple)
CLOCKS = st.tuples(*[st.floats(0, 1e6, allow_nan=False)] * UNITS)
DWELLS = st.sampled_from([0.2, 1.0, DWELL_S])
SEEDS = st.integers(0, 2**32)
MOMENTS = st.sampled_from([0.3, 0.8, 1.2, 1.7, 2.3, 2.8, 3.2, 4.0, 7.0])
"""About as long as a lease and its parts: there the rules meet."""
LOSSY = st.builds(
    Weather,
    lasts_s=MOMENTS,
    loss=st.sampled_from([0.0, 0.3, 0.6, 1.0]),
    delay_s=st.sampled_from([0.02, 0.2, 1.0, 3.0]),
    repeats=st.sampled_from([0.0, 0.3]),
    deaf=st.sampled_from([(), (), (0,), (1,), (2,), (1, 2)]),
)
SPLIT = st.builds(
    Weather,
    lasts_s=MOMENTS,
    loss=st.sampled_from([0.0, 0.3]),
    delay_s=st.sampled_from([0.02, 1.0]),
    groups=st.tuples(*[st.integers(0, 1)] * UNITS),
)
FAIR = st.builds(Weather, lasts_s=MOMENTS, loss=st.sampled_from([0.0, 0.02, 0.1]), delay_s=st.sampled_from([0.02, 0.3]))


def crashes(units: tuple[int, ...], forgets: bool = False) -> st.SearchStrategy[tuple[Crash, ...]]:
    return st.lists(
        st.builds(
            Crash,
            unit=st.sampled_from(units),
            at_s=st.integers(3, 160).map(lambda tenths: tenths / 10),
            down_s=st.sampled_from([0.1, 0.4, 1.0, 2.0, 3.5, 8.0]),
            forgets=st.booleans() if forgets else st.just(False),
        ),
        min_size=1,
        max_size=4,
    ).map(tuple)


NONE = st.just(())
FIRST = st.just((0,))


def days(
    weather: st.SearchStrategy[Weather],
    unlucky: st.SearchStrategy[tuple[Crash, ...]] = NONE,
    coordinators: st.SearchStrategy[tuple[int, ...]] = FIRST,
    end: tuple[tuple[float, float], ...] = (),
) -> st.SearchStrategy[Day]:
    """Bad weather, then a calm in which everybody is up; she stays where she is at the end, or goes to ``end``."""

    def day(bad: list[Weather], walk: tuple[tuple[float, float], ...], down: tuple[Crash, ...], *rest) -> Day:
        awake_s = max(
            [sum(w.lasts_s for w in bad), sum(stay_s for stay_s, _ in walk), *(c.at_s + c.down_s for c in down)]
        )
        calm = Weather(awake_s + DWELL_S + HEALED_S + 2 + (GONE_S + UNSETTLED_S if end else 0.0))
        return Day((*bad, calm), walk + end, down, *rest)

    return st.builds(day, st.lists(weather, max_size=8), WALKS, unlucky, CLOCKS, coordinators, DWELLS, SEEDS)


def one_owner(store: Store) -> None:
    """However the messages travel: among units in reach never two may serve her at one moment."""
    assert max(map(len, store.owners)) <= 1, store.owners


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
    day = store.day
    last_m = day.walk[-1][1]
    if min(abs(last_m - SPACING_M * unit) for unit in range(UNITS)) > 2.0:
        return
    bad_s = sum(weather.lasts_s for weather in day.weather[:-1])
    up_s = max([crash.at_s + crash.down_s for crash in day.crashes], default=-day.dwell_s)
    there_s = sum(lasts_s for lasts_s, _ in day.walk[:-1])
    due_s = (
        max(bad_s, up_s + day.dwell_s, there_s + day.dwell_s) + HEALED_S
    )  # an agent that starts hears her dwell anew
    assert store.now_s > due_s
    assert store.greetings, "never served"
    assert store.greetings[0].at_s <= due_s, store.greetings


# No shrinking by default: a day takes 25 ms, and its printed form can be tried by hand.
lots = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.generate],
)


@lots
@given(days(LOSSY))
def test_a_bus_that_loses_delays_repeats_and_reorders(day: Day) -> None:
    """No unit fails. In reach: once, and one owner. A unit cut off by loss: once per zone."""
    store = Store(day).run()
    one_owner(store)
    counted_once(store)
    once_per_zone(store)
    served(store)


@lots
@given(days(LOSSY, crashes((1, 2))))
def test_units_crash_and_come_back(day: Day) -> None:
    """Also between assignment and first frame. The journal is durable."""
    store = Store(day).run()
    one_owner(store)
    counted_once(store)
    once_per_zone(store)
    served(store)


@lots
@given(days(LOSSY, crashes((0,), forgets=True)))
def test_the_coordinator_crashes_and_comes_back(day: Day) -> None:
    """With its epoch or without. What it knew the units in reach tell it again; what it gave away to a unit that is
    cut off by now, nobody tells it."""
    store = Store(day).run()
    one_owner(store)
    once_per_zone(store)
    assert len({greeting.unit for greeting in store.greetings if greeting.counted}) <= 1, store.greetings
    served(store)


@lots
@given(days(SPLIT))
def test_the_bus_splits_and_heals(day: Day) -> None:
    """Each part serves its zones. Whoever was greeted before the split is not greeted again by those who knew."""
    store = Store(day).run()
    one_owner(store)
    once_per_zone(store)
    served(store)


@lots
@given(days(st.one_of(LOSSY, SPLIT), coordinators=st.just((0, 1))))
def test_two_coordinators_by_mistake(day: Day) -> None:
    """The higher epoch wins, by name where they are equal; the other is silent."""
    store = Store(day).run()
    once_per_zone(store)
    served(store)
    terms = {(host.member.epoch, host.coordinator.epoch if host.coordinator else 0) for host in store.hosts}
    assert len({epoch for epoch, _ in terms}) == 1, "after the calm all obey one of them"


@lots
@given(days(st.one_of(LOSSY, SPLIT), crashes((0, 1, 2)), st.sampled_from([(0,), (0, 2)])))
def test_everything_at_once(day: Day) -> None:
    """Splits, loss and crashes of all units: once per zone, never backwards, and served in the end."""
    store = Store(day).run()
    once_per_zone(store)
    served(store)


@lots
@given(days(FAIR, st.one_of(NONE, crashes((1, 2)))))
def test_on_a_fair_bus_exactly_one_greeting_whoever_starts_again(day: Day) -> None:
    """Up to a tenth is lost, and units crash: an agent that starts waits for an answer before it serves anybody."""
    store = Store(day).run()
    one_owner(store)
    assert len(store.greetings) <= 1, store.greetings
    served(store)


@lots
@given(days(FAIR, end=((99.0, 99.0),)))
def test_on_a_fair_bus_a_visit_begins_once_and_ends_once(day: Day) -> None:
    """Whichever units hear her last, and however long some of them still take her for present."""
    store = Store(day).run()
    assert store.ended == store.began
    assert len(store.began) <= 1


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
