"""Commands to a television, by a program in the place of ``cec-ctl`` that writes down what it is asked."""

import os
import select
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from display.panel.television import COMMAND_S, RETRY_S, TRIES, Television

WAIT_S = 30
ANSWER = "Physical Address           : 1.0.0.0"


@pytest.fixture
def make(tmp_path: Path) -> Callable[[str], Television]:
    """Return a maker of televisions whose ``cec-ctl`` does what a shell script says, after noting its words."""

    def make(script: str) -> Television:
        program = tmp_path / "cec-ctl"
        program.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n{script}\n')
        program.chmod(0o755)
        return Television(str(program), lambda: [Path("/dev/cec0")])

    return make


def asked(tmp_path: Path) -> list[str]:
    file = tmp_path / "asked"
    return file.read_text().splitlines() if file.exists() else []


def work_off(television: Television, now_s: float) -> None:
    """Turn until no command runs."""
    television.turn(now_s)
    deadline = time.monotonic() + WAIT_S
    while television.busy:
        assert time.monotonic() < deadline
        select.select([], [], [], 0.01)
        television.turn(now_s)


def test_it_is_switched_on_and_told_our_input(make: Callable[[str], Television], tmp_path: Path) -> None:
    television = make(f"echo '{ANSWER}'")
    television.want(True, 0.0)
    work_off(television, 0.0)
    television.want(True, 1.0)
    work_off(television, 1000.0)
    assert asked(tmp_path) == [
        "--device=/dev/cec0 --playback --to=0 --image-view-on",
        "--device=/dev/cec0 --playback --to=0 --active-source=phys-addr=1.0.0.0",
    ]
    television.want(False, 2.0)
    work_off(television, 2.0)
    assert asked(tmp_path)[2:] == ["--device=/dev/cec0 --playback --to=0 --standby"]


@pytest.mark.parametrize("first", [True, False])
def test_a_wish_that_changes_while_a_command_runs_is_fulfilled(
    make: Callable[[str], Television], tmp_path: Path, first: bool
) -> None:
    """An emergency at night that is over within seconds must not leave the television on until the morning."""
    television = make(f"echo '{ANSWER}'")
    television.want(first, 0.0)
    television.turn(0.0)
    assert television.busy
    television.want(not first, 1.0)
    work_off(television, 1.0)
    orders = [line.split()[-1] for line in asked(tmp_path)]
    on, off = ["--image-view-on", "--active-source=phys-addr=1.0.0.0"], ["--standby"]
    assert orders == (on[:1] + off if first else off + on)


def test_success_at_the_last_try_is_told_as_such(
    make: Callable[[str], Television], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    television = make(f"[ $(wc -l < {tmp_path}/asked) -lt {TRIES} ] && exit 1; echo '{ANSWER}'")
    television.want(False, 0.0)
    for number in range(TRIES):
        work_off(television, number * (RETRY_S + 1))
    assert len(asked(tmp_path)) == TRIES
    assert "was switched off" in caplog.messages[-1]


@pytest.mark.parametrize(
    "script",
    [
        "echo 'Physical Address : f.f.f.f'",
        f"echo '{ANSWER}'; echo 'Tx, Not Acknowledged (4), Max Retries'",
        "exit 1",
        "kill -9 $$",
    ],
)
def test_what_fails_is_tried_a_few_times(
    make: Callable[[str], Television], tmp_path: Path, caplog: pytest.LogCaptureFixture, script: str
) -> None:
    television = make(script)
    television.want(False, 0.0)
    for number in range(TRIES + 3):
        now_s = number * (RETRY_S + 1)
        television.turn(now_s)
        deadline = time.monotonic() + WAIT_S
        while television.busy:
            assert time.monotonic() < deadline
            select.select([], [], [], 0.01)
            television.turn(now_s)
    assert len(asked(tmp_path)) == TRIES
    assert len(caplog.records) == 2  # at first, and when it gives up


def test_a_command_that_hangs_is_ended(make: Callable[[str], Television], tmp_path: Path) -> None:
    television = make("exec sleep 600")
    television.want(True, 0.0)
    television.turn(0.0)
    television.turn(COMMAND_S - 1)
    assert television.busy
    television.turn(COMMAND_S + 1)
    assert not television.busy


def test_without_the_program_or_a_bus_it_says_what_to_install(caplog: pytest.LogCaptureFixture) -> None:
    missing = Television(f"{os.devnull}/cec-ctl", lambda: [Path("/dev/cec0")])
    missing.want(True, 0.0)
    work_off(missing, 0.0)
    assert "apt install v4l-utils" in caplog.text
    no_bus = Television("cec-ctl", list)
    no_bus.want(True, 0.0)
    work_off(no_bus, 0.0)
    assert "no /dev/cec*" in caplog.text
