"""Near, settled, away, gone: the laws hold on any walk, with any gaps, and without any traffic."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.constants import RSSI_KEEP_S
from edge_agent.contracts.config import PresenceConfig
from edge_agent.presence.ranging import Ranging, RangingRules
from edge_agent.presence.tracker import Change
from tests.presence.walk import AWAY, CONFIG, GONE, NEAR, POWER_DBM, SETTLED, Walk

STEPS = st.lists(
    st.tuples(st.floats(0.02, 25), st.floats(0.2, 12), st.sampled_from(["phone", "tag"])), min_size=1, max_size=60
)


@settings(deadline=None)
@given(steps=STEPS)
def test_the_laws_of_any_walk(steps):
    walk = Walk()
    for gap_s, distance_m, device in steps:
        walk.wait(gap_s)
        walk.hear(distance_m, device=device)
    walk.wait(200)
    near = settled = False
    near_at_s = 0.0
    for at_s, change, distance_m in walk.said:
        match change:
            case Change.NEAR:
                assert not near
                assert distance_m <= CONFIG.enter_m
                near, near_at_s = True, at_s
            case Change.SETTLED:
                assert near
                assert not settled
                assert at_s >= near_at_s + CONFIG.screen_dwell_s
                settled = True
            case Change.AWAY:
                assert near
                near = settled = False
            case Change.GONE:
                assert not near
    assert walk.changes.count(GONE) >= 1
    assert walk.changes[-1] is GONE
    assert walk.tracker.next_deadline() is None
    assert not walk.tracker._presences


@settings(deadline=None)
@given(steps=STEPS, ill=st.lists(st.booleans(), min_size=60, max_size=60))
def test_deadlines_move_on_whatever_the_radio_does(steps, ill):
    walk = Walk()
    for (gap_s, distance_m, device), unwell in zip(steps, ill, strict=False):
        walk.tracker.radio(not unwell, walk.now_s)
        walk.wait(gap_s)  # asserts that no deadline stands still
        if not unwell:
            walk.hear(distance_m, device=device)
    assert all(at_s >= walk.at_s(NEAR) for at_s, change, _ in walk.said if change is SETTLED)


def test_she_comes_stays_and_leaves_without_a_sound():
    walk = Walk()
    walk.stay(10)
    walk.wait(100)
    assert walk.changes == [NEAR, SETTLED, AWAY, GONE]
    last_heard_s = 9.5
    assert walk.at_s(SETTLED) == CONFIG.screen_dwell_s
    assert walk.at_s(AWAY) == last_heard_s + CONFIG.screen_silence_s + 0.5  # and one of her own intervals
    assert walk.at_s(GONE) == last_heard_s + CONFIG.visit_silence_min_s


@pytest.mark.parametrize(
    ("distances_m", "changes"),
    [
        ((5, 3, 2.3), []),
        ((5, 1.9), [NEAR]),
        ((1, 3.7), [NEAR]),  # between the limits nothing changes
        ((1, 4.4), [NEAR, SETTLED, AWAY]),
        ((1, 4.4, 3, 2.3), [NEAR, SETTLED, AWAY]),
        ((1, 4.4, 1), [NEAR, SETTLED, AWAY, NEAR, SETTLED]),
    ],
)
def test_entering_and_leaving_have_their_own_limits(distances_m, changes):
    walk = Walk()
    for distance_m in distances_m:
        walk.stay(8, distance_m)
    assert walk.changes == (changes if SETTLED in changes or not changes else [NEAR, SETTLED])


def test_a_body_that_turns_for_some_seconds_sends_nobody_away():
    walk = Walk()
    for _ in range(10):
        walk.stay(5)
        walk.stay(CONFIG.screen_silence_s - 0.5, distance_m=9)
    assert walk.changes == [NEAR, SETTLED]


def test_who_only_passes_is_never_settled():
    """Near for less than the dwell, then far, then near again: the dwell begins again, and nothing flickers."""
    walk = Walk()
    for _ in range(5):
        walk.stay(2, distance_m=1.9)
        walk.stay(1, distance_m=5)
    assert walk.changes == [NEAR]
    walk.wait(100)
    assert walk.changes == [NEAR, AWAY, GONE]


def test_nobody_settles_between_the_limits():
    walk = Walk()
    walk.stay(2, distance_m=1.5)
    walk.stay(20, distance_m=3)
    assert walk.changes == [NEAR]
    walk.stay(1, distance_m=1.5)
    assert walk.changes == [NEAR, SETTLED]


def test_a_slow_controller_makes_nothing_flicker():
    walk = Walk()
    walk.stay(120, interval_s=10)
    assert walk.changes == [NEAR, SETTLED]


def test_one_stray_advertisement_is_no_dwell():
    walk = Walk()
    walk.hear(1)
    walk.wait(100)
    assert walk.changes == [NEAR, AWAY, GONE]


@pytest.mark.parametrize(("interval_s", "away_after_s", "gone_after_s"), [(0.25, 5.25, 20), (2, 8, 24), (10, 40, 90)])
def test_patience_follows_the_phones_own_rhythm(interval_s, away_after_s, gone_after_s):
    walk = Walk()
    walk.stay(20 * interval_s, interval_s=interval_s)
    last_heard_s = walk.now_s - interval_s
    walk.said.clear()
    walk.wait(100)
    assert (walk.at_s(AWAY), walk.at_s(GONE)) == (last_heard_s + away_after_s, last_heard_s + gone_after_s)


def test_deaf_time_is_neither_silence_nor_dwell():
    walk = Walk()
    walk.hear(1)
    walk.wait(1)
    walk.tracker.radio(False, walk.now_s)
    walk.wait(600)
    assert walk.changes == [NEAR]
    walk.tracker.radio(True, walk.now_s)
    walk.hear(1)
    walk.wait(1)
    assert walk.changes == [NEAR]  # one second before, one after: not three
    walk.stay(2)
    assert walk.changes == [NEAR, SETTLED]
    walk.wait(100)
    assert walk.changes == [NEAR, SETTLED, AWAY, GONE]


def test_what_was_deaf_before_anybody_noticed_is_given_back():
    walk = Walk()
    walk.stay(10)
    last_heard_s = 9.5
    walk.wait(14)
    walk.tracker.radio(False, walk.now_s, last_heard_s)
    walk.wait(30)
    walk.tracker.radio(True, walk.now_s)
    healthy_s = walk.now_s
    walk.wait(100)
    assert walk.at_s(GONE) == healthy_s + CONFIG.visit_silence_min_s


def test_a_radio_that_was_ill_for_longer_than_was_known_gives_that_back_too():
    walk = Walk()
    walk.stay(10)
    last_heard_s = 9.5
    walk.wait(14)
    walk.tracker.radio(False, walk.now_s)
    walk.wait(10)
    walk.tracker.radio(False, walk.now_s, last_heard_s)
    walk.tracker.radio(True, walk.now_s)
    healthy_s = walk.now_s
    walk.wait(100)
    assert walk.at_s(GONE) == healthy_s + CONFIG.visit_silence_min_s


def test_hearing_her_while_the_radio_is_ill_buys_no_extra_patience():
    walk = Walk()
    walk.tracker.radio(False, 0)
    walk.hear(1)
    walk.wait(50)
    walk.hear(1)
    walk.wait(50)
    walk.tracker.radio(True, walk.now_s)
    healthy_s = walk.now_s
    walk.wait(500)
    assert walk.at_s(GONE) <= healthy_s + CONFIG.visit_silence_max_s


def test_restarts_give_everybody_time_to_be_heard():
    walk = Walk()
    walk.tracker.expect("anna", 0)
    walk.wait(100)
    assert walk.said == [(CONFIG.visit_silence_min_s, GONE, math.inf)]


def test_the_nearest_device_counts():
    walk = Walk(PresenceConfig(smoothing_s=4))
    walk.hear(8, device="tag")
    walk.hear(1, device="phone")
    nearest_m = walk.tracker.distance_m("anna")
    assert nearest_m == pytest.approx(1, rel=0.1)
    walk.wait(1)
    walk.hear(8, device="tag")
    assert walk.tracker.distance_m("anna") == nearest_m


def test_a_device_that_is_silent_holds_nobody_here():
    walk = Walk()
    walk.stay(5, device="phone")
    for _ in range(60):
        walk.hear(8, device="tag")
        walk.wait(0.5)
    assert walk.changes == [NEAR, SETTLED, AWAY]


RULES = RangingRules(2.5, 0.0, 2.5)


@settings(deadline=None)
@given(losses=st.lists(st.integers(-110, -20), min_size=1, max_size=300), smoothing_s=st.floats(0, 30))
def test_distance_is_bounded_and_memory_too(losses, smoothing_s):
    ranging = Ranging(RangingRules(2.5, 0.0, smoothing_s))
    for number, dbm in enumerate(losses):
        distance_m = ranging.observe(f"device{number % 20}", dbm, POWER_DBM, number * 0.05)
        assert 0.1 <= distance_m <= 100
    assert len(ranging._devices) <= 8


@settings(deadline=None)
@given(losses=st.lists(st.integers(-110, -20), min_size=2, max_size=50), gap_s=st.floats(0, 12))
def test_an_estimate_lies_between_what_was_measured(losses, gap_s):
    ranging = Ranging(RULES)
    for number, dbm in enumerate(losses):
        measured_m = ranging.observe("phone", dbm, POWER_DBM, number * gap_s)
        alone_m = [Ranging(RULES).observe("phone", heard, POWER_DBM, 0) for heard in losses[: number + 1]]
        assert min(alone_m) * 0.999 <= measured_m <= max(alone_m) * 1.001


def test_one_echo_moves_nobody():
    ranging = Ranging(RULES)
    steady_m = [ranging.observe("phone", -75, POWER_DBM, at_s / 10) for at_s in range(40)][-1]
    assert ranging.observe("phone", -30, POWER_DBM, 4) > 0.8 * steady_m
    assert ranging.observe("phone", -99, POWER_DBM, 4.1) < 1.2 * steady_m


def test_somebody_who_comes_is_believed_faster_than_somebody_who_goes():
    ranging = Ranging(RULES)
    coming = [ranging.observe("phone", -79, POWER_DBM, 0), ranging.observe("phone", -59, POWER_DBM, 1.4)]
    assert coming[1] == Ranging(RULES).observe("phone", -59, POWER_DBM, 0)
    assert coming[1] < ranging.observe("phone", -79, POWER_DBM, 2.8) < coming[0] / 1.5


@settings(max_examples=40, deadline=None)
@given(heard_s=st.lists(st.floats(0, 120), min_size=1, max_size=40), healthy=st.booleans())
def test_what_was_measured_is_gone_within_a_minute(heard_s, healthy):
    """Hard rule 2, also for a customer who has fallen silent, and while the scanner is ill."""
    walk = Walk(PresenceConfig(visit_silence_max_s=300, visit_silence_min_s=300))
    for at_s in sorted(heard_s):
        walk.wait(at_s - walk.now_s)
        walk.hear(1)
    walk.tracker.radio(healthy, walk.now_s)
    walk.wait(RSSI_KEEP_S)
    assert not walk.tracker._presences["anna"].ranging._devices


def test_forgetting_leaves_nothing():
    walk = Walk()
    walk.stay(5)
    walk.tracker.forget("anna")
    walk.said.clear()
    walk.wait(200)
    assert walk.said == []
    assert walk.tracker.next_deadline() is None
