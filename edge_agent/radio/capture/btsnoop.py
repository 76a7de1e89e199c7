"""btsnoop captures, as Android and btmon write them: from a file to the HCI events in it.

Source: RFC 1761, from which the format comes, and BlueZ, src/shared/btsnoop.h.
"""

import struct
from collections.abc import Iterator
from enum import IntEnum
from typing import Final

from edge_agent.errors import CaptureError
from edge_agent.radio.capture.packet import LinkType, Packet
from edge_agent.radio.capture.source import Source

MAGIC: Final = b"btsnoop\x00"
_FILE_HEADER: Final = struct.Struct(">8sII")
_RECORD_HEADER: Final = struct.Struct(">IIIIq")
_VERSION: Final = 1
_UNIX_EPOCH_US: Final = 0x00DC_DDB3_0F2F_8000
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


def packets(source: Source) -> Iterator[Packet]:
    """Read the HCI events of a capture, one record at a time; commands and data are passed over.

    Raises CaptureError with the byte offset, after what came before was given.
    """
    datalink = _file_header(source)
    while not source.at_end():
        offset = source.offset
        header = source.take(_RECORD_HEADER.size, "record header")
        original_bytes, included_bytes, flags, _dropped, at_us = _RECORD_HEADER.unpack(header)
        if included_bytes > RECORD_MAX_BYTES:
            raise CaptureError(f"record of {included_bytes} bytes; at most {RECORD_MAX_BYTES} can be right", offset)
        if included_bytes > original_bytes:
            raise CaptureError(f"record holds {included_bytes} bytes of a packet of {original_bytes}", offset)
        data_at = source.offset
        data = source.take(included_bytes, "record")
        if (skip := _event_at(datalink, flags, data)) is not None:
            unix_ns = (at_us - _UNIX_EPOCH_US) * 1000
            whole = included_bytes == original_bytes
            yield Packet(unix_ns, LinkType.HCI_EVENT, data[skip:], data_at + skip, whole)


def _file_header(source: Source) -> Datalink:
    header = source.peek(_FILE_HEADER.size)
    if len(header) < _FILE_HEADER.size:
        raise CaptureError("file header cut off", len(header))
    _, version, datalink = _FILE_HEADER.unpack(source.take(_FILE_HEADER.size, "file header"))
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
