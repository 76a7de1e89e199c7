"""A guard on the rules: a few hundred seeded walks through fading, the same every time.

``tests/bench/test_presence_bench.py`` measures properly, on more walks and other seeds. Here a change that makes
presence worse must fail, so the limits are the aims, or what these very walks gave with a little room.
"""

from statistics import fmean

import pytest

from edge_agent.contracts.config import PresenceConfig
from tests.bench.walks.hearing import DYING, SLOW, STRICT, USUAL, Hearing
from tests.bench.walks.judging import VisitScore, arrived, score_visit, tracker
from tests.bench.walks.routes import passing, visit
from tests.bench.walks.trial import p50, p95, walks

SEED = "guard"
JUDGE = tracker(PresenceConfig())


def scores(count: int, hearing: Hearing) -> list[VisitScore]:
    return [score_visit(walk, JUDGE(walk)) for walk in walks(visit, hearing, count, SEED)]


def test_visitors_come_and_go_as_aimed() -> None:
    found = scores(150, USUAL)
    assert p50([score.arrival_s for score in found]) <= 0.5
    assert p95([score.arrival_s for score in found]) <= 3  # the aim is 2; of 150 walks seven decide, and they are luck
    assert sum(score.flaps for score in found) <= 1
    assert p95([score.screen_s for score in found]) <= 8
    assert p95([score.gone_s for score in found]) <= 25
    assert sum(score.splits for score in found) == 0


def test_passers_by_are_not_spoken_to() -> None:
    wrong = fmean(arrived(JUDGE(walk)) for walk in walks(passing, USUAL, 300, SEED))
    assert wrong <= 0.02


@pytest.mark.parametrize("hearing", [SLOW, STRICT], ids=lambda hearing: hearing.name)
def test_who_is_heard_seldom_is_not_sent_away(hearing: Hearing) -> None:
    found = scores(60, hearing)
    assert sum(score.flaps for score in found) <= 1
    assert sum(score.splits for score in found) == 0
    assert p95([score.gone_s for score in found]) <= 30


def test_a_scan_that_dies_ends_no_visit() -> None:
    assert sum(score.splits for score in scores(60, DYING)) == 0
