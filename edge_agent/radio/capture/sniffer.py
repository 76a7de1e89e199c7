"""What sniffers write before a packet of the air: power, checksum, coding. Pure.

Sources: tcpdump.org/linktypes (LINKTYPE_BLUETOOTH_LE_LL, LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR), and Nordic
Semiconductor's packet format of the nRF Sniffer (LINKTYPE_NORDIC_BLE) with its protocol versions 0 to 3.
"""

from dataclasses import dataclass, field
from typing import Final

from edge_agent.radio.capture.packet import LinkType, Skip, Skipped

_PHDR_BYTES: Final = 10
_DEWHITENED: Final = 0x0001
_POWER_VALID: Final = 0x0002
_CRC_CHECKED: Final = 0x0400
_CRC_VALID: Final = 0x0800
_PHY_SHIFT: Final = 14
_PHY_CODED: Final = 2

_NORDIC_OLD_MARK: Final = b"\xbe\xef"
_NORDIC_OLD_BYTES: Final = 17
_NORDIC_OLD_FLAGS_AT: Final = 8
_NORDIC_BYTES: Final = 17  # board, 6 of the transport, 10 of the radio
_NORDIC_VERSION_AT: Final = 3
_NORDIC_ID_AT: Final = 6
_NORDIC_FLAGS_AT: Final = 8
_NORDIC_VERSIONS: Final = (1, 2, 3)
_NORDIC_PACKETS: Final = (0x02, 0x06)
_NORDIC_CRC_OK: Final = 0x01
_NORDIC_PHY_SHIFT: Final = 4


@dataclass(frozen=True, slots=True)
class AirPacket:
    """One packet as it went through the air, and how it was received."""

    data: bytes = field(repr=False)
    """Access address, coding indicator where ``coded``, PDU, checksum."""
    rssi_dbm: int | None = None
    """Received power, dBm; ``None`` where the sniffer does not tell."""
    crc_ok: bool | None = None
    """What the sniffer says of the checksum; ``None``: it has not looked."""
    coded: bool = False
    """Sent on the LE Coded PHY."""


def unwrap(link: LinkType, data: bytes) -> AirPacket:
    """Take off the sniffer's header. Raises Skipped where it cannot be read."""
    match link:
        case LinkType.LE_LL_WITH_PHDR:
            return _with_header(data)
        case LinkType.NORDIC_BLE:
            return _nordic(data)
        case _:
            return AirPacket(data)


def _with_header(data: bytes) -> AirPacket:
    if len(data) < _PHDR_BYTES:
        raise Skipped(Skip.SNIFFER_HEADER)
    flags = int.from_bytes(data[8:10], "little")
    if not flags & _DEWHITENED:
        raise Skipped(Skip.WHITENED)
    return AirPacket(
        data=data[_PHDR_BYTES:],
        rssi_dbm=int.from_bytes(data[1:2], "little", signed=True) if flags & _POWER_VALID else None,
        crc_ok=bool(flags & _CRC_VALID) if flags & _CRC_CHECKED else None,
        coded=flags >> _PHY_SHIFT == _PHY_CODED,
    )


def _nordic(data: bytes) -> AirPacket:
    if data[:2] == _NORDIC_OLD_MARK:  # version 0 has a mark instead of a board, and no version
        flags_at, header_bytes = _NORDIC_OLD_FLAGS_AT, _NORDIC_OLD_BYTES
    elif len(data) > _NORDIC_ID_AT and data[_NORDIC_VERSION_AT] in _NORDIC_VERSIONS:
        if data[_NORDIC_ID_AT] not in _NORDIC_PACKETS:
            return AirPacket(b"")  # the sniffer talks of itself
        flags_at, header_bytes = _NORDIC_FLAGS_AT, _NORDIC_BYTES
    else:
        raise Skipped(Skip.SNIFFER_HEADER)
    if len(data) < header_bytes:
        raise Skipped(Skip.SNIFFER_HEADER)
    flags, rssi_lost_db = data[flags_at], data[flags_at + 2]
    return AirPacket(
        data=data[header_bytes:],
        rssi_dbm=-rssi_lost_db,
        crc_ok=bool(flags & _NORDIC_CRC_OK),
        coded=flags >> _NORDIC_PHY_SHIFT & 7 == _PHY_CODED,
    )
