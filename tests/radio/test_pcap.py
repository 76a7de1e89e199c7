"""pcap and pcapng: every link type, byte order and resolution; what is passed over, and what is refused where."""

import contextlib
import errno
import io
import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.errors import CaptureError
from edge_agent.radio.capture import pcapng
from edge_agent.radio.capture.link_layer import checksum
from edge_agent.radio.capture.packet import LinkType, Packet, Skip
from edge_agent.radio.capture.reports import Reports
from edge_agent.radio.hci import FRAGMENTED_MAX
from edge_agent.radio.replay import Capture, Heard
from tests import captures, pcaps

ADDRESS = "C0:00:00:00:00:01"
OTHER = "D1:22:33:44:55:66"
BEACON = captures.street_payloads()["ibeacon"]
AIR = pcaps.air(pcaps.legacy(ADDRESS, BEACON))
EVENT = captures.event(captures.report(ADDRESS, BEACON, -60))


def read(content: bytes) -> tuple[list[Heard], dict[Skip, int]]:
    capture = Capture(io.BytesIO(content))
    return list(capture), dict(capture.skipped)


def through_the_air(*pdus: bytes) -> tuple[list[Heard], dict[Skip, int]]:
    packets = [(pcaps.BEGIN_NS + number * 1_000_000, pcaps.air(pdu)) for number, pdu in enumerate(pdus)]
    return read(pcaps.pcap(packets, 251))


LINKS = {
    "H4": (187, b"\x04" + EVENT),
    "H4 with direction": (201, b"\x00\x00\x00\x01\x04" + EVENT),
    "btmon": (254, b"\x00\x00\x00\x03" + EVENT),
    "air": (251, AIR),
    "sniffer": (256, pcaps.with_header(AIR)),
    "sniffer that did not check": (256, pcaps.with_header(AIR, flags=0x0003)),
    "sniffer, coded": (256, pcaps.with_header(pcaps.air(pcaps.legacy(ADDRESS, BEACON), coded=True), coded=True)),
    "nRF 0": (272, pcaps.nordic(AIR, 0)),
    "nRF 1": (272, pcaps.nordic(AIR, 1)),
    "nRF 2": (272, pcaps.nordic(AIR, 2)),
    "nRF 3": (272, pcaps.nordic(AIR, 3)),
    "nRF, coded": (272, pcaps.nordic(pcaps.air(pcaps.legacy(ADDRESS, BEACON), coded=True), coded=True)),
}


@pytest.mark.parametrize("name", LINKS)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("unit_ns", [1000, 1])
def test_every_link_type_is_read(name, order, unit_ns):
    link, packet = LINKS[name]
    times_ns = [pcaps.BEGIN_NS, pcaps.BEGIN_NS + 1_500_000_000]
    heard, skipped = read(pcaps.pcap([(at_ns, packet) for at_ns in times_ns], link, order, unit_ns))
    assert skipped == {}
    assert [one.elapsed_s for one in heard] == [0.0, 1.5]
    assert heard[0].unix_s == pcaps.BEGIN_NS / 1e9
    for one in heard:
        assert (one.report.address, one.report.address_type, one.report.data) == (ADDRESS, "random", BEACON)
        assert one.report.rssi_dbm == (None if link == 251 else -60)


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_has_interfaces_of_many_kinds(order):
    begin_us = pcaps.BEGIN_NS // 1000
    content = b"".join(
        [
            pcaps.section(order),
            pcaps.block(0xBAD, b"a block that nobody knows", order),
            pcaps.interface(251, pcaps.option(9, b"\x09", order) + pcaps.option(0, b"", order), order),
            pcaps.interface(1, b"", order),  # the laptop's Ethernet
            pcaps.interface(187, pcaps.option(2, b"bluetooth0", order), order),
            pcaps.interface(187, pcaps.option(9, b"\x8a", order), order),  # 2^-10 s
            pcaps.interface(187, pcaps.option(14, struct.pack(order + "q", 1_700_000_000), order), order),
            pcaps.enhanced(0, pcaps.BEGIN_NS, AIR, order),
            pcaps.enhanced(1, begin_us, b"an Ethernet frame", order),
            pcaps.enhanced(2, begin_us + 1_000_000, b"\x04" + EVENT, order),
            pcaps.enhanced(3, (1_700_000_002 << 10) + 512, b"\x04" + EVENT, order),
            pcaps.enhanced(4, 3_000_000, b"\x04" + EVENT, order),
            pcaps.old_packet(2, begin_us + 4_000_000, b"\x04" + EVENT, order),
        ]
    )
    heard, skipped = read(content)
    assert [one.elapsed_s for one in heard] == [0, 1, 2.5, 3, 4]
    assert {one.report.data for one in heard} == {BEACON}
    assert skipped == {}


