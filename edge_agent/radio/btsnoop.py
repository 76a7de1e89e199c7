"""btsnoop captures, as Android and btmon write them: from a file to the HCI events in it.

Source: RFC 1761, from which the format comes, and BlueZ, src/shared/btsnoop.h. No library: the ones that
read this format are whole Bluetooth stacks.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import BinaryIO, Final

from edge_agent.errors import CaptureError

_MAGIC: Final = b"btsnoop\x00"
_FILE_HEADER: Final = struct.Struct(">8sII")
_RECORD_HEADER: Final = struct.Struct(">IIIIq")
_VERSION: Final = 1
UNIX_EPOCH_US: Final = 0x00DC_DDB3_0F2F_8000
"""1970 on the format's own clock, which counts microseconds since the year 0."""
RECORD_MAX_BYTES: Final = 66_000
"""Longer records are corrupt: the longest HCI packet has 65,535 bytes and a header."""

_H4_EVENT: Final = 0x04
_H1_RECEIVED: Final = 0x01
_H1_COMMAND_OR_EVENT: Final = 0x02
_MONITOR_EVENT: Final = 3


class Datalink(IntEnum):
    """How the records of a capture wrap HCI packets."""

    H1 = 1001
    """Bare; the flags tell events from the rest."""
    H4 = 1002
    """Behind a byte that tells the packet type."""
    MONITOR = 2001
    """Linux: the flags hold adapter and opcode."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One HCI event of a capture."""

    at_us: int
    """When it was captured, microseconds since the year 0."""
    event: bytes = field(repr=False)
    """The event, without a packet type."""
    offset: int
    """Where its bytes begin in the file."""


def events(stream: BinaryIO) -> Iterator[EventRecord]:
    """Read the HCI events of a capture, one record at a time; commands, data and records cut short are passed over.

    Raises CaptureError with the byte offset, after what came before was given.
    """
    datalink = _file_header(stream)
    offset = _FILE_HEADER.size
    while header := _read(stream, _RECORD_HEADER.size):
        if len(header) < _RECORD_HEADER.size:
            raise CaptureError(f"record header cut off: {len(header)} of {_RECORD_HEADER.size} bytes", offset)
        original_bytes, included_bytes, flags, _dropped, at_us = _RECORD_HEADER.unpack(header)
        if included_bytes > RECORD_MAX_BYTES:
            raise CaptureError(f"record of {included_bytes} bytes; at most {RECORD_MAX_BYTES} can be right", offset)
        if included_bytes > original_bytes:
            raise CaptureError(f"record holds {included_bytes} bytes of a packet of {original_bytes}", offset)
        data_at = offset + _RECORD_HEADER.size
        data = _read(stream, included_bytes)
        if len(data) < included_bytes:
            raise CaptureError(f"record cut off: {len(data)} of {included_bytes} bytes", data_at)
        whole = included_bytes == original_bytes
        if whole and (skip := _event_at(datalink, flags, data)) is not None:
            yield EventRecord(at_us, data[skip:], data_at + skip)
        offset = data_at + included_bytes


def _file_header(stream: BinaryIO) -> Datalink:
    header = _read(stream, _FILE_HEADER.size)
    if header[: len(_MAGIC)] != _MAGIC:
        raise CaptureError("not a btsnoop capture; `btmon --write FILE` and Android's HCI snoop log make one", 0)
    if len(header) < _FILE_HEADER.size:
        raise CaptureError("file header cut off", len(header))
    _, version, datalink = _FILE_HEADER.unpack(header)
    if version != _VERSION:
        raise CaptureError(f"btsnoop version {version}; only {_VERSION} is known", 8)
    if datalink not in tuple(Datalink):
        known = ", ".join(f"{link.value} ({link.name})" for link in Datalink)
        raise CaptureError(f"datalink {datalink} is not known; allowed: {known}", 12)
    return Datalink(datalink)


def _event_at(datalink: Datalink, flags: int, data: bytes) -> int | None:
    """Return where the HCI event begins in a record, or ``None`` where it is none."""
    if datalink is Datalink.H4:
        return 1 if data[:1] == bytes([_H4_EVENT]) else None
    if datalink is Datalink.H1:
        received_event = _H1_RECEIVED | _H1_COMMAND_OR_EVENT
        return 0 if flags & received_event == received_event else None
    return 0 if flags & 0xFFFF == _MONITOR_EVENT else None


def _read(stream: BinaryIO, size: int) -> bytes:
    """Read ``size`` bytes, fewer only at the end; a pipe may give less at a time."""
    data = stream.read(size)
    while len(data) < size and (more := stream.read(size - len(data))):
        data += more
    return data
