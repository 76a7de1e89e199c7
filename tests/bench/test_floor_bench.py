"""A store of eight units on a busy afternoon, and what a coordinator costs in time before a greeting."""

from random import Random
from statistics import median, quantiles

import pytest

from tests.scenario.afternoon import busy, once
from tests.scenario.floor import Bus, Floor
from tests.scenario.shop import profile

SHOPPERS = 200
OPEN_S = 2 * 3600
CAME = 40
"""People who come before one unit, one after another."""

pytestmark = pytest.mark.timeout(1800)


def test_eight_units_and_two_hundred_shoppers() -> None:
    """About a minute of work on a desktop, five on a busy small machine."""
    counted = once(busy(SHOPPERS, OPEN_S, Bus(loss=0.02, delay_s=0.2)), SHOPPERS)
    print(f"\nstore of 8 units, {SHOPPERS} shoppers, 2 h: {counted}")


@pytest.mark.parametrize(
    ("what", "coordinator", "loss", "delay_s"),
    [
        ("alone", None, 0.0, 0.0),
        ("coordinator, 20 ms", "unit0", 0.0, 0.02),
        ("coordinator, 200 ms, 2 % lost", "unit0", 0.02, 0.2),
        ("coordinator, 200 ms, 20 % lost", "unit0", 0.2, 0.2),
    ],
)
def test_seconds_from_near_to_shown(what: str, coordinator: str | None, loss: float, delay_s: float) -> None:
    """The dwell is three seconds; she stands before a unit that is not the coordinator, between two units."""
    names = [f"shopper{number:03}" for number in range(CAME)]
    bus = Bus(loss=loss, delay_s=delay_s)
    floor = Floor([(40.0, 0.0), (0.0, 0.0), (3.0, 0.0)], [profile(n) for n in names], bus=bus, coordinator=coordinator)
    random = Random(3)
    took_s = []
    for name in names:
        floor.walk(60 + random.random())
        came_s, before = floor.now_s, len(floor.shown())
        while len(floor.shown()) == before:
            floor.walk(0.1, (name, (-0.8, 0.0)), interval_s=0.1)
        took_s.append(floor.now_s - came_s)
    print(f"\n{what}: median {median(took_s):.2f} s, p95 {quantiles(took_s, n=20)[-1]:.2f} s, most {max(took_s):.2f} s")
    assert max(took_s) < 3.0 + 3.0
