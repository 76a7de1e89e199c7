"""Hard rules 1 and 9 on the whole process: what no file, log, metric or message may hold, also after a kill."""

import asyncio
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest
from dbus_fast import Variant

from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.identify.token import ephemeral_id, slot_of, temporary_key, window_of
from tests.integration.processes import SCRIPTS, Process, until
from tests.integration.store import KEYS, SALUTATION, Store
from tests.radio.conftest import PrivateBus
from tests.radio.fake_bluez import FakeBluez

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

STRANGERS = {f"D{n:X}:5E:C7:E7:0F:{n:02X}": f"Mitzi {n} of Hernals" for n in range(8)}
PAYLOAD = bytes.fromhex("0215dec0adde5eeded5eeded5eeded5eededcafe01c5")
EDDYSTONE = "0000feaa-0000-1000-8000-00805f9b34fb"


def spellings(address: str) -> set[bytes]:
    """Return every way in which an address could be written."""
    plain = address.replace(":", "")
    texts = {address, address.replace(":", "-"), address.replace(":", "_"), plain}
    return {t.encode() for text in texts for t in (text, text.lower())} | {
        bytes.fromhex(plain),
        bytes.fromhex(plain)[::-1],
        str(int(plain, 16)).encode(),
    }


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    try:
        made.open()
        yield made
    finally:
        made.close()


@pytest.fixture
async def bluez(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[FakeBluez, PrivateBus]]:
    (tmp_path / "dbus").mkdir()
    private = PrivateBus(tmp_path / "dbus")
    private.start()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", private.address)
    fake = FakeBluez()
    await fake.start()
    fake.plug()
    yield fake, private
    await fake.stop()
    private.stop()


def eid(customer: str, unix_s: int) -> bytes:
    key = temporary_key(bytes.fromhex(KEYS[customer]), window_of(unix_s))
    return ephemeral_id(key, 10, slot_of(unix_s, 10))


async def test_nothing_of_a_stranger_leaves_the_memory(
    store: Store, bluez: tuple[FakeBluez, PrivateBus], tmp_path: Path
) -> None:
    fake, _ = bluez
    config = store.config.read_text()
    store.config.write_text(config.replace('backend = "simulated"', 'backend = "bleak"'))
    traffic = tmp_path / "traffic"
    with traffic.open("wb") as output:
        words = ["mosquitto_sub", "-p", str(store.broker.port), "-t", "#", "-v"]
        listener = subprocess.Popen(words, stdout=output)
    command = [str(SCRIPTS / "edge-agent"), "run", "--verbose", "--config", str(store.config)]
    tokens: set[bytes] = set()

    async def street(starts: int) -> None:
        """Everybody advertises until the hub has heard of the customer."""
        async with asyncio.timeout(60):
            while agent.said("radio: running") < starts or "clerk.notified" not in store.hub.of("c-anna"):
                for address, name in STRANGERS.items():
                    data = {0x004C: Variant("ay", PAYLOAD), 0xFFFF: Variant("ay", name.encode())}
                    fake.advertise(address, -45, Name=Variant("s", name), ManufacturerData=Variant("a{qv}", data))
                token = eid("c-anna", int(time.time()))
                tokens.add(token)
                frame = EddystoneEid(token, -18).encode()
                service = frame[11:]  # behind flags, service list and the UUID
                data = {EDDYSTONE: Variant("ay", service)}
                fake.advertise("C0:FF:EE:00:00:01", -55, ServiceData=Variant("a{sv}", data))
                await asyncio.sleep(0.1)

    try:
        agent = Process(command, tmp_path / "agent.log")
        await street(1)
        agent.kill()
        agent = Process(command, tmp_path / "agent.log")
        await street(2)
        url = f"http://127.0.0.1:{store.web_port}/metrics"
        await asyncio.to_thread(until, lambda: agent.said("web: running") == 2)
        metrics = httpx2.get(url, trust_env=False).content
        agent.kill()
    finally:
        listener.kill()
        listener.wait()

    written = {str(path): path.read_bytes() for path in store.unit.rglob("*") if path.is_file()}
    said = {"log": (tmp_path / "agent.log").read_bytes(), "metrics": metrics}
    carried = {"traffic": traffic.read_bytes()}
    assert b"viewed-here" in b"".join(written.values())  # the search sees what is there
    assert b"card.changed" in carried["traffic"]
    assert b"edge_agent_profiles 4.0" in metrics
    stranger = {spelling for address in STRANGERS for spelling in spellings(address)}
    stranger |= {name.encode() for name in STRANGERS.values()} | {PAYLOAD, PAYLOAD[4:18], PAYLOAD.hex().encode()}
    assert found(written | said | carried, stranger) == []
    customer = {b"c-anna", SALUTATION.encode(), b"Zwetschken", KEYS["c-anna"].encode(), bytes.fromhex(KEYS["c-anna"])}
    for token in tokens:
        customer |= {token, token.hex().encode()}
    assert found(said, customer) == []
    assert found(carried, customer - {SALUTATION.encode(), b"Zwetschken"}) == []
    assert found(written, tokens) == []


def found(places: dict[str, bytes], needles: set[bytes]) -> list[tuple[str, bytes]]:
    return [(place, needle) for place, content in places.items() for needle in needles if needle in content]
