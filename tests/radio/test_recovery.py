"""The recovery ladder: from cheap to deep, within a budget, and never for ever."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.radio.recovery import HOUR_S, RESTS_S, RUNGS, SUSTAINED_S, TREATMENTS, Ladder

TROUBLES = st.sampled_from(sorted(TREATMENTS))


def climbed(ladder: Ladder, trouble, *at_s: float) -> list[str]:
    return [ladder.climb(trouble, now_s) for now_s in at_s]


@pytest.mark.parametrize(
    ("trouble", "steps"),
    [
        ("deaf", ["restart_scan", "restart_scan", "power_cycle", "reset_service", "waiting", "waiting"]),
        ("failed", ["restart_scan", "restart_scan", "power_cycle", "reset_service", "waiting", "waiting"]),
        ("off", ["waiting", "power_cycle", "reset_service", "waiting", "waiting", "waiting"]),
        ("away", ["waiting", "waiting", "waiting", "waiting", "waiting", "reset_service"]),
        ("down", ["waiting"] * 6),
    ],
)
def test_what_is_tried_against_each_trouble(trouble, steps):
    assert climbed(Ladder(), trouble, 0, 25, 50, 75, 100, 125) == steps


def test_after_a_round_it_rests_longer_each_time():
    ladder, now_s, rests_s = Ladder(), 0.0, []
    while len(rests_s) < len(RESTS_S) + 1:
        if ladder.climb("deaf", now_s) == "waiting":
            rests_s.append(ladder.rest_until_s - now_s)
            now_s = ladder.rest_until_s
        now_s += 20
    assert rests_s == [*RESTS_S, RESTS_S[-1]]


def test_an_adapter_that_heard_and_is_off_again_gets_its_grace_again():
    ladder = Ladder()
    assert climbed(ladder, "off", 0, 5) == ["waiting", "waiting"]
    ladder.hearing(8)
    assert climbed(ladder, "off", 30, 39, 41) == ["waiting", "waiting", "power_cycle"]


def test_only_sustained_hearing_leads_back_to_the_foot():
    ladder = Ladder()
    assert climbed(ladder, "deaf", 0, 15, 30) == ["restart_scan", "restart_scan", "power_cycle"]
    ladder.hearing(31)
    ladder.hearing(31 + SUSTAINED_S - 1)
    assert ladder.step == "power_cycle"
    assert ladder.climb("deaf", 200) == "reset_service"
    ladder.hearing(210)
    ladder.hearing(210 + SUSTAINED_S)
    assert ladder.step == "listening"
    assert ladder.climb("deaf", 400) == "restart_scan"


def test_an_illness_that_comes_back_after_every_cure_climbs_when_the_budget_is_spent():
    ladder, now_s, steps = Ladder(), 0.0, Counter()
    while now_s < HOUR_S:
        steps[ladder.climb("deaf", now_s)] += 1
        ladder.hearing(now_s + 1)
        ladder.hearing(now_s + 1 + SUSTAINED_S)
        now_s += 150
    assert dict(steps) == {"restart_scan": 10, "power_cycle": 3, "reset_service": 2, "waiting": 9}


def test_hearing_ends_a_rest_early():
    ladder = Ladder()
    climbed(ladder, "deaf", *range(0, 100, 20))
    ladder.hearing(101)
    ladder.hearing(101 + SUSTAINED_S)
    assert ladder.climb("deaf", 300) == "restart_scan"


@given(st.lists(st.tuples(st.sampled_from(["hearing", *sorted(TREATMENTS)]), st.floats(0, 400)), max_size=300))
def test_no_history_overdraws_a_budget_or_takes_a_step_that_cannot_help(history):
    ladder, now_s = Ladder(), 0.0
    taken: dict[str, list[float]] = {rung.step: [] for rung in RUNGS}
    for happening, pause_s in history:
        now_s += pause_s
        if happening == "hearing":
            ladder.hearing(now_s)
            continue
        resting = now_s < ladder.rest_until_s
        step = ladder.climb(happening, now_s)
        assert ladder.step == step
        if step == "waiting":
            continue
        assert not resting
        assert step in {rung.step for rung in TREATMENTS[happening].rungs}
        taken[step].append(now_s)
    for rung in RUNGS:
        for at_s in taken[rung.step]:
            assert sum(at_s <= other_s < at_s + HOUR_S for other_s in taken[rung.step]) <= rung.per_hour
    assert ladder.taken.total() == sum(map(len, taken.values()))


@given(st.lists(st.floats(0.5, 60), min_size=200, max_size=400), TROUBLES)
def test_an_illness_without_end_costs_less_and_less(pauses_s, trouble):
    ladder, now_s, steps = Ladder(), 0.0, 0
    for pause_s in pauses_s:
        now_s += pause_s
        steps += ladder.climb(trouble, now_s) != "waiting"
    rounds = 2 + now_s / RESTS_S[0]
    assert steps <= rounds * sum(rung.tries for rung in RUNGS)