def test_a_second_section_may_be_of_another_machine():
    begin_us = pcaps.BEGIN_NS // 1000
    first = pcaps.section("<") + pcaps.interface(251) + pcaps.enhanced(0, begin_us, AIR)
    second = pcaps.section(">") + pcaps.interface(256, order=">")
    second += pcaps.enhanced(0, begin_us + 1_000_000, pcaps.with_header(AIR, -42), ">")
    heard, _ = read(first + second)
    assert [(one.elapsed_s, one.report.rssi_dbm) for one in heard] == [(0, None), (1, -42)]


def test_a_packet_without_a_time_has_that_of_the_one_before():
    begin = pcaps.section() + pcaps.interface(251, snap_bytes=len(AIR))
    begin_us = pcaps.BEGIN_NS // 1000
    packets = pcaps.enhanced(0, begin_us, AIR) + pcaps.simple(AIR) + pcaps.enhanced(0, begin_us + 500_000, AIR)
    heard, _ = read(begin + packets)
    assert [one.elapsed_s for one in heard] == [0, 0, 0.5]


@pytest.mark.parametrize(
    ("link", "packet", "reason"),
    [
        (251, pcaps.air(pcaps.legacy(ADDRESS, BEACON), crc_ok=False), Skip.BAD_CRC),
        (256, pcaps.with_header(AIR, flags=0x0403), Skip.BAD_CRC),
        (256, pcaps.with_header(pcaps.air(b"\x40\x09short", crc_ok=False), flags=0x0403), Skip.BAD_CRC),
        (256, pcaps.with_header(AIR, flags=0x0C02), Skip.WHITENED),
        (256, b"\x00" * 9, Skip.SNIFFER_HEADER),
        (272, pcaps.nordic(AIR, crc_ok=False), Skip.BAD_CRC),
        (272, pcaps.nordic(AIR, version=9), Skip.SNIFFER_HEADER),
        (272, pcaps.nordic(AIR)[:12], Skip.SNIFFER_HEADER),
        (272, b"", Skip.SNIFFER_HEADER),
        (251, pcaps.air(pcaps.pdu(0, b"\x01\x02\x03")), Skip.MALFORMED_PDU),
        (251, pcaps.air(pcaps.legacy(ADDRESS, bytes(32))), Skip.MALFORMED_PDU),
        (251, pcaps.air(pcaps.pdu(7, b"")), Skip.MALFORMED_PDU),
        (251, pcaps.air(pcaps.pdu(7, b"\x3f\x00")), Skip.MALFORMED_PDU),
        (251, pcaps.air(pcaps.pdu(7, b"\x02\x01\xaa")), Skip.MALFORMED_PDU),
        (251, pcaps.ADVERTISING_ACCESS + b"\x00", Skip.MALFORMED_PDU),
        (251, pcaps.air(pcaps.extended(b"rest", adi=5)), Skip.LOST_FRAGMENT),
    ],
)
def test_what_gives_no_advertisement_is_counted_and_passed_over(link, packet, reason):
    good = {251: AIR, 256: pcaps.with_header(AIR), 272: pcaps.nordic(AIR)}[link]
    heard, skipped = read(pcaps.pcap([(0, packet), (0, good)], link))
    assert [one.report.data for one in heard] == [BEACON]
    assert skipped == {reason: 1}


@pytest.mark.parametrize(
    ("link", "packet"),
    [
        (187, b"\x01\x03\x0c\x00"),
        (201, b"\x00\x00"),
        (254, b"\x00\x00\x00\x02\x03\x0c\x00"),
        (254, b""),
        (251, pcaps.air(pcaps.pdu(0, b"a connection's packet"), access=b"\x01\x02\x03\x04")),
        (251, pcaps.air(pcaps.pdu(3, bytes(12)))),
        (251, pcaps.air(pcaps.pdu(5, bytes(34)))),
        (272, pcaps.nordic(AIR)[:6] + b"\x05" + bytes(20)),
    ],
)
def test_what_is_no_advertisement_is_nobodys_fault(link, packet):
    assert read(pcaps.pcap([(0, packet)], link)) == ([], {})


def test_a_capture_of_short_packets_is_read_and_the_loss_is_said():
    assert read(pcaps.pcap([(0, AIR)] * 3, 251, lost_bytes=9)) == ([], {Skip.CUT_SHORT: 3})
    begin = pcaps.section() + pcaps.interface(251)
    assert read(begin + pcaps.enhanced(0, 0, AIR, lost_bytes=1)) == ([], {Skip.CUT_SHORT: 1})


