"""``edge-agent doctor`` as a process: against a running agent, and where there is none."""

import asyncio
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from edge_agent.contracts.examination import SEVERITIES, Finding
from tests.admin.conftest import Setting, setting
from tests.admin.units import Unit, at_work, make_unit
from tests.integration.processes import SCRIPTS, Process, call, until, write_toml

__all__ = ["setting"]  # the fixture of the admin tests

WALKS = {"c-anna": [(0, 1.2), (3599, 1.2)]}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Unit, Process]]:
    unit = make_unit(tmp_path_factory.mktemp("unit"), WALKS, strangers=5, timezone="Europe/Vienna")
    with at_work(unit) as agent:
        yield unit, agent


def findings(unit: Unit, status: int) -> dict[str, Finding]:
    """What is found, the worst of each thing."""
    done = call("edge-agent", "doctor", "--json", "--config", str(unit.config), status=status)
    found = [Finding.model_validate(one) for one in json.loads(done.stdout)["findings"]]
    return {finding.about: finding for finding in reversed(found)}


@pytest.mark.integration
def test_a_running_agent_is_examined(opened: tuple[Unit, Process]) -> None:
    unit, _ = opened
    until(lambda: findings(unit, 2)["slice"].severity != "fault", "a slice")
    found = findings(unit, 2)
    assert found["screen"].severity == "fault"
    assert "no display is connected" in found["screen"].what
    assert "edge-display" in found["screen"].todo
    assert "It holds 1 customer," in found["slice"].what
    assert found["key"].severity == "warning"
    assert found["hub"].severity == "warning"
    assert found["notice"].severity == found["campaigns"].severity == "ok"
    assert {"disk", "memory", "parts", "clock", "catalogue"} <= found.keys()


@pytest.mark.integration
def test_the_table_says_the_worst_first_and_names_nobody(opened: tuple[Unit, Process]) -> None:
    unit, _ = opened
    said = call("edge-agent", "doctor", "--config", str(unit.config), status=2).stdout
    title, verdict, _, first, *_ = said.splitlines()
    assert re.match(r"entrance · Outdoor · store vienna-1   \w{3} [\d-]+ \d\d:\d\d CES?T   version \d", title)
    assert re.match(r"✘ \d faults?, \d warnings?$", verdict)
    assert first.startswith("✘ ")
    assert "→ systemctl status edge-display" in said
    everything = said + call("edge-agent", "doctor", "--json", "--config", str(unit.config), status=2).stdout
    assert "anna" not in everything
    assert not re.search(r"(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}", everything)  # an address
    assert "\x1b" not in said


@pytest.mark.integration
def test_an_agent_that_is_stuck_is_said(tmp_path: Path) -> None:
    unit = make_unit(tmp_path, WALKS)
    with at_work(unit) as agent:
        os.kill(agent.pid, signal.SIGSTOP)
        try:
            found = findings(unit, 3)
        finally:
            os.kill(agent.pid, signal.SIGCONT)
    assert found["agent"].severity == "fault"
    assert "does not answer" in found["agent"].what


@pytest.mark.integration
def test_a_configuration_that_broke_while_the_agent_runs(opened: tuple[Unit, Process]) -> None:
    unit, _ = opened
    right = unit.config.read_text()
    unit.config.write_text(right.replace("zone", "zoen"))
    try:
        done = call("edge-agent", "doctor", "--config", str(unit.config), "--socket", str(unit.socket), status=2)
    finally:
        unit.config.write_text(right)
    assert "would not start again" in " ".join(done.stdout.split())


@pytest.mark.parametrize("content", [None, "store = 1", "\0", 'store = "s"\nunit = "u"\nzone = "z"\n'])
def test_without_an_agent_what_can_be_seen_is_said(tmp_path: Path, content: str | None) -> None:
    config = tmp_path / "agent.toml"
    if content is not None:
        config.write_text(content)
    socket = ("--socket", str(tmp_path / "admin.sock"))
    done = call("edge-agent", "doctor", "--json", "--config", str(config), *socket, status=3)
    found = [Finding.model_validate(one) for one in json.loads(done.stdout)["findings"]]
    assert found[0].about == "agent"
    assert [SEVERITIES.index(one.severity) for one in found] == sorted(SEVERITIES.index(one.severity) for one in found)
    told = {one.about: one.severity for one in found}
    assert told["config"] == ("ok" if content and "zone" in content else "fault")
    assert {"clock", "disk"} <= told.keys()
    assert not done.stderr


def test_it_opens_no_database_and_makes_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "unit"
    tree: dict[str, Any] = {
        "store": "s", "unit": "u", "zone": "z", "folder": str(folder), "admin": {"socket": str(tmp_path / "no.sock")},
    }  # fmt: skip
    config = write_toml(tmp_path / "agent.toml", tree)
    done = call("edge-agent", "doctor", "--config", str(config), status=3)
    assert not folder.exists()
    assert f"{folder} is missing" in " ".join(done.stdout.split())
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    text = " ".join(call("edge-agent", "doctor", "--config", str(config), status=3).stdout.split())
    assert "has mode 0777: others may look into it" in text
    assert list(folder.iterdir()) == []


async def test_all_is_well_ends_with_0(setting: Setting) -> None:
    doctor = await asyncio.create_subprocess_exec(
        SCRIPTS / "edge-agent",
        "doctor",
        "--socket",
        setting.path,
        stdout=asyncio.subprocess.PIPE,
        env={"PATH": ""},  # whatever else is wrong with this machine
    )
    said, _ = await doctor.communicate()
    assert "✔ all is well" in said.decode()
    assert doctor.returncode == 0


@pytest.mark.integration
def test_whoever_may_not_ask_is_told_so_and_what_can_be_seen(opened: tuple[Unit, Process], tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, to become somebody else")
    unit, _ = opened
    for folder in (unit.folder, *unit.folder.parents):
        folder.chmod(folder.stat().st_mode | 0o011)
    unit.socket.parent.chmod(0o755)
    unit.config.chmod(0o644)
    done = subprocess.run(
        ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", SCRIPTS / "edge-agent", "doctor",
         "--config", unit.config],
        capture_output=True, text=True, timeout=60, cwd="/",
    )  # fmt: skip
    if "Permission denied" in done.stderr:
        pytest.skip("the programs lie where nobody else may read them")
    assert done.returncode == 3
    text = " ".join(done.stdout.split())
    assert "you may not ask the agent" in text
    assert "→ sudo edge-agent doctor" in text
    assert "agent.toml is valid" in text


@pytest.mark.integration
def test_a_slice_that_the_key_does_not_open_is_said_and_the_unit_goes_on(tmp_path: Path) -> None:
    unit = make_unit(tmp_path, WALKS)
    [key] = (tmp_path / "unit").glob("*.key")
    key.write_bytes(bytes(32))
    with at_work(unit) as agent:
        until(lambda: "database" in findings(unit, 2), agent.log)
        found = findings(unit, 2)
    assert "sealed with another key" in found["database"].what
    assert found["slice"].severity == "fault"
