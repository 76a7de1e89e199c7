"""``edge-agent explain``: on a desk, and against a running agent."""

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from edge_agent.cli.explain import explain
from edge_agent.decide.reasons import REASONS
from edge_agent.errors import EdgeError
from tests.admin.units import Unit, at_work, make_unit
from tests.integration.processes import Process, call, until, write_toml
from tests.scenario.shop import JACKET, START, WELCOME, consents, profile

AT = START.isoformat()


def campaign(name: str, **changes: Any) -> dict[str, Any]:
    fields = WELCOME.model_dump(mode="json", exclude_defaults=True)
    return {**fields, "campaign": name, **changes}


def desk(folder: Path, *campaigns: dict[str, Any], **changes: Any) -> Path:
    """A slice file with one customer, a product and campaigns."""
    anna = profile("c-anna", **changes).model_dump(mode="json")
    file = folder / "slice.json"
    tree = {"profiles": [anna], "products": [JACKET.model_dump(mode="json")], "campaigns": list(campaigns)}
    file.write_text(json.dumps(tree))
    return file


def run(*words: object) -> Result:
    result = CliRunner().invoke(explain, [str(word) for word in words])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def told(*words: object) -> str:
    """What it says, on one line."""
    result = run(*words, "--customer", "c-anna", "--at", AT)
    assert result.exit_code == 0, result.output
    return " ".join(result.stdout.split())


def test_a_desk_tells_why_this_and_why_not_that(tmp_path: Path) -> None:
    file = desk(
        tmp_path,
        campaign("jacket"),
        campaign("hot", value=5),
        campaign("evening", dayparts=[{"begins": "18:00", "ends": "21:00"}]),
        campaign("shoes", zones=["Footwear"]),
    )
    result = run("--slice", file, "--customer", "c-anna", "--at", AT, "--zone", "Outdoor")
    assert result.stdout == (
        f"""\
desk · Outdoor · store desk   Sat 2026-03-14 13:00:00 UTC

Said: jacket, by the screen (to her badge) and a card for the clerks

May be said, the best first
            class     expected value
   1  jacket  offer             6.00
   2  hot     offer             1.50

May not be said
  shoes    {REASONS["zone"]}
  evening  {REASONS["daypart"]}
"""
    )


def test_the_stores_clock_decides_about_dayparts(tmp_path: Path) -> None:
    file = desk(tmp_path, campaign("evening", dayparts=[{"begins": "18:00", "ends": "21:00"}]))
    words = ("--slice", file, "--customer", "c-anna", "--timezone", "Europe/Vienna")
    assert "Said: evening" in run(*words, "--at", "2026-03-14T18:30").stdout
    assert "Said: evening" in run(*words, "--at", "2026-03-14T17:30+00:00").stdout
    late = run(*words, "--at", "2026-03-14T21:00").stdout
    assert "Nothing is said" in late
    assert "21:00:00 CET" in late


@pytest.mark.parametrize(
    ("words", "changes", "reason"),
    [
        (("--no-notice",), {}, "no_notice"),
        ((), {"age": "unknown"}, "age"),
        ((), {"consents": consents("analytics")}, "no_consent"),
        ((), {"valid_until": START - timedelta(hours=1)}, "profile_expired"),
        ((), {"do_not_disturb": True}, "do_not_disturb"),
    ],
)
def test_why_nothing_at_all(tmp_path: Path, words: tuple[str, ...], changes: dict[str, Any], reason: str) -> None:
    file = desk(tmp_path, campaign("jacket"), **changes)
    assert f"Nothing is said: {REASONS[reason]}" in told("--slice", file, *words)


def test_a_screen_that_may_say_nothing_personal_leaves_it_to_the_clerk(tmp_path: Path) -> None:
    file = desk(tmp_path, campaign("jacket"))
    assert "Said: jacket, by a card for the clerks" in told("--slice", file, "--mode", "generic")


def test_the_unit_of_a_configuration_decides(tmp_path: Path) -> None:
    config = write_toml(
        tmp_path / "agent.toml",
        {"store": "v-1", "unit": "till", "zone": "Checkout", "notice": {"version": "1"}, "display": {"enabled": False}},
    )
    text = told("--slice", desk(tmp_path, campaign("jacket")), "--config", config)
    assert text.startswith("till · Checkout · store v-1")
    assert "Said: jacket, by a card for the clerks" in text


def test_why_not_this_one_and_as_json(tmp_path: Path) -> None:
    file = desk(tmp_path, campaign("jacket"), campaign("shoes", zones=["Footwear"]))
    assert f"shoes: {REASONS['zone']}" in told("--slice", file, "--campaign", "shoes")
    assert "sheos: there is no such campaign here" in told("--slice", file, "--campaign", "sheos")
    answer = json.loads(run("--slice", file, "--customer", "c-anna", "--at", AT, "--json").stdout)
    assert answer["held"]
    assert answer["explanation"]["campaign"] == "jacket"
    assert answer["explanation"]["rejected"] == {"zone": ["shoes"]}
    assert answer["explanation"]["at"] == "2026-03-14T13:00:00Z"


def test_other_campaigns_take_the_place_of_those_of_the_slice(tmp_path: Path) -> None:
    slice_file = desk(tmp_path, campaign("jacket"))
    for name, text in (
        ("new.json", json.dumps({"version": 1, "campaigns": [campaign("new")]})),
        (
            "new.toml",
            'version = 1\n[[campaigns]]\ncampaign = "new"\ntitle = "t"\nmessage_class = "service"\n'
            'department = "outdoor"\nwording.en.headline = "Hello"\n',
        ),
    ):
        (tmp_path / name).write_text(text)
        assert "Said: new" in told("--slice", slice_file, "--campaigns", tmp_path / name)


