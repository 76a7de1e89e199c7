"""The commands of a unit, run as people run them."""

import json
import struct
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from edge_agent.cli import _COMMANDS, cli
from edge_agent.errors import EdgeError
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.identify.token import ephemeral_id, slot_of, temporary_key, window_of
from tests.captures import Capture, event, report, street
from tests.integration.processes import call

KEY = bytes(range(16))
EPOCH_0 = 0x00DCDDB30F2F8000
"""Microseconds of btsnoop at the Unix epoch."""


@pytest.mark.parametrize("command", ["", *_COMMANDS])
def test_every_command_explains_itself(command: str) -> None:
    done = call("edge-agent", *command.split(), "--help")
    assert "Usage: edge-agent" in done.stdout
    assert not done.stderr


def test_decode_prints_one_line_for_each_advertisement_without_addresses(tmp_path: Path) -> None:
    capture = tmp_path / "street.btsnoop"
    capture.write_bytes(street(devices=20, advertisements=200))
    done = call("edge-agent", "decode", str(capture))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(lines) == 200
    assert {line["device"] for line in lines} == set(range(1, 21))
    assert {"ibeacon", "eddystone_eid", "eddystone_uid"} <= {f["type"] for line in lines for f in line["frames"]}
    assert "C0:00" not in done.stdout
    assert "C0:00" in call("edge-agent", "decode", "--addresses", str(capture)).stdout


def test_the_recorded_street(pytestconfig: pytest.Config) -> None:
    capture = pytestconfig.rootpath.parent / "shared" / "data" / "capture_horizon74_412adv_MIT.btsnoop"
    if not capture.exists():
        pytest.skip("the recorded capture is not beside the repository")
    lines = [json.loads(line) for line in call("edge-agent", "decode", str(capture)).stdout.splitlines()]
    assert (len(lines), max(line["device"] for line in lines)) == (412, 36)
    assert any(frame["type"] == "ibeacon" for line in lines for frame in line["frames"])


@pytest.mark.parametrize("command", ["decode", "replay"])
@pytest.mark.parametrize(
    ("content", "offset"),
    [(b"", 0), (b"not a capture at all", 0), (street(3, 5)[:-3], None), (street(3, 5) + b"\x01", None)],
    ids=["empty", "text", "cut", "more"],
)
def test_a_corrupt_capture_is_an_error_with_its_byte(
    command: str, content: bytes, offset: int | None, tmp_path: Path
) -> None:
    capture = tmp_path / "x.btsnoop"
    capture.write_bytes(content)
    words = ["--slice", str(slice_file(tmp_path, []))] if command == "replay" else []
    done = CliRunner().invoke(cli, [command, str(capture), *words], catch_exceptions=False)
    assert done.exit_code == 1
    assert ("at byte" if offset is None else f"at byte {offset}") in done.stderr


def profile(at: datetime, **changes: object) -> dict[str, Any]:
    unix_s = int(at.timestamp())
    windows = dict.fromkeys((window_of(unix_s - 1024), window_of(unix_s), window_of(unix_s + 1024)))
    keys = [{"window": window, "key": temporary_key(KEY, window).hex()} for window in windows]
    consent = {"receipt": "r", "granted_at": "2000-01-01T00:00:00Z", "expires_at": "2100-01-01T00:00:00Z"}
    return {
        "customer": "anna",
        "age": "adult",
        "tokens": [{"kind": "rolling", "device": "phone", "keys": keys}],
        "consents": [{"purpose": "screen", **consent}, {"purpose": "clerk", **consent}],
        "valid_until": "2100-01-01T00:00:00Z",
        **changes,
    }


def slice_file(folder: Path, profiles: list[Any]) -> Path:
    campaign = {
        "campaign": "hello",
        "title": "Hello",
        "message_class": "offer",
        "department": "outdoor",
        "needs_stock": False,
        "card": "opportunity",
        "wording": {"en": {"headline": "{ $badge }, hello", "opening": "Hello"}},
    }
    path = folder / "slice.json"
    path.write_text(json.dumps({"profiles": profiles, "campaigns": [campaign]}))
    return path


