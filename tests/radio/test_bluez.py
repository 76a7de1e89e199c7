"""The radio on a fake BlueZ: it hears, it notices what it loses, and it comes back."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from dbus_fast import Variant

from edge_agent.contracts.radio_config import RadioConfig
from edge_agent.errors import RadioError
from edge_agent.events import Advertisement, Instant, RadioHealth
from edge_agent.frames.decode import decode
from edge_agent.radio.adapter import choose_adapter
from edge_agent.radio.bluez import DISCOVERY_GRACE_S, BluezRadio
from edge_agent.supervisor import Health, supervise

PHONE = "C0:00:00:00:00:01"
IBEACON = bytes.fromhex("0215") + bytes(range(16)) + b"\x00\x01\x00\x02\xc5"

pytestmark = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="dbus-daemon is absent: apt-get install dbus"
)


async def until(condition) -> None:
    """Wait until something is true; the test's time limit ends it otherwise."""
    while not condition():
        await asyncio.sleep(0.01)


def manufacturer(**payloads: bytes) -> Variant:
    """``x004c=b"..."`` as BlueZ shows it."""
    return Variant("a{qv}", {int(company[1:], 16): Variant("ay", data) for company, data in payloads.items()})


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    monotonic_s: float = 1000.0

    def now(self) -> Instant:
        return Instant(self.monotonic_s, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.monotonic_s), True)


@dataclass
class Bench:
    """A radio with all that came out of it."""

    config: RadioConfig = field(default_factory=RadioConfig)
    clock: HandClock = field(default_factory=HandClock)
    heard: list[Advertisement] = field(default_factory=list)
    told: list[bool] = field(default_factory=list)
    deaf_since_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.health = Health("radio", self.clock)
        self.radio = BluezRadio(self.config, self.clock, self.health, self.heard.append, self._tell)

    def _tell(self, health: RadioHealth) -> None:
        self.told.append(health.healthy)
        if health.since_s is not None:
            self.deaf_since_s.append(health.since_s)

    @property
    def running(self) -> bool:
        return self.health.report.state == "running"

    @asynccontextmanager
    async def scanning(self) -> AsyncIterator[asyncio.Task[None]]:
        """Run the radio once."""
        task = asyncio.create_task(self.radio.run())
        await until(lambda: self.running or task.done())
        try:
            yield task
        finally:
            task.cancel()
            await asyncio.wait([task])
            if not task.cancelled():
                task.exception()

    @asynccontextmanager
    async def supervised(self) -> AsyncIterator[None]:
        """Run it for ever, with short pauses."""
        task = asyncio.create_task(supervise(self.radio, self.clock, lambda _: asyncio.sleep(0.05)))
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait([task])
            assert task.cancelled(), task.exception()


async def problem(task: asyncio.Task[None]) -> str:
    with pytest.raises(RadioError) as raised:
        await task
    return str(raised.value)


async def test_what_a_phone_sends_is_handed_on_whole(bluez):
    bench = Bench()
    eid = bytes([0x30, 0xEB]) + bytes(range(8))
    service = "0000feaa-0000-1000-8000-00805f9b34fb"
    async with bench.scanning():
        bluez.advertise(
            PHONE,
            -61,
            ManufacturerData=manufacturer(x004c=IBEACON, x0118=b"\xbe\xac" + bytes(22)),
            ServiceData=Variant("a{sv}", {service: Variant("ay", eid)}),
            UUIDs=Variant("as", [service]),
        )
        await until(lambda: bench.heard)
    (advertisement,) = bench.heard
    assert advertisement.rssi_dbm == -61
    assert (advertisement.address, advertisement.address_type) == (PHONE, "random")
    assert dict(advertisement.manufacturer_data)[0x4C] == IBEACON
    assert advertisement.service_uuids == (service,)
    assert [type(frame).__name__ for frame in decode(advertisement).frames] == ["IBeacon", "AltBeacon", "EddystoneEid"]
    assert bench.told == [True, False]


async def test_the_filters_keep_still_phones_alive(bluez):
    bench = Bench()
    async with bench.scanning():
        for _ in range(3):
            bluez.advertise(PHONE, -61, ManufacturerData=manufacturer(x004c=IBEACON))
        await until(lambda: len(bench.heard) == 3)
    assert bluez.filters[0] == {"Transport": "le", "DuplicateData": True, "RSSI": -127}


async def test_a_device_that_falls_silent_is_no_advertisement(bluez):
    bench = Bench()
    async with bench.scanning():
        bluez.advertise(PHONE, -61)
        bluez.lose_rssi(PHONE)
        bluez.advertise(PHONE, -62)
        await until(lambda: len(bench.heard) >= 2)
    assert [advertisement.rssi_dbm for advertisement in bench.heard] == [-61, -62]


async def test_the_scan_is_stopped_when_the_part_is_cancelled(bluez):
    async with Bench().scanning():
        assert bluez.discovering
    assert not bluez.discovering
    assert bluez.filters[-1] == {}


async def test_the_adapter_that_is_configured_is_used(bluez):
    bluez.plug("hci1")
    bench = Bench(RadioConfig(adapters=("hci1",)))
    async with bench.scanning():
        bluez.advertise(PHONE, -61, adapter="hci1")
        await until(lambda: bench.heard)


async def test_without_dbus_it_says_what_to_do(bus):
    bus.stop()
    bench = Bench()
    async with bench.scanning() as task:
        assert "no D-Bus system bus" in await problem(task)
    assert bench.told == [False]


