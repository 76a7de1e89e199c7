"""pcapng captures, as Wireshark writes them: sections, interfaces of several kinds, packets in between.

Source: draft-ietf-opsawg-pcapng (the Internet draft that describes the format).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from edge_agent.errors import CaptureError
from edge_agent.radio.capture.packet import (
    KNOWN_LINKS,
    PACKET_MAX_BYTES,
    LinkType,
    Packet,
    bluetooth_link,
    check_lengths,
)
from edge_agent.radio.capture.source import Source

MAGIC: Final = b"\x0a\x0d\x0d\x0a"
"""The type of a section header, the same in either byte order."""
BLOCK_MAX_BYTES: Final = PACKET_MAX_BYTES + 65_536
"""A block that we read holds one packet and its remarks. What we do not read may be longer: it is never held."""
INTERFACES_MAX: Final = 1024
"""A section that names more is corrupt."""

_NS_PER_S: Final = 1_000_000_000
_ORDERS: Final = {b"\x1a\x2b\x3c\x4d": ">", b"\x4d\x3c\x2b\x1a": "<"}
_VERSION: Final = 1
_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET = 1, 2, 3, 6
_OPTION_RESOLUTION, _OPTION_OFFSET = 9, 14
_FRAME_BYTES: Final = 12  # type, length, and the length again at the end
_SECTION_BYTES: Final = 16  # byte order, version, length of the section


@dataclass(frozen=True, slots=True)
class _Interface:
    link: LinkType | None
    snap_bytes: int
    ticks_per_s: int
    offset_s: int

    def unix_ns(self, ticks: int) -> int:
        return ticks * _NS_PER_S // self.ticks_per_s + self.offset_s * _NS_PER_S


def packets(source: Source) -> Iterator[Packet]:
    """Read the Bluetooth packets of a capture, one at a time; other interfaces are passed over.

    Raises CaptureError with packet or block and byte, after what came before was given.
    """
    reader = _Reader(source)
    while not source.at_end():
        packet = reader.block()
        if packet is not None:
            yield packet
    if reader.foreign and not reader.bluetooth:
        links = ", ".join(map(str, sorted(set(reader.foreign))))
        raise CaptureError(f"no interface is Bluetooth LE: link type {links}; allowed: {KNOWN_LINKS}", 0)


class _Reader:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._order = "<"
        self._interfaces: list[_Interface] = []
        self._number = 0
        self._last_ns = 0
        self.bluetooth = False
        self.foreign: list[int] = []

    def block(self) -> Packet | None:
        """Read one block; return the packet in it, if there is one for us."""
        offset = self._source.offset
        if self._source.peek(4) == MAGIC:
            self._section(offset)
            return None
        kind, length = self._unpack("II", self._source.take(8, "block header"))
        if kind not in (_INTERFACE, _OLD_PACKET, _SIMPLE_PACKET, _ENHANCED_PACKET):
            self._skip(length, 8, offset)
            return None
        if length > BLOCK_MAX_BYTES:
            raise CaptureError(f"block of {length} bytes; at most {BLOCK_MAX_BYTES} can be right", offset)
        body = self._source.take(self._body_bytes(length, 8, offset), "block")
        self._end(length, offset)
        if kind == _INTERFACE:
            self._interface(body, offset)
            return None
        self._number += 1
        return self._packet(kind, body, offset)

    def _section(self, offset: int) -> None:
        header = self._source.take(8 + _SECTION_BYTES, "section header")
        order = _ORDERS.get(header[8:12])
        if order is None:
            raise CaptureError(f"byte-order mark {header[8:12].hex()}; not a pcapng section", offset + 8)
        self._order = order
        (length,) = self._unpack("I", header[4:8])
        (version,) = self._unpack("H", header[12:14])
        if version != _VERSION:
            raise CaptureError(f"pcapng version {version}; only {_VERSION} is known", offset + 12)
        self._skip(length, len(header), offset)
        self._interfaces = []

    def _interface(self, body: bytes, offset: int) -> None:
        if len(body) < 8:
            raise CaptureError(f"interface of {len(body)} bytes, must have 8", offset)
        if len(self._interfaces) >= INTERFACES_MAX:
            raise CaptureError(f"more than {INTERFACES_MAX} interfaces", offset)
        number, _reserved, snap_bytes = self._unpack("HHI", body[:8])
        link = bluetooth_link(number)
        if link is None:
            self.foreign = [*self.foreign[-15:], number]
        else:
            self.bluetooth = True
        ticks_per_s, offset_s = 1_000_000, 0
        for code, value in self._options(body[8:]):
            if code == _OPTION_RESOLUTION and len(value) == 1:
                base = 2 if value[0] & 0x80 else 10
                ticks_per_s = base ** (value[0] & 0x7F)
            elif code == _OPTION_OFFSET and len(value) == 8:
                (offset_s,) = self._unpack("q", value)
        self._interfaces.append(_Interface(link, snap_bytes, ticks_per_s, offset_s))

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        position = 0
        while position + 4 <= len(data):
            code, length = self._unpack("HH", data[position : position + 4])
            value = data[position + 4 : position + 4 + length]
            if code == 0 or len(value) < length:
                return
            yield code, value
            position += 4 + length + -length % 4

    def _packet(self, kind: int, body: bytes, offset: int) -> Packet | None:
        head_bytes = 4 if kind == _SIMPLE_PACKET else 20
        if len(body) < head_bytes:
            raise CaptureError(f"packet {self._number}: block of {len(body)} bytes, must have {head_bytes}", offset)
        if kind == _SIMPLE_PACKET:
            (original_bytes,) = self._unpack("I", body[:4])
            interface = self._interface_of(0, offset)
            limits = (original_bytes, len(body) - head_bytes, interface.snap_bytes or original_bytes)
            included_bytes, unix_ns = min(limits), self._last_ns  # this kind tells no time
        else:
            if kind == _ENHANCED_PACKET:
                index, high, low, included_bytes, original_bytes = self._unpack("IIIII", body[:20])
            else:
                index, _dropped, high, low, included_bytes, original_bytes = self._unpack("HHIIII", body[:20])
            interface = self._interface_of(index, offset)
            unix_ns = self._last_ns = interface.unix_ns(high << 32 | low)
        check_lengths(self._number, included_bytes, original_bytes, offset)
        data = body[head_bytes : head_bytes + included_bytes]
        if len(data) < included_bytes:
            raise CaptureError(
                f"packet {self._number} claims {included_bytes} bytes, its block has {len(data)}", offset
            )
        if interface.link is None:
            return None
        return Packet(unix_ns, interface.link, data, offset + 8 + head_bytes, included_bytes == original_bytes)

    def _interface_of(self, index: int, offset: int) -> _Interface:
        if index >= len(self._interfaces):
            raise CaptureError(
                f"packet {self._number} is of interface {index}; the section has {len(self._interfaces)}", offset
            )
        return self._interfaces[index]

    def _skip(self, length: int, read_bytes: int, offset: int) -> None:
        """Pass over what is left of a block."""
        self._source.skip(self._body_bytes(length, read_bytes, offset), "block")
        self._end(length, offset)

    def _body_bytes(self, length: int, read_bytes: int, offset: int) -> int:
        """Return how many bytes of a block are left before its last four."""
        if length % 4 or length < max(_FRAME_BYTES, read_bytes + 4):
            raise CaptureError(f"block of {length} bytes, which none can have", offset)
        return length - read_bytes - 4

    def _end(self, length: int, offset: int) -> None:
        (again,) = self._unpack("I", self._source.take(4, "end of block"))
        if again != length:
            raise CaptureError(f"block begins with a length of {length} and ends with {again}", offset)

    def _unpack(self, layout: str, data: bytes) -> tuple[int, ...]:
        return struct.unpack(self._order + layout, data)
