"""``edge-agent campaigns check``: each mistake is one line that tells who wrote it where it is and what to write."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import tomli_w
from click.testing import CliRunner, Result
from pydantic import BaseModel

from edge_agent.cli import cli
from edge_agent.cli.campaign_table import in_words
from edge_agent.contracts.campaign import Audience, Campaign, CampaignFile, Cap
from edge_agent.contracts.campaign_problems import read_campaigns
from edge_agent.contracts.dayparts import Daypart
from edge_agent.contracts.pattern import CARD_SLOTS
from edge_agent.contracts.wording import Wording

DOCS = Path(__file__).parents[2] / "docs"
FLAGSHIP = Path(__file__).parents[2] / "edge_agent" / "simulator" / "scenarios" / "flagship" / "store.json"
GOOD = {
    "campaign": "jacket-back",
    "title": "Back to the jacket",
    "message_class": "offer",
    "department": "outdoor",
    "audience": {"viewed": ["4012345000011"]},
    "wording": {"en": {"headline": "{ $badge }, welcome back", "body": "{ $product }, { $place }"}},
}


def check(path: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["campaigns", "check", str(path), *words], catch_exceptions=False)


def write(folder: Path, *campaigns: object, **tree: object) -> Path:
    path = folder / "campaigns.toml"
    path.write_text(tomli_w.dumps({"version": 1, "campaigns": campaigns, **tree}))
    return path


def changed(**changes: object) -> dict[str, object]:
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not None}


def worded(**words: object) -> dict[str, object]:
    return {"wording": {"en": words}}


def test_the_example_of_the_docs_is_right_and_says_all_that_there_is_to_say() -> None:
    done = check(DOCS / "campaigns.example.toml", "--languages", "en,de")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "5 campaigns, no mistakes, 0 warnings" in done.stdout
    tree = tomllib.loads((DOCS / "campaigns.example.toml").read_text())
    assert CampaignFile.model_validate(tree).campaigns[3].dayparts[1].days == ("sat",)


@pytest.mark.parametrize("model", [Campaign, Audience, Cap, Daypart, Wording])
def test_every_field_is_in_the_docs(model: type[BaseModel]) -> None:
    said = (DOCS / "campaigns.md").read_text()
    assert [name for name in model.model_fields if not re.search(rf"\b{name}\b", said)] == []


def test_every_slot_is_in_the_docs() -> None:
    said = (DOCS / "campaigns.md").read_text()
    assert [slot for slot in CARD_SLOTS if f"{{ ${slot} }}" not in said] == []


@pytest.mark.parametrize("line", [
    "jacket-back: Back to the jacket (offer, 20 × 30%)",
    "for    whoever viewed 4012345000011 in the last 7 days",
    "Mon–Fri 09:00–19:00; Sat 09:00–17:00; at most 1 × in 1 day; at most 3 × in 7 days",
    "where  Outdoor or Entrance: screen with QR code and opportunity card for outdoor, while 2 in stock",
    "at most 200 × in 1 day to all together",
    "for    whoever has an appointment within 1 hour",
])  # fmt: skip
def test_what_is_right_is_told_in_words(line: str) -> None:
    assert line in check(DOCS / "campaigns.example.toml").stdout


CONDITIONS = {
    "viewed": ["p1"],
    "order_ready": True,
    "ticket_open": True,
    "offered": True,
    "basket": ["p1"],
    "emailed": True,
    "appointment_within_s": 60,
    "tiers": ["gold"],
    "needs": ["waterproof"],
}


@pytest.mark.parametrize("condition", [name for name in Audience.model_fields if not name.endswith("ed_within_s")])
def test_every_condition_of_an_audience_is_told(condition: str) -> None:
    campaign = Campaign.model_validate({**GOOD, "audience": {condition: CONDITIONS[condition]}})
    assert "  for    whoever " in in_words(campaign)[1]


def test_the_campaigns_of_a_store_file_are_read_with_its_products(tmp_path: Path) -> None:
    assert check(FLAGSHIP, "--languages", "en").exit_code == 0
    tree = json.loads(FLAGSHIP.read_text())
    tree["catalogue"]["products"][0] |= {"content_class": "discreet", "names": {"en": "Long " * 20}}
    tree["catalogue"]["products"] = tree["catalogue"]["products"][:1]
    tree["campaigns"]["campaigns"][2]["wording"]["en"]["headline"] = "{ $product } is here"
    path = tmp_path / "store.json"
    path.write_text(json.dumps(tree))
    done = check(path)
    assert "'4012345000011' is discreet: cards may name it, no screen will" in done.stderr
    assert "'4012345000028' is not in the catalogue of this file" in done.stderr
    assert "wording.en.headline: 'Long Long" in done.stderr


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {"dayparts": [{}, {"begins": "25:00"}]},
            "dayparts 2, begins: '25:00' is no time of day; write 09:00",
        ),
        ({"dayparts": [{"days": ["mo"]}]}, "dayparts 1, days 1: 'mo' is not possible; write 'mon', 'tue'"),
        ({"message_clas": "offer"}, "message_clas: there is no such field; did you mean 'message_class'?"),
        ({"zzzz": 1}, "zzzz: there is no such field; write campaign, title"),
        ({"audience": {"viewd": []}}, "audience.viewd: there is no such field; did you mean 'viewed'?"),
        ({"message_class": "offr"}, "message_class: 'offr' is not possible; write 'service', 'order' or 'offer'"),
        ({"title": None}, "title: is missing"),
        ({"department": "out door"}, "department: 'out door' is no name; letters, digits"),
        ({"starts_at": "tomorrow"}, "starts_at: 'tomorrow' is no date with a time; write 2026-12-01T09:00:00+01:00"),
        ({"starts_at": "2026-12-01T09:00:00"}, "starts_at: '2026-12-01T09:00:00' has no time zone; write +01:00"),
        (
            {"starts_at": "2026-12-02T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z"},
            "ends_at: must be later than starts_at",
        ),
        ({"caps": [{"count": 0}]}, "caps 1, count: 0 is too small; at least 1"),
        ({"caps": {"count": 1}}, "caps: {'count': 1} is no list; lists stand in brackets"),
        ({"screen": "perhaps"}, "screen: 'perhaps' is not possible; write true or false"),
        ({"value": "much"}, "value: 'much' is no number"),
        ({"wording": {}}, "wording: must have at least 1"),
        ({"wording": {"english": {"headline": "Hi"}}}, "wording.english: 'english' is no language; write one"),
        (worded(headline="{ $salutation }, hi"), "wording.en.headline: { $salutation } is no slot here; slots are"),
        (worded(headline="$badge, hi"), "wording.en.headline: $badge: a slot is written { $badge }"),
        (worded(headline="Hi", badge={"headline": "{ $size"}), "wording.en.badge.headline: is no sentence: Expected"),
        (worded(headline="Hi", headlin="Hi"), "wording.en.headlin: there is no such field; did you mean 'headline'?"),
        ({"screen": False}, "screen = false and card = 'none': nobody will ever hear of it"),
        ({"audience": {"needs": ["warm"]}, **worded(headline="Hi")}, "card = 'none': what she needs, or complained of"),
        (
            {"audience": {"ticket_open": True}, "card": "obligation", **worded(headline="Hi")},
            "message_class: no offer is made while a ticket is open; write 'service'",
        ),
        ({"starts_at": 20261201}, "starts_at: 20261201 is no date with a time; write 2026-12-01T09:00:00+01:00"),
        ({"ends_at": "1796083200"}, "ends_at: 1796083200 is no date with a time"),
        ({"dayparts": [{"begins": 9}]}, "dayparts 1, begins: 9 is no time of day; write 09:00"),
        (worded(headline=" \t"), "wording.en.headline: must not be empty"),
        (worded(headline="Hi \u202ethere"), "wording.en.headline: has the invisible character U+202E; delete it"),
        (worded(headline='{ "\\u0007" }'), "wording.en.headline: has the invisible character U+0007; delete it"),
        (worded(headline="$5 off $name, $badge"), "wording.en.headline: $badge: a slot is written { $badge }"),
        (
            {
                "starts_at": "2026-11-30T00:00:00Z",
                "ends_at": "2026-12-04T00:00:00Z",
                "dayparts": [{"days": ["sat", "sun"]}],
            },
            "dayparts: none of them falls between starts_at and ends_at",
        ),
    ],
)
def test_a_mistake_is_one_line(changes: dict[str, object], line: str, tmp_path: Path) -> None:
    done = check(write(tmp_path, changed(**changes)))
    assert done.exit_code == 1
    assert done.stderr.startswith(f"{tmp_path}/campaigns.toml: campaign 'jacket-back', {line}")
    assert done.stderr.endswith("\n1 mistake, 0 warnings\n")
    assert done.stdout == ""


def test_every_mistake_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    lines = check(write(tmp_path, GOOD, {"title": 3}, GOOD, colour="blue")).stderr.splitlines()
    said = [line.partition("campaigns.toml: ")[2] for line in lines]
    assert said[:2] == [
        "colour: there is no such field; write version or campaigns",
        "campaign 2, campaign: is missing",
    ]
    assert 'campaign 2, title: 3 is no text; texts stand in quotation marks: "so"' in said
    assert "campaign 'jacket-back': 2 campaigns have this id; give each its own" in said


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"ends_at": "2020-01-01T00:00:00Z"}, "ends_at: has passed, on 2020-01-01"),
        ({"exclusive": "autumn"}, "exclusive: no other campaign is in the group 'autumn'"),
        ({"qr": True, "screen": False, "card": "opportunity"}, "qr: only a screen shows a code"),
        (
            {"message_class": "service", "holdout": 0.1},
            "holdout: only offers are held back; of a service message everybody hears",
        ),
        ({"caps": [{"count": 1, "per_s": 365 * 86_400}]}, "caps 1, per_s: contacts are remembered for 90 days"),
        ({"caps": [{"count": 101}]}, "caps 1, count: is never reached, 100 contacts with a customer are remembered"),
        (worded(headline="Hi", opening="Hello"), "wording.en.opening: is for a card, and card = 'none'"),
        (worded(headline="Hi", named={"headline": "Hi"}), "wording.en.named: no screen speaks by name yet"),
        ({"coupon": "c-10"}, "coupon: is given by the QR code; set qr = true"),
        ({"caps": [{"count": 5, "per_s": 60}, {"count": 3, "per_s": 90}]}, "caps 1: is never reached, caps 2"),
        ({"caps": [{"count": 1, "per_s": 0}]}, "caps 1: within 0 seconds nothing is ever held back"),
        ({"audience": {}}, "wording.en.body: { $product } will often be empty: the campaign is about no product"),
        (worded(headline="{ $time }"), "wording.en.headline: { $time } will often be empty: the audience is asked"),
        ({"needs_stock": False, **worded(headline="{ $pieces } left")}, "wording.en.headline: { $pieces } will often"),
        (worded(headline="One two three four five six seven eight"), "wording.en.headline: 'One two"),
        (worded(headline="{ $product } " * 4), "wording.en.headline: 'Waterproof Trail Jacket"),
    ],
)
def test_what_is_probably_not_meant_is_a_warning(changes: dict[str, object], line: str, tmp_path: Path) -> None:
    done = check(write(tmp_path, changed(**changes)))
    assert done.exit_code == 0
    assert f"warning: campaign 'jacket-back', {line}" in done.stderr
    assert "1 campaign, no mistakes, 1 warning" in done.stdout


def test_a_language_of_the_shop_that_is_missing(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    assert (
        "wording: has no de, which this shop speaks; such customers read en"
        in check(path, "--languages", "en-GB,de").stderr
    )
    config = tmp_path / "agent.toml"
    config.write_text('store = "s"\nunit = "u"\nzone = "Z"\nscreen.languages = ["en", "fr"]\n')
    assert "wording: has no fr" in check(path, "--config", str(config)).stderr


def test_dayparts_go_by_the_clock_of_the_unit(tmp_path: Path) -> None:
    late = {"starts_at": "2026-11-30T22:00:00Z", "ends_at": "2026-11-30T23:30:00Z"}  # Tuesday 00:30 in Vienna
    path = write(tmp_path, changed(dayparts=[{"days": ["tue"]}], **late))
    config = tmp_path / "agent.toml"
    config.write_text('store = "s"\nunit = "u"\nzone = "Z"\ntimezone = "Europe/Vienna"\n')
    assert check(path, "--config", str(config)).exit_code == 0
    assert "dayparts: none of them falls between" in check(path).stderr


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("x.toml", b"campaign jacket", "is not TOML"),
        ("x.json", b"{", "is not JSON: line 1, column 2"),
        ("x.json", b"[" * 100_000, "brackets within brackets"),
        ("x.toml", b"a = " + b"[" * 100_000, "brackets within brackets"),
        ("x.toml", b"\xff\xfe", "byte 0 is not UTF-8 text"),
        ("x.toml", b"a = " + b"1" * 5000, "a number with thousands of digits"),
        ("x.json", b"1" * 5000, "a number with thousands of digits"),
    ],
)
def test_what_cannot_be_read_ends_with_2(name: str, content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = check(path)
    assert done.exit_code == 2
    assert why in done.stderr
    assert check(tmp_path / "absent").exit_code == 2
    assert check(tmp_path).exit_code == 2


def test_the_mark_that_editors_on_windows_write_is_no_mistake(tmp_path: Path) -> None:
    path = write(tmp_path, GOOD)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    assert check(path).exit_code == 0


def test_more_campaigns_than_a_store_may_have(tmp_path: Path) -> None:
    done = check(write(tmp_path, *({**GOOD, "campaign": f"c{number}"} for number in range(1001))))
    assert (done.exit_code, done.stdout) == (1, "")
    assert "campaigns: has 1001; at most 1000 are possible" in done.stderr


@pytest.mark.parametrize("tags", ["en-", "EN", "en,german"])
def test_what_is_no_language_is_refused(tags: str, tmp_path: Path) -> None:
    done = check(write(tmp_path, GOOD), "--languages", tags)
    assert done.exit_code == 2
    assert "is no language; write one such as en, de-AT or zh-Hant" in done.stderr


@pytest.mark.parametrize("tree", [[], None, 3, {}, {"campaigns": 3}, {"version": 1, "campaigns": "x"}])
def test_something_else_altogether_is_refused_with_a_sentence(tree: object) -> None:
    right, lines = read_campaigns(tree)
    assert not right
    assert lines


def test_a_name_in_a_file_does_not_move_the_cursor(tmp_path: Path) -> None:
    done = check(write(tmp_path, changed(title="\x1b[2JGone")))
    assert "\x1b" not in done.output
