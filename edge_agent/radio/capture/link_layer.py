"""Advertising PDUs as they go through the air. Pure.

Source: Bluetooth Core Specification 5.4, Vol 6, Part B, sections 2.3 (advertising PDUs) and 3.1.1 (CRC).
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from edge_agent.frames.ad import PAYLOAD_MAX_BYTES
from edge_agent.radio.capture.packet import Skip, Skipped
from edge_agent.radio.capture.sniffer import AirPacket
from edge_agent.radio.hci import FRAGMENTED_MAX, AddressType, Report, address_text

_ADVERTISING_ACCESS: Final = (0x8E89BED6).to_bytes(4, "little")
_ADV_IND, _ADV_NONCONN_IND, _SCAN_RSP, _ADV_SCAN_IND, _EXTENDED = 0x0, 0x2, 0x4, 0x6, 0x7
_LEGACY: Final = (_ADV_IND, _ADV_NONCONN_IND, _SCAN_RSP, _ADV_SCAN_IND)
_LEGACY_DATA_MAX: Final = 31
_TX_ADDRESS_RANDOM: Final = 0x40
_ADDRESS_BYTES: Final = 6
_CRC_BYTES: Final = 3
_CRC_START: Final = 0xAAAAAA  # 0x555555 of the specification, lowest bit first
_CRC_POLYNOMIAL: Final = 0xDA6000  # x^24 + x^10 + x^9 + x^6 + x^4 + x^3 + x + 1, lowest bit first

_FIELD_BYTES: Final = (6, 6, 1, 2, 3, 18, 1)
"""Address, target, CTE, ADI, AuxPtr, SyncInfo, power: each is there when its bit of the flags is set."""
_HAS_ADDRESS, _HAS_ADI, _HAS_MORE = 0, 3, 4


@dataclass(frozen=True, slots=True)
class Pdu:
    """One advertising PDU that holds, or announces, advertising data."""

    address: str = field(repr=False)
    """``AA:BB:CC:DD:EE:FF``; empty where another PDU of the same advertisement tells it, or none does."""
    address_type: AddressType
    data: bytes = field(repr=False)
    rssi_dbm: int | None
    scan_response: bool = False
    adi: int | None = None
    """Advertising set and data id: PDUs with the same one belong together."""
    more: bool = False
    """Another PDU follows, on a channel and at a time that this one names."""


def read(packet: AirPacket) -> Pdu | None:
    """Read a packet of the air; ``None``: it advertises nothing. Raises Skipped."""
    if packet.data[:4] != _ADVERTISING_ACCESS:
        return None
    body = packet.data[5:] if packet.coded else packet.data[4:]
    if len(body) < 2 or len(body) < 2 + body[1]:
        raise Skipped(Skip.BAD_CRC if packet.crc_ok is False else Skip.MALFORMED_PDU)
    end = 2 + body[1]
    crc_ok = body[end : end + _CRC_BYTES] == checksum(body[:end]) if packet.crc_ok is None else packet.crc_ok
    if not crc_ok:
        raise Skipped(Skip.BAD_CRC)
    kind, payload = body[0] & 0x0F, body[2:end]
    address_type: AddressType = "random" if body[0] & _TX_ADDRESS_RANDOM else "public"
    if kind in _LEGACY:
        data = payload[_ADDRESS_BYTES:]
        if len(payload) < _ADDRESS_BYTES or len(data) > _LEGACY_DATA_MAX:
            raise Skipped(Skip.MALFORMED_PDU)
        address = address_text(payload[:_ADDRESS_BYTES])
        return Pdu(address, address_type, data, packet.rssi_dbm, scan_response=kind == _SCAN_RSP)
    return _extended(payload, address_type, packet.rssi_dbm) if kind == _EXTENDED else None


def _extended(payload: bytes, address_type: AddressType, rssi_dbm: int | None) -> Pdu:
    """Read the common extended payload: length and mode, a header whose fields are optional, the data."""
    if not payload or len(payload) < (end := 1 + (payload[0] & 0x3F)):
        raise Skipped(Skip.MALFORMED_PDU)
    fields: dict[int, bytes] = {}
    position = 2
    for bit, size in enumerate(_FIELD_BYTES):
        if end > 1 and payload[1] >> bit & 1:
            fields[bit] = payload[position : position + size]
            position += size
            if position > end:
                raise Skipped(Skip.MALFORMED_PDU)
    address = address_text(fields[_HAS_ADDRESS]) if _HAS_ADDRESS in fields else ""
    return Pdu(
        address=address,
        address_type=address_type if address else "unknown",
        data=payload[end:],
        rssi_dbm=rssi_dbm,
        adi=int.from_bytes(fields[_HAS_ADI], "little") if _HAS_ADI in fields else None,
        more=_HAS_MORE in fields,
    )


class Chains:
    """Joins the PDUs of extended advertisements: ADV_EXT_IND announces, AUX_ADV_IND begins, AUX_CHAIN_IND goes on.

    Bounded, whatever is in the air.
    """

    def __init__(self) -> None:
        self._begun: OrderedDict[int | None, Pdu] = OrderedDict()
        self.given_up = 0
        """Advertisements of which parts were thrown away."""

    @property
    def waiting(self) -> int:
        """Advertisements that were begun, or only announced, and are not complete."""
        return len(self._begun)

    def add(self, pdu: Pdu) -> Report | None:
        """Return the advertisement that a PDU completes; ``None``: more is to come. Raises Skipped for a lost part."""
        before = self._begun.pop(pdu.adi, None)
        address, address_type, data = pdu.address, pdu.address_type, pdu.data
        if before is not None and before.data and (pdu.address or not pdu.data):
            self.given_up += 1  # this one begins anew: the rest of the one before was not captured
        elif before is not None:
            data = before.data + data
            if not address:
                address, address_type = before.address, before.address_type
        elif not address and not pdu.more:
            raise Skipped(Skip.LOST_FRAGMENT)
        if len(data) > PAYLOAD_MAX_BYTES:
            raise Skipped(Skip.LOST_FRAGMENT)
        if pdu.more:
            self._begun[pdu.adi] = Pdu(address, address_type, data, pdu.rssi_dbm)
            if len(self._begun) > FRAGMENTED_MAX:
                self._begun.popitem(last=False)
                self.given_up += 1
            return None
        advertising_set = 0 if pdu.adi is None else pdu.adi >> 12
        return Report(address, address_type, pdu.rssi_dbm, data, advertising_set, scan_response=pdu.scan_response)


def checksum(pdu: bytes) -> bytes:
    """Return the three bytes that follow an advertising PDU in the air."""
    register = _CRC_START
    for byte in pdu:
        register = register >> 8 ^ _CRC_TABLE[(register ^ byte) & 0xFF]
    return register.to_bytes(_CRC_BYTES, "little")


def _crc_of(byte: int) -> int:
    for _ in range(8):
        byte = byte >> 1 ^ (_CRC_POLYNOMIAL if byte & 1 else 0)
    return byte


_CRC_TABLE: Final = tuple(map(_crc_of, range(256)))
