"""pcap captures, in either byte order, with microseconds or nanoseconds.

Source: draft-ietf-opsawg-pcap (the Internet draft that describes libpcap's files).
"""

import struct
from collections.abc import Iterator
from typing import Final

from edge_agent.errors import CaptureError
from edge_agent.radio.capture.packet import KNOWN_LINKS, Packet, bluetooth_link, check_lengths
from edge_agent.radio.capture.source import Source

_NS_PER_S: Final = 1_000_000_000
MAGICS: Final = {
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
}
"""First bytes of a file: the byte order, and nanoseconds in one unit of its fractions of a second."""
_FILE_HEADER: Final = "4sHHiIII"
_PACKET_HEADER: Final = "IIII"
_VERSION: Final = 2
_LINK_MASK: Final = 0xFFFF  # above it: whether packets end with a checksum of their network


def packets(source: Source) -> Iterator[Packet]:
    """Read the packets of a capture, one at a time.

    Raises CaptureError with packet and byte, after what came before was given.
    """
    order, unit_ns = MAGICS[source.peek(4)]
    header = struct.Struct(order + _FILE_HEADER)
    _, version, _minor, _zone, _accuracy, _snap_bytes, network = header.unpack(source.take(header.size, "file header"))
    if version != _VERSION:
        raise CaptureError(f"pcap version {version}; only {_VERSION} is known", 4)
    link = bluetooth_link(network & _LINK_MASK)
    if link is None:
        raise CaptureError(f"link type {network & _LINK_MASK} is not Bluetooth LE; allowed: {KNOWN_LINKS}", 20)
    header = struct.Struct(order + _PACKET_HEADER)
    number = 0
    while not source.at_end():
        number += 1
        offset = source.offset
        seconds, units, included_bytes, original_bytes = header.unpack(
            source.take(header.size, f"header of packet {number}")
        )
        check_lengths(number, included_bytes, original_bytes, offset)
        data_at = source.offset
        data = source.take(included_bytes, f"packet {number}")
        yield Packet(seconds * _NS_PER_S + units * unit_ns, link, data, data_at, included_bytes == original_bytes)
