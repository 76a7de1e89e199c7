"""``edge-agent watch`` as a process, against an agent with simulated shoppers."""

import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
from collections.abc import Iterator
from fcntl import ioctl
from pathlib import Path

import pytest

from tests.admin.units import Unit, at_work, make_unit
from tests.integration.processes import SCRIPTS, Process, call, running, until

pytestmark = pytest.mark.integration

WALKS = {"c-anna": [(0, 1.2), (3599, 1.2)], "c-bert": [(0, 7.0), (3599, 7.0)]}
STRANGERS = 25


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Unit, Process]]:
    unit = make_unit(tmp_path_factory.mktemp("unit"), WALKS, strangers=STRANGERS)
    with at_work(unit) as agent:
        yield unit, agent


@pytest.fixture
def unit(opened: tuple[Unit, Process]) -> Unit:
    return opened[0]


def two_are_here(unit: Unit) -> bool:
    return len(unit.snapshot().people) == 2


class Screen:
    """What a terminal shows that is told these bytes: enough of ECMA-48 for a picture that is drawn over."""

    def __init__(self, columns: int, rows: int) -> None:
        self._leader, self._follower = pty.openpty()
        self.resize(columns, rows)
        self.raw = b""

    def resize(self, columns: int, rows: int) -> None:
        ioctl(self._follower, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def run(self, *words: str) -> subprocess.Popen[bytes]:
        env = {**os.environ, "TERM": "xterm-256color", "PYTHONUTF8": "1"}
        env.pop("COLUMNS", None), env.pop("LINES", None)
        process = subprocess.Popen(
            [str(SCRIPTS / words[0]), *words[1:]],
            stdin=self._follower, stdout=self._follower, stderr=self._follower, env=env, start_new_session=True,
        )  # fmt: skip
        os.set_blocking(self._leader, False)
        return process

    def type(self, text: str) -> None:
        os.write(self._leader, text.encode())

    @property
    def pictures(self) -> list[list[str]]:
        """Every picture that was drawn, as lines without colours."""
        self.read()
        drawn = self.raw.decode().split("\x1b[?2026h\x1b[H")[1:]
        return [
            [re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", line).rstrip("\r") for line in picture.split("\n")]
            for picture in drawn
        ]

    def read(self) -> str:
        """Return everything that was written so far."""
        while True:
            try:
                self.raw += os.read(self._leader, 65536)
            except (BlockingIOError, OSError):
                return self.raw.decode(errors="replace")

    def ended(self, process: subprocess.Popen[bytes]) -> int:
        """Wait until a program has ended, and take what it writes meanwhile, as terminals do; return its status."""
        until(lambda: self.read() and process.poll() is not None, lambda: f"the end of {self.read()!r}")
        status: int = process.returncode
        return status

    def close(self) -> None:
        os.close(self._leader)
        os.close(self._follower)


@pytest.fixture
def screen() -> Iterator[Screen]:
    made = Screen(100, 30)
    yield made
    made.close()


def test_once_shows_who_is_here_and_what_is_wrong(unit: Unit) -> None:
    until(lambda: two_are_here(unit), "two known customers")
    said = call("edge-agent", "watch", "--once", "--socket", str(unit.socket)).stdout
    assert "\x1b" not in said
    assert "✘ 1 problem" in said
    assert re.search(r"screen +no display is connected", said)
    assert re.search(r"Known customers who are heard +2\n", said)
    assert re.search(r"simulated .*/s .*listening", said)
    assert re.search(r"of 2 whose tokens are here", said)


def test_no_stranger_and_no_customer_id_is_in_anything_that_is_said(opened: tuple[Unit, Process]) -> None:
    unit, agent = opened
    words = ("watch", "--json", "--socket", str(unit.socket))
    log = unit.folder / "watch.jsonl"
    with running("edge-agent", *words, log=log) as watching:
        until(lambda: watching.said('"snapshot"') >= 5, "five snapshots")
    said = log.read_text() + call("edge-agent", *words, "--once").stdout + agent.log
    assert "c-anna" not in said
    assert "c-bert" not in said
    assert "phone" not in said
    assert not re.search(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}", said)  # an address
    last = json.loads(log.read_text().splitlines()[-1])
    assert last["heard_per_s"] > last["recognised_per_s"] > 0  # strangers did advertise
    assert set(last["people"][0]) == {"person", "badge", "distance_m", "near_s", "state", "on_screen"}
    numbers = [value for key, value in last["people"][0].items() if key == "person"]
    assert all(number < 100 for number in numbers)


def test_the_live_view_follows_the_terminal_and_leaves_it_as_it_was(unit: Unit, screen: Screen) -> None:
    until(lambda: two_are_here(unit), "two known customers")
    process = screen.run("edge-agent", "watch", "--socket", str(unit.socket))
    try:
        until(lambda: len(screen.pictures) >= 2, screen.read)
        assert any("Known customers" in line for line in screen.pictures[-1])
        screen.resize(40, 10)
        until(lambda: len(screen.pictures[-1]) <= 10, screen.read)
        assert max(map(len, screen.pictures[-1])) <= 40
        assert b"\x1b[2J" not in screen.raw  # nothing is wiped before it is drawn again: no flicker
        process.send_signal(signal.SIGINT)
        assert screen.ended(process) == 0
    finally:
        process.kill()
        process.wait()
    assert screen.read().startswith("\x1b[?1049h\x1b[?25l")
    assert screen.read().endswith("\x1b[?25h\x1b[?1049l")
    assert "Traceback" not in screen.read()


def test_where_there_is_no_terminal_each_change_is_a_line(unit: Unit, tmp_path: Path) -> None:
    with running("edge-agent", "watch", "--socket", str(unit.socket), log=tmp_path / "log") as watching:
        watching.wait_for("! screen: no display is connected")
        watching.wait_for("passing by")
        assert watching.stop(signal.SIGTERM) == 0
        assert watching.said("no display") == 1
        assert "Traceback" not in watching.log


def test_an_agent_that_restarts_is_waited_for(tmp_path: Path, screen: Screen) -> None:
    unit = make_unit(tmp_path, WALKS)
    with at_work(unit):
        process = screen.run("edge-agent", "watch", "--socket", str(unit.socket))
        try:
            until(lambda: screen.pictures, screen.read)
        except AssertionError:
            process.kill()
            raise
    try:
        until(lambda: "this is old" in screen.pictures[-1][1], screen.read)
        with at_work(unit):
            until(lambda: "this is old" not in screen.pictures[-1][1], screen.read)
        process.send_signal(signal.SIGTERM)
        assert screen.ended(process) == 0
    finally:
        process.kill()
        process.wait()


def test_an_agent_that_is_stuck_is_never_taken_for_well(tmp_path: Path, screen: Screen) -> None:
    unit = make_unit(tmp_path, WALKS)
    with at_work(unit) as agent:
        watching = screen.run("edge-agent", "watch", "--socket", str(unit.socket))
        try:
            until(lambda: screen.pictures, screen.read)
            os.kill(agent.pid, signal.SIGSTOP)
            until(lambda: "it is stuck" in screen.pictures[-1][1], screen.read)
            stuck = len(screen.pictures)
            screen.resize(90, 30)
            until(lambda: len(screen.pictures) > stuck, screen.read)
            assert all("it is stuck" in picture[1] for picture in screen.pictures[stuck:])
            os.kill(agent.pid, signal.SIGCONT)
            until(lambda: "it is stuck" not in screen.pictures[-1][1], screen.read)
        finally:
            os.kill(agent.pid, signal.SIGCONT)
            watching.kill()
            watching.wait()
        assert agent.said("the unit is watched") == 1


@pytest.mark.parametrize("words", [(), ("--once",), ("--json",)])
def test_no_agent_is_one_line(words: tuple[str, ...], tmp_path: Path) -> None:
    done = call("edge-agent", "watch", *words, "--socket", str(tmp_path / "admin.sock"), status=1)
    assert done.stderr == (
        f"edge-agent: no agent is running at {tmp_path / 'admin.sock'}: systemctl status edge-agent\n"
    )


def test_what_is_no_socket_of_an_agent(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = call("edge-agent", "watch", "--socket", str(tmp_path / "file"), status=1)
    assert "no agent is running" in done.stderr


def test_whoever_may_not_ask_is_told_which_group_to_join(unit: Unit, tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody else")
    for folder in (unit.folder, *unit.folder.parents):
        folder.chmod(folder.stat().st_mode | 0o011)
    unit.socket.parent.chmod(0o755)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", SCRIPTS / "edge-agent", "watch", "--once",
         "--socket", unit.socket],
        capture_output=True, text=True, timeout=60, cwd="/",
    )  # fmt: skip
    if "Permission denied" in done.stderr and "edge-agent:" not in done.stderr:
        pytest.skip("the programs lie where nobody else may read them")
    assert done.returncode == 1
    assert "you may not ask the agent; use sudo, or join the group root" in done.stderr
