"""Captures with the kinds of frames that a street is full of, made here, so that tests need no data from elsewhere."""

import random
import struct
from dataclasses import dataclass, field

from edge_agent.frames import ad
from edge_agent.frames.eddystone import EddystoneEid, EddystoneUid
from edge_agent.frames.ibeacon import IBeacon

H1, H4, MONITOR = 1001, 1002, 2001
EPOCH_US = 0x00E297F100000000


@dataclass
class Capture:
    """A btsnoop file that grows by one HCI event at a time."""

    datalink: int = H4
    content: bytearray = field(init=False)
    _at_us: int = EPOCH_US

    def __post_init__(self) -> None:
        self.content = bytearray(struct.pack(">8sII", b"btsnoop\0", 1, self.datalink))

    def add(self, event: bytes, after_s: float = 0.03, flags: int | None = None) -> None:
        """Append an HCI event, so many seconds after the one before."""
        self._at_us += round(after_s * 1e6)
        packet = b"\x04" + event if self.datalink == H4 else event
        self.record(packet, 3 if flags is None and self.datalink != MONITOR else flags if flags is not None else 3)

    def record(self, packet: bytes, flags: int, original_bytes: int | None = None) -> None:
        """Append any record."""
        length = len(packet) if original_bytes is None else original_bytes
        self.content += struct.pack(">IIIIq", length, len(packet), flags, 0, self._at_us) + packet


def report(address: str, payload: bytes, rssi_dbm: int = -60, address_type: int = 1) -> bytes:
    """One report of an LE Advertising Report event."""
    head = bytes([0, address_type]) + bytes.fromhex(address.replace(":", ""))[::-1]
    return head + bytes([len(payload)]) + payload + rssi_dbm.to_bytes(1, "little", signed=True)


def event(*reports: bytes) -> bytes:
    """An LE Advertising Report event."""
    body = bytes([0x02, len(reports)]) + b"".join(reports)
    return bytes([0x3E, len(body)]) + body


def extended_event(address: str, payload: bytes, rssi_dbm: int = -60, status: int = 0, address_type: int = 1) -> bytes:
    """An LE Extended Advertising Report event with one report; ``status`` 1: more to come, 2: truncated."""
    head = struct.pack("<HB", status << 5, address_type) + bytes.fromhex(address.replace(":", ""))[::-1]
    middle = bytes([1, 2, 0, 0x7F]) + rssi_dbm.to_bytes(1, "little", signed=True) + bytes(9)
    body = bytes([0x0D, 1]) + head + middle + bytes([len(payload)]) + payload
    return bytes([0x3E, len(body)]) + body


def street_payloads() -> dict[str, bytes]:
    """One payload of each kind."""
    apple = b"\x4c\x00"
    return {
        "ibeacon": IBeacon("f7826da6-4fa2-4e98-8024-bc5b71e0893e", 10, 2, -59).encode(),
        "eid": EddystoneEid(bytes.fromhex("436bfe57d5a09505"), -21).encode(),
        "uid": EddystoneUid(bytes(range(10)), bytes(range(6)), -21).encode(),
        "nearby": ad.payload([ad.structure(ad.MANUFACTURER, apple + bytes.fromhex("10055f1c8a9e32"))]),
        "handoff": ad.payload(
            [ad.structure(ad.MANUFACTURER, apple + bytes.fromhex("0c0e00d1a44b9c8f6712aa53fe107c41"))]
        ),
        "find my": ad.structure(ad.MANUFACTURER, apple + bytes.fromhex("1219") + bytes(range(25))),
        "overflow": ad.payload([ad.structure(ad.MANUFACTURER, apple + b"\x01" + bytes(15) + b"\x80")]),
        "television": ad.payload([ad.structure(ad.MANUFACTURER, bytes.fromhex("7500") + bytes(24))]),
        "name": ad.payload([ad.structure(0x09, b"Thermometer 7"), ad.structure(0x03, b"\x0f\x18")]),
        "empty": b"",
    }


def street(devices: int = 20, advertisements: int = 200, seed: int = 1) -> bytes:
    """A street: many devices of every kind, each with an address of its own."""
    rng = random.Random(seed)
    kinds = list(street_payloads().values())
    capture = Capture()
    for number in range(advertisements):
        device = number % devices if number < devices else rng.randrange(devices)
        address = f"C0:00:00:00:{device >> 8:02X}:{device & 255:02X}"
        make = extended_event if device % 5 == 4 else lambda *a: event(report(*a))
        capture.add(make(address, kinds[device % len(kinds)], rng.randint(-95, -40)), rng.expovariate(30))
    return bytes(capture.content)
