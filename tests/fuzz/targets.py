"""What is fuzzed: all that reads bytes which a stranger or a broken tool made. Only named errors may come out."""

import contextlib
import io
from collections.abc import Callable

from edge_agent.errors import CaptureError
from edge_agent.frames import ad
from edge_agent.frames.decode import decode
from edge_agent.radio import hci
from edge_agent.radio.capture.link_layer import checksum
from edge_agent.radio.capture.packet import LinkType, Packet
from edge_agent.radio.capture.reports import Reports
from edge_agent.radio.replay import Capture
from tests import captures, pcaps

PREFIX = "5f6a2c9e71d04b83"
ADDRESS = "C0:00:00:00:00:01"


def payload(data: bytes) -> None:
    """The data of one advertisement."""
    heard = ad.heard(data, -60)
    decoded = decode(heard, PREFIX)
    assert all(frame.token is None or frame.token for frame in decoded.frames)
    assert len(decoded.frames) <= len(data)


def event(data: bytes) -> None:
    """Events of a controller: each with the length before it."""
    reassembly = hci.Reassembly()
    while data:
        length, data = data[0], data[1:]
        with contextlib.suppress(hci.MalformedEvent):
            for part in hci.reports(b"\x3e" + data[:length]):
                report = reassembly.add(part)
                if report is not None:
                    assert len(report.data) <= ad.PAYLOAD_MAX_BYTES
                    payload(report.data)
        data = data[length:]


def air(data: bytes) -> None:
    """PDUs of the air, each with a length before it and a right checksum behind it."""
    reports = Reports()
    while data:
        length, data = data[0], data[1:]
        packet = pcaps.ADVERTISING_ACCESS + data[:length] + checksum(data[:length])
        for report in reports.read(Packet(0, LinkType.LE_LL, packet, 0)):
            assert len(report.data) <= ad.PAYLOAD_MAX_BYTES
            payload(report.data)
        data = data[length:]


def sniffer(data: bytes) -> None:
    """One packet of each link type."""
    reports = Reports()
    for link in LinkType:
        with contextlib.suppress(CaptureError):
            for report in reports.read(Packet(0, link, data, 0)):
                payload(report.data)


def capture(data: bytes) -> None:
    """A whole file."""
    elapsed_s = 0.0
    with contextlib.suppress(CaptureError):
        for heard in Capture(io.BytesIO(data)):
            assert heard.elapsed_s >= elapsed_s
            elapsed_s = heard.elapsed_s
            decode(heard.advertisement, PREFIX)


TARGETS: tuple[Callable[[bytes], None], ...] = (payload, event, air, sniffer, capture)


def everything(data: bytes) -> None:
    """Read an input; its first byte chooses by what."""
    if data:
        TARGETS[data[0] % len(TARGETS)](data[1:])


def seeds() -> list[bytes]:
    """Inputs from which a fuzzer starts: one good thing of each kind."""
    payloads = list(captures.street_payloads().values())
    pdus = [pcaps.legacy(ADDRESS, data) for data in payloads]
    pdus += [pcaps.extended(adi=1, more=True), pcaps.extended(payloads[0], ADDRESS, 1, power=True)]
    events = [captures.event(captures.report(ADDRESS, data)) for data in payloads]
    events += [captures.extended_event(ADDRESS, payloads[0][:9], status=1)]
    events += [captures.extended_event(ADDRESS, payloads[0][9:])]
    packets = [pcaps.air(pdu) for pdu in pdus]
    sniffed = [wrap(packet) for packet in packets[:2] for wrap in (pcaps.with_header, pcaps.nordic)]
    sniffed += [pcaps.nordic(packets[0], version) for version in (0, 1, 2)]
    timed = [(number * 10**9, packet) for number, packet in enumerate(packets)]
    files = [captures.street(advertisements=3), pcaps.pcap(timed[:3], 251), pcaps.pcap(timed[:3], 251, ">", 1)]
    for order in "<>":
        begin = pcaps.section(order) + pcaps.interface(251, pcaps.option(9, b"\x09", order), order)
        files.append(begin + pcaps.enhanced(0, 1, packets[0], order) + pcaps.simple(packets[1], order))
    kinds = (
        payloads,
        [b"".join(bytes([len(one) - 1]) + one[1:] for one in events[at : at + 2]) for at in range(len(events))],
        [b"".join(bytes([len(one)]) + one for one in pdus[at : at + 2]) for at in range(len(pdus))],
        [b"\x00\x00\x00\x03" + events[0], *packets, *sniffed],
        files,
    )
    return [bytes([number]) + seed for number, kind in enumerate(kinds) for seed in kind]
