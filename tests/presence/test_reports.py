"""What an app's report through the hub may do, and what it may not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.presence.tracker import REPORT_FRESH_S, REPORT_KEEP_S
from tests.presence.walk import AWAY, CONFIG, GONE, NEAR, SETTLED, Walk


def test_reports_alone_bring_her_near_and_settle_her():
    walk = Walk()
    for _ in range(6):
        walk.report(1.0, age_s=1)
        walk.wait(1)
    assert walk.changes == [NEAR, SETTLED]
    assert walk.at_s(SETTLED) == CONFIG.screen_dwell_s - 1  # the dwell began when her phone heard us
    walk.wait(100)
    assert walk.changes == [NEAR, SETTLED, AWAY, GONE]


def test_one_report_settles_nobody():
    walk = Walk()
    walk.report(1.0)
    walk.wait(100)
    assert walk.changes == [NEAR, AWAY, GONE]


@pytest.mark.parametrize("age_s", [-0.1, REPORT_KEEP_S + 0.1, math.nan])
def test_a_report_of_another_time_is_worth_nothing(age_s):
    walk = Walk()
    walk.wait(100)
    walk.report(1.0, age_s=age_s)
    assert walk.changes == []
    assert walk.tracker.next_deadline() is None


@pytest.mark.parametrize(("distance_m", "age_s"), [(None, 0), (3.0, 0), (1.0, REPORT_FRESH_S + 0.1), (math.nan, 0)])
def test_a_late_or_vague_report_brings_nobody_near(distance_m, age_s):
    walk = Walk()
    walk.wait(100)
    walk.report(distance_m, age_s=age_s)
    walk.wait(100)
    assert walk.changes == [GONE]


def test_a_late_report_keeps_a_visit():
    walk = Walk()
    walk.stay(10)
    for _ in range(20):
        walk.wait(10)
        walk.report(None, age_s=8)
    assert walk.changes == [NEAR, SETTLED, AWAY]  # the scene is gone, the visit goes on
    walk.wait(200)
    assert walk.changes[-1] is GONE


def test_the_radio_wins():
    walk = Walk()
    walk.stay(5, distance_m=6)
    walk.report(0.5)
    assert walk.changes == []
    walk.stay(5, distance_m=1)
    walk.report(20)
    assert walk.changes == [NEAR, SETTLED]
    walk.report(1)
    walk.stay(5, distance_m=6)
    assert walk.changes == [NEAR, SETTLED, AWAY]


def test_a_fresh_report_holds_the_scene_of_a_phone_that_fell_silent():
    walk = Walk()
    walk.stay(5)
    for _ in range(10):
        walk.wait(2)
        walk.report(1)
    assert walk.changes == [NEAR, SETTLED]


def test_one_old_word_of_the_radio_does_not_outweigh_fresh_reports():
    """An iPhone in the background is heard in the air now and then; its app says where it is meanwhile."""
    walk = Walk()
    walk.hear(6)
    walk.wait(REPORT_FRESH_S)
    for _ in range(3):
        walk.report(1)
        walk.wait(2)
    assert walk.changes == [NEAR, SETTLED]


def test_a_flood_of_reports_is_worth_no_more_than_its_last():
    walk = Walk()
    for _ in range(1000):
        walk.report(1)
        walk.wait(0.01)
    last_s = walk.now_s - 0.01
    assert walk.changes == [NEAR, SETTLED]
    walk.wait(100)
    assert walk.at_s(AWAY) == pytest.approx(last_s + CONFIG.screen_silence_s)
    assert walk.at_s(GONE) == pytest.approx(last_s + CONFIG.visit_silence_min_s)


def test_reports_need_no_radio():
    walk = Walk()
    walk.tracker.radio(False, 0)
    for _ in range(6):
        walk.report(1)
        walk.wait(1)
    assert walk.changes == [NEAR, SETTLED]


def test_an_older_report_after_a_newer_one_changes_nothing():
    walk = Walk()
    walk.wait(10)
    walk.report(6.0, age_s=1)
    walk.report(1.0, age_s=3)
    assert walk.changes == []


@given(
    steps=st.lists(
        st.tuples(
            st.floats(0.02, 40),
            st.floats(0.2, 12) | st.none(),
            st.floats(-5, 40),
            st.sampled_from(["air", "app", "ill"]),
        ),
        min_size=1,
        max_size=60,
    )
)
def test_whatever_comes_in_whatever_order_she_leaves_in_the_end(steps):
    walk, healthy = Walk(), True
    for gap_s, distance_m, age_s, source in steps:
        walk.wait(gap_s)  # asserts that no deadline stands still
        if source == "ill":
            healthy = not healthy
            walk.tracker.radio(healthy, walk.now_s)
        elif source == "app":
            walk.report(distance_m, age_s=age_s)
        elif distance_m is not None and healthy:
            walk.hear(distance_m)
    walk.tracker.radio(True, walk.now_s)
    walk.wait(300)
    assert walk.tracker.next_deadline() is None
    assert walk.changes.count(NEAR) == walk.changes.count(AWAY) >= walk.changes.count(SETTLED)
    assert not walk.changes or walk.changes[-1] is GONE
