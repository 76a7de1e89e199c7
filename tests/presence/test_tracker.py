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
    assert walk.at_s(AWAY) == last_heard_s + CONFIG.screen_silence_s
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
        walk.stay(CONFIG.screen_silence_s - 1, distance_m=9)
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


@pytest.mark.parametrize("apart_s", [0.001, 0.5, 3])
@pytest.mark.parametrize("ears", [2, 3, 4])
def test_pairs_of_sightings_do_not_shorten_her_rhythm(ears, apart_s):
    """Several adapters hear the same advertisement, or she carries several devices: of one slow rhythm."""
    walk = Walk()
    for _ in range(20):
        for ear in range(ears):
            walk.hear(1, device=f"device{ear}")
            walk.wait(apart_s / ears)
        walk.wait(10 - apart_s)
    assert walk.changes == [NEAR, SETTLED]


def test_one_missed_report_of_a_slow_controller_sends_nobody_away():
    walk = Walk()
    for _ in range(5):
        walk.stay(30, interval_s=10)
        walk.wait(10)
    assert walk.changes == [NEAR, SETTLED]


def test_two_adapters_judge_like_one():
    """Each advertisement twice, a moment apart: nothing comes sooner or later than with one adapter."""
    one, two = Walk(PresenceConfig()), Walk(PresenceConfig())
    for distance_m in (8, 5, 3, *[1] * 40, 2, 4, 6, 9, 12):
        for walk, ears in ((one, 1), (two, 2)):
            for _ in range(ears):
                walk.hear(distance_m)
                walk.wait(0.001)
            walk.wait(0.25 - 0.001 * ears)
    one.wait(100)
    two.wait(100)
    assert one.changes == two.changes == [NEAR, SETTLED, AWAY, GONE]
    assert [at_s for at_s, _, _ in two.said] == pytest.approx([at_s for at_s, _, _ in one.said], abs=0.01)


@given(
    heard=st.lists(
        st.tuples(
            st.floats(0.01, 30),
            st.sampled_from(["air", "tag", "app", "ill", "well", "expect"]),
            st.floats(0.3, 9),
            st.integers(0, 1),
        ),
        max_size=30,
    )
)
def test_a_deadline_is_never_later_than_the_change(heard):
    """Beside a tracker that is asked at its deadlines alone walks one that must look everybody over all the time."""
    lazy, eager = Walk(PresenceConfig()), Walk(PresenceConfig())
    healthy = True
    for gap_s, what, distance_m, who in (*heard, (400.0, "well", 0.0, 0)):
        customer = f"c{who}"
        lazy.wait(gap_s)
        end_s = eager.now_s + gap_s
        while eager.now_s < end_s:
            eager.wait(min(0.5, end_s - eager.now_s))
            eager.tracker.radio(healthy, eager.now_s)  # no news, but everything is due again
            eager._note(eager.tracker.expire(eager.now_s))
        if what in ("ill", "well"):
            healthy = what == "well"
        for walk in (lazy, eager):
            if what in ("ill", "well"):
                walk.tracker.radio(healthy, walk.now_s)
            elif what == "app":
                walk.report(distance_m, age_s=distance_m, customer=customer)
            elif what == "expect":
                walk.tracker.expect(customer, walk.now_s)
            else:
                walk.hear(distance_m, customer, what)
    for walk in (lazy, eager):
        walk.wait(400)
    assert lazy.changes == eager.changes
    assert [at_s for at_s, _, _ in lazy.said] == pytest.approx([at_s for at_s, _, _ in eager.said], abs=1e-6)


HOSTILE = st.integers(-128, 127)


@given(air=st.lists(st.tuples(st.floats(0, 3), HOSTILE, HOSTILE), min_size=1, max_size=100))
def test_whatever_the_air_claims_she_leaves_and_nothing_is_kept(air):
    walk = Walk(PresenceConfig())
    for gap_s, dbm, power_dbm in air:
        walk.wait(gap_s)
        walk._note(walk.tracker.observe("anna", "phone", dbm, power_dbm, walk.now_s))
        assert 0.1 <= walk.tracker.distance_m("anna") <= 100
    walk.wait(100)
    assert walk.changes[-1] is GONE
    assert not walk.tracker._presences


def test_a_flood_that_is_now_near_and_now_far_makes_one_scene_at_most():
    """Somebody plays her token back, ten times a second, at -20 and at -100 dBm."""
    walk = Walk(PresenceConfig())
    for number in range(6000):
        walk._note(walk.tracker.observe("anna", "phone", -100 if number % 2 else -20, POWER_DBM, walk.now_s))
        walk.wait(0.1)
    assert walk.changes == [NEAR, SETTLED, AWAY]
    assert len(walk.tracker._presences["anna"].ranging._devices) == 1


def test_one_stray_advertisement_is_no_dwell():
    walk = Walk()
    walk.hear(1)
    walk.wait(100)
    assert walk.changes == [NEAR, AWAY, GONE]


@pytest.mark.parametrize(("interval_s", "away_after_s", "gone_after_s"), [(0.25, 5.5, 20), (4, 10, 20), (10, 25, 25)])
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


def test_a_dwell_that_one_of_two_adapters_heard_was_one():
    walk = Walk()
    walk.tracker.radio(False, walk.now_s)
    walk.stay(60)
    walk.wait(5)
    walk.tracker.radio(True, walk.now_s)
    assert walk.tracker.near_since_s("anna") == pytest.approx(5.5), "only since her last word nobody has heard her"


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


@given(losses=st.lists(st.integers(-110, -20), min_size=1, max_size=300), smoothing_s=st.floats(0, 30))
def test_distance_is_bounded_and_memory_too(losses, smoothing_s):
    ranging = Ranging(RangingRules(2.5, 0.0, smoothing_s))
    for number, dbm in enumerate(losses):
        distance_m = ranging.observe(f"device{number % 20}", dbm, POWER_DBM, number * 0.05)
        assert 0.1 <= distance_m <= 100
    assert len(ranging._devices) <= 8


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


@settings(max_examples=40)
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