def test_scan_responses_and_public_addresses():
    kinds = (pcaps.ADV_IND, pcaps.ADV_NONCONN_IND, pcaps.SCAN_RSP, pcaps.ADV_SCAN_IND)
    heard, _ = through_the_air(*(pcaps.legacy(ADDRESS, BEACON, kind, random=False) for kind in kinds))
    assert [one.report.scan_response for one in heard] == [False, False, True, False]
    assert {one.report.address_type for one in heard} == {"public"}
    (response,) = captures_of(captures.event(b"\x04" + captures.report(ADDRESS, BEACON)[1:]))
    assert response.report.scan_response


def captures_of(*events: bytes) -> list[Heard]:
    return read(pcaps.pcap([(0, b"\x04" + event) for event in events], 187))[0]


def test_extended_advertisements_are_joined_in_the_air():
    data = BEACON + bytes(600)
    heard, skipped = through_the_air(
        pcaps.extended(adi=0x3123, more=True),
        pcaps.extended(adi=0x3123, more=True),  # the same on the next channel
        pcaps.extended(data[:200], ADDRESS, 0x3123, more=True, power=True),
        pcaps.extended(b"\x00" * 4, OTHER, 0x1001),
        pcaps.extended(data[200:400], adi=0x3123, more=True),
        pcaps.extended(data[400:], adi=0x3123),
    )
    assert skipped == {}
    assert [(one.report.address, one.report.data) for one in heard] == [(OTHER, bytes(4)), (ADDRESS, data)]
    assert [one.report.advertising_set for one in heard] == [1, 3]


def test_the_announcement_may_tell_the_address_and_an_anonymous_one_has_none():
    heard, _ = through_the_air(pcaps.extended(address=ADDRESS, adi=1, more=True), pcaps.extended(BEACON, adi=1))
    assert [(one.report.address, one.report.data) for one in heard] == [(ADDRESS, BEACON)]
    heard, _ = through_the_air(pcaps.extended(adi=1, more=True), pcaps.extended(BEACON, adi=1))
    assert [(one.report.address, one.report.address_type) for one in heard] == [("", "unknown")]


def test_a_chain_that_broke_off_is_not_joined_with_the_next():
    heard, skipped = through_the_air(
        pcaps.extended(b"old", ADDRESS, 1, more=True),
        pcaps.extended(adi=1, more=True),
        pcaps.extended(BEACON, ADDRESS, 1),
    )
    assert [one.report.data for one in heard] == [BEACON]
    assert skipped == {Skip.LOST_FRAGMENT: 1}


def test_what_is_only_announced_is_said():
    announced = [pcaps.extended(adi=number % 3, more=True) for number in range(100)]
    assert through_the_air(*announced) == ([], {Skip.LOST_FRAGMENT: 3})
    begun = captures.extended_event(OTHER, BEACON[:9], status=1)
    content = pcaps.pcap([(0, b"\x04" + begun), (0, b"\x04" + EVENT)], 187)
    heard, skipped = read(content)
    assert ([one.report.data for one in heard], skipped) == ([BEACON], {Skip.LOST_FRAGMENT: 1})
    damaged_capture = Capture(io.BytesIO(content + b"\0"))
    with contextlib.suppress(CaptureError):
        list(damaged_capture)
    assert damaged_capture.skipped == {Skip.LOST_FRAGMENT: 1}


def test_chains_without_an_end_take_no_memory():
    hostile = [pcaps.extended(bytes(200), ADDRESS, number, more=True) for number in range(FRAGMENTED_MAX + 10)]
    source = Reports()
    for pdu in hostile:
        assert list(source.read(Packet(0, LinkType.LE_LL, pcaps.air(pdu), 0))) == []
    assert source.skipped == {Skip.LOST_FRAGMENT: 10}
    source.end()
    assert source.skipped == {Skip.LOST_FRAGMENT: 10 + FRAGMENTED_MAX}
    endless = [pcaps.extended(bytes(200), adi=3, more=True) for _ in range(9)]
    heard, skipped = through_the_air(pcaps.extended(b"x", ADDRESS, 3, more=True), *endless)
    assert (heard, skipped) == ([], {Skip.LOST_FRAGMENT: 1})


@given(st.binary(max_size=60))
def test_the_checksum_is_that_of_the_specification(pdu):
    assert checksum(pdu) == pcaps.crc(pdu)


def damaged(content: bytes, offset: int, value: bytes) -> bytes:
    return content[:offset] + value + content[offset + len(value) :]


PCAP = pcaps.pcap([(0, AIR), (0, AIR)], 251)
PACKET = 16 + len(AIR)
NEXT_GENERATION = pcaps.section() + pcaps.interface(251) + pcaps.enhanced(0, 0, AIR) + pcaps.enhanced(0, 0, AIR)
FIRST_BLOCK = 28 + 20


