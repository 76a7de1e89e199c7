"""From packets to advertising reports, whatever link type they came over."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from edge_agent.errors import CaptureError
from edge_agent.radio.capture import link_layer, sniffer
from edge_agent.radio.capture.packet import LinkType, Packet, Skip, Skipped
from edge_agent.radio.hci import MalformedEvent, Reassembly, Report, reports

_H4_EVENT: Final = b"\x04"
_H4_WITH_PHDR_HEAD: Final = 4
_MONITOR_HEAD: Final = 4
_MONITOR_EVENT: Final = 3


class Reports:
    """Reads packets one after the other; remembers the parts of advertisements that are not complete yet."""

    def __init__(self) -> None:
        self.skipped: Counter[str] = Counter()
        """Packets that may have held an advertisement and gave none."""
        self._reassembly = Reassembly()
        self._chains = link_layer.Chains()

    def read(self, packet: Packet) -> Iterator[Report]:
        """Return the reports that a packet completes. Raises CaptureError where an HCI event contradicts itself."""
        if not packet.whole:
            self.skipped[Skip.CUT_SHORT] += 1
            return
        given_up = self._reassembly.given_up + self._chains.given_up
        try:
            match packet.link:
                case LinkType.LE_LL | LinkType.LE_LL_WITH_PHDR | LinkType.NORDIC_BLE:
                    pdu = link_layer.read(sniffer.unwrap(packet.link, packet.data))
                    if pdu is not None and (report := self._chains.add(pdu)) is not None:
                        yield report
                case _:
                    yield from self._of_controller(packet)
        except Skipped as skipped:
            self.skipped[skipped.reason] += 1
        if lost := self._reassembly.given_up + self._chains.given_up - given_up:
            self.skipped[Skip.LOST_FRAGMENT] += lost

    def end(self) -> None:
        """Count what was begun and will not be completed any more."""
        if lost := self._reassembly.waiting + self._chains.waiting:
            self.skipped[Skip.LOST_FRAGMENT] += lost

    def _of_controller(self, packet: Packet) -> Iterator[Report]:
        event_at = _event_at(packet.link, packet.data)
        if event_at is None:
            return
        try:
            for part in reports(packet.data[event_at:]):
                if (report := self._reassembly.add(part)) is not None:
                    yield report
        except MalformedEvent as malformed:
            offset = packet.offset + event_at + malformed.offset
            raise CaptureError(f"advertising event: {malformed}", offset) from malformed


def _event_at(link: LinkType, data: bytes) -> int | None:
    """Return where the HCI event begins in a packet; ``None``: it is a command, or data."""
    match link:
        case LinkType.HCI_H4:
            return 1 if data[:1] == _H4_EVENT else None
        case LinkType.HCI_H4_WITH_PHDR:
            return _H4_WITH_PHDR_HEAD + 1 if data[_H4_WITH_PHDR_HEAD:][:1] == _H4_EVENT else None
        case LinkType.LINUX_MONITOR:
            return _MONITOR_HEAD if int.from_bytes(data[2:4], "big") == _MONITOR_EVENT else None
        case _:
            return 0
