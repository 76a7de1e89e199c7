"""The product's own processes, started as production starts them, and read through their logs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import tomli_w
from click.testing import CliRunner

SCRIPTS = Path(sys.executable).parent
LIMIT_S = 60.0
"""Only ends a test that would hang."""


class Process:
    """A running process; everything that it says goes to one file."""

    def __init__(self, command: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self._log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env={**os.environ, **(env or {})}
            )
        self.pid = self._process.pid

    @property
    def log(self) -> str:
        """Everything that was said so far, also by earlier processes with this log."""
        return self._log.read_text(errors="replace")

    def said(self, text: str) -> int:
        """How many lines hold a text."""
        return sum(text in line for line in self.log.splitlines())

    def wait_for(self, text: str, times: int = 1) -> None:
        """Wait until so many lines hold a text."""
        until(lambda: self.said(text) >= times or self.ended is not None, f"{text!r} in\n{self.log}")
        assert self.said(text) >= times, f"ended with {self.ended} before {text!r}:\n{self.log}"

    @property
    def ended(self) -> int | None:
        """The exit status, once it has ended."""
        return self._process.poll()

    def stop(self, number: int = signal.SIGTERM, limit_s: float = LIMIT_S) -> int:
        """Send a signal and return the exit status."""
        self._process.send_signal(number)
        return self._process.wait(limit_s)

    def wait(self) -> int:
        """Wait until it ends by itself; return the exit status."""
        return self._process.wait(LIMIT_S)

    def kill(self) -> None:
        """Pull the plug; no-op where it has ended."""
        self._process.kill()
        self._process.wait()


@contextmanager
def running(*words: str, log: Path, env: Mapping[str, str] | None = None) -> Iterator[Process]:
    """Run one of our console scripts until the block ends."""
    process = Process([str(SCRIPTS / words[0]), *words[1:]], log, env)
    try:
        yield process
    finally:
        process.kill()


def call(*words: str, env: Mapping[str, str] | None = None, status: int = 0) -> subprocess.CompletedProcess[str]:
    """Run one of our console scripts to its end; its exit status must be ``status``."""
    done = subprocess.run(
        [str(SCRIPTS / words[0]), *words[1:]],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env={**os.environ, **(env or {})},
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done


def typed(command: click.Command, *words: str) -> str:
    """Type a command in this process, and return what it says; it must end well.

    For what only prepares a test: the start of a process of its own costs up to a second of the processor.
    """
    done = CliRunner().invoke(command, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def until(condition: Callable[[], object], what: str | Callable[[], str] = "", limit_s: float = LIMIT_S) -> None:
    """Wait for a condition."""
    end_s = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < end_s, f"waited in vain for {what if isinstance(what, str) else what()}"
        time.sleep(0.05)


def write_toml(path: Path, tree: Mapping[str, Any]) -> Path:
    path.write_text(tomli_w.dumps(tree))
    return path


def events_of(log: str) -> list[str]:
    """What the agent logged, line by line, without the time. Every line must be one JSON object."""
    return [json.loads(line)["event"] for line in log.splitlines()]
