"""The command line: rendering a scene, and errors that say what is wrong."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from display.cli import main
from display.errors import SettingsError
from display.settings import load_config, parse_size

SCENE = '{"message_id": "m1", "layout": "welcome", "mode": "generic", "language": "en", "headline": "Good morning"}'


def test_render_draws_a_scene(tmp_path: Path) -> None:
    (tmp_path / "scene.json").write_text(SCENE)
    command = ["render", str(tmp_path / "scene.json"), str(tmp_path / "out.png"), "--size", "480x270"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    with Image.open(tmp_path / "out.png") as picture:
        assert picture.size == (480, 270)


@pytest.mark.parametrize(
    ("scene", "arguments", "says"),
    [
        ("{}", (), "headline: is missing"),
        (SCENE.replace("welcome", "wellcome"), (), "layout = 'wellcome': Input should be 'welcome'"),
        (SCENE.replace("generic", "generic, "), (), "mode = 'generic, ': Input should be"),
        (SCENE[:-1], (), "scene.json: Invalid JSON: EOF"),
        (SCENE, ("--size", "huge"), "size = 'huge': must look like 1920x1080"),
        (SCENE, ("--size", "1x1"), "200 to 8192"),
    ],
)
def test_render_names_what_is_wrong(scene: str, arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    (tmp_path / "scene.json").write_text(scene)
    command = ["render", str(tmp_path / "scene.json"), str(tmp_path / "out.png"), *arguments]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1
    assert says in result.output
    assert not (tmp_path / "out.png").exists()


def test_render_draws_png_only(tmp_path: Path) -> None:
    (tmp_path / "scene.json").write_text(SCENE)
    result = CliRunner().invoke(main, ["render", str(tmp_path / "scene.json"), str(tmp_path / "out.gif")])
    assert "out.gif: the name must end in .png" in result.output
    assert list(tmp_path.iterdir()) == [tmp_path / "scene.json"]


def test_render_names_a_missing_file(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["render", str(tmp_path / "none.json"), str(tmp_path / "out.png")])
    assert result.exit_code == 1
    assert "none.json: No such file" in result.output


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("store = ", "is not TOML"),
        ("store = " + "[" * 100_000, "brackets within brackets"),
        ('unit = "u"\nzone = "z"', "store: is missing"),
        ('store = "s"\nunit = "u"\nzone = "z"\n[display]\nrotate = 45', "display.rotate = 45: Input should be 0, 90"),
        ('store = "s"\nunit = "u"\nzone = "z"\n[display]\ncolour = 1', "display.colour: no such key"),
    ],
)
def test_a_wrong_configuration_names_key_value_and_what_is_allowed(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "agent.toml"
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        load_config(path)
    assert says in str(error.value)
    result = CliRunner().invoke(main, ["run", "--config", str(path)])
    assert result.exit_code == 1
    assert says in result.output


def test_sizes() -> None:
    assert parse_size("1080x1920") == (1080, 1920)
    for wrong in ("", "x", "1080", "-5x300", "１０８０x1920", "99999x1080"):
        with pytest.raises(SettingsError, match="size"):
            parse_size(wrong)
