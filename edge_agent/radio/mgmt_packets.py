"""Packets of the kernel's Bluetooth management socket, written and read. Pure.

Source: BlueZ, doc/mgmt.rst. Every packet is a header (code, adapter index, length; little-endian) and a body.
No input raises: the kernel is trusted, but what it hands on comes out of the air.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Final, Literal

from edge_agent.events import Advertisement
from edge_agent.frames import ad
from edge_agent.radio.patterns import Pattern

HEADER: Final = struct.Struct("<HHH")
NO_ADAPTER: Final = 0xFFFF
"""Index of what concerns no single adapter."""

PACKET_MAX_BYTES: Final = 4096
"""The longest packet that is read: an extended advertisement with its scan response stays below. A longer one
arrives cut off, and is passed over."""

LE_DISCOVERY: Final = bytes([0x06])
"""Body of START_DISCOVERY and STOP_DISCOVERY: public and random addresses of Bluetooth LE, no classic Bluetooth."""


class Command(IntEnum):
    """What we ask of the kernel."""

    READ_ADAPTERS = 0x0003
    READ_ADAPTER = 0x0004
    START_DISCOVERY = 0x0023
    STOP_DISCOVERY = 0x0024
    ADD_PATTERNS_MONITOR = 0x0052
    REMOVE_MONITOR = 0x0053


class Event(IntEnum):
    """What the kernel tells."""

    COMPLETE = 0x0001
    STATUS = 0x0002
    ADAPTER_REMOVED = 0x0005
    SETTINGS = 0x0006
    FOUND = 0x0012
    DISCOVERING = 0x0013
    MONITOR_REMOVED = 0x002C
    MONITOR_FOUND = 0x002F


class Status(IntEnum):
    """How a command ended; others exist."""

    OK = 0x00
    UNKNOWN_COMMAND = 0x01
    BUSY = 0x0A
    NOT_SUPPORTED = 0x0C
    NOT_POWERED = 0x0F
    INVALID_INDEX = 0x11
    RFKILLED = 0x12
    PERMISSION_DENIED = 0x14


class Settings(IntFlag):
    """Settings of an adapter that matter here."""

    POWERED = 1 << 0
    LE = 1 << 9


@dataclass(frozen=True, slots=True)
class Packet:
    """One event."""

    code: int
    """One of :class:`Event`, or another."""
    index: int
    """Which adapter, 0 for hci0."""
    body: bytes = field(repr=False)
    """Its parameters."""


@dataclass(frozen=True, slots=True)
class Reply:
    """How a command ended."""

    command: int
    status: int
    body: bytes
    """What it returns; empty where it failed."""


def command(code: Command, index: int = NO_ADAPTER, body: bytes = b"") -> bytes:
    """Write a command."""
    return HEADER.pack(code, index, len(body)) + body


def monitored(patterns: Sequence[Pattern]) -> bytes:
    """Write the body of ADD_PATTERNS_MONITOR."""
    return bytes([len(patterns)]) + b"".join(
        struct.pack("<BBB31s", ad_type, offset, len(value), value) for offset, ad_type, value in patterns
    )


def handle(monitor: int) -> bytes:
    """Write the body of REMOVE_MONITOR."""
    return monitor.to_bytes(2, "little")


def read(packet: bytes) -> Packet | None:
    """Read an event; ``None`` for anything else."""
    if len(packet) < HEADER.size:
        return None
    code, index, length = HEADER.unpack_from(packet)
    body = packet[HEADER.size :]
    return Packet(code, index, body) if len(body) == length else None


def reply(packet: Packet) -> Reply | None:
    """Read how a command ended; ``None`` where the packet tells something else."""
    if packet.code not in (Event.COMPLETE, Event.STATUS) or len(packet.body) < _REPLY.size:
        return None
    code, status = _REPLY.unpack_from(packet.body)
    return Reply(code, status, packet.body[_REPLY.size :])


def adapters(body: bytes) -> list[int]:
    """Read the indices that READ_ADAPTERS returns, in ascending order."""
    count = min(_number(body, 0, 2), (len(body) - 2) // 2)
    return sorted(_number(body, 2 + 2 * position, 2) for position in range(count))


def adapter_settings(body: bytes) -> Settings:
    """Read the present settings of what READ_ADAPTER returns."""
    return Settings(_number(body, 13, 4))


def settings(body: bytes) -> Settings:
    """Read the present settings of an Event.SETTINGS."""
    return Settings(_number(body, 0, 4))


def discovering(body: bytes) -> bool:
    """Read whether an Event.DISCOVERING says that a discovery runs now, and not that it ended."""
    return body[1:2] == b"\x01"


def monitor(body: bytes) -> int:
    """Read the handle of a monitor, which begins the body of what concerns one."""
    return _number(body, 0, 2)


def advertisement(packet: Packet) -> Advertisement | None:
    """Read what was heard; ``None`` where it is no advertisement of Bluetooth LE, or is cut off."""
    body, start = packet.body, 2 if packet.code == Event.MONITOR_FOUND else 0
    if len(body) < start + _FOUND.size:
        return None
    address, kind, rssi_dbm, _, length = _FOUND.unpack_from(body, start)
    data = body[start + _FOUND.size :]
    address_type = _ADDRESS_TYPES.get(kind)
    if address_type is None or len(data) != length:
        return None
    heard_dbm = None if rssi_dbm == _RSSI_UNKNOWN else rssi_dbm
    return ad.heard(data, heard_dbm, address[::-1].hex(":").upper(), address_type)


_REPLY = struct.Struct("<HB")  # command, status
_FOUND = struct.Struct("<6sBbIH")  # address, its type, RSSI, flags, length of the advertising data
_RSSI_UNKNOWN = 127
_ADDRESS_TYPES: dict[int, Literal["public", "random"]] = {1: "public", 2: "random"}  # 0: classic Bluetooth


def _number(body: bytes, start: int, size: int) -> int:
    return int.from_bytes(body[start : start + size], "little")