@pytest.fixture
def walk(tmp_path: Path) -> tuple[Path, datetime]:
    """A capture of a customer who stands before the unit for a minute, and when that was."""
    capture = Capture()
    start_us = 0
    for number in range(240):
        if number == 0:
            capture.add(event(report("C0:00:00:00:00:01", b"")), 0.25)
            start_us = struct.unpack(">q", capture.content[16 + 16 : 16 + 24])[0]
        unix_s = int((start_us - EPOCH_0) / 1e6 + number * 0.25)
        eid = ephemeral_id(temporary_key(KEY, window_of(unix_s)), 10, slot_of(unix_s, 10))
        capture.add(event(report("C0:00:00:00:00:02", EddystoneEid(eid, -18).encode(), -59)), 0.25)
    path = tmp_path / "walk.btsnoop"
    path.write_bytes(bytes(capture.content))
    return path, datetime.fromtimestamp((start_us - EPOCH_0) / 1e6, UTC)


def test_replay_recognises_rolling_ids_at_the_time_of_the_capture(walk: tuple[Path, datetime], tmp_path: Path) -> None:
    capture, at = walk
    done = call("edge-agent", "replay", str(capture), "--slice", str(slice_file(tmp_path, [profile(at)])))
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [line["type"] for line in lines]
    assert kinds.count("visit.started") == kinds.count("visit.ended") == 1
    assert {"decision.made", "content.shown", "clerk.notified"} <= set(kinds)
    assert [line["at_s"] for line in lines] == sorted(line["at_s"] for line in lines)
    assert "advertisements: 241, visits: 1" in done.stderr


def test_what_a_slice_file_may_hold_and_what_not(walk: tuple[Path, datetime], tmp_path: Path) -> None:
    capture, at = walk
    profiles = [profile(at, shoe_size=39), {"customer": "broken"}, profile(at, customer="not an id"), "none"]
    done = call("edge-agent", "replay", str(capture), "--slice", str(slice_file(tmp_path, profiles)))
    assert "visits: 1" in done.stderr
    assert "profile 2 is skipped: valid_until: is missing" in done.stderr
    assert "profile 3 is skipped: customer" in done.stderr
    assert "profile 4 is skipped: Input should be a valid dictionary" in done.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [("", "Invalid JSON"), ("{}", "profiles: is missing"), ('{"x": 1, "profiles": 2}', "profiles = 2")],
)
def test_a_slice_file_that_is_none(content: str, message: str, walk: tuple[Path, datetime], tmp_path: Path) -> None:
    path = tmp_path / "slice.json"
    path.write_text(content)
    with pytest.raises(EdgeError) as refused:
        CliRunner().invoke(cli, ["replay", str(walk[0]), "--slice", str(path)], catch_exceptions=False)
    assert f"{path}: " in str(refused.value)
    assert message in str(refused.value)


def test_what_a_person_can_mend_is_one_line(tmp_path: Path) -> None:
    capture = tmp_path / "x.btsnoop"
    capture.write_bytes(b"not a capture at all")
    assert len(call("edge-agent", "decode", str(capture), status=1).stderr.splitlines()) == 1
    (tmp_path / "slice.json").write_text("{}")
    replay = ("edge-agent", "replay", str(capture), "--slice", str(tmp_path / "slice.json"))
    assert len(call(*replay, status=1).stderr.splitlines()) == 1


def test_enrol_says_which_line_of_the_claim_is_wrong_and_does_not_repeat_it(tmp_path: Path) -> None:
    claim = tmp_path / "claim"
    claim.write_text("secretsecretsecretsecret\nsha256:short\n")
    words = ["--claim-file", str(claim), "--folder", str(tmp_path / "unit"), "--config", str(tmp_path / "agent.toml")]
    done = call("edge-agent", "enrol", "--hub", "https://127.0.0.1:1", *words, status=1)
    assert f"{claim}: line 2" in done.stderr
    assert "secretsecret" not in done.stderr
    claim.write_bytes(b"\xff\xfe\x00")
    done = call("edge-agent", "enrol", "--hub", "https://127.0.0.1:1", *words, status=1)
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "agent.toml").exists()


@pytest.mark.parametrize(("kind", "key"), [("asyncapi", "channels"), ("openapi", "paths")])
def test_the_interface_documents_are_json(kind: str, key: str) -> None:
    assert json.loads(call("edge-agent", "schema", kind).stdout)[key]
