"""Advertising data: the length-type-value structures of an advertisement, read and written.

Source: Bluetooth Core Specification 5.4, Vol 3, Part C, section 11, and the Supplement, Part A, section 1.
No input raises: what cannot be read is named in :attr:`Structures.rejected`, the rest is used.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from edge_agent.events import Advertisement
from edge_agent.frames.rejection import Rejection

PAYLOAD_MAX_BYTES: Final = 1650
"""The longest advertising data that a controller may report (Vol 4, Part E, section 7.8.54); legacy ones have 31."""

FLAGS: Final = 0x01
UUIDS_128_COMPLETE: Final = 0x07
SERVICE_DATA_16: Final = 0x16
MANUFACTURER: Final = 0xFF

FLAGS_LE_ONLY: Final = bytes([0x06])
"""General discoverable, no classic Bluetooth: what a beacon says of itself."""

_UUID_LIST_SIZES: Final = {0x02: 2, 0x03: 2, 0x04: 4, 0x05: 4, 0x06: 16, 0x07: 16}  # bytes of one UUID
_SERVICE_DATA_SIZES: Final = {SERVICE_DATA_16: 2, 0x20: 4, 0x21: 16}
_BASE_UUID_TAIL: Final = "-0000-1000-8000-00805f9b34fb"


@dataclass(frozen=True, slots=True)
class Structures:
    """What one payload says, in the order in which it stands there."""

    manufacturer_data: tuple[tuple[int, bytes], ...] = ()
    """(company identifier, payload), one for each structure."""
    service_data: tuple[tuple[str, bytes], ...] = ()
    """(service UUID as 128 bits, payload), one for each structure."""
    service_uuids: tuple[str, ...] = ()
    """Advertised service UUIDs as 128 bits."""
    rejected: tuple[Rejection, ...] = ()
    """What could not be read."""


def parse(payload: bytes) -> Structures:
    """Read the structures of a payload. Every other type (names, flags, power) is passed over."""
    if len(payload) > PAYLOAD_MAX_BYTES:
        return Structures(rejected=(Rejection.AD_OVERSIZED,))
    manufacturer_data: list[tuple[int, bytes]] = []
    service_data: list[tuple[str, bytes]] = []
    service_uuids: list[str] = []
    rejected: list[Rejection] = []
    position, end = 0, len(payload)
    while position < end:
        length = payload[position]
        if length == 0:  # the early end: the rest is padding and must be zero
            if any(payload[position:]):
                rejected.append(Rejection.AD_AFTER_END)
            break
        following = position + 1 + length
        if following > end:
            rejected.append(Rejection.AD_TRUNCATED)
            break
        kind = payload[position + 1]
        value = payload[position + 2 : following]
        position = following
        if kind == MANUFACTURER:
            if len(value) < 2:
                rejected.append(Rejection.AD_SHORT)
            else:
                manufacturer_data.append((value[0] | value[1] << 8, value[2:]))
        elif size := _SERVICE_DATA_SIZES.get(kind):
            if len(value) < size:
                rejected.append(Rejection.AD_SHORT)
            else:
                service_data.append((uuid_text(value[:size]), value[size:]))
        elif size := _UUID_LIST_SIZES.get(kind):
            whole = len(value) - len(value) % size
            if whole != len(value):
                rejected.append(Rejection.AD_UUID_LIST)
            service_uuids.extend(uuid_text(value[start : start + size]) for start in range(0, whole, size))
    return Structures(tuple(manufacturer_data), tuple(service_data), tuple(service_uuids), tuple(rejected))


def uuid_text(little_endian: bytes) -> str:
    """Write a UUID of 2, 4 or 16 bytes, as it goes through the air, as 128 bits in lower case with dashes."""
    digits = little_endian[::-1].hex()
    if len(digits) == 32:
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
    return digits.rjust(8, "0") + _BASE_UUID_TAIL


def uuid_bytes(text: str) -> bytes:
    """Return the 16 bytes of a UUID as they go through the air. Raises ValueError for anything else."""
    value = bytes.fromhex(text.replace("-", ""))[::-1]
    if len(value) != 16:
        raise ValueError(f"{text!r} is not a UUID of 128 bits")
    return value


def structure(kind: int, value: bytes) -> bytes:
    """Write one structure. Raises ValueError when the value is longer than 254 bytes."""
    if len(value) > 254:
        raise ValueError(f"{len(value)} bytes do not fit one structure, at most 254 do")
    return bytes([len(value) + 1, kind]) + value


def payload(structures: Iterable[bytes]) -> bytes:
    """Join structures behind the flags that a beacon sends."""
    return structure(FLAGS, FLAGS_LE_ONLY) + b"".join(structures)


def heard(
    payload: bytes,
    rssi_dbm: int | None,
    address: str = "",
    address_type: Literal["public", "random", "unknown"] = "unknown",
) -> Advertisement:
    """Make the advertisement that a radio gives when it hears a payload; what cannot be read is named."""
    return advertisement(parse(payload), rssi_dbm, address, address_type)


def advertisement(
    structures: Structures,
    rssi_dbm: int | None,
    address: str = "",
    address_type: Literal["public", "random", "unknown"] = "unknown",
) -> Advertisement:
    """Make an advertisement of structures that were read."""
    return Advertisement(
        rssi_dbm=rssi_dbm,
        manufacturer_data=structures.manufacturer_data,
        service_data=structures.service_data,
        service_uuids=structures.service_uuids,
        address=address,
        address_type=address_type,
        rejected=structures.rejected,
    )
