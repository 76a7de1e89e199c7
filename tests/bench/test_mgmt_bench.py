"""What an advertisement costs on its way in: through the kernel's management socket, and through bleak and D-Bus.

The kernel's and BlueZ's sides are programs of their own, so that only our process's time is counted. Not counted is
what the dbus-daemon and bluetoothd spend on the second way, which is more than our share.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from bleak import BleakScanner
from bleak.args.bluez import BlueZDiscoveryFilters, BlueZScannerArgs

from edge_agent.contracts.radio_config import RadioConfig
from edge_agent.radio.mgmt import MgmtScan
from edge_agent.radio.patterns import patterns
from tests.radio.conftest import bus  # noqa: F401 - a fixture
from tests.radio.fake_kernel import FakeKernel

DEVICES = 100
PER_SECOND = 500
SECONDS = 6.0

FIND = """
import os, struct, sys, time
fd, per_second, devices = map(int, sys.argv[1:])
beacon = bytes.fromhex("0201061aff4c000215000102030405060708090a0b0c0d0e0f00010002c5")
number = 0
while True:
    body = struct.pack("<IHBbIH", number % devices, 0xC000, 2, -60, 0, len(beacon)) + beacon
    os.write(fd, struct.pack("<HHH", 0x12, 1, len(body)) + body)
    number += 1
    time.sleep(1 / per_second)
"""


@asynccontextmanager
async def raw(count: Callable[[object], None]) -> AsyncIterator[None]:
    """The scan on a management socket; what it hears is written there by another process."""
    kernel = FakeKernel()
    scan = MgmtScan(count, None, "active", patterns(RadioConfig()), lambda: kernel.ours)
    await scan.start()
    command = [sys.executable, "-c", FIND, str(kernel.fileno()), str(PER_SECOND), str(DEVICES)]
    with subprocess.Popen(command, pass_fds=[kernel.fileno()]) as process:
        try:
            yield
        finally:
            process.terminate()
            await scan.stop()
            kernel.close()


@asynccontextmanager
async def bleak(count: Callable[[object], None]) -> AsyncIterator[None]:
    """bleak with a callback that only counts, on a fake BlueZ."""
    fake = Path(__file__).parents[1] / "radio" / "fake_bluez.py"
    filters = BlueZDiscoveryFilters(DuplicateData=True, RSSI=-127)
    with subprocess.Popen([sys.executable, fake, str(DEVICES), str(PER_SECOND)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        try:
            async with BleakScanner(
                lambda _, data: count(data), bluez=BlueZScannerArgs(adapter="hci0", filters=filters)
            ):
                yield
        finally:
            process.terminate()


@pytest.mark.integration
@pytest.mark.parametrize("way", [raw, bleak])
async def test_one_advertisement(bus, way):  # noqa: F811
    heard = 0

    def count(_: object) -> None:
        nonlocal heard
        heard += 1

    async with way(count):
        await asyncio.sleep(1.0)  # the devices are new to BlueZ in the first round
        before, cpu_s, started_s = heard, time.process_time(), time.monotonic()
        await asyncio.sleep(SECONDS)
        cpu_s, heard = time.process_time() - cpu_s, heard - before
        rate = heard / (time.monotonic() - started_s)
    print(f"\n{way.__name__:40}{cpu_s / heard * 1e6:8.1f} us CPU each at {rate:.0f}/s", end="")
