"""Permits: how long something personal may go on."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.screen import Scene
from edge_agent.visit.permits import FIRST_FRAME_S, Permits


def scene(maximum_s: float = 25) -> Scene:
    return Scene(message_id="m1", layout="welcome", mode="badge", language="en", headline="Hello", maximum_s=maximum_s)


@given(permit_s=st.floats(1, 10), maximum_s=st.floats(0.5, 100), start_s=st.floats(0, 1e6))
def test_a_permit_is_short_renewed_in_time_and_ends_with_the_scene(permit_s, maximum_s, start_s):
    permits = Permits(permit_s)
    until_s = permits.show(scene(maximum_s), ("anna",), start_s).permit_until_s
    now_s = start_s
    while (due_s := permits.next_deadline()) is not None:
        assert now_s < due_s <= until_s
        now_s = due_s
        renewal = permits.renew(now_s)
        until_s = until_s if renewal is None else renewal.permit_until_s
        assert until_s <= min(now_s + permit_s, start_s + FIRST_FRAME_S + maximum_s)
    assert until_s == start_s + FIRST_FRAME_S + maximum_s


def test_a_scene_can_be_cleared_until_its_very_end():
    permits = Permits(3)
    permits.show(scene(), ("anna",), 0)
    for now_s in range(1, 25):
        permits.renew(now_s)
    assert permits.clear("consent") is not None
    assert permits.clear("consent") is None


@pytest.mark.parametrize(("now_s", "again"), [(2.9, True), (3.0, False)])
def test_a_display_that_comes_back_gets_a_scene_only_under_its_permit(now_s, again):
    permits = Permits(3)
    shown = permits.show(scene(), ("anna",), 0)
    assert permits.again(now_s) == (shown if again else None)


def test_another_scenes_end_ends_nothing():
    permits = Permits(3)
    permits.show(scene(), ("anna",), 0)
    permits.ended("m0")
    assert permits.current is not None
    permits.ended("m1")
    assert permits.current is None


def test_a_first_permit_that_ends_early_is_renewed_before():
    permits = Permits(3)
    assert permits.show(scene(), ("anna",), 10.0, 11.2).permit_until_s == 11.2
    assert 10.0 < permits.next_deadline() < 11.2
    assert permits.renew(permits.next_deadline()).permit_until_s > 13.0