@pytest.mark.parametrize(
    ("content", "read_before", "offset", "message"),
    [
        (PCAP[:20], 0, 0, "file header cut off: 20 of 24"),
        (damaged(PCAP, 4, b"\x07"), 0, 4, "pcap version 7"),
        (damaged(PCAP, 20, b"\x01\x00"), 0, 20, "link type 1 is not Bluetooth LE; allowed: 187"),
        (PCAP[:-1], 1, 24 + PACKET + 16, "packet 2 cut off"),
        (PCAP + b"\0\0", 2, 24 + 2 * PACKET, "header of packet 3 cut off: 2 of 16"),
        (damaged(PCAP, 24 + PACKET + 10, b"\xff"), 1, 24 + PACKET, "packet 2 claims"),
        (damaged(PCAP, 24 + 8, b"\xff"), 0, 24, "packet 1 holds 255 bytes of"),
        (NEXT_GENERATION[:-2], 1, len(NEXT_GENERATION) - 4, "end of block cut off"),
        (damaged(NEXT_GENERATION, len(NEXT_GENERATION) - 4, b"\0"), 1, None, "and ends with"),
        (damaged(NEXT_GENERATION, 8, b"\0"), 0, 8, "byte-order mark"),
        (damaged(NEXT_GENERATION, 12, b"\x02"), 0, 12, "pcapng version 2"),
        (damaged(NEXT_GENERATION, FIRST_BLOCK + 4, b"\x03"), 0, FIRST_BLOCK, "block of 3 bytes"),
        (damaged(NEXT_GENERATION, FIRST_BLOCK + 6, b"\xff"), 0, FIRST_BLOCK, "at most"),
        (damaged(NEXT_GENERATION, FIRST_BLOCK + 8, b"\x05"), 0, FIRST_BLOCK, "is of interface 5; the section has 1"),
        (damaged(NEXT_GENERATION, FIRST_BLOCK + 20, b"\xff\0\0\0\xff"), 0, FIRST_BLOCK, "claims 255 bytes, its block"),
        (pcaps.section() + pcaps.interface(1), 0, 0, "no interface is Bluetooth LE: link type 1"),
        (pcaps.section() + pcaps.block(1, b""), 0, 28, "interface of 0 bytes"),
        (pcaps.section() + pcaps.interface(251) + pcaps.block(6, b"\0" * 8), 0, 48, "must have 20"),
        (pcaps.section() + (pcapng.INTERFACES_MAX + 1) * pcaps.interface(251), 0, None, "more than 1024 interfaces"),
        (pcaps.section() + struct.pack("<II", 9, 0xFFFFFFF0) + b"x", 0, 36, "block cut off"),
        (
            pcaps.pcap([(0, AIR), (0, b"\x04\x3e\x0c\x02\x01")], 187),
            0,
            24 + PACKET + 16 + 5,
            "report 1 of 1 is cut off",
        ),
    ],
)
def test_a_damaged_file_is_refused_with_its_byte_and_what_came_before_is_kept(content, read_before, offset, message):
    heard: list[Heard] = []
    with pytest.raises(CaptureError, match=message) as raised:
        heard.extend(Capture(io.BytesIO(content)))
    assert len(heard) == read_before
    assert offset is None or raised.value.offset == offset


class Drip(io.RawIOBase):
    """A pipe that gives a few bytes at a time."""

    def __init__(self, content: bytes) -> None:
        self._rest = io.BytesIO(content)

    def read(self, size: int = -1) -> bytes:
        return self._rest.read(min(size, 7))


class WornCard(io.RawIOBase):
    """A file of which the second half cannot be read any more."""

    def __init__(self, content: bytes) -> None:
        self._left = io.BytesIO(content[: len(content) // 2])

    def read(self, size: int = -1) -> bytes:
        if data := self._left.read(size):
            return data
        raise OSError(errno.EIO, os.strerror(errno.EIO))


def test_a_file_that_cannot_be_read_to_its_end_is_refused_at_the_byte():
    content = PCAP + PCAP[24:]
    heard: list[Heard] = []
    with pytest.raises(CaptureError, match="cannot be read on: Input/output error") as raised:
        heard.extend(Capture(WornCard(content)))
    assert (len(heard), raised.value.offset) == (1, len(content) // 2)


def test_a_pipe_gives_as_much_as_it_likes():
    assert len(list(Capture(Drip(PCAP)))) == len(list(Capture(Drip(NEXT_GENERATION)))) == 2


@given(st.data())
def test_no_damage_raises_anything_else(data):
    content = bytearray(data.draw(st.sampled_from([PCAP, NEXT_GENERATION])))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CaptureError):
        read(bytes(content[: data.draw(st.integers(0, len(content)))]))
