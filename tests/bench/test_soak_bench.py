"""Ten hours of 500 advertisements a second, on a virtual clock: the memory of a unit must not grow.

``SOAK_HOURS=1`` makes it shorter. Everything is real but the clock: pipeline, visits, slots that change, and a street
of strangers of whom some are malformed or forged.
"""

import gc
import itertools
import os
import random
import sys
import time
from pathlib import Path

import pytest

from edge_agent.events import Advertisement, Outcomes
from edge_agent.frames import ad
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.simulator.virtual import VirtualUnit
from tests.bench import air
from tests.scenario.shop import START, Shop, advertisement, profile

HOURS = int(os.environ.get("SOAK_HOURS", "10"))
PER_SECOND = 500
CUSTOMERS = 200
PRESENT = 5
STAY_S = 300
GROWTH_MAX = 1.05
"""Blocks at the end against those after the first hour."""


def strangers() -> list[Advertisement]:
    """A thousand different ones; every tenth has a random payload, every tenth a forged token."""
    rng = random.Random(3)
    heard = air.street(3) * 10
    for number in range(0, len(heard), 10):
        heard[number] = ad.heard(rng.randbytes(31), -70)
        heard[number + 1] = ad.heard(EddystoneEid(rng.randbytes(8), -18).encode(), -50)
    return heard


def memory() -> tuple[float, int]:
    """Return MiB of resident memory, and blocks that Python has allocated."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, sys.getallocatedblocks()


@pytest.mark.timeout(3600)
def test_ten_hours() -> None:
    names = [f"c{number}" for number in range(CUSTOMERS)]
    shop = Shop([profile(name) for name in names])
    given = 0

    def gave(outcomes: Outcomes, _instant: object) -> None:
        nonlocal given
        given += len(outcomes.rows)

    unit = VirtualUnit(shop.pipeline, START, gave)
    shop.rows.clear()
    air_of_strangers = itertools.cycle(strangers())
    figures = []
    started_s = time.process_time()
    print()
    for second in range(HOURS * 3600):
        first = second // STAY_S * PRESENT
        for number in range(PRESENT):
            name = names[(first + number) % CUSTOMERS]
            unit.put(advertisement(name, unit.instant.utc, 1.0 + number))
        instant = unit.instant
        for heard in itertools.islice(air_of_strangers, PER_SECOND - PRESENT):
            shop.pipeline.step(heard, instant)
        unit.advance(second + 1.0)
        if (second + 1) % 3600 == 0:
            figures.append(memory())
            print(f"hour {len(figures):2}: {figures[-1][0]:6.1f} MiB resident, {figures[-1][1]:8} blocks", flush=True)
    heard = HOURS * 3600 * PER_SECOND
    cost_us = (time.process_time() - started_s) / heard * 1e6
    print(
        f"{heard} advertisements, {given} rows, {shop.pipeline.rejected.total()} parts rejected, {cost_us:.1f} us each"
    )
    assert figures[-1][1] <= figures[0][1] * GROWTH_MAX