async def test_without_bluetoothd_it_says_what_to_do(bus):
    async with Bench().scanning() as task:
        assert "systemctl start bluetooth" in await problem(task)


async def test_without_an_adapter_it_says_what_to_do(bluez):
    bluez.unplug()
    async with Bench().scanning() as task:
        assert "no Bluetooth adapter: plug one in" in await problem(task)


@pytest.mark.parametrize(
    ("adapters", "wanted", "message"),
    [
        ({}, None, "no Bluetooth adapter"),
        ({"hci0": {"Powered": True}}, "hci1", "set radio.adapters to some of hci0"),
        ({"hci0": {"Powered": False}}, None, "hci0 is switched off: rfkill unblock bluetooth"),
        ({"hci0": {"Powered": True, "Roles": ["peripheral"]}}, None, "cannot scan for Bluetooth LE"),
    ],
)
def test_an_adapter_that_cannot_be_used_is_refused_with_advice(adapters, wanted, message):
    with pytest.raises(RadioError, match=message):
        choose_adapter(adapters, wanted)


def test_the_first_adapter_that_is_switched_on_is_chosen():
    adapters = {"hci10": {"Powered": True}, "hci2": {"Powered": True}, "hci0": {"Powered": False}}
    assert choose_adapter(adapters, None) == "hci2"


async def test_bluez_refusing_to_scan_is_an_error_of_the_radio(bluez):
    bluez.refuse_start = "org.bluez.Error.NotReady"
    async with Bench().scanning() as task:
        assert "NotReady" in await problem(task)


async def test_losing_the_adapter_is_noticed_at_once(bluez):
    bench = Bench()
    async with bench.scanning() as task:
        bluez.unplug()
        assert "hci0 was unplugged" in await problem(task)
    assert bench.told == [True, False]


async def test_switching_it_off_is_noticed_at_once(bluez):
    async with Bench().scanning() as task:
        bluez.set_adapter(Powered=False)
        assert "switched off" in await problem(task)


async def test_a_short_pause_of_discovery_is_normal_and_a_long_one_is_not(bluez):
    bench = Bench()
    async with bench.scanning() as task:
        await until(lambda: bluez.discovering)
        bluez.set_adapter(Discovering=False)
        bench.clock.monotonic_s += DISCOVERY_GRACE_S / 2
        done, _ = await asyncio.wait([task], timeout=1.2)
        assert not done
        bench.clock.monotonic_s += DISCOVERY_GRACE_S
        assert "stopped scanning" in await problem(task)


async def test_unusual_silence_restarts_the_scan_at_once_and_tells_since_when(bluez, caplog):
    bench = Bench()
    async with bench.scanning():
        bluez.advertise(PHONE, -61)
        await until(lambda: bench.heard)
        await asyncio.sleep(0.8)  # one look at the silence
        last_heard_s = bench.clock.monotonic_s
        bench.clock.monotonic_s += bench.config.silent_s + 1
        await until(lambda: bench.told == [True, False, True])
        assert bench.deaf_since_s == [last_heard_s]
        assert bench.running
        bluez.advertise(PHONE, -62)
        await until(lambda: len(bench.heard) == 2)
    assert bluez.starts == 2
    assert "nothing heard for 13 s on hci0: scan restarted" in caplog.text


async def test_a_lone_passer_by_is_no_fault(bluez):
    bench = Bench()
    async with bench.scanning():
        bench.clock.monotonic_s += 60
        bluez.advertise(PHONE, -61)
        await until(lambda: bench.heard)
        await asyncio.sleep(0.8)  # one look at the silence
        bench.clock.monotonic_s += 10 * bench.config.silent_s
        await asyncio.sleep(0.8)
        assert bench.told == [True]
    assert bluez.starts == 1


async def test_an_empty_shop_is_not_a_fault(bluez):
    bench = Bench()
    async with bench.scanning() as task:
        bench.clock.monotonic_s += 10 * bench.config.silent_s
        done, _ = await asyncio.wait([task], timeout=1.2)
        assert not done
    assert bench.told == [True, False]


async def test_it_comes_back_with_the_adapter(bluez):
    bluez.unplug()
    bench = Bench()
    async with bench.supervised():
        await until(lambda: "no Bluetooth adapter" in bench.health.report.problem)
        bluez.plug()
        await until(lambda: bench.running)
        bluez.unplug()
        await until(lambda: not bench.running)
        bluez.plug()
        await until(lambda: bench.running)
        bluez.advertise(PHONE, -61)
        await until(lambda: bench.heard)
    assert bench.told == [False, True, False, True, False]


async def test_it_comes_back_after_bluetoothd_restarts(bluez):
    bench = Bench()
    async with bench.supervised():
        await until(lambda: bench.running)
        await bluez.stop()
        await until(lambda: not bench.running)
        await bluez.start()
        await until(lambda: bench.running)
        bluez.advertise(PHONE, -61)
        await until(lambda: bench.heard)
    assert bluez.starts == 2


async def test_it_comes_back_after_dbus_restarts(bus, bluez):
    bench = Bench()
    async with bench.supervised():
        await until(lambda: bench.running)
        bus.stop()
        await until(lambda: not bench.running)
        await bluez.stop()
        bus.start()
        await bluez.start()
        await until(lambda: bench.running)
        bluez.advertise(PHONE, -61)
        await until(lambda: bench.heard)
    assert bench.told == [True, False, True, False]
