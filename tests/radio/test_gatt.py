"""Phones that hint at the app are asked over a fake BlueZ with real bleak; nothing of them stays, nothing is said."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from bleak import BleakScanner
from dbus_fast import Variant

from edge_agent.clock import SystemClock
from edge_agent.contracts.radio_config import BackgroundConfig, RadioConfig
from edge_agent.errors import RadioError
from edge_agent.events import Input, ReadToken, TokenRead
from edge_agent.frames import ad, overflow
from edge_agent.identify.background import overflow_bit
from edge_agent.identify.index import TokenIndex
from edge_agent.pipeline import Pipeline
from edge_agent.radio.bluez import BluezScan
from edge_agent.radio.gatt import READ_S, TokenReader
from edge_agent.supervisor import Health
from edge_agent.telling import Sighting
from tests.radio.conftest import PrivateBus
from tests.radio.fake_phones import FakePhones, Phone
from tests.scenario.shop import CONFIG as CONFIG_OF_THE_SHOP
from tests.scenario.shop import Shelf, eid, profile

pytestmark = pytest.mark.skipif(
    shutil.which("dbus-daemon") is None, reason="dbus-daemon is absent: apt-get install dbus"
)

HERS, OTHER = "C0:00:00:00:00:01", "C0:00:00:00:00:02"
TOKEN = bytes(range(8))
CONFIG = BackgroundConfig(
    enabled=True,
    service_uuid="00000000-0000-0000-0000-00000000002a",
    characteristic_uuid="3f6a2c11-9d1e-4e0b-8a57-6c1d2b7f9e40",
)
APP = Phone(TOKEN, str(CONFIG.service_uuid), str(CONFIG.characteristic_uuid))


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
async def bluez(bus: PrivateBus) -> AsyncIterator[FakePhones]:
    fake = FakePhones()
    await fake.start()
    fake.plug()
    yield fake
    await fake.stop()


@asynccontextmanager
async def reading(read_s: float = READ_S) -> AsyncIterator[tuple[TokenReader, list[TokenRead], asyncio.Task[None]]]:
    clock, said = SystemClock("always"), list[TokenRead]()
    reader = TokenReader(CONFIG, clock, said.append, Health("tokens", clock), read_s)
    task = asyncio.create_task(reader.run())
    try:
        await until(lambda: reader.health.report.state == "running" or task.done())
        yield reader, said, task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def stand(bluez: FakePhones, address: str, phone: Phone, adapter: str = "hci0") -> None:
    bluez.phones[address] = phone
    bluez.advertise(address, adapter=adapter, ManufacturerData=Variant("a{qv}", {0x4C: Variant("ay", bytes([1]) * 17)}))


async def test_her_token_is_read_and_bluez_forgets_the_phone(bluez: FakePhones) -> None:
    stand(bluez, HERS, APP)
    stand(bluez, OTHER, APP)
    async with reading() as (reader, said, _):
        reader.ask(HERS)
        await until(lambda: said)
        assert said == [TokenRead(HERS, TOKEN)]
        assert reader.pauses_discovery()
    assert bluez.known == {OTHER}
    assert bluez.connected == set()
    members = [member for member, _ in bluez.calls]
    assert members.count("ReadValue") == 1
    assert "Pair" not in members
    assert "Set" not in members
    assert members[-1] == "RemoveDevice"


@pytest.mark.parametrize(
    "phone",
    [
        Phone(),
        Phone(TOKEN, "0000180f-0000-1000-8000-00805f9b34fb", "00002a19-0000-1000-8000-00805f9b34fb"),
        Phone(TOKEN, str(CONFIG.service_uuid), "00002a19-0000-1000-8000-00805f9b34fb"),
        Phone(TOKEN[:-1], APP.service, APP.characteristic),
        Phone(TOKEN + TOKEN, APP.service, APP.characteristic),
        Phone(error="org.bluez.Error.Failed"),
        Phone(error="org.freedesktop.DBus.Error.UnknownObject"),
    ],
    ids=["nothing", "another service", "another characteristic", "short", "long", "refuses", "gone"],
)
async def test_a_strangers_phone_gives_nothing_and_leaves_no_trace(
    bluez: FakePhones, phone: Phone, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "edge_agent")
    caplog.set_level(logging.INFO)
    stand(bluez, OTHER, phone)
    async with reading() as (reader, said, _):
        reader.ask(OTHER)
        await until(lambda: said)
    assert said == [TokenRead(OTHER, None)]
    assert (bluez.known, bluez.connected) == (set(), set())
    for mark in (OTHER, OTHER.replace(":", "_"), OTHER.lower()):
        assert mark not in caplog.text
        assert mark not in repr(said)


async def test_a_phone_that_never_answers_is_given_up(bluez: FakePhones, caplog: pytest.LogCaptureFixture) -> None:
    stand(bluez, OTHER, Phone(silent=True))
    async with reading(read_s=0.3) as (reader, said, _):
        reader.ask(OTHER)
        await until(lambda: said)
    async with reading() as (reader, then, _):
        stand(bluez, HERS, APP)
        reader.ask(HERS)
        await until(lambda: then)
    assert said + then == [TokenRead(OTHER, None), TokenRead(HERS, TOKEN)]
    assert OTHER.replace(":", "_") not in caplog.text
    assert bluez.known == set()
    assert ("Disconnect", "dev_" + OTHER.replace(":", "_")) in bluez.calls


async def test_one_at_a_time_and_the_last_one_asked_for_is_next(bluez: FakePhones) -> None:
    addresses = [f"C0:00:00:00:01:{number:02X}" for number in range(20)]
    for address in addresses:
        stand(bluez, address, APP)
    async with reading() as (reader, said, _):
        for address in addresses:
            reader.ask(address)
        await until(lambda: said)
        reader.ask(HERS)  # nobody has heard it
        await until(lambda: len(said) == 2)
    assert said == [TokenRead(addresses[-1], TOKEN), TokenRead(HERS, None)]
    assert bluez.most_connected == 1


@pytest.mark.parametrize("bond", ["Connected", "Paired", "Bonded", "Trusted"])
async def test_a_device_that_the_unit_uses_otherwise_is_left_alone(bluez: FakePhones, bond: str) -> None:
    stand(bluez, HERS, APP)
    bluez.set_device(HERS, **{bond: True})
    async with reading() as (reader, said, _):
        reader.ask(HERS)
        await until(lambda: said)
    assert said == [TokenRead(HERS, None)]
    assert bluez.known == {HERS}
    assert bluez.calls == []


async def test_the_adapter_that_hears_it_best_connects(bluez: FakePhones) -> None:
    bluez.plug("hci1")
    stand(bluez, HERS, APP)
    stand(bluez, HERS, APP, "hci1")
    bluez.advertise(HERS, -40, "hci1")
    async with reading() as (reader, said, _):
        reader.ask(HERS)
        await until(lambda: said)
    assert said == [TokenRead(HERS, TOKEN)]
    assert bluez.sole_adapter() == "hci0", "hci1 connected, and forgot it"


async def test_without_bluez_it_says_what_to_do_and_a_restart_asks_nobody_of_before(
    bus: PrivateBus, bluez: FakePhones
) -> None:
    async with reading() as (reader, said, task):
        await bluez.stop()
        reader.ask(HERS)
        with pytest.raises(RadioError, match="systemctl start bluetooth"):
            async with asyncio.timeout(30):
                await task
        reader.ask(HERS)
        await bluez.start()
        stand(bluez, HERS, APP)
        stand(bluez, OTHER, APP)
        again = asyncio.create_task(reader.run())
        await asyncio.sleep(0)  # it has begun
        reader.ask(OTHER)
        await until(lambda: said)
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)
    assert said == [TokenRead(OTHER, TOKEN)]


async def test_the_scan_goes_on(bluez: FakePhones) -> None:
    heard = []
    async with BleakScanner(lambda device, _: heard.append(device.address)):
        stand(bluez, HERS, APP)
        await until(lambda: HERS in heard)
        async with reading() as (reader, said, _):
            reader.ask(HERS)
            await until(lambda: said)
        assert said == [TokenRead(HERS, TOKEN)]
        heard.clear()
        stand(bluez, HERS, APP)
        stand(bluez, OTHER, APP)
        await until(lambda: {HERS, OTHER} <= set(heard))
    assert bluez.starts == 1


async def test_from_the_hint_in_the_air_to_her_sighting(bluez: FakePhones) -> None:
    """bleak hears the hint, the pipeline asks, bleak reads, the pipeline recognises her; then no more is asked."""
    clock = SystemClock("always")
    now = clock.now().utc
    anna = profile("anna", now)
    config = CONFIG_OF_THE_SHOP.model_copy(update={"radio": RadioConfig(background=CONFIG)})
    pipeline = Pipeline(config, Shelf({"anna": anna}), iter("abcdef").__next__, TokenIndex([("anna", anna.tokens)]))
    pipeline.step(None, clock.now())
    seen: list[Sighting] = []

    def put(received: Input) -> None:
        outcomes = pipeline.step(received, clock.now())
        seen.extend(outcomes.sightings)
        for effect in outcomes.effects:
            if isinstance(effect, ReadToken):
                reader.ask(effect.address)

    reader = TokenReader(CONFIG, clock, put, Health("tokens", clock))
    running = asyncio.create_task(reader.run())
    bit = overflow_bit(APP.service)
    assert bit is not None
    [(company, payload)] = ad.heard(overflow.of_bits((bit,)).encode(), -60).manufacturer_data
    hint = Variant("a{qv}", {company: Variant("ay", payload)})
    bluez.phones[HERS] = Phone(eid("anna", int(now.timestamp())), APP.service, APP.characteristic)
    bluez.phones[OTHER] = Phone()
    scan = BluezScan(None, put)
    await scan.start()
    async with asyncio.timeout(30):
        while len(seen) < 3:
            for address in (OTHER, HERS):
                bluez.advertise(address, ManufacturerData=hint)
            await asyncio.sleep(0.05)
    await scan.stop()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert {(sighting.customer, sighting.rssi_dbm) for sighting in seen} == {("anna", -60)}
    assert [member for member, _ in bluez.calls].count("Connect") == 2, "each once"
