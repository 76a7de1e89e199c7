"""Captures as a radio: what was heard once, in the order and with the times of then."""

from collections.abc import Iterator
from typing import BinaryIO

from edge_agent.errors import CaptureError
from edge_agent.events import Advertisement
from edge_agent.frames import ad
from edge_agent.radio import btsnoop, hci


def advertisements(stream: BinaryIO) -> Iterator[tuple[float, Advertisement]]:
    """Read a capture: Unix seconds when it was heard, and the advertisement. The time never goes backwards.

    Raises CaptureError with the byte offset, after what came before was given.
    """
    for at_s, report in advertising_reports(stream):
        yield at_s, ad.heard(report.data, report.rssi_dbm, report.address, report.address_type)


def advertising_reports(stream: BinaryIO) -> Iterator[tuple[float, hci.Report]]:
    """Read a capture as :func:`advertisements` does, with the bytes as they went through the air."""
    reassembly = hci.Reassembly()
    at_us = 0
    for record in btsnoop.events(stream):
        at_us = max(at_us, record.at_us)  # a phone's clock may be set while it captures
        try:
            for report in hci.reports(record.event):
                if (whole := reassembly.add(report)) is not None:
                    yield (at_us - btsnoop.UNIX_EPOCH_US) / 1e6, whole
        except hci.MalformedEvent as malformed:
            raise CaptureError(f"advertising event: {malformed}", record.offset + malformed.offset) from malformed
