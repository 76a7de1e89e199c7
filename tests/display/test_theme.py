"""Themes: those that ship are readable, also for the colour-blind; broken ones say file, key and fix."""

import itertools
import logging
import math
import tomllib
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.colour import Colour, contrast, hexadecimal, luminance, parse_colour
from display.errors import ThemeError
from display.scenes.vector import VEIL
from display.theme import TEXT_CONTRAST, GroundName, Motion, Theme
from display.themes import find_theme, house, read_theme, shipped, theme_or_house
from edge_agent.contracts.screen import BadgeColour, Layout

HOUSE = Path(__file__).parents[2] / "display" / "themes" / "house.toml"
COLOURS = st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))

# Viénot, Brettel and Mollon 1999, on linear light: what is left of red, green and blue.
PROTANOPIA = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))
DEUTERANOPIA = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))
Matrix = tuple[tuple[float, float, float], ...]


@pytest.fixture(params=shipped())
def theme(request: pytest.FixtureRequest) -> Theme:
    return find_theme(Path(request.param))


def write(folder: Path, text: str) -> Path:
    path = folder / "brand.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_three_ship_and_the_house_comes_first() -> None:
    assert shipped()[0] == "house"
    assert len(shipped()) >= 3
    assert house() == find_theme(Path("house")) == theme_or_house(None)


def test_every_text_has_the_contrast_that_signs_need(theme: Theme) -> None:
    weak = [pair for pair in theme.text_pairs() if pair.contrast < 7]
    assert not weak
    pairs = {(pair.key, pair.behind) for pair in theme.text_pairs()}
    assert len(pairs) == len(get_args(GroundName)) * 7


def blended(front: Colour, back: Colour, opacity: float) -> Colour:
    """What ``front`` looks like over ``back``."""
    red, green, blue = (round(f * opacity + b * (1 - opacity)) for f, b in zip(front, back, strict=True))
    return red, green, blue


def test_a_veil_makes_words_readable_on_any_picture(theme: Theme) -> None:
    """From the first line on, also where the picture is white."""
    ground = theme.ground["picture"]
    for picture in ((255, 255, 255), (0, 0, 0), (128, 128, 128)):
        behind = blended(ground.base, picture, VEIL)
        assert contrast(ground.ink, behind) >= 7
        assert contrast(ground.soft, behind) >= 7
        assert contrast(ground.accent, behind) >= TEXT_CONTRAST


def seen(colour: Colour, matrix: Matrix) -> Colour:
    """What a dichromat sees of a colour."""
    light = [luminance((part, part, part)) for part in colour]
    mixed = (max(0.0, min(1.0, sum(share * part for share, part in zip(row, light, strict=True)))) for row in matrix)
    red, green, blue = (
        round(255 * (12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055)) for part in mixed
    )
    return red, green, blue


@pytest.mark.parametrize("matrix", [PROTANOPIA, DEUTERANOPIA], ids=["protanopia", "deuteranopia"])
def test_badges_stand_out_for_the_colour_blind(theme: Theme, matrix: Matrix) -> None:
    for name, colour in theme.badge.colours.items():
        assert contrast(seen(colour, matrix), seen(theme.badge.plaque, matrix)) >= 4.5, name


@pytest.mark.parametrize("matrix", [PROTANOPIA, DEUTERANOPIA], ids=["protanopia", "deuteranopia"])
def test_most_badge_colours_differ_for_the_colour_blind(theme: Theme, matrix: Matrix) -> None:
    """The shape decides; but few pairs of colours should look the same."""

    def apart(one: Colour, other: Colour) -> float:
        return math.dist(seen(one, matrix), seen(other, matrix))

    pairs = list(itertools.combinations(theme.badge.colours.values(), 2))
    alike = [pair for pair in pairs if apart(*pair) < 25]
    assert len(alike) <= len(pairs) // 7


