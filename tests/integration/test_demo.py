"""The demo as a visitor runs it."""

import os
import re
import signal
import subprocess
from pathlib import Path

import pytest

from tests.bus.brokers import free_port
from tests.integration.processes import SCRIPTS, Process, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]


def demo(tmp_path: Path, *words: str, **env: str) -> Process:
    """Start it, with a folder for its temporary files of its own."""
    (tmp_path / "scratch").mkdir()
    command = [str(SCRIPTS / "edge-agent"), "demo", "--headless", "--port", str(free_port()), *words]
    return Process(command, tmp_path / "demo.log", {"TMPDIR": str(tmp_path / "scratch"), **env})


def parts(tmp_path: Path) -> dict[int, str]:
    """Processes that work in the demo's folder."""
    listed = subprocess.run(["ps", "-ewwo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    lines = [line.split(maxsplit=1) for line in listed.splitlines() if str(tmp_path / "scratch") in line]
    return {int(pid): words for pid, words in lines}


def test_a_visitor_sees_it_and_nothing_is_left_behind(tmp_path: Path) -> None:
    process = demo(tmp_path, "--seconds", "20")
    try:
        assert process.wait() == 0, process.log
    finally:
        if process.ended is None:  # a killed demo could not end its parts
            process.stop()
    assert len(set(re.findall(r"http://127\.0\.0\.1:\d+/\w*", process.log))) >= 3
    summary = re.search(r"Summary: visits (\d+), impressions (\d+), .*delivered to the hub (\d+)", process.log)
    assert summary, process.log
    visits, _, delivered = map(int, summary.groups())
    assert visits > 0
    assert delivered > 0
    assert parts(tmp_path) == {}
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_part_that_dies_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    process = demo(tmp_path)
    try:
        process.wait_for("/story")
        [agent] = [pid for pid, words in parts(tmp_path).items() if "edge-agent run" in words]
        os.kill(agent, signal.SIGKILL)
        assert process.wait() == 1
    finally:
        if process.ended is None:  # a killed demo could not end its parts
            process.stop()
    assert "edge-agent: agent has ended:" in process.log
    assert "Traceback" not in process.log
    until(lambda: parts(tmp_path) == {})
    assert list((tmp_path / "scratch").iterdir()) == []
