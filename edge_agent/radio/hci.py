"""HCI events that carry advertisements, as a controller reports them. Pure.

Source: Bluetooth Core Specification 5.4, Vol 4, Part E, sections 7.7.65.2 (LE Advertising Report) and
7.7.65.13 (LE Extended Advertising Report). Several reports of one event follow each other, as controllers send them.
"""

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Literal

from edge_agent.frames.ad import PAYLOAD_MAX_BYTES

AddressType = Literal["public", "random", "unknown"]

_LE_META: Final = 0x3E
_REPORT: Final = 0x02
_EXTENDED_REPORT: Final = 0x0D
_HEADER_BYTES: Final = 4  # event, length, subevent, number of reports
_REPORT_BYTES: Final = 9  # event type, address type, address, data length
_EXTENDED_REPORT_BYTES: Final = 24
_SCAN_RESPONSE: Final = 0x04
_EXTENDED_SCAN_RESPONSE: Final = 0x08
_RSSI_UNKNOWN: Final = 127
_ANONYMOUS: Final = 0xFF
_ADDRESS_TYPES: Final[dict[int, AddressType]] = {0: "public", 1: "random", 2: "public", 3: "random"}  # 2, 3: resolved

FRAGMENTED_MAX: Final = 64
"""Advertisers whose fragments are waited for at a time; the oldest is given up for a new one."""


class DataStatus(IntEnum):
    """Whether a report holds all data of its advertisement."""

    COMPLETE = 0
    MORE_TO_COME = 1
    TRUNCATED = 2
    RESERVED = 3


@dataclass(frozen=True, slots=True)
class Report:
    """One advertisement as the controller reported it."""

    address: str = field(repr=False)
    """``AA:BB:CC:DD:EE:FF``; empty for an anonymous advertisement."""
    address_type: AddressType
    """Kind of the address."""
    rssi_dbm: int | None
    """Received power, dBm; ``None`` where the controller could not tell."""
    data: bytes = field(repr=False)
    """Advertising data: structures for :mod:`edge_agent.frames.ad`."""
    advertising_set: int = 0
    """Advertising SID of an extended advertisement."""
    status: DataStatus = DataStatus.COMPLETE
    """Whether ``data`` is all."""
    scan_response: bool = False
    """Whether it answers a scan request: the second half of what a device says."""


class MalformedEvent(ValueError):
    """An event whose lengths contradict each other."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.offset = offset
        """Byte offset within the event."""


def reports(event: bytes) -> Iterator[Report]:
    """Read the reports of an HCI event (without the H4 packet type); other events have none.

    Raises MalformedEvent once the reports before the fault were given.
    """
    if len(event) < _HEADER_BYTES or event[0] != _LE_META:
        return
    if event[2] == _REPORT:
        read, head_bytes = _report, _REPORT_BYTES
    elif event[2] == _EXTENDED_REPORT:
        read, head_bytes = _extended_report, _EXTENDED_REPORT_BYTES
    else:
        return
    position = _HEADER_BYTES
    for number in range(1, event[3] + 1):
        if position + head_bytes > len(event):
            raise MalformedEvent(f"report {number} of {event[3]} is cut off", position)
        report, following = read(event, position)
        if following > len(event):
            raise MalformedEvent(f"report {number} of {event[3]} claims more data than the event has", position)
        yield report
        position = following


def _report(event: bytes, start: int) -> tuple[Report, int]:
    data_at = start + _REPORT_BYTES
    rssi_at = data_at + event[data_at - 1]
    report = Report(
        address=address_text(event[start + 2 : start + 8]),
        address_type=_ADDRESS_TYPES.get(event[start + 1], "unknown"),
        rssi_dbm=_rssi(event[rssi_at : rssi_at + 1]),
        data=event[data_at:rssi_at],
        scan_response=event[start] == _SCAN_RESPONSE,
    )
    return report, rssi_at + 1


def _extended_report(event: bytes, start: int) -> tuple[Report, int]:
    # event type (2), address type, address (6), two PHYs, SID, TX power, RSSI, interval (2), direct address (7), length
    data_at = start + _EXTENDED_REPORT_BYTES
    following = data_at + event[data_at - 1]
    anonymous = event[start + 2] == _ANONYMOUS
    report = Report(
        address="" if anonymous else address_text(event[start + 3 : start + 9]),
        address_type=_ADDRESS_TYPES.get(event[start + 2], "unknown"),
        rssi_dbm=_rssi(event[start + 13 : start + 14]),
        data=event[data_at:following],
        advertising_set=event[start + 11],
        status=DataStatus(event[start] >> 5 & 3),
        scan_response=bool(event[start] & _EXTENDED_SCAN_RESPONSE),
    )
    return report, following


def address_text(little_endian: bytes) -> str:
    """Write the six bytes of an address, as they go through the air, as ``AA:BB:CC:DD:EE:FF``."""
    return little_endian[::-1].hex(":").upper()


def _rssi(value: bytes) -> int | None:
    rssi_dbm = int.from_bytes(value, "little", signed=True)
    return None if rssi_dbm == _RSSI_UNKNOWN else rssi_dbm


class Reassembly:
    """Joins the fragments of extended advertisements. Bounded, whatever a neighbour sends."""

    def __init__(self) -> None:
        self._parts: OrderedDict[tuple[str, str, int, bool], bytes | None] = OrderedDict()
        """What came so far; ``None``: too much, the rest is thrown away as well."""
        self.given_up = 0
        """Advertisements of which fragments were thrown away."""

    @property
    def waiting(self) -> int:
        """Advertisements that were begun and are not complete."""
        return sum(part is not None for part in self._parts.values())

    def add(self, report: Report) -> Report | None:
        """Return the whole advertisement that a report completes, or ``None``: more is to come, or it was too long."""
        key = (report.address, report.address_type, report.advertising_set, report.scan_response)
        before = self._parts.pop(key, b"")
        data = None if before is None else before + report.data
        if data is not None and len(data) > PAYLOAD_MAX_BYTES:
            self.given_up += 1
            data = None
        if report.status is not DataStatus.MORE_TO_COME:
            return None if data is None else replace(report, data=data)
        self._parts[key] = data
        if len(self._parts) > FRAGMENTED_MAX:
            _, oldest = self._parts.popitem(last=False)
            self.given_up += oldest is not None
        return None
