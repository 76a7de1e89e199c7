"""``edge-display lint``: each rule with an example that breaks it, and one that does not."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from display.cli import main
from display.themes import house
from edge_agent.contracts.screen import Badge

ROOT = Path(__file__).parents[3]
DIGEST = "a" * 64
SCENE: dict[str, Any] = {
    "message_id": "m1",
    "layout": "service",
    "mode": "generic",
    "language": "en",
    "headline": "We open at nine",
}
ITEM: dict[str, Any] = {"picture": DIGEST, "headline": {"en": "Made for rain", "de": "Für Regen gemacht"}}
CAMPAIGN = """
version = 1
[[campaigns]]
campaign = "rain"
title = "Rain"
message_class = "offer"
department = "outdoor"
[campaigns.wording.en]
headline = "{headline}"
[campaigns.wording.de]
headline = "Für Regen gemacht"
"""

pytestmark = pytest.mark.usefixtures("typesetter")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "agent.toml"
    path.write_text('store = "s"\nunit = "u"\nzone = "z"\n[screen]\nlanguages = ["en", "de"]\n')
    return path


def lint(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["lint", "--size", "960x540", *map(str, arguments)])


def write(folder: Path, tree: object, name: str = "file.json") -> Path:
    path = folder / name
    path.write_text(tree if isinstance(tree, str) else json.dumps(tree), encoding="utf-8")
    return path


def test_what_is_right_is_not_talked_about(tmp_path: Path, config: Path) -> None:
    files = (
        write(tmp_path, SCENE),
        write(tmp_path, CAMPAIGN.replace("{headline}", "Made for rain"), "campaigns.toml"),
        write(tmp_path, {"version": "1", "items": []}, "playlist.json"),
    )
    result = lint("--config", config, *files)
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"headline": ""}, "headline = '': error: String should have at least 1 character"),
        ({"layout": "wild"}, "layout = 'wild': error: Input should be"),
        ({"language": "fr"}, "language: error: 'fr' is none of the shop's: en, de"),
        ({"mode": "named"}, "mode: error: a name on a screen that everybody sees"),
        ({"headline": "Hello { $name }"}, "headline: error: the slot { $name } would reach the screen"),
        ({"headline": "Hello \U0010fffd"}, "headline: error: no installed font has U+10FFFD (unassigned)"),
        ({"layout": "emergency", "headline": "Go \U0010fffd"}, "headline: error: no installed font has U+10FFFD"),
        ({"headline": "one two three four five six seven eight"}, "headline: warning: 8 words; at a glance 7 are read"),
        ({"maximum_s": 5}, "maximum_s: warning: 5 s; whoever passes needs 6.0 s to read it"),
        ({"maximum_s": 0.2}, "maximum_s: error: it flashes up for 0.2 s"),
        (
            {"badges": [Badge(number=0, colour="blue", shape="diamond", label="Blue").model_dump()]},
            "badges: error: a sc",
        ),
        ({"layout": "picture", "picture": DIGEST}, "picture: error: No such file or directory"),
    ],
)
def test_a_scene_is_told_its_field_and_what_is_wrong(
    changes: dict[str, object], says: str, tmp_path: Path, config: Path
) -> None:
    path = write(tmp_path, SCENE | changes)
    result = lint("--config", config, "--content", tmp_path, path)
    assert f"{path}: {says}" in result.output
    assert result.exit_code == (1 if ": error: " in says else 0), result.output


@pytest.mark.parametrize(
    ("items", "says"),
    [
        ([ITEM | {"headline": {"en": "Made for rain"}}], "items 1, headline.de: error: there is no text in 'de'"),
        ([ITEM | {"duration_s": 3}], "items 1, duration_s: warning: 3 s; whoever passes needs 6.0 s to read it"),
        ([ITEM | {"duration_s": 0.1}] * 4, "items 1: error: the picture changes 4 times within 0.30 s"),
        ([ITEM, 7], "items 2"),
        (7, "items: error: is no list"),
    ],
)
def test_a_playlist_is_told_its_item(items: object, says: str, tmp_path: Path, config: Path) -> None:
    Image.new("RGB", (64, 36), (20, 60, 50)).save(tmp_path / DIGEST, "PNG")
    result = lint("--config", config, "--content", tmp_path, write(tmp_path, {"version": "1", "items": items}))
    assert says in result.output
    assert result.exit_code == (0 if "warning" in says else 1), result.output


def test_an_emergency_speaks_every_language_of_the_shop(tmp_path: Path, config: Path) -> None:
    emergency = {"headline": {"en": "Leave the building"}, "valid_until": "2026-12-01T09:00:00Z"}
    result = lint("--config", config, write(tmp_path, {"version": "1", "items": [], "emergency": emergency}))
    assert "emergency, headline.de: error: there is no text in 'de'" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("headline", "says"),
    [
        ("In your size { $size }", "wording.en.headline: error: { $size } is no slot here; slots are { $badge }"),
        ("Dear { $name }", "wording.en.headline: error: { $name } is no slot here"),
        ("one two three four five six seven eight", "wording.en.headline: warning: 8 words"),
        ("Hello \U0010fffd", "wording.en, headline: error: no installed font has"),
    ],
)
def test_a_campaign_reaches_public_facts_only(headline: str, says: str, tmp_path: Path, config: Path) -> None:
    result = lint("--config", config, write(tmp_path, CAMPAIGN.replace("{headline}", headline), "campaigns.toml"))
    assert says in result.output
    assert result.exit_code == (0 if "warning" in says else 1), result.output


def test_a_campaign_lacks_a_language(tmp_path: Path, config: Path) -> None:
    config.write_text(config.read_text().replace('"de"', '"de", "fr-CH"'))
    result = lint("--config", config, write(tmp_path, CAMPAIGN.replace("{headline}", "Rain"), "campaigns.toml"))
    assert "campaign 'rain', wording.fr-CH: error: there is no text in 'fr-CH'" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize("shade", [0, 90, 160, 255])
def test_words_over_a_picture_are_measured_on_that_picture(shade: int, tmp_path: Path) -> None:
    """The veil of the house's look makes any picture dark enough."""
    Image.new("RGB", (96, 54), (shade, shade, shade)).save(tmp_path / DIGEST, "PNG")
    item = ITEM | {"headline": {"en": "Made for rain"}}
    result = lint("--content", tmp_path, write(tmp_path, {"version": "1", "items": [item]}))
    assert (result.exit_code, result.output) == (0, "")


