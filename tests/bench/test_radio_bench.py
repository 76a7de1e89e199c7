"""What one advertisement costs, side by side: an empty callback, Theengs' decoder, bleak and D-Bus, and all of ours.

Targets: at most 10 % of bleak's and D-Bus's own cost for an unknown device, at most 50 % for a known customer.
"""

import asyncio
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

import pytest
from bleak import BleakScanner
from bleak.args.bluez import BlueZScannerArgs

from edge_agent.clock import SystemClock
from edge_agent.events import Advertisement
from edge_agent.frames import ad
from edge_agent.frames.decode import decode
from edge_agent.loop import Inbox
from edge_agent.radio.bluez import FILTERS
from tests import captures
from tests.bench import air
from tests.radio.conftest import bus  # noqa: F401 - a fixture
from tests.scenario.shop import Shop, advertisement, profile

PREFIX = "5f6a2c9e71d04b83"
CALLS = 50_000
ROUNDS = 5
PER_SECOND = 500
ROUND_S = 2.0
INTERVAL_S = 0.25
PRESENT = 50
STAY_S = 40.0


def cost_us(function: Callable[[Advertisement], object], heard: Sequence[Advertisement], calls: int = CALLS) -> float:
    """CPU time of one call, the best of some rounds over the same advertisements."""
    return min(_round_us(function, heard, calls) for _ in range(ROUNDS))


def _round_us(function: Callable[[Advertisement], object], heard: Sequence[Advertisement], calls: int) -> float:
    inputs = list(itertools.islice(itertools.cycle(heard), calls))
    started_s = time.process_time()
    for one in inputs:
        function(one)
    return (time.process_time() - started_s) / calls * 1e6


def theengs_us(heard: Sequence[Advertisement]) -> float | None:
    """What Theengs Gateway does with each advertisement: JSON in, its decoder, JSON out. ``None``: it is absent."""
    try:
        from TheengsDecoder import decodeBLE
    except ImportError:
        return None

    def decode_theirs(one: Advertisement) -> object:
        answer = decodeBLE(air.for_theengs(one))
        return json.loads(answer) if answer else None

    return cost_us(decode_theirs, heard, CALLS // 50)  # it is slow


async def bleak_us() -> tuple[float, float]:
    """CPU time of this process for each advertisement while bleak scans, best of some rounds, and how many a second."""
    heard = 0

    def count(_device: object, _data: object) -> None:
        nonlocal heard
        heard += 1

    async with BleakScanner(count, bluez=BlueZScannerArgs(adapter="hci0", filters=FILTERS)):
        await asyncio.sleep(1.0)  # the devices are new to BlueZ in the first round
        first, started_s = heard, time.monotonic()
        rounds_us = []
        for _ in range(ROUNDS):
            before, cpu_s = heard, time.process_time()
            await asyncio.sleep(ROUND_S)
            rounds_us.append((time.process_time() - cpu_s) / (heard - before) * 1e6)
        return min(rounds_us), (heard - first) / (time.monotonic() - started_s)


def unknown_us(heard: Sequence[Advertisement]) -> float:
    """A stranger through our inbox and our whole pipeline, in a shop with customers."""
    shop = Shop([profile(f"c{number}") for number in range(PRESENT)])
    shop.walk(30, *((f"c{number}", 1.0) for number in range(3)))
    instant, inbox = shop.unit.instant, Inbox(SystemClock("always"))

    def pass_through(one: Advertisement) -> None:
        inbox.put(one)
        inbox.take()
        shop.pipeline.step(one, instant)

    return cost_us(pass_through, heard)


def known_us(present: int) -> float:
    """A customer through everything, presence, visits and deadlines included, while so many stand in the shop.

    The best of some rounds, each as long as a short visit.
    """
    names = [f"c{number}" for number in range(present)]
    shop = Shop([profile(name) for name in names])
    shop.walk(30, *((name, 1.0) for name in names))  # greeted, settled
    heard = [advertisement(name, shop.unit.instant.utc) for name in names]  # the id of the slot before is good as well
    return min(_stay_us(shop, heard) for _ in range(ROUNDS))


def _stay_us(shop: Shop, heard: Sequence[Advertisement]) -> float:
    inbox, unit = Inbox(SystemClock("always")), shop.unit
    count = 0
    end_s = unit.now_s + STAY_S
    started_s = time.process_time()
    while unit.now_s < end_s:
        for one in heard:
            inbox.put(one)
            inbox.take()
            unit.advance(unit.now_s + INTERVAL_S / len(heard))
            unit.put(one)
            count += 1
    return (time.process_time() - started_s) / count * 1e6


def test_decoding():
    payloads = captures.street_payloads()
    print()
    for name in ("nearby", "television", "name", "ibeacon", "eid", "uid", "overflow"):
        print(f"{'decode ' + name:44}{cost_us(lambda it: decode(it, PREFIX), [ad.heard(payloads[name], -60)]):8.2f} us")
    structures = cost_us(lambda _: ad.parse(payloads["ibeacon"]), air.street())
    print(f"{'read the structures of an iBeacon':44}{structures:8.2f} us")


@pytest.mark.integration
async def test_side_by_side(bus):  # noqa: F811
    heard = air.street()
    with subprocess.Popen([sys.executable, "-m", "tests.bench.air", str(PER_SECOND)], stdout=subprocess.PIPE) as sender:
        assert sender.stdout is not None
        assert sender.stdout.readline() == b"ready\n"
        try:
            theirs_us, rate = await bleak_us()
        finally:
            sender.terminate()
    print(f"\n{'bleak + D-Bus, empty callback':44}{theirs_us:8.2f} us of CPU time each, at {rate:.0f}/s")
    print(f"{'empty callback alone (the dispatch limit)':44}{cost_us(lambda _: None, heard):8.2f} us")
    theengs = theengs_us(heard)
    absent = "not measured: TheengsDecoder is absent (needs cmake and a C++ compiler to build)"
    print(f"{'Theengs decoder':44}" + (absent if theengs is None else f"{theengs:8.2f} us"))
    for name, ours_us, target in (
        ("ours, unknown device", unknown_us(heard), 10),
        ("ours, known customer, alone in the shop", known_us(1), 50),
        (f"ours, known customer, {PRESENT} in the shop", known_us(PRESENT), 50),
    ):
        share = ours_us / theirs_us * 100
        verdict = "met" if share <= target else "MISSED"
        print(f"{name:44}{ours_us:8.2f} us = {share:5.1f} % of bleak + D-Bus (target {target} %: {verdict})")
