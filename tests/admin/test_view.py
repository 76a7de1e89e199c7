"""What a technician reads: every size of terminal, every text."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.admin.figures import Rate
from edge_agent.admin.picture import picture
from edge_agent.admin.text import clip, harmless, pad, render, spread, width
from edge_agent.admin.words import changes, names, problems
from edge_agent.contracts.admin import (
    AdapterStatus,
    EndedScene,
    Person,
    QueueStatus,
    SceneStatus,
    ScreenStatus,
    Snapshot,
)
from edge_agent.contracts.unit import PartReport
from edge_agent.identify.badges import badge

AT = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
ILL = AdapterStatus(
    adapter="hci0",
    scan="active",
    healthy=False,
    heard_per_s=0,
    usual_per_s=120.0,
    silence_s=35.0,
    step="power_cycle",
    problem="nothing heard for 35 s on hci0: adapter switched off and on; if it stays so: plug in another one",
)

WELL = ScreenStatus(panel="on", scenes=120, p50_s=0.021, p99_s=0.048)
UP = SceneStatus(message_id="abcdef1234", mode="badge", shown_s=16, left_s=9)


def person(number: int, badge_number: int | None = 1, **changes: object) -> Person:
    fields: dict[str, object] = {
        "person": number,
        "badge": None if badge_number is None else badge(badge_number, "en"),
        "distance_m": 1.4,
        "near_s": 35.0,
        "state": "greeted",
        "on_screen": True,
    }
    return Person.model_validate({**fields, **changes})


def snapshot(**changes: object) -> Snapshot:
    fields: dict[str, object] = {
        "at": AT,
        "unit": "entrance",
        "store": "vienna-1",
        "zone": "Outdoor",
        "version": "1.0",
        "adapters": (),
        "heard_per_s": 142.0,
        "recognised_per_s": 12.0,
        "customers": 5,
        "silent": None,
        "people": (),
        "others": 0,
        "scene": None,
        "ended": None,
        "screen": WELL,
        "parts": (),
        "queues": (QueueStatus(queue="radio", waiting=0, dropped=0),),
    }
    return Snapshot.model_validate({**fields, **changes})


def plain(shown: Snapshot, columns: int = 100, rows: int = 40, note: str = "") -> str:
    return "\n".join(spread(picture(shown, (columns, rows), note), columns, colour=False))


TEXTS = st.text(max_size=200)
SNAPSHOTS = st.builds(
    snapshot,
    zone=TEXTS,
    version=TEXTS,
    people=st.lists(st.integers(0, 63) | st.none(), max_size=40).map(
        lambda badges: tuple(person(number, one) for number, one in enumerate(badges, start=1))
    ),
    others=st.integers(0, 100),
    adapters=st.lists(st.builds(ILL.model_copy, update=st.fixed_dictionaries({"problem": TEXTS})), max_size=4).map(
        tuple
    ),
    parts=st.lists(TEXTS, max_size=12).map(
        lambda problems: tuple(PartReport(part="web", state="waiting", problem=text, since=AT) for text in problems)
    ),
    silent=st.sampled_from([None, "no_notice"]),
)


@given(shown=SNAPSHOTS, columns=st.integers(1, 200), rows=st.integers(1, 60), note=TEXTS)
def test_a_picture_fits_and_moves_no_cursor(shown: Snapshot, columns: int, rows: int, note: str) -> None:
    lines = spread(picture(shown, (columns, rows), note), columns, colour=False)
    assert len(lines) <= rows
    assert all(width(line) <= columns and line.isprintable() for line in lines)


@given(before=SNAPSHOTS, after=SNAPSHOTS)
def test_changes_are_lines_and_the_same_again_is_none(before: Snapshot, after: Snapshot) -> None:
    assert all(line.isprintable() for line in [*changes(None, before), *changes(before, after)])
    assert changes(after, after) == []


def test_it_says_at_the_top_what_is_wrong_and_what_to_do() -> None:
    said = plain(snapshot(adapters=(ILL, ILL.model_copy(update={"adapter": "hci1"}))), columns=60).splitlines()
    assert said[1] == "✘ 1 problem"
    assert said[2].startswith("  hci0, hci1 nothing heard for 35 s")
    assert " ".join(line.strip() for line in said[2:6]).count("plug in another one") == 1
    assert any("hci0" in line and "switched off and on   usual" in line for line in said[5:])


def test_what_the_command_has_to_say_is_not_cut() -> None:
    note = "this is old: no agent is running at /run/edge-agent/admin/admin.sock: systemctl status edge-agent"
    said = plain(snapshot(), columns=70, note=note).splitlines()
    assert said[1].startswith("✘ this is old")
    assert " ".join(line.strip("✘ ") for line in said[1:3]) == note
    assert "all is well" not in "".join(said)


def test_all_is_well() -> None:
    said = plain(snapshot(people=(person(1, near_s=34.6),), scene=UP))
    assert "✔ all is well" in said
    assert "● Blue circle             1.4 m   35 s   scene on screen\n" in said
    assert "badge scene abcdef1234, up for 16 s, 9 s left" in said
    assert "on; decision to first frame p50 21 ms, p99 48 ms of the last 120" in said


def test_which_scene_is_up_and_why_the_one_before_ended() -> None:
    ended = EndedScene(message_id="fedcba", why="permit", on_screen_s=12.34, ago_s=70)
    assert "scene fedcba ended after 12.3 s: permit, 70 s ago" in plain(snapshot(ended=ended))
    loop, coming, up = snapshot(), snapshot(scene=UP.model_copy(update={"shown_s": None})), snapshot(scene=UP)
    over = snapshot(ended=ended.model_copy(update={"message_id": UP.message_id}))
    assert changes(loop, coming) == ["screen: badge scene abcdef1234, not up yet, 9 s left"]
    assert changes(coming, up) == ["screen: badge scene abcdef1234, up for 16 s, 9 s left"]
    assert changes(up, over) == ["scene abcdef1234 ended after 12.3 s: permit"]
    assert changes(over, over) == []


@pytest.mark.parametrize(
    ("panel", "words"),
    [("off", "display.hours"), ("absent", "unplugged"), ("covered", "another window"), (None, "no display")],
)
def test_a_screen_that_nobody_sees_is_said(panel: str | None, words: str) -> None:
    dark = snapshot(screen=WELL.model_copy(update={"panel": panel}))
    assert words in plain(dark)
    [line] = changes(snapshot(), dark)
    assert words in line


def test_a_unit_without_a_screen() -> None:
    assert "none on this unit" in plain(snapshot(screen=None))


@pytest.mark.parametrize(
    ("silent", "words"),
    [("no_notice", "set notice.version"), ("clock_untrusted", "timedatectl"), ("lease_expired", "no valid slice")],
)
def test_why_nobody_is_known(silent: str, words: str) -> None:
    [(where, what)] = problems(snapshot(silent=silent, customers=0))
    assert where == "unit"
    assert words in what


def test_people_who_look_alike_are_told_apart_and_a_tag_has_no_badge() -> None:
    shown = snapshot(people=(person(1), person(2), person(3, 2), person(4, None)))
    assert names(shown) == {1: "Blue circle #1", 2: "Blue circle #2", 3: "Blue triangle", 4: "Tag 4"}


def test_a_crowd_is_counted() -> None:
    shown = snapshot(people=tuple(person(number) for number in range(1, 41)), others=7)
    assert "and 44 more, farther away" in plain(shown, rows=15)


def test_what_was_lost_is_said() -> None:
    shown = snapshot(queues=(QueueStatus(queue="radio", waiting=9, dropped=120),))
    assert "lost since the start: radio 120" in plain(shown)
    assert changes(snapshot(), shown) == ["! lost since the start: radio 120"]


def test_comings_and_goings_are_lines() -> None:
    near = snapshot(people=(person(1, state="near", on_screen=False),))
    greeted = snapshot(people=(person(1),))
    assert changes(snapshot(), near) == ["Blue circle 1.4 m: near"]
    assert changes(near, greeted) == ["Blue circle 1.4 m: scene on screen"]
    assert changes(greeted, snapshot()) == ["Blue circle: not heard any more"]
    assert changes(snapshot(adapters=(ILL,)), snapshot()) == ["hci0: works again"]


def test_a_silence_that_grows_is_said_once() -> None:
    deaf, deafer = (
        snapshot(adapters=(ILL.model_copy(update={"problem": "", "silence_s": silence_s}),)) for silence_s in (20, 21)
    )
    assert changes(snapshot(), deaf) == ["! hci0: hears nothing: switched off and on"]
    assert changes(deaf, deafer) == []


def test_of_two_adapters_the_one_that_hears_again_is_named() -> None:
    other = ILL.model_copy(update={"adapter": "hci1"})
    lines = changes(snapshot(adapters=(ILL, other)), snapshot(adapters=(ILL,)))
    assert [line for line in lines if line.endswith("works again")] == ["hci1: works again"]


@given(text=st.text(max_size=60), columns=st.integers(0, 40))
def test_text_is_cut_to_columns(text: str, columns: int) -> None:
    text = harmless(text)
    assert width(pad(text, columns)) == columns or width(text) > columns - 1
    line = clip(((text, "good"), (text, "")), columns)
    assert width(render(line, colour=False)) <= columns


def test_a_rate_is_that_of_the_last_seconds() -> None:
    rate = Rate()
    assert rate.read(1000, 5.0) == 0
    assert rate.read(1010, 6.0) == 10
    assert rate.read(1010, 6.0) == 10
    for second in range(7, 40):
        last = rate.read(1010, float(second))
    assert last == 0
    rate.forget()
    assert rate.read(5, 50.0) == 0
