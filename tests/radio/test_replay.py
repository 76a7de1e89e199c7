"""Captures: what is read, what is refused and where."""

import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.cli.decode import decode as decode_command
from edge_agent.errors import CaptureError
from edge_agent.frames.decode import decode
from edge_agent.frames.ibeacon import IBeacon
from edge_agent.radio import hci
from edge_agent.radio.replay import Capture
from tests import captures

ADDRESS = "C0:00:00:00:00:01"
OTHER = "C0:00:00:00:00:02"
BEACON = captures.street_payloads()["ibeacon"]
STREET = Path(__file__).parents[3] / "shared" / "data" / "capture_horizon74_412adv_MIT.btsnoop"


def read(capture: captures.Capture | bytes):
    content = capture if isinstance(capture, bytes) else bytes(capture.content)
    return [(heard.unix_s, heard.advertisement) for heard in Capture(io.BytesIO(content))]


@pytest.mark.parametrize("datalink", [captures.H1, captures.H4, captures.MONITOR])
def test_every_way_to_wrap_a_packet_is_read(datalink):
    capture = captures.Capture(datalink)
    capture.add(captures.event(captures.report(ADDRESS, BEACON, -70)))
    capture.record(b"\x02\x00\x00" if datalink == captures.H4 else b"\x00\x00", flags=0)  # data, or a command
    capture.add(captures.event(captures.report(ADDRESS, BEACON, 127)), after_s=1.5)
    (first_s, first), (second_s, second) = read(capture)
    assert second_s - first_s == pytest.approx(1.5)
    assert (first.rssi_dbm, second.rssi_dbm) == (-70, None)
    assert (first.address, first.address_type) == (ADDRESS, "random")
    assert [type(frame) for frame in decode(second).frames] == [IBeacon]


def test_several_reports_in_one_event():
    capture = captures.Capture()
    capture.add(captures.event(*(captures.report(address, BEACON, -50) for address in (ADDRESS, OTHER))))
    assert [advertisement.address for _, advertisement in read(capture)] == [ADDRESS, OTHER]


def test_fragments_of_an_extended_advertisement_are_joined():
    capture = captures.Capture()
    capture.add(captures.extended_event(ADDRESS, BEACON[:10], status=1))
    capture.add(captures.extended_event(OTHER, BEACON, status=0))
    capture.add(captures.extended_event(ADDRESS, BEACON[10:], status=0))
    heard = read(capture)
    assert [advertisement.address for _, advertisement in heard] == [OTHER, ADDRESS]
    assert all(decode(advertisement).frames for _, advertisement in heard)


def test_fragments_that_never_end_take_no_memory():
    reassembly = hci.Reassembly()
    for number in range(1000):
        address = f"C0:00:00:00:{number >> 8:02X}:{number & 255:02X}"
        (report,) = hci.reports(captures.extended_event(address, bytes(200), status=1))
        assert reassembly.add(report) is None
    assert reassembly.given_up == 1000 - hci.FRAGMENTED_MAX
    for _ in range(20):
        reassembly.add(report)
    assert reassembly.given_up > 1000 - hci.FRAGMENTED_MAX


def test_an_anonymous_advertisement_has_no_address():
    (report,) = hci.reports(captures.extended_event(ADDRESS, BEACON, address_type=0xFF))
    assert (report.address, report.address_type) == ("", "unknown")


@pytest.mark.parametrize(
    ("steps_s", "elapsed_s"),
    [((2, -1, 3), [0, 2, 2, 4]), ((2, -3600, 1), [0, 2, 2, 3])],
    ids=["a packet that is told late", "a clock that is set back"],
)
def test_time_never_goes_backwards(steps_s, elapsed_s):
    capture = captures.Capture()
    for after_s in (0, *steps_s):
        capture.add(captures.event(captures.report(ADDRESS, BEACON)), after_s)
    assert [round(heard.elapsed_s, 3) for heard in Capture(io.BytesIO(bytes(capture.content)))] == elapsed_s


def test_a_record_that_the_capturing_tool_cut_short_is_passed_over():
    capture = captures.Capture()
    capture.record((b"\x04" + captures.event(captures.report(ADDRESS, BEACON)))[:10], flags=3, original_bytes=40)
    capture.add(captures.event(captures.report(ADDRESS, BEACON)))
    assert len(read(capture)) == 1


