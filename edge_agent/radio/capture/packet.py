"""One packet of a capture, whatever file it stood in, and why one may be passed over."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Final

from edge_agent.errors import CaptureError

PACKET_MAX_BYTES: Final = 262_144
"""Longer packets are corrupt; libpcap itself never writes one."""


class LinkType(IntEnum):
    """What the bytes of a packet are: the numbers of tcpdump.org/linktypes.html."""

    HCI_EVENT = -1
    """A bare HCI event; ours, for btsnoop, which tells events apart by other means."""
    HCI_H4 = 187
    """HCI behind one byte for the packet type."""
    HCI_H4_WITH_PHDR = 201
    """The same behind four bytes for the direction."""
    LE_LL = 251
    """As it went through the air: access address, PDU, checksum."""
    LINUX_MONITOR = 254
    """Adapter and opcode before the packet, as btmon and Wireshark on Linux capture."""
    LE_LL_WITH_PHDR = 256
    """As 251, behind channel, power and flags."""
    NORDIC_BLE = 272
    """As 251, behind the header of Nordic's sniffer."""


KNOWN_LINKS: Final = ", ".join(f"{link} ({link.name})" for link in LinkType if link >= 0)


def bluetooth_link(number: int) -> LinkType | None:
    """Return a link type that files may name, or ``None``: it is not Bluetooth LE."""
    return LinkType(number) if number in tuple(LinkType) and number >= 0 else None


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet as it was captured."""

    unix_ns: int
    """When, nanoseconds since 1970 on the capturing machine's clock, which may be anything."""
    link: LinkType
    """How to read ``data``."""
    data: bytes = field(repr=False)
    """Its bytes."""
    offset: int
    """Where they begin in the file."""
    whole: bool = True
    """Whether these are all its bytes; a capturing tool may keep only the beginning."""


class Skip(StrEnum):
    """Why a packet that may hold an advertisement gives none. Counted, never an error: the air is like this."""

    CUT_SHORT = "cut_short"
    """The capturing tool kept only its beginning."""
    BAD_CRC = "bad_crc"
    """The checksum is wrong: bits were received wrongly."""
    WHITENED = "whitened"
    """The sniffer has not undone the whitening of the air."""
    SNIFFER_HEADER = "sniffer_header"
    """The sniffer's own header is of a version or length that we do not know."""
    MALFORMED_PDU = "malformed_pdu"
    """Lengths within the advertising PDU contradict each other."""
    LOST_FRAGMENT = "lost_fragment"
    """A part of an extended advertisement whose other parts were not captured, or too many at a time."""


class Skipped(Exception):  # caught where packets become reports; never leaves this package
    """A packet gives no advertisement."""

    def __init__(self, reason: Skip) -> None:
        super().__init__(reason)
        self.reason = reason


def check_lengths(number: int, included_bytes: int, original_bytes: int, offset: int) -> None:
    """Refuse what no packet can be. Raises CaptureError."""
    if included_bytes > PACKET_MAX_BYTES:
        raise CaptureError(
            f"packet {number} claims {included_bytes} bytes; at most {PACKET_MAX_BYTES} can be right", offset
        )
    if included_bytes > original_bytes:
        raise CaptureError(f"packet {number} holds {included_bytes} bytes of {original_bytes}", offset)
