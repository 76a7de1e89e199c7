"""``edge-agent calibrate`` as a process, with a shopper who stands where she is told."""

import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.admin.client import asking
from edge_agent.contracts.admin import Snapshot, Watch
from edge_agent.settings import load_config
from tests.admin.units import Unit, at_work, make_unit
from tests.cli.test_watch import Screen
from tests.integration.processes import SCRIPTS, call, until

pytestmark = pytest.mark.integration

STAYS = {"c-anna": [(0, 1.0), (18, 1.0), (18.1, 4.0), (3599, 4.0)]}
"""At 1 m for eighteen seconds, then at 4 m for good."""


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    made = make_unit(tmp_path, STAYS, presence={"calibration_db": 6.0, "smoothing_s": 1.0})
    text = made.config.read_text()
    made.config.write_text("# The unit at the entrance.\n" + text.replace("[presence]", "[presence] # near or away"))
    made.config.chmod(0o640)
    with at_work(made):
        yield made


def nearest(unit: Unit) -> tuple[str, float]:
    """Name and distance of the nearest badge."""
    with asking(unit.socket, Watch()) as conversation:
        while True:
            answer = conversation.receive(30)
            assert isinstance(answer, Snapshot)
            if answer.people and answer.people[0].badge and answer.people[0].distance_m:
                return answer.people[0].badge.label, answer.people[0].distance_m


def wait_until(condition: Callable[[], object], screen: Screen) -> None:
    until(condition, screen.read)


def test_two_places_become_two_values_and_nothing_else_changes(unit: Unit, tmp_path: Path) -> None:
    screen = Screen(110, 40)
    before = unit.config.read_text().splitlines()
    badge, _ = nearest(unit)
    svg = tmp_path / "samples.svg"
    words = ["--config", str(unit.config), "--seconds", "3", "--picture", str(svg)]
    process = screen.run("edge-agent", "calibrate", *words)
    try:
        wait_until(lambda: "Which badge" in screen.read(), screen)
        assert f"1  {badge}" in screen.read()
        screen.type("7\n1\n")
        wait_until(lambda: "stand 1 m away" in screen.read(), screen)
        screen.type("\n")
        wait_until(lambda: "stand 4 m away" in screen.read(), screen)
        near_m = nearest(unit)[1]
        until(lambda: nearest(unit)[1] > 2 * near_m, "her way to the second place")
        time.sleep(1.0)  # she is there; her distance is the median of a second
        screen.type("\n")
        wait_until(lambda: "[y/N]" in screen.read(), screen)
        assert "says the model" in screen.read()
        assert "presence.calibration_db      6 -> " in screen.read()
        screen.type("y\n")
        assert screen.ended(process) == 0
    finally:
        process.kill()
        process.wait()
    assert "Next: systemctl restart edge-agent" in screen.read()
    screen.close()

    after = unit.config.read_text().splitlines()
    changed = {line.split(" ")[0] for line in set(before) ^ set(after)}
    assert changed == {"calibration_db", "path_loss_exponent"}
    assert after[0] == "# The unit at the entrance."
    assert "[presence] # near or away" in after
    assert stat.S_IMODE(unit.config.stat().st_mode) == 0o640
    assert [path.name for path in tmp_path.glob(".agent*")] == []
    presence = load_config(unit.config).presence
    assert abs(presence.calibration_db) < 6  # the simulated phone is as strong as it says: 0, and fading
    assert 1.5 <= presence.path_loss_exponent <= 3.5
    assert presence.smoothing_s == 1.0
    assert svg.read_text().count("<circle") >= 40


def test_who_did_not_move_is_told_so_and_nothing_is_written(unit: Unit) -> None:
    before = unit.config.read_bytes()
    badge, _ = nearest(unit)
    done = subprocess.run(
        [SCRIPTS / "edge-agent", "calibrate", "--config", unit.config, "--seconds", "3", "--yes", "--badge",
         badge.upper()],
        input="\n\n", capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 1
    assert "nothing was written: from 1 m to 4 m the signal fell by" in done.stderr
    assert "measure the distances" in done.stderr
    assert unit.config.read_bytes() == before


def test_what_it_needs_is_said_first(unit: Unit, tmp_path: Path) -> None:
    done = subprocess.run(
        [SCRIPTS / "edge-agent", "calibrate", "--config", unit.config, "--seconds", "1"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 1
    assert "name the person with --badge" in done.stderr
    assert "cannot be read" in call("edge-agent", "calibrate", "--config", str(tmp_path / "no"), status=1).stderr


def test_without_an_agent(tmp_path: Path) -> None:
    unit = make_unit(tmp_path, STAYS)
    done = call("edge-agent", "calibrate", "--config", str(unit.config), status=1)
    assert "no agent is running at" in done.stderr


def test_an_agent_that_goes_away_meanwhile_is_said_on_a_line_of_its_own(tmp_path: Path) -> None:
    unit, screen = make_unit(tmp_path, STAYS), Screen(110, 40)
    with at_work(unit):
        badge, _ = nearest(unit)
        words = ["--config", str(unit.config), "--badge", badge, "--seconds", "300"]
        process = screen.run("edge-agent", "calibrate", *words)
        try:
            wait_until(lambda: "stand 1 m away" in screen.read(), screen)
            screen.type("\n")
            wait_until(lambda: "dBm" in screen.read(), screen)
        except AssertionError:
            process.kill()
            raise
    assert screen.ended(process) == 1
    assert "dBm\r\nedge-agent: the agent has hung up" in screen.read()
    screen.close()


def test_without_a_notice_nobody_can_be_measured(tmp_path: Path) -> None:
    unit = make_unit(tmp_path, STAYS, notice={})
    with at_work(unit):
        done = call("edge-agent", "calibrate", "--config", str(unit.config), status=1)
    assert "no privacy notice hangs here; hang it up and set notice.version" in done.stderr