@pytest.mark.parametrize(
    "content", ["", "{", '{"version": 1}', '{"version": 1, "campaigns": [{"campaign": "x"}]}', "\0", "[" * 100_000]
)
@pytest.mark.parametrize("name", ["campaigns.json", "campaigns.toml"])
def test_a_broken_campaign_file_is_an_error_that_names_it(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(EdgeError, match=re.escape(name)):
        told("--slice", desk(tmp_path), "--campaigns", file)


def test_somebody_who_is_not_in_the_file_is_no_error(tmp_path: Path) -> None:
    result = run("--slice", desk(tmp_path, campaign("jacket")), "--customer", "nobody")
    assert result.exit_code == 0
    assert "No profile of this customer is held here." in result.stdout


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--at", "yesterday"), "'yesterday' is no time; write 2026-03-14T18:30"),
        (("--campaigns", "x.toml"), "go with --slice FILE"),
        (("--zone", "Outdoor"), "go with --slice FILE"),
        (("7", "--customer", "c-anna"), "not both"),
        (("--customer", "../etc"), "--customer"),
        (("--customer", "c-anna", "--at", "1066-01-01T00:00"), "--at"),
        (("--customer", "c-anna", "--at", "0001-01-01T00:00+14:00"), "--at"),
        (("--customer", "c-anna", "--campaign", "a b"), "--campaign"),
    ],
)
def test_questions_that_are_none(tmp_path: Path, words: tuple[str, ...], complaint: str) -> None:
    result = run(*words)
    assert result.exit_code == 2
    assert complaint in " ".join(result.stderr.split())
    if "--slice FILE" not in complaint:
        on_a_desk = run("--slice", desk(tmp_path), *words)
        assert on_a_desk.exit_code == 2
        assert complaint in " ".join(on_a_desk.stderr.split())


def test_a_desk_needs_a_customer_and_says_whom_it_has(tmp_path: Path) -> None:
    result = run("--slice", desk(tmp_path))
    assert result.exit_code == 2
    assert "the file has 1: c-anna" in result.stderr


@pytest.mark.parametrize("words", [("--timezone", "Mars/Olympus"), ("--zone", "z" * 201)])
def test_a_unit_that_cannot_be_is_an_error_with_its_option(tmp_path: Path, words: tuple[str, str]) -> None:
    with pytest.raises(EdgeError, match=words[0]):
        told("--slice", desk(tmp_path), *words)


# --- against a running agent --------------------------------------------------------------------

WALKS = {"c-anna": [(0, 1.2), (3599, 1.2)], "c-bert": [(0, 3.0), (3599, 3.0)]}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Unit, Process]]:
    unit = make_unit(tmp_path_factory.mktemp("unit"), WALKS, timezone="Europe/Vienna")
    with at_work(unit) as agent:
        yield unit, agent


def asked(unit: Unit, *words: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    return call("edge-agent", "explain", "--socket", str(unit.socket), *words, status=status)


def people(unit: Unit) -> list[dict[str, Any]]:
    heard: list[dict[str, Any]] = unit.snapshot().model_dump(mode="json")["people"]
    return heard


@pytest.mark.integration
def test_a_running_agent_answers_by_customer_badge_and_number(opened: tuple[Unit, Process]) -> None:
    unit, agent = opened
    until(lambda: len(people(unit)) == 2, "two people")
    by_id = json.loads(asked(unit, "--customer", "c-bert", "--json").stdout)
    assert by_id["held"]
    assert by_id["explanation"]["campaign"] == "jacket"
    bert = next(person for person in people(unit) if person["badge"] == by_id["person"]["badge"])
    labels = [person["badge"]["label"] for person in people(unit)]
    if labels[0] != labels[1]:  # the badge of this window may be the same
        by_badge = json.loads(asked(unit, bert["badge"]["label"].upper(), "--json").stdout)
        assert by_badge["person"]["badge"] == bert["badge"]
        several = asked(unit, status=1)
        assert "several are heard" in several.stderr
        assert labels[0] in several.stderr
    assert "nobody has this number" in asked(unit, "1", status=1).stderr
    assert "nobody with the badge" in asked(unit, "beige triangle", status=1).stderr
    assert "c-bert" not in agent.log + json.dumps(by_id)
    assert "a decision is explained to user" in agent.log


@pytest.mark.integration
def test_asking_changes_nothing(opened: tuple[Unit, Process]) -> None:
    unit, _ = opened
    until(lambda: len(people(unit)) == 2, "two people")
    first = json.loads(asked(unit, "--customer", "c-bert", "--json").stdout)["explanation"]
    for _ in range(5):
        again = json.loads(run("--socket", unit.socket, "--customer", "c-bert", "--json").stdout)["explanation"]
    assert {**again, "at": ""} == {**first, "at": ""}  # no cap was counted for being asked


@pytest.mark.integration
def test_a_running_agent_knows_its_lease_and_the_stores_clock(opened: tuple[Unit, Process]) -> None:
    unit, _ = opened
    later = (datetime.now(UTC) + timedelta(days=3)).replace(tzinfo=None).isoformat(timespec="seconds")
    text = asked(unit, "--customer", "c-anna", "--at", later).stdout
    assert re.search(r" CES?T\n", text)
    assert f"Nothing is said: {REASONS['lease_expired']}" in text
    assert "No profile of this customer" in asked(unit, "--customer", "c-nobody").stdout


def test_no_agent_is_one_line(tmp_path: Path) -> None:
    done = call("edge-agent", "explain", "--customer", "x", "--socket", str(tmp_path / "admin.sock"), status=1)
    assert done.stderr.startswith("edge-agent: no agent is running at")
    assert len(done.stderr.splitlines()) == 1
