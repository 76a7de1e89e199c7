"""A configuration file of a person, changed by a command."""

import os
import tomllib
from pathlib import Path

import pytest

from edge_agent.cli.amend import amend, check_writable
from edge_agent.errors import FileError
from edge_agent.settings import load_config

VALUES = {"calibration_db": -3.5, "path_loss_exponent": 2.25}
LEAST = 'store = "s"\nunit = "u"\nzone = "z"\n'


def test_the_example_keeps_every_comment(pytestconfig: pytest.Config, tmp_path: Path) -> None:
    text = (pytestconfig.rootpath / "docs" / "agent.example.toml").read_text()
    path = tmp_path / "agent.toml"
    path.write_text(text)
    amend(path, "presence", VALUES)
    amended = path.read_text()
    added = set(amended.splitlines()) - set(text.splitlines())
    assert added == {"calibration_db = -3.5", "path_loss_exponent = 2.25"}
    assert [line for line in amended.splitlines() if line not in added] == text.splitlines()
    assert load_config(path).presence.calibration_db == -3.5
    amend(path, "presence", {"calibration_db": 1.0})
    assert amended.replace("calibration_db = -3.5", "calibration_db = 1.0") == path.read_text()


@pytest.mark.parametrize(
    "section",
    [
        "",
        "[presence]\n",
        "[presence]\nenter_m = 1.5 # near\n\n[web]\nport = 1234\n",
        "[web]\n",
        "presence.enter_m = 1.5\n",
    ],
)
def test_every_way_to_write_the_section(section: str, tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(LEAST + section)
    before = tomllib.loads(LEAST + section)
    amend(path, "presence", VALUES)
    after = tomllib.loads(path.read_text())
    assert after == {**before, "presence": {**before.get("presence", {}), **VALUES}}


def test_a_file_from_an_editor_that_marks_its_beginning(tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(LEAST, encoding="utf-8-sig")
    assert load_config(path).presence.calibration_db == 0
    amend(path, "presence", VALUES)
    assert load_config(path).presence.calibration_db == -3.5


def test_mode_and_link_stay(tmp_path: Path) -> None:
    real, link = tmp_path / "real.toml", tmp_path / "agent.toml"
    real.write_text(LEAST)
    real.chmod(0o604)
    link.symlink_to(real)
    amend(link, "presence", VALUES)
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o604
    assert sorted(path.name for path in tmp_path.iterdir()) == ["agent.toml", "real.toml"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('presence = "x"\n' + LEAST, "cannot be changed"),
        ("x = ", "cannot be changed"),
        ("[web]\nprot = 1\n", "no such key"),
    ],
)
def test_what_the_agent_would_not_take_is_not_written(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(text)
    with pytest.raises(FileError, match=message):
        amend(path, "presence", VALUES)
    assert path.read_text() == text
    assert os.listdir(tmp_path) == ["agent.toml"]


def test_where_nobody_may_write_is_said_first(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="use sudo"):
        check_writable(tmp_path / "nowhere" / "agent.toml")
    with pytest.raises(FileError, match="cannot be written: No such file"):
        amend(tmp_path / "nowhere" / "agent.toml", "presence", VALUES)
