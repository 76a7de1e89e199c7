"""A guard on the rules: a few hundred seeded walks through fading, the same every time.

``tests/bench/test_presence_bench.py`` measures properly, on more walks and other seeds. Here a change that makes
presence worse must fail, so the limits are the aims, or what these very walks gave with a little room.
"""

from statistics import fmean

import pytest

from edge_agent.contracts.config import PresenceConfig
from tests.bench.walks.hearing import SHOP
from tests.bench.walks.judging import VisitScore, arrived, score_visit, tracker
from tests.bench.walks.routes import passing, visit
from tests.bench.walks.trial import p50, p95, walks

SEED = "guard"
INTERVAL_S = 0.25
JUDGE = tracker(PresenceConfig())


def scores(count: int, interval_s: float = INTERVAL_S, report_s: float | None = None) -> list[VisitScore]:
    recorded = walks(visit, interval_s, count, SEED, SHOP, report_s)
    return [score_visit(walk, JUDGE(walk.heard)) for walk in recorded]


def test_visitors_come_and_go_as_aimed() -> None:
    found = scores(150)
    assert p50([score.arrival_s for score in found]) <= 0.5
    assert p95([score.arrival_s for score in found]) <= 3  # the aim is 2; of 150 walks seven decide, and they are luck
    assert sum(score.flaps for score in found) <= 1
    assert p95([score.screen_s for score in found]) <= 8
    assert p95([score.gone_s for score in found]) <= 25
    assert sum(score.splits for score in found) == 0


def test_passers_by_are_not_spoken_to() -> None:
    wrong = fmean(arrived(JUDGE(walk.heard)) for walk in walks(passing, INTERVAL_S, 300, SEED))
    assert wrong <= 0.02


@pytest.mark.parametrize("report_s", [None, 10.0])
def test_who_is_heard_seldom_is_not_sent_away(report_s: float | None) -> None:
    found = scores(60, 1.0, report_s)
    assert sum(score.flaps for score in found) <= 1
    assert sum(score.splits for score in found) == 0
