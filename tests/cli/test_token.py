"""The command for app developers, and that their document says what it prints."""

import json
import shlex
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.cli import cli
from edge_agent.cli.token import describe
from edge_agent.contracts.presence import presence_mac
from edge_agent.frames import ad
from edge_agent.frames.decode import decode
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.frames.operator import Operator
from edge_agent.frames.overflow import Overflow
from tests.integration.processes import SCRIPTS, call

KEY = "00112233445566778899aabbccddeeff"
PREFIX = "5f6a2c9e71d04b83"
SERVICE = "00000000-0000-0000-0000-00000000002a"


@pytest.fixture
def document(pytestconfig: pytest.Config) -> str:
    return (pytestconfig.rootpath / "docs" / "app-integration.md").read_text()


def table(document: str, first: str) -> list[list[str]]:
    """Return the rows of the table whose first column is called so."""
    rows: list[list[str]] = []
    for line in document[document.index(f"| {first} |") :].splitlines()[2:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip(" `") for cell in line.strip("|").split("|")])
    return rows


def test_every_vector_of_the_document_is_right(document: str) -> None:
    rows = table(document, "identity key")
    assert len(rows) == 8
    for key, exponent, at, *said in rows:
        report = describe(bytes.fromhex(key), int(exponent), int(at))
        badge = f"{report.badge.number} {report.badge.label}"
        computed = [report.window, report.temporary_key, report.slot_begins, report.ephemeral_id, badge]
        assert said == [str(value) for value in computed]


def test_the_command_of_the_document_prints_its_advertisements(document: str) -> None:
    command = document[document.index("edge-agent token") : document.index("```", document.index("edge-agent token"))]
    report = json.loads(call(*shlex.split(command.replace("\\\n", " "))).stdout)
    printed = [[it["form"], it["service_uuid"], it["data"], str(it["length_bytes"])] for it in report["advertisements"]]
    assert printed == table(document, "form")
    assert f"presence handle is `{report['presence_handle']}`" in document
    assert f"`{presence_mac(bytes.fromhex(KEY), b'{}')}`" in document
    begins, change = report["slot_begins"], report["next_change_s"]
    assert begins <= 1_773_493_200 < report["slot_ends"] == begins + 1024 == 1_773_493_200 + change


def test_the_badges_of_the_document_are_those_of_the_palette(document: str) -> None:
    colours, shapes = table(document, "number")
    for window in range(300):
        badge = describe(bytes.fromhex(KEY), 10, window * 65_536).badge
        assert (badge.colour, badge.shape) == (colours[1 + badge.number // 8], shapes[1 + badge.number % 8])


def test_published_vectors(pytestconfig: pytest.Config) -> None:
    path = pytestconfig.rootpath.parent / "shared" / "data" / "eddystone_eid_vectors.json"
    if not path.exists():
        pytest.skip("the published vectors are not beside the repository")
    for vector in json.loads(path.read_text())["vectors"]:
        report = describe(bytes.fromhex(vector["identity_key"]), vector["k"], vector["counter"])
        assert report.ephemeral_id == vector["eid"]
        assert vector.get("temporary_key", report.temporary_key) == report.temporary_key


@given(
    key=st.binary(min_size=16, max_size=16),
    exponent=st.integers(0, 15),
    at=st.integers(0, 2**32 - 1),
    power=st.integers(-100, 20),
    last=st.integers(0, 0x7F),
)
def test_a_unit_reads_every_form_as_what_it_is(key: bytes, exponent: int, at: int, power: int, last: int) -> None:
    report = describe(key, exponent, at, PREFIX, f"{SERVICE[:-2]}{last:02x}", power)
    android, front, background = (
        decode(ad.heard(bytes.fromhex(it.data), -60), PREFIX).frames for it in report.advertisements
    )
    eid = bytes.fromhex(report.ephemeral_id)
    assert android == (EddystoneEid(eid, power),)
    assert front == (Operator(eid),)
    bit = report.advertisements[2].overflow_bit
    assert bit is not None
    assert background == (Overflow(1 << bit),)
    assert report.slot_begins <= at < report.slot_ends
    assert report.window_begins <= at < report.window_ends


def test_a_key_from_standard_input_is_nowhere_on_the_command_line() -> None:
    command = [str(Path(SCRIPTS) / "edge-agent"), "token", "--identity-key", "-", "--at", "0"]
    done = subprocess.run(command, input=f"{KEY}\n".encode(), capture_output=True, check=False, timeout=60)
    assert json.loads(done.stdout) == json.loads(run("--identity-key", KEY, "--at", "0").stdout)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--identity-key", KEY[1:]], r"--identity-key': 31 characters; must be 32 hexadecimal digits"),
        (["--identity-key", f"x{KEY[1:]}"], r"--identity-key': 32 characters; must be 32 hexadecimal digits"),
        (
            ["--identity-key", KEY, "--rotation-exponent", "16"],
            r"--rotation-exponent': 16 is not in the range 0<=x<=15",
        ),
        (["--identity-key", KEY, "--at", str(2**32)], r"--at': 4294967296 is not in the range"),
        (["--identity-key", KEY, "--at", "-1"], r"--at': -1 is not in the range"),
        (["--identity-key", KEY, "--operator-prefix", "5F"], r"--operator-prefix': '5F' is not 16 lower-case"),
        (["--identity-key", KEY, "--background-service", "180f"], r"--background-service': '180f' is not a UUID such"),
        (["--identity-key", KEY, "--background-service", SERVICE.replace("2a", "ff")], r"is not published; known are"),
        (["--identity-key", KEY, "--tx-power-dbm", "99"], r"--tx-power-dbm': 99 is not in the range"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(arguments: list[str], says: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert says in done.stderr
    assert KEY[1:] not in done.stderr


@pytest.mark.parametrize("garbage", [b"", b"\xff\xfe\x00", b"A" * 100_000, b"\n" + KEY.encode()])
def test_garbage_on_standard_input_is_an_error_that_does_not_repeat_it(garbage: bytes) -> None:
    done = run("--identity-key", "-", stdin=garbage)
    assert done.exit_code == 2
    assert "must be 32 hexadecimal digits" in done.stderr
    assert len(done.stderr) < 400


def run(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(cli, ["token", *arguments], input=stdin)
