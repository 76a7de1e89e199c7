"""The unit's own beacon on a fake BlueZ: what is sent, and what is said when it cannot be."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from edge_agent.clock import SystemClock
from edge_agent.contracts.radio_config import OwnBeaconConfig
from edge_agent.errors import RadioError
from edge_agent.frames import ibeacon
from edge_agent.radio.beacon import UnitBeacon
from edge_agent.supervisor import Health, supervise
from tests.radio.conftest import PrivateBus
from tests.radio.fake_phones import FakePhones
from tests.radio.test_gatt import until

pytestmark = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="dbus-daemon is absent: apt-get install dbus"
)

CONFIG = OwnBeaconConfig(uuid="5a4bcfce-174e-4bac-a814-092e77f6b7e5", major=7, minor=3, measured_power_dbm=-61)
HCI0 = "/org/bluez/hci0"


@pytest.fixture
async def bluez(bus: PrivateBus) -> AsyncIterator[FakePhones]:
    fake = FakePhones()
    await fake.start()
    fake.plug()
    yield fake
    await fake.stop()


def beacon(**changes: object) -> UnitBeacon:
    return UnitBeacon(CONFIG.model_copy(update=changes), Health("beacon", SystemClock("always")))


@asynccontextmanager
async def sending(part: UnitBeacon) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(part.run())
    try:
        await until(lambda: part.health.report.state == "running" or task.done())
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_it_sends_one_ibeacon_and_nothing_else_of_the_machine(bluez: FakePhones) -> None:
    async with sending(beacon()):
        sent = dict(bluez.sent[HCI0])
        del sent["owner"]
        data = sent.pop("ManufacturerData")
        assert sent == {"Type": "broadcast", "MinInterval": 100, "MaxInterval": 100}
        assert list(data) == [0x4C]
        assert ibeacon.decode(bytes(data[0x4C])) == ibeacon.IBeacon(str(CONFIG.uuid), 7, 3, -61)
    assert bluez.sent == {}, "it is released when it is told to stop"


async def test_it_sends_on_the_chosen_adapter(bluez: FakePhones) -> None:
    bluez.plug("hci1")
    async with sending(beacon(adapter="hci1", interval_ms=250)):
        assert list(bluez.sent) == ["/org/bluez/hci1"]
        assert bluez.sent["/org/bluez/hci1"]["MaxInterval"] == 250


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("org.bluez.Error.NotPermitted", "hci0 sends as many advertisements as it can"),
        ("org.bluez.Error.Failed", "hci0 does not send the unit's beacon .*radio.beacon.adapter"),
        ("org.bluez.Error.NotSupported", "hci0 cannot advertise"),
        ("org.freedesktop.DBus.Error.UnknownMethod", "hci0 cannot advertise"),
        ("org.freedesktop.DBus.Error.AccessDenied", "does not let this user"),
    ],
)
async def test_what_is_wrong_is_said(bluez: FakePhones, error: str, said: str) -> None:
    bluez.refuse_advertising = error
    with pytest.raises(RadioError, match=said):
        await beacon().run()


async def test_without_an_adapter_it_says_so(bluez: FakePhones) -> None:
    bluez.unplug()
    with pytest.raises(RadioError, match="no Bluetooth adapter"):
        await beacon().run()


@pytest.mark.parametrize(
    ("loss", "said"), [("unplug", "unplugged"), ("off", "switched off"), ("release", "has ended the unit's beacon")]
)
async def test_its_loss_is_noticed_at_once(bluez: FakePhones, loss: str, said: str) -> None:
    async with sending(beacon()) as task:
        match loss:
            case "unplug":
                bluez.unplug()
            case "off":
                bluez.set_adapter(Powered=False)
            case _:
                await bluez.release()
        with pytest.raises(RadioError, match=said):
            async with asyncio.timeout(30):
                await task


async def test_it_comes_back_after_a_restart_of_bluetoothd(bluez: FakePhones) -> None:
    part = beacon()
    pauses = []

    async def sleep(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0.01)

    kept = asyncio.create_task(supervise(part, SystemClock("always"), sleep))
    await until(lambda: HCI0 in bluez.sent)
    bluez.sent.clear()
    await bluez.stop()
    await until(lambda: pauses)
    await bluez.start()
    await until(lambda: HCI0 in bluez.sent)
    kept.cancel()
    await asyncio.gather(kept, return_exceptions=True)


def test_without_a_uuid_there_is_no_beacon() -> None:
    with pytest.raises(ValueError, match=r"radio\.beacon\.uuid"):
        beacon(uuid=None)
