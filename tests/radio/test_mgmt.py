"""The scan on the management socket, against the kernel's side of one."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from edge_agent.contracts.radio_config import RadioConfig
from edge_agent.errors import RadioError
from edge_agent.events import Advertisement
from edge_agent.frames import ad
from edge_agent.frames.ibeacon import APPLE
from edge_agent.radio import mgmt_packets as mgmt
from edge_agent.radio.mgmt import MgmtScan
from edge_agent.radio.mgmt_packets import Command, Event, Settings, Status
from edge_agent.radio.patterns import patterns
from tests.radio.fake_kernel import ADAPTER, MONITOR, FakeKernel

WAIT_S = 30
PATTERNS = patterns(RadioConfig())
TWO_SEGMENTS = ad.payload([ad.structure(ad.MANUFACTURER, b"\x4c\x00ab"), ad.structure(ad.MANUFACTURER, b"\x4c\x00cd")])


@pytest.fixture
async def kernel() -> AsyncIterator[FakeKernel]:
    fake = FakeKernel()
    yield fake
    fake.close()


class Ears:
    """What a scan heard."""

    def __init__(self) -> None:
        self.heard: asyncio.Queue[Advertisement] = asyncio.Queue()

    async def next(self) -> Advertisement:
        async with asyncio.timeout(WAIT_S):
            return await self.heard.get()


@pytest.fixture
def ears() -> Ears:
    return Ears()


@pytest.fixture
async def scan(kernel: FakeKernel, ears: Ears) -> AsyncIterator[MgmtScan]:
    started = MgmtScan(ears.heard.put_nowait, None, "active", PATTERNS, lambda: kernel.ours)
    await started.start()
    yield started
    await started.stop()


async def test_scans_on_the_first_adapter_that_is_switched_on(scan: MgmtScan, kernel: FakeKernel, ears: Ears) -> None:
    assert (scan.adapter, scan.kind, scan.discovering) == ("hci1", "raw", True)
    kernel.found(TWO_SEGMENTS, -61)
    heard = await ears.next()
    assert heard.manufacturer_data == ((APPLE, b"ab"), (APPLE, b"cd"))
    assert (heard.rssi_dbm, heard.address, heard.address_type) == (-61, "05:04:03:02:01:00", "random")


async def test_garbage_and_other_adapters_are_passed_over(scan: MgmtScan, kernel: FakeKernel, ears: Ears) -> None:
    for packet in (b"\x12", b"\x12\x00\x01\x00\xff\xff", b"\x12\x00\x01\x00\x02\x00ab", bytes(64)):
        kernel.send(packet)
    kernel.send(mgmt.HEADER.pack(Event.FOUND, ADAPTER, 6000) + bytes(6000))
    kernel.say(Event.ADAPTER_REMOVED, b"", index=0)
    kernel.found(b"\xff" * 31)
    kernel.found(TWO_SEGMENTS, kind=0)  # classic Bluetooth
    kernel.found(TWO_SEGMENTS)
    assert (await ears.next()).manufacturer_data == ()
    assert len((await ears.next()).manufacturer_data) == 2
    assert scan.problem is None


async def test_discovery_that_ends_begins_again(scan: MgmtScan, kernel: FakeKernel, ears: Ears) -> None:
    kernel.discovering(False)
    async with asyncio.timeout(WAIT_S):
        await kernel.until_asked(Command.START_DISCOVERY, 2)
    kernel.found(TWO_SEGMENTS)
    await ears.next()
    assert scan.discovering


async def test_another_program_that_discovers_is_waited_for(kernel: FakeKernel, ears: Ears) -> None:
    kernel.refuse[Command.START_DISCOVERY] = Status.BUSY
    scan = MgmtScan(ears.heard.put_nowait, "hci1", "active", PATTERNS, lambda: kernel.ours)
    await scan.start()
    kernel.discovering(True)
    kernel.found(TWO_SEGMENTS)
    await ears.next()
    assert scan.discovering
    del kernel.refuse[Command.START_DISCOVERY]
    kernel.discovering(False)
    async with asyncio.timeout(WAIT_S):
        await kernel.until_asked(Command.START_DISCOVERY, 2)
    await scan.stop()


async def test_a_monitor_that_bluetoothd_removed_is_added_again(scan: MgmtScan, kernel: FakeKernel) -> None:
    kernel.say(Event.MONITOR_REMOVED, mgmt.handle(MONITOR + 1))
    kernel.say(Event.MONITOR_REMOVED, mgmt.handle(MONITOR))
    async with asyncio.timeout(WAIT_S):
        await kernel.until_asked(Command.ADD_PATTERNS_MONITOR, 2)


async def test_an_old_kernel_without_monitors_still_scans(kernel: FakeKernel, ears: Ears) -> None:
    kernel.refuse[Command.ADD_PATTERNS_MONITOR] = Status.UNKNOWN_COMMAND
    scan = MgmtScan(ears.heard.put_nowait, None, "active", PATTERNS, lambda: kernel.ours)
    await scan.start()
    assert scan.discovering
    await scan.stop()
    assert Command.REMOVE_MONITOR not in kernel.asked


async def test_passive_never_discovers(kernel: FakeKernel, ears: Ears) -> None:
    scan = MgmtScan(ears.heard.put_nowait, None, "passive", PATTERNS, lambda: kernel.ours)
    await scan.start()
    kernel.found(TWO_SEGMENTS, by_monitor=True)
    assert len((await ears.next()).manufacturer_data) == 2
    assert scan.discovering
    await scan.stop()
    assert Command.START_DISCOVERY not in kernel.asked
    assert Command.STOP_DISCOVERY not in kernel.asked
    assert kernel.asked[-1] == Command.REMOVE_MONITOR


async def test_passive_says_when_the_kernel_cannot(kernel: FakeKernel, ears: Ears) -> None:
    kernel.refuse[Command.ADD_PATTERNS_MONITOR] = Status.NOT_SUPPORTED
    scan = MgmtScan(ears.heard.put_nowait, None, "passive", PATTERNS, lambda: kernel.ours)
    with pytest.raises(RadioError, match="cannot monitor advertisements"):
        await scan.start()
    await scan.stop()


@pytest.mark.parametrize(
    ("status", "words", "trouble"),
    [
        (Status.PERMISSION_DENIED, "drop-in of docs/raw-radio.md", "down"),  # no repair of the adapter helps
        (Status.RFKILLED, "rfkill unblock bluetooth", "off"),
        (Status.INVALID_INDEX, "was unplugged", "away"),
        (0x03, r"status 0x3\): systemctl restart bluetooth", "failed"),
    ],
)
async def test_a_refusal_says_what_to_do(kernel: FakeKernel, ears: Ears, status: int, words: str, trouble: str) -> None:
    kernel.refuse[Command.START_DISCOVERY] = status
    scan = MgmtScan(ears.heard.put_nowait, None, "active", PATTERNS, lambda: kernel.ours)
    with pytest.raises(RadioError, match=words) as raised:
        await scan.start()
    assert raised.value.trouble == trouble
    await scan.stop()


async def test_no_adapter_says_what_to_do(kernel: FakeKernel, ears: Ears) -> None:
    scan = MgmtScan(ears.heard.put_nowait, "hci5", "active", PATTERNS, lambda: kernel.ours)
    with pytest.raises(RadioError, match="no Bluetooth adapter hci5: plug") as raised:
        await scan.start()
    assert raised.value.trouble == "away"
    await scan.stop()


async def test_an_adapter_that_is_off_says_what_to_do(kernel: FakeKernel, ears: Ears) -> None:
    scan = MgmtScan(ears.heard.put_nowait, "hci0", "active", PATTERNS, lambda: kernel.ours)
    with pytest.raises(RadioError, match="hci0 is switched off") as raised:
        await scan.start()
    assert raised.value.trouble == "off"
    await scan.stop()


async def test_no_socket_says_what_to_do(ears: Ears) -> None:
    def refuse() -> None:
        raise OSError(97, "Address family not supported by protocol")

    scan = MgmtScan(ears.heard.put_nowait, None, "active", PATTERNS, refuse)  # type: ignore[arg-type]
    with pytest.raises(RadioError, match=r"Address family not supported by protocol\): install the drop-in"):
        await scan.start()
    await scan.stop()


@pytest.mark.parametrize(
    ("code", "body", "trouble"),
    [
        (Event.ADAPTER_REMOVED, b"", "away"),
        (Event.SETTINGS, int(Settings.LE).to_bytes(4, "little"), "off"),
    ],
)
async def test_a_lost_adapter_is_a_problem_at_once(
    scan: MgmtScan, kernel: FakeKernel, code: Event, body: bytes, trouble: str
) -> None:
    kernel.say(Event.SETTINGS, int(Settings.POWERED | Settings.LE).to_bytes(4, "little"))
    kernel.say(code, body)
    await scan.wait(WAIT_S)
    assert scan.problem is not None
    assert scan.problem.trouble == trouble


async def test_a_closed_socket_is_a_problem_and_no_busy_loop(kernel: FakeKernel, ears: Ears) -> None:
    scan = MgmtScan(ears.heard.put_nowait, None, "active", PATTERNS, lambda: kernel.ours)
    await scan.start()
    kernel.close()
    await scan.wait(WAIT_S)
    assert "management socket" in str(scan.problem)
    assert not asyncio.get_running_loop().remove_reader(kernel.ours)  # nobody reads it any more
    await scan.stop()


async def test_nothing_to_wait_for_ends_in_time(scan: MgmtScan) -> None:
    await scan.wait(0.01)
    assert scan.problem is None
