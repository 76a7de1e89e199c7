"""The reset service: who may start what, how it is confined, and what its program says."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SYSTEMD = Path(__file__).parents[2] / "systemd"
UNIT = "edge-bluetooth-reset@.service"
START = ("org.freedesktop.systemd1.manage-units", "edge-agent", "start", "edge-bluetooth-reset@hci0.service")
EXPOSURE_MAX = 1.8


def allowed(action: str, user: str, verb: str, unit: str) -> bool:
    """Ask the rule as polkitd does, in the JavaScript of whatever node there is."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is absent: apt-get install nodejs")
    rule = (SYSTEMD / "polkit" / "49-edge-agent.rules").read_text()
    details = json.dumps({"verb": verb, "unit": unit})
    program = (
        "const polkit = {Result: {YES: 'yes'}, addRule: (rule) => { polkit.rule = rule; }};\n"
        f"{rule}\nconst details = {details};\n"
        f"const action = {{id: {json.dumps(action)}, lookup: (key) => details[key]}};\n"
        f"console.log(polkit.rule(action, {{user: {json.dumps(user)}}}));"
    )
    answer = subprocess.run([node, "-e", program], capture_output=True, text=True, check=True).stdout.strip()
    assert answer in ("yes", "undefined")
    return answer == "yes"


@pytest.mark.parametrize(
    ("request_", "may"),
    [
        (START, True),
        ((*START[:3], "edge-bluetooth-reset@hci12.service"), True),
        ((*START[:1], "edge-display", *START[2:]), False),
        ((*START[:2], "stop", START[3]), False),
        ((*START[:3], "edge-agent.service"), False),
        ((*START[:3], "edge-bluetooth-reset@hci0.service.mount"), False),
        ((*START[:3], "edge-bluetooth-reset@..-sh.service"), False),
        ((*START[:3], "x-edge-bluetooth-reset@hci0.service"), False),
        (("org.freedesktop.systemd1.manage-unit-files", *START[1:]), False),
    ],
)
def test_the_agent_may_start_the_reset_of_an_adapter_and_nothing_else(request_, may):
    assert allowed(*request_) is may


def test_systemd_accepts_the_unit_and_finds_it_well_confined(tmp_path):
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is absent: apt-get install systemd")
    unit = tmp_path / UNIT.replace("@", "@hci0")
    unit.write_text((SYSTEMD / UNIT).read_text().replace("/opt/edge-agent/venv/bin/python", sys.executable))
    verified = subprocess.run([analyze, "verify", "--man=no", str(unit)], capture_output=True, text=True)
    assert (verified.returncode, verified.stderr) == (0, "")
    command = [analyze, "security", "--offline=true", "--no-pager", str(unit)]
    security = subprocess.run(command, capture_output=True, text=True)
    assert float(security.stdout.partition("Overall exposure level for")[2].split(":")[1].split()[0]) <= EXPOSURE_MAX


@pytest.mark.parametrize("words", [[], ["hci"], ["../hci0"], ["hci0", "hci1"], ["hci100"]])
def test_the_program_resets_nothing_that_is_not_an_adapter(words):
    pytest.importorskip("bluetooth_auto_recovery", reason="pip install edge-agent[reset]")
    command = [sys.executable, "-I", "-m", "edge_agent.radio.reset", *words]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "hci0 to hci99" in ended.stderr


def test_an_adapter_that_is_not_there_is_an_error_with_advice():
    pytest.importorskip("bluetooth_auto_recovery", reason="pip install edge-agent[reset]")
    command = [sys.executable, "-I", "-m", "edge_agent.radio.reset", "hci99"]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 1
    assert "hci99 could not be reset: unplug it and plug it in" in ended.stderr


def test_the_agent_never_loads_what_resets_adapters():
    program = "import sys, edge_agent.app.agent; print([m for m in sys.modules if 'auto_recovery' in m])"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stdout.strip() == "[]"
