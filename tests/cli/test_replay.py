"""``edge-agent replay``: whatever file it is, the times of its packets are the unit's time."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge_agent.cli.replay import replay
from edge_agent.errors import FileError
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.identify.token import ephemeral_id, slot_of, temporary_key, window_of
from tests import captures, pcaps
from tests.cli.test_commands import KEY, profile, slice_file

ADDRESS = "C0:00:00:00:00:02"
BEGIN_S = pcaps.BEGIN_NS // 10**9


def sighting(unix_s: float) -> tuple[int, bytes]:
    """A customer before the unit, as a sniffer hears her phone."""
    eid = ephemeral_id(temporary_key(KEY, window_of(int(unix_s))), 10, slot_of(int(unix_s), 10))
    packet = pcaps.air(pcaps.legacy(ADDRESS, EddystoneEid(eid, -18).encode(), pcaps.ADV_NONCONN_IND))
    return round(unix_s * 1e9), pcaps.nordic(packet, rssi_dbm=-59)


def stay(begin_s: float) -> list[tuple[int, bytes]]:
    return [sighting(begin_s + number / 4) for number in range(240)]


def run(folder: Path, content: bytes, *words: str, at_s: float = BEGIN_S) -> tuple[list[dict], str]:
    capture = folder / "walk.pcap"
    capture.write_bytes(content)
    slice_path = slice_file(folder, [profile(datetime.fromtimestamp(at_s, UTC))])
    result = CliRunner().invoke(replay, [str(capture), "--slice", str(slice_path), *words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return [json.loads(line) for line in result.stdout.splitlines()], result.stderr


@pytest.mark.parametrize("as_pcapng", [False, True])
def test_a_walk_that_a_sniffer_heard(tmp_path, as_pcapng):
    packets = stay(BEGIN_S)
    content = pcaps.pcap(packets, 272)
    if as_pcapng:
        blocks = b"".join(pcaps.enhanced(0, unix_ns // 1000, data) for unix_ns, data in packets)
        content = pcaps.section() + pcaps.interface(272) + blocks
    events, summary = run(tmp_path, content)
    at_s = {event["type"]: event["at_s"] for event in events}
    assert "advertisements: 240, visits: 1" in summary
    assert 3 <= at_s["content.shown"] <= 6
    assert 20 <= at_s["clerk.notified"] <= 40
    assert 60 + 15 <= at_s["visit.ended"] <= 60 + 90


def test_a_night_without_packets_and_a_clock_that_is_set_take_no_time(tmp_path):
    leap_s = 50 * 365 * 86_400
    packets = stay(BEGIN_S - leap_s) + stay(BEGIN_S)
    events, summary = run(tmp_path, pcaps.pcap(packets, 272))
    assert "advertisements: 480, visits: 1" in summary  # of then she has no keys: then she is a stranger
    (started,) = (event for event in events if event["type"] == "visit.started")
    assert leap_s <= started["at_s"] <= leap_s + 10
    events, _ = run(tmp_path, pcaps.pcap(stay(BEGIN_S) + stay(BEGIN_S - 600), 272))
    assert [event["at_s"] for event in events] == sorted(event["at_s"] for event in events)


def test_a_time_that_is_none_asks_for_another_one(tmp_path):
    blocks = pcaps.enhanced(0, 2**64 - 1, sighting(BEGIN_S)[1])
    content = pcaps.section() + pcaps.interface(272, pcaps.option(9, b"\x00")) + blocks
    with pytest.raises(FileError, match="which is no time: say with --at"):
        run(tmp_path, content)
    _, summary = run(tmp_path, content, "--at", "2024-01-01T10:00:00")
    assert "advertisements: 1," in summary


def test_packets_that_gave_nothing_are_said(tmp_path):
    good = sighting(BEGIN_S)
    bad = (good[0], pcaps.nordic(good[1][17:], crc_ok=False))
    _, summary = run(tmp_path, pcaps.pcap([good, bad, bad], 272))
    assert "packets passed over: bad_crc 2\n" in summary


def test_a_btsnoop_capture_with_the_years_of_a_broken_tool(tmp_path):
    capture = captures.Capture()
    capture.add(captures.event(captures.report(ADDRESS, b"")), after_s=-captures.EPOCH_US / 1e6)
    with pytest.raises(FileError, match="--at"):
        run(tmp_path, bytes(capture.content))