@pytest.mark.parametrize(("bright", "refused"), [((0, 0), False), ((0, 96), True), ((10, 16), True), ((80, 96), False)])
def test_a_pale_veil_is_seen_where_words_stand_on_something_bright(
    bright: tuple[int, int], refused: bool, tmp_path: Path
) -> None:
    """The whole picture, a stripe behind one or two letters, or one beside them."""
    source = (Path(__file__).parents[3] / "display" / "themes" / "house.toml").read_text()
    before, _, after = source.partition("[ground.picture]")
    rest = after[after.index("[") :]
    whites = "".join(f'{role} = "#ffffff"\n' for role in ("ink", "soft", "accent", "chip_ink"))
    greys = "".join(f'{role} = "#757575"\n' for role in ("base", "motif", "chip"))
    theme = write(tmp_path, f"{before}[ground.picture]\n{whites}{greys}{rest}", "pale.toml")
    picture = Image.new("RGB", (96, 54))
    picture.paste((255, 255, 255), (bright[0], 0, bright[1], 54))
    picture.save(tmp_path / DIGEST, "PNG")
    playlist = write(tmp_path, {"version": "1", "items": [ITEM | {"headline": {"en": "Made for rain"}}]})
    result = lint("--theme", theme, "--content", tmp_path, playlist)
    assert ("items 1, headline.en in #ffffff, as drawn: error: contrast" in result.output) is refused
    assert result.exit_code == refused, result.output


