"""Many walks, one judge, and figures with their 95 % bootstrap intervals.

Seeds are words. Rules were chosen by looking at walks of the seeds ``1`` to ``6``; what is published is measured on
``HELD_OUT``, of which the tuning has seen nothing: whoever changes a rule after a look at its figures takes another
word. The test suite guards with a third.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from random import Random
from statistics import fmean

from tests.bench.walks.channel import Air
from tests.bench.walks.hearing import SHOP, Hearing, Walk, record
from tests.bench.walks.judging import Judge, arrived, scenes_ended, score_visit
from tests.bench.walks.routes import Route, visit

HELD_OUT = "held-out-2"
RESAMPLES = 400

Kind = Callable[[Random], Route]


def back_pocket(random: Random) -> Route:
    """A visitor whose body stands between her phone and the unit while she looks at it."""
    return visit(random, phone=math.pi)


@cache
def walks(kind: Kind, hearing: Hearing, count: int, seed: str, air: Air = SHOP) -> tuple[Walk, ...]:
    """Return ``count`` recorded walks; the same arguments give the same walks."""
    found = []
    for number in range(count):
        random = Random(f"{seed}-{kind.__name__}-{hearing.interval_s}-{number}")
        found.append(record(kind(random), hearing, random, air))
    return tuple(found)


@dataclass(frozen=True)
class Figure:
    """A number and its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:6.2f} ({self.low:.2f} to {self.high:.2f})"


def p50(values: Sequence[float]) -> float:
    """Return the median."""
    return sorted(values)[len(values) // 2]


def p95(values: Sequence[float]) -> float:
    """Return the smallest value that 95 % do not exceed."""
    return sorted(values)[math.ceil(0.95 * len(values)) - 1]


def percent(values: Sequence[float]) -> float:
    """Return how much there was for each hundred."""
    return 100 * fmean(values)


def figure(values: Sequence[float], statistic: Callable[[Sequence[float]], float]) -> Figure:
    """Return a statistic with its percentile bootstrap interval (Efron, 1979)."""
    random = Random("bootstrap")
    again = sorted(statistic(random.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return Figure(statistic(values), again[int(0.025 * RESAMPLES)], again[int(0.975 * RESAMPLES) - 1])


@dataclass(frozen=True)
class Visits:
    """How visits were judged."""

    arrival_p50_s: Figure
    arrival_p95_s: Figure
    flaps: Figure
    """For each 100 visits."""
    screen_p95_s: Figure
    gone_p95_s: Figure
    splits: Figure
    """For each 100 visits."""


def judge_visits(judge: Judge, recorded: Sequence[Walk]) -> Visits:
    """Score a judge on visits."""
    scores = [score_visit(walk, judge(walk)) for walk in recorded]
    return Visits(
        arrival_p50_s=figure([score.arrival_s for score in scores], p50),
        arrival_p95_s=figure([score.arrival_s for score in scores], p95),
        flaps=figure([score.flaps for score in scores], percent),
        screen_p95_s=figure([score.screen_s for score in scores], p95),
        gone_p95_s=figure([score.gone_s for score in scores], p95),
        splits=figure([score.splits for score in scores], percent),
    )


def wrong_arrivals(judge: Judge, recorded: Sequence[Walk]) -> Figure:
    """Return the share of passers-by whom the screen would have spoken to, percent."""
    return figure([float(arrived(judge(walk))) for walk in recorded], percent)


def changes_of_mind(judge: Judge, recorded: Sequence[Walk]) -> Figure:
    """Return how often a scene was taken from somebody who came back, for each 100 walks."""
    return figure([max(0, len(scenes_ended(judge(walk))) - 1) for walk in recorded], percent)


def better_in_one(delay: Figure, error: Figure, our_delay: Figure, our_error: Figure) -> bool:
    """Whether a peer is better in one, beyond the intervals, and no worse in the other."""
    sooner = delay.high < our_delay.low and error.value <= our_error.value
    righter = error.high < our_error.low and delay.value <= our_delay.value
    return sooner or righter
