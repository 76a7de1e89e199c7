"""How long an ended visit is remembered, whatever the wall clock does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from edge_agent.visit.past import PastVisits
from tests.visit.test_journey import BEGUN, STAY

ENDED = STAY.over(BEGUN, (), open_yet=False)


def test_for_so_long_and_no_longer():
    past = PastVisits(600)
    past.add(ENDED, 100.0)
    assert past.of("anna", 699.9) == (ENDED, 100.0)
    assert past.next_deadline() == 700.0
    assert past.of("anna", 700.0) is None
    past.expire(700.0)
    assert past.customers() == set()
    assert past.next_deadline() is None


@pytest.mark.parametrize(("ago_s", "left_s"), [(0, 600), (599, 1), (600, 0), (-3600, 600)])
def test_after_a_restart_for_what_is_left_of_it(ago_s, left_s):
    past = PastVisits(600)
    assert past.recall(ENDED, BEGUN + timedelta(seconds=ago_s), 5.0) is (left_s > 0)
    assert past.next_deadline() == (5.0 + left_s if left_s else None)


def test_of_several_the_last_counts():
    past = PastVisits(600)
    later = replace(ENDED, visit="v9")
    past.add(ENDED, 100.0)
    past.add(later, 200.0)
    past.expire(750.0)
    assert past.of("anna", 750.0) == (later, 200.0)
    past.forget("anna")
    assert past.of("anna", 750.0) is None