def test_a_text_that_would_be_too_small_is_refused(tmp_path: Path, config: Path) -> None:
    config.write_text(config.read_text() + "[display]\nviewing_distance_m = 8\ndiagonal_inch = 24\n")
    wordy = {"headline": "W" * 120, "product_name": "W" * 200, "place": "W" * 200}
    result = lint("--config", config, write(tmp_path, SCENE | {"layout": "product"} | wordy))
    assert "too long: its 200 characters do not fit at 32 px, the smallest size that can be read" in result.output
    assert result.exit_code == 1


def test_a_theme_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    source = (Path(__file__).parents[3] / "display" / "themes" / "house.toml").read_text()
    base = house().ground["personal"].base
    ink = bytes(house().ground["personal"].ink).hex()
    theme = write(tmp_path, source.replace(f"#{ink}", f"#{bytes(base).hex()}"), "mine.toml")
    result = lint("--theme", theme)
    assert f"{theme}: " in result.output
    assert "contrast" in result.output
    assert result.exit_code == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "file: error: cannot be read: No such file or directory"),
        ("a =", "file: error: is not TOML: "),
        ("#" * 70_000, "file: error: more than 65536 bytes"),
        ("name = 7", "picture_ground: error: is missing"),
    ],
)
def test_a_theme_that_is_none_is_told_so(content: str | None, says: str, tmp_path: Path) -> None:
    theme = tmp_path / "mine.toml"
    if content is not None:
        theme.write_text(content)
    result = lint("--theme", theme)
    assert f"{theme}: {says}" in result.output
    assert result.exit_code == 1


def test_a_panel_that_is_too_small_for_its_place_is_doubted(tmp_path: Path, config: Path) -> None:
    config.write_text(config.read_text() + "[display]\nviewing_distance_m = 12\n")
    result = lint("--config", config)
    assert "display.viewing_distance_m: warning: from 12 m the smallest text of a 43-inch panel" in result.output
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "file: error: cannot be read: "),
        ("[]", "file: error: is no table of fields"),
        ("{}", "file: error: is nothing that a screen shows; give a scene, a playlist"),
        ("[" * 100_000, "file: error: cannot be read: "),
        ('{"campaigns": 7}', "campaigns: error: 7 is no list"),
        ('{"catalogue": 7}', "catalogue: error: is no table of fields"),
        ('{"catalogue": {"loop": 7}, "campaigns": {"campaigns": 7}}', "loop: error: is no list"),
        ('{"items": [{"duration_s": "x", "picture": []}, null]}', "items 1, picture"),
        ('{"layout": {"a": 1e999}}', "error"),
        ('{"layout": "\\ud800"}', "error"),
    ],
)
def test_garbage_is_a_finding_and_no_crash(content: str, says: str, tmp_path: Path) -> None:
    result = lint(write(tmp_path, content))
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert says in result.output


def test_programs_get_a_list(tmp_path: Path) -> None:
    path = write(tmp_path, SCENE | {"mode": "named"})
    result = lint("--json", path, tmp_path / "none.json")
    named, absent = json.loads(result.output)
    assert named["file"], named["field"] == (str(path), "mode")
    assert named["severity"] == "error"
    assert absent["problem"] == "cannot be read: No such file or directory"


def test_a_store_file_is_checked_with_the_pictures_beside_it() -> None:
    store = ROOT / "edge_agent" / "simulator" / "scenarios" / "flagship" / "store.json"
    result = lint(store)
    assert result.exit_code == 0, result.output


def test_the_store_file_of_the_handbook_is_right(tmp_path: Path) -> None:
    handbook = (ROOT / "docs" / "content.md").read_text(encoding="utf-8")
    store = handbook.split("```toml\n")[1].split("```")[0]
    assert "begins = 09:00:00" in store  # a time, which JSON has not
    Image.new("RGB", (64, 36), "black").save(tmp_path / "winter-de.jpg")
    result = lint(write(tmp_path, store, "store.toml"))
    assert result.exit_code == 0, result.output
