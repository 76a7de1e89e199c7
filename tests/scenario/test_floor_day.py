"""Eight units, twenty shoppers: every visit is greeted once. ``tests/bench`` does it with two hundred."""

from tests.scenario.afternoon import busy, once
from tests.scenario.floor import Bus

SHOPPERS = 20


def test_eight_units_on_a_bus_that_loses_a_little() -> None:
    once(busy(SHOPPERS, 900, Bus(loss=0.02, delay_s=0.2)), SHOPPERS)
