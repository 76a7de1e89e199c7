"""The page of all layouts, and the options of a single picture."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from display.cli import main

SCENE = '{"message_id": "m1", "layout": "welcome", "mode": "generic", "language": "en", "headline": "Good morning"}'


def test_the_gallery_is_one_page_with_a_picture_of_everything(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["gallery", str(out), "--theme", "volt", "--language", "en", "--language", "ar", "--size", "320x200"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    page = (out / "index.html").read_text()
    pictures = sorted(path.name for path in out.glob("*.png"))
    assert len(pictures) == 2 * 9
    assert f"18 pictures: open {out / 'index.html'}" in result.output
    assert all(f'src="{name}"' in page for name in pictures)
    assert page.count("<section") == 2
    assert sorted(path.name for path in out.iterdir()) == ["index.html", *pictures][:1] + pictures
    with Image.open(out / pictures[0]) as picture:
        assert picture.size == (320, 200)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--language", "xx"), "no examples in xx; there are: en, de"),
        (("--theme", "none.toml"), "none.toml: cannot be read: No such file or directory; those that ship: house"),
        (("--size", "1x1"), "200 to 8192"),
        (("--overscan", "60"), "60.0 is not in the range"),
    ],
)
def test_the_gallery_says_what_is_wrong(arguments: tuple[str, ...], says: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["gallery", str(tmp_path / "out"), *arguments])
    assert result.exit_code != 0
    assert says in result.output


def draw(folder: Path, *options: str) -> Image.Image:
    (folder / "scene.json").write_text(SCENE)
    command = ["render", str(folder / "scene.json"), str(folder / "out.png"), "--size", "480x270", *options]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 0, result.output
    with Image.open(folder / "out.png") as picture:
        return picture.convert("RGB")


def test_a_picture_is_turned_as_the_panel_is(tmp_path: Path) -> None:
    plain, turned = draw(tmp_path), draw(tmp_path, "--rotate", "180")
    assert turned.transpose(Image.Transpose.ROTATE_180).tobytes() == plain.tobytes()
    upright = draw(tmp_path, "--rotate", "90")
    assert upright.size == (480, 270)
    assert upright.transpose(Image.Transpose.ROTATE_90).tobytes() != plain.tobytes()


def test_a_picture_is_drawn_in_the_theme_and_for_the_panel(tmp_path: Path) -> None:
    assert draw(tmp_path, "--theme", "atelier").getpixel((2, 2)) == (250, 249, 247)
    plain = draw(tmp_path).tobytes()
    for options in (("--overscan", "8"), ("--diagonal", "10"), ("--distance", "1"), ("--brand", "Other")):
        assert draw(tmp_path, *options).tobytes() != plain, options