def test_motion_falls_back_to_the_fade(theme: Theme) -> None:
    for layout in get_args(Layout):
        assert theme.transition(layout).length_s <= 0.9
    assert house().transition("welcome") == house().fade == Motion(kind="fade", length_s=0.6)
    assert house().transition("product").kind == "slide"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (('ink = "#12201d"', 'ink = "red"'), "ground.personal.chip_ink = 'red': must look like #0d2b26"),
        (('soft = "#424f4b"', 'soft = "#c9c4b8"'), "ground.product.soft #c9c4b8 cannot be read on ground.product.base"),
        (('motif = "#efe8db"', 'motif = "#303030"'), "on ground.product.motif #303030: contrast"),
        (('motif = "rings"', 'motif = "ring"'), "motif = 'ring': Input should be 'none', 'rings'"),
        (("margin = 7.5", "margin = 40"), "space.margin = 40: Input should be less than or equal to 12"),
        (("[ground.offer]", "[ground.ofer]"), "ground.ofer.[key]: Input should be 'personal', 'product'"),
        (('blue = "#56a4ff"', ""), "badge.colours.blue is missing"),
        (('blue = "#56a4ff"', 'blue = "#101828"'), "badge.colours.blue #101828 cannot be read on badge.plaque"),
        (("length_s = 0.6", "length_s = 5"), "fade.length_s = 5: Input should be less than or equal to 0.9"),
        (("[space]", "[spacing]"), "spacing: no such key"),
        (('name = "House"', 'name = "House'), "is not TOML"),
        (('name = "House"', "name = " + "[" * 60_000), "brackets within brackets"),
        (
            ("# The house", '[logo]\nfile = "logo.svg"\n# The house'),
            "logo.file = 'logo.svg': No such file or directory",
        ),
        (("# The house", '[logo]\nfile = "logo.gif"\n# The house'), "must be a PNG or SVG file"),
    ],
)
def test_a_broken_theme_names_file_key_and_fix(change: tuple[str, str], says: str, tmp_path: Path) -> None:
    text = HOUSE.read_text(encoding="utf-8")
    old, new = change
    assert old in text
    changed = text.replace(old, new, 1)
    if "[logo]" in new:  # a table goes behind the keys of the top
        changed = text + new.partition("#")[0]
    path = write(tmp_path, changed)
    with pytest.raises(ThemeError) as error:
        read_theme(path)
    assert says in str(error.value)
    assert all(line.startswith(str(path)) for line in str(error.value).splitlines())


def test_a_missing_ground_is_named(tmp_path: Path) -> None:
    text = HOUSE.read_text(encoding="utf-8")
    start, end = text.index("[ground.alarm]"), text.index("# Apart in lightness")
    with pytest.raises(ThemeError, match=r"ground\.alarm is missing"):
        read_theme(write(tmp_path, text[:start] + text[end:]))


def test_every_fault_is_named_at_once(tmp_path: Path) -> None:
    text = (
        HOUSE.read_text(encoding="utf-8")
        .replace('soft = "#424f4b"', 'soft = "#c9c4b8"')
        .replace('white = "#ffffff"', "")
    )
    with pytest.raises(ThemeError) as error:
        read_theme(write(tmp_path, text))
    lines = str(error.value).splitlines()
    assert len(lines) == 3  # on base, on motif, and the badge
    assert all("brand.toml: " in line for line in lines)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"x" * 70_000, b""], ids=["no text", "too long", "empty"])
def test_rubbish_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "brand.toml"
    path.write_bytes(content)
    with pytest.raises(ThemeError, match=r"brand\.toml"):
        read_theme(path)


def test_a_broken_theme_leaves_the_screen_with_the_house(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for path in (tmp_path / "none.toml", write(tmp_path, "fonts = 7")):
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            assert theme_or_house(path) == house()
        assert f"{path}: " in caplog.text
        assert "the house's own is; faults: " in caplog.text


def test_a_logo_is_found_beside_its_theme(tmp_path: Path) -> None:
    (tmp_path / "mark.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')
    theme = read_theme(write(tmp_path, HOUSE.read_text(encoding="utf-8") + '\n[logo]\nfile = "mark.svg"\n'))
    assert theme.logo is not None
    assert theme.logo.file == tmp_path / "mark.svg"


def test_themes_are_documented() -> None:
    text = (HOUSE.parents[2] / "docs" / "themes.md").read_text(encoding="utf-8")
    tree = tomllib.loads(HOUSE.read_text(encoding="utf-8"))
    keys = [*tree, *tree["space"], *tree["ground"], *tree["ground"]["offer"], *get_args(BadgeColour), *shipped()]
    assert not [key for key in keys if f"{key}" not in text]


@given(COLOURS)
def test_colours_are_written_as_they_are_read(colour: Colour) -> None:
    assert parse_colour(hexadecimal(colour)) == colour


@given(COLOURS, COLOURS)
def test_contrast_is_symmetric_and_bounded(one: Colour, other: Colour) -> None:
    assert 1 <= contrast(one, other) <= 21
    assert contrast(one, other) == contrast(other, one)
    assert contrast(one, one) == 1