def corrupt(offset: int, value: bytes) -> bytes:
    content = bytearray(captures.street(advertisements=2))
    content[offset : offset + len(value)] = value
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "offset", "message"),
    [
        (b"", 0, "not a btsnoop capture"),
        (b"\x1f\x8b\x08\x00", 0, "compressed with gzip"),
        (b"btsnoop\0\0\0", 10, "file header cut off"),
        (corrupt(11, b"\x09"), 8, "btsnoop version 9"),
        (corrupt(14, b"\xff\xff"), 12, "datalink 65535 is not known; allowed: 1001"),
        (captures.street(advertisements=1) + b"\0\0\0", None, "record header cut off: 3 of 24"),
        (captures.street(advertisements=1)[:-4], 40, "record cut off"),
        (corrupt(20, b"\x7f"), 16, "at most 66000"),
        (corrupt(19, b"\x01"), 16, "holds"),
        (corrupt(40 + 1 + 12, b"\xfe"), 45, "claims more data"),
        (corrupt(40 + 1 + 3, b"\x09"), None, "is cut off"),
    ],
)
def test_a_corrupt_capture_is_refused_with_its_offset(content, offset, message):
    with pytest.raises(CaptureError, match=message) as raised:
        read(content)
    assert offset is None or raised.value.offset == offset
    assert f"(at byte {raised.value.offset})" in str(raised.value)


@given(st.binary(max_size=200))
def test_no_event_raises_anything_else(event):
    with contextlib.suppress(hci.MalformedEvent):
        list(hci.reports(b"\x3e" + event))


@given(st.data())
def test_no_capture_raises_anything_else(data):
    content = bytearray(captures.street(advertisements=5))
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(CaptureError):
        read(bytes(content[: data.draw(st.integers(0, len(content)))]))


def lines(output: str) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


def test_decode_prints_a_line_for_each_advertisement(tmp_path):
    path = tmp_path / "street.btsnoop"
    path.write_bytes(captures.street(devices=20, advertisements=200))
    result = CliRunner().invoke(decode_command, [str(path)])
    printed = lines(result.stdout)
    assert (result.exit_code, len(printed)) == (0, 200)
    assert max(line["device"] for line in printed) == 20
    kinds = {frame["type"] for line in printed for frame in line["frames"]}
    assert kinds == {"ibeacon", "eddystone_eid", "eddystone_uid", "overflow"}
    assert "C0:00" not in result.stdout
    with_addresses = CliRunner().invoke(decode_command, [str(path), "--addresses"])
    assert lines(with_addresses.stdout)[0]["address"].startswith("C0:00:00:00")


def test_decode_prints_what_came_before_a_fault(tmp_path):
    path = tmp_path / "cut.btsnoop"
    path.write_bytes(captures.street(advertisements=10)[:-3])
    result = CliRunner().invoke(decode_command, [str(path)])
    assert (result.exit_code, len(lines(result.stdout))) == (1, 9)
    assert "9 advertisements of" in result.stderr
    assert "cut.btsnoop: record cut off" in result.stderr
    assert "at byte" in result.stderr


def test_decode_refuses_a_prefix_that_is_none(tmp_path):
    path = tmp_path / "street.btsnoop"
    path.write_bytes(captures.street(advertisements=1))
    result = CliRunner().invoke(decode_command, [str(path), "--operator-prefix", "5F"])
    assert result.exit_code == 2
    assert "16 lower-case hexadecimal digits" in result.stderr


def test_a_reader_that_leaves_early_gets_no_traceback(tmp_path):
    path = tmp_path / "street.btsnoop"
    path.write_bytes(captures.street(advertisements=3000))
    command = [sys.executable, "-c", "from edge_agent.cli.decode import decode; decode()", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""


def test_a_real_street():
    if not STREET.exists():
        pytest.skip(f"../shared/data/{STREET.name} is absent: it is not part of this repository")
    result = CliRunner().invoke(decode_command, [str(STREET)])
    printed = lines(result.stdout)
    assert (len(printed), max(line["device"] for line in printed)) == (412, 36)
    assert sum(frame["type"] == "ibeacon" for line in printed for frame in line["frames"]) == 11
    assert not any(line["rejected"] for line in printed)
