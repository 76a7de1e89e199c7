"""The same advertisements for everybody who is measured: the strangers of a street.

As a program (``python -m tests.bench.air PER_SECOND``) it is a BlueZ that hears them, on the system bus.
"""

import asyncio
import json
import random
import sys
import time

from dbus_fast import Variant

from edge_agent.events import Advertisement
from edge_agent.frames import ad
from tests import captures
from tests.radio.fake_bluez import FakeBluez

DEVICES = 100


def street(seed: int = 7) -> list[Advertisement]:
    """One advertisement of each of 100 devices; what phones, tags and televisions send all day."""
    rng = random.Random(seed)
    payloads = [payload for name, payload in captures.street_payloads().items() if name not in ("empty", "overflow")]
    return [
        ad.heard(
            payloads[number % len(payloads)],
            rng.randint(-95, -45),
            f"C0:00:00:00:{number >> 8:02X}:{number & 255:02X}",
            "random",
        )
        for number in range(DEVICES)
    ]


def for_theengs(heard: Advertisement) -> str:
    """An advertisement as Theengs Gateway hands it to its decoder: JSON with hexadecimal strings."""
    message: dict[str, object] = {"id": heard.address, "rssi": heard.rssi_dbm}
    for company, payload in heard.manufacturer_data:
        message["manufacturerdata"] = company.to_bytes(2, "little").hex() + payload.hex()
    for service, payload in heard.service_data:
        message |= {"servicedatauuid": service[4:8], "servicedata": payload.hex()}
    return json.dumps(message)


def properties(heard: Advertisement) -> dict[str, Variant]:
    """An advertisement as BlueZ tells it."""
    told = {}
    if heard.manufacturer_data:
        made = {company: Variant("ay", payload) for company, payload in heard.manufacturer_data}
        told["ManufacturerData"] = Variant("a{qv}", made)
    if heard.service_data:
        told["ServiceData"] = Variant("a{sv}", {uuid: Variant("ay", payload) for uuid, payload in heard.service_data})
    if heard.service_uuids:
        told["UUIDs"] = Variant("as", list(heard.service_uuids))
    return told


async def _advertise(per_second: float) -> None:
    fake = FakeBluez()
    await fake.start()
    fake.plug()
    print("ready", flush=True)
    air = [(heard.address, properties(heard)) for heard in street()]
    due_s, number = time.monotonic(), 0
    while True:
        await asyncio.sleep(max(0.002, due_s - time.monotonic()))
        now_s = time.monotonic()
        due_s = max(due_s, now_s - 0.1) if fake.discovering else now_s  # a machine that is behind stays behind
        while fake.discovering and due_s < now_s:
            address, told = air[number % DEVICES]
            fake.advertise(address, -50 - number // DEVICES % 20, **told)
            number += 1
            due_s += 1 / per_second


if __name__ == "__main__":
    asyncio.run(_advertise(float(sys.argv[1])))
