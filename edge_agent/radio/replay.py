"""Captures as a radio: what was heard once, in the order and with the times of then."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from edge_agent.errors import CaptureError
from edge_agent.events import Advertisement
from edge_agent.frames import ad
from edge_agent.radio.capture import btsnoop, pcap, pcapng
from edge_agent.radio.capture.packet import Packet
from edge_agent.radio.capture.reports import Reports
from edge_agent.radio.capture.source import Source
from edge_agent.radio.hci import Report

CLOCK_SET_S: Final = 10.0
"""A capturing clock that goes back by so much was set. Interfaces that tell their packets a little late are not."""

_GZIP: Final = b"\x1f\x8b"


@dataclass(frozen=True, slots=True)
class Heard:
    """One advertisement of a capture."""

    elapsed_s: float
    """Seconds since the first packet; never goes backwards."""
    unix_s: float
    """What the capturing machine's clock said, Unix seconds."""
    report: Report
    """The advertisement, with its bytes as they went through the air."""

    @property
    def advertisement(self) -> Advertisement:
        """The advertisement as a radio gives it."""
        report = self.report
        return ad.heard(report.data, report.rssi_dbm, report.address, report.address_type)


class Capture:
    """A capture in any format that we read: btsnoop, pcap, pcapng. Iterate once."""

    def __init__(self, stream: BinaryIO) -> None:
        self._source = Source(stream)
        self._reports = Reports()
        self._timeline = _Timeline()

    @property
    def skipped(self) -> Counter[str]:
        """Packets so far that may have held an advertisement and gave none."""
        return self._reports.skipped

    def __iter__(self) -> Iterator[Heard]:
        """Read on. Raises CaptureError with the byte offset, after what came before was given."""
        try:
            for packet in _packets(self._source):
                elapsed_s = self._timeline.elapsed_s(packet.unix_ns)
                for report in self._reports.read(packet):
                    yield Heard(elapsed_s, packet.unix_ns / 1e9, report)
        finally:
            self._reports.end()


def _packets(source: Source) -> Iterator[Packet]:
    begin = source.peek(8)
    if begin == btsnoop.MAGIC:
        return btsnoop.packets(source)
    if begin[:4] in pcap.MAGICS:
        return pcap.packets(source)
    if begin[:4] == pcapng.MAGIC:
        return pcapng.packets(source)
    if begin[:2] == _GZIP:
        raise CaptureError("compressed with gzip; unpack it first", 0)
    raise CaptureError(
        "not a btsnoop capture, nor pcap, nor pcapng; btmon --write, Android's HCI snoop log and Wireshark make one",
        0,
    )


class _Timeline:
    """Time since the first packet, whatever was done to the capturing clock meanwhile."""

    def __init__(self) -> None:
        self._begin_ns: int | None = None
        self._reached_ns = 0

    def elapsed_s(self, unix_ns: int) -> float:
        if self._begin_ns is None:
            self._begin_ns = unix_ns
        back_ns = self._reached_ns - (unix_ns - self._begin_ns)
        if back_ns > CLOCK_SET_S * 1e9:
            self._begin_ns -= back_ns
        self._reached_ns = max(self._reached_ns, unix_ns - self._begin_ns)
        return self._reached_ns / 1e9
