"""Packets of the management socket: whatever comes, nothing raises."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.radio import mgmt_packets as mgmt
from edge_agent.radio.mgmt_packets import Command, Event, Packet, Settings

SHORT = st.binary(max_size=64)


def found(kind: int, rssi_dbm: int, data: bytes) -> Packet:
    """What the kernel says when somebody was heard."""
    return Packet(Event.FOUND, 0, struct.pack("<6sBbIH", bytes(range(6)), kind, rssi_dbm, 0, len(data)) + data)


def test_a_command_is_header_and_body() -> None:
    assert mgmt.command(Command.START_DISCOVERY, 1, mgmt.LE_DISCOVERY).hex() == "230001000100" + "06"
    assert mgmt.command(Command.READ_ADAPTERS).hex() == "0300ffff0000"


def test_patterns_have_fixed_places() -> None:
    body = mgmt.monitored([(0, 0xFF, b"\x4c\x00"), (2, 0x01, b"\x06")])
    assert body.hex() == "02" + "ff0002" + "4c00" + "00" * 29 + "010201" + "06" + "00" * 30


def test_answers_are_read() -> None:
    answer = mgmt.read(bytes.fromhex("0100ffff0900" + "030000" + "0200" + "01000000"))
    assert answer is not None
    reply = mgmt.reply(answer)
    assert reply is not None
    assert (reply.command, reply.status) == (Command.READ_ADAPTERS, 0)
    assert mgmt.adapters(reply.body) == [0, 1]
    assert mgmt.adapter_settings(bytes(13) + struct.pack("<I", 0x201)) == Settings.POWERED | Settings.LE


def test_unknown_strength_is_unknown() -> None:
    heard = mgmt.advertisement(found(1, 127, b""))
    assert heard is not None
    assert (heard.rssi_dbm, heard.address_type) == (None, "public")


def test_a_length_that_is_wrong_is_no_advertisement() -> None:
    whole = found(1, -50, b"abc")
    assert mgmt.advertisement(whole) is not None
    for size in range(len(whole.body)):
        assert mgmt.advertisement(Packet(whole.code, 0, whole.body[:size])) is None


@given(SHORT)
def test_any_bytes_are_read_without_an_exception(data: bytes) -> None:
    packet = mgmt.read(data)
    assert packet is None or data == mgmt.HEADER.pack(packet.code, packet.index, len(packet.body)) + packet.body


@given(st.sampled_from(list(Event)), SHORT)
def test_any_body_is_read_without_an_exception(code: Event, body: bytes) -> None:
    packet = Packet(code, 0, body)
    mgmt.reply(packet)
    mgmt.advertisement(packet)
    assert all(index <= 0xFFFF for index in mgmt.adapters(body))
    for read in (mgmt.adapter_settings, mgmt.settings, mgmt.discovering, mgmt.monitor):
        read(body)


@given(st.binary(max_size=2000), st.sampled_from([0, 1, 2, 3, 255]), st.integers(-128, 127))
def test_any_advertising_data_is_read(data: bytes, kind: int, rssi_dbm: int) -> None:
    heard = mgmt.advertisement(found(kind, rssi_dbm, data))
    assert (heard is not None) == (kind in (1, 2))
