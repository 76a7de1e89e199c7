"""What the loop shows at which moment, whatever the clocks do."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from display.items import Brand, Item, LoopPicture
from display.loop.playlist import Entry, Loop
from display.loop.program import AHEAD_S, BROKEN_S, CALENDAR_S, HOLD_S, WAIT_S, Program, pages
from edge_agent.contracts.catalogue import ContentItem, Emergency
from edge_agent.contracts.dayparts import Daypart, bounds
from edge_agent.contracts.screen import Scene

VIENNA = ZoneInfo("Europe/Vienna")
MONDAY_9 = datetime(2026, 6, 1, 9, 0, tzinfo=VIENNA)


def entry(name: str, **changes: object) -> Entry:
    return Entry(LoopPicture(name * 64, 10), name, **changes)  # type: ignore[arg-type]


def program(*entries: Entry, emergency: Emergency | None = None, languages: tuple[str, ...] = ("en",)) -> Program:
    return Program(Loop("v1", entries, {}, emergency), VIENNA, languages)


def ready(_: Item) -> bool:
    return True


def up(playing: Program, now_s: float, utc: datetime = MONDAY_9, covered: bool = False) -> str:
    """Return the name of what is up; empty for the brand's name."""
    item = playing.turn(now_s, utc, covered, ready)
    match item:
        case LoopPicture():
            return item.picture[0]
        case Scene():
            return item.language
        case Brand():
            return ""


def test_each_stays_for_its_time() -> None:
    playing = program(entry("a"), entry("b"))
    assert [up(playing, now_s) for now_s in (0, 9.9, 10, 19.9, 20)] == ["a", "a", "b", "b", "a"]
    assert playing.next_deadline(20, MONDAY_9) == 30


def test_one_alone_stands_still_and_nothing_is_awaited() -> None:
    playing = program(entry("a"))
    assert up(playing, 0) == "a"
    assert playing.next_deadline(0, MONDAY_9) == float("inf")


def test_a_campaign_goes_before_the_idle_loop_and_at_once() -> None:
    begins = MONDAY_9 + timedelta(seconds=5)
    playing = program(entry("a"), entry("b"), entry("c", campaign=True, valid_from=begins))
    assert up(playing, 0) == "a"
    assert playing.next_deadline(0, MONDAY_9) <= CALENDAR_S
    assert up(playing, 5, begins) == "c"
    assert up(playing, 60, begins) == "c"


def test_what_expires_while_it_is_up_leaves_at_once() -> None:
    until = MONDAY_9 + timedelta(seconds=3.4)
    playing = program(entry("a", valid_until=until), entry("b"))
    assert up(playing, 0) == "a"
    assert abs(playing.next_deadline(3.0, MONDAY_9 + timedelta(seconds=3)) - 3.4) < 1e-6
    assert up(playing, 3.4, until) == "b"
    assert up(playing, 100, until) == "b"


def test_without_anything_valid_the_brand_stands_there() -> None:
    playing = program(entry("a", valid_until=MONDAY_9))
    assert up(playing, 0) == ""


def test_a_clock_that_jumps_is_obeyed_within_a_second() -> None:
    playing = program(entry("a", valid_until=MONDAY_9 + timedelta(days=1)), entry("b"))
    assert up(playing, 0) == "a"
    assert playing.next_deadline(0, MONDAY_9) <= CALENDAR_S
    assert up(playing, 1, MONDAY_9 + timedelta(days=2)) == "b"
    assert {up(playing, now_s, MONDAY_9 - timedelta(days=900)) for now_s in (12, 25, 38)} == {"a", "b"}  # and back


def test_dayparts_go_by_the_clock_on_the_wall() -> None:
    morning = bounds((Daypart(days=("mon",), begins=time(9), ends=time(11)),))
    playing = program(entry("a", dayparts_s=morning), entry("b", dayparts_s=bounds((Daypart(begins=time(11)),))))
    assert up(playing, 0, datetime(2026, 6, 1, 7, 0, tzinfo=UTC)) == "a"  # nine in Vienna
    assert up(playing, 1, datetime(2026, 6, 1, 9, 0, tzinfo=UTC)) == "b"
    assert up(playing, 2, datetime(2026, 6, 2, 7, 0, tzinfo=UTC)) == ""


def test_a_scene_holds_the_loop_and_something_else_follows_it() -> None:
    playing = program(entry("a"), entry("b"), entry("c"))
    assert up(playing, 0) == "a"
    assert [up(playing, now_s, covered=True) for now_s in (3, 20, 200)] == ["b", "b", "b"]
    assert [up(playing, now_s) for now_s in (201, 210.9, 211)] == ["b", "b", "c"]


def test_what_is_not_prepared_is_waited_for() -> None:
    playing = program(entry("a"), entry("b"))
    assert up(playing, 0) == "a"
    assert playing.turn(10, MONDAY_9, False, lambda _: False) == LoopPicture("a" * 64, 10)
    assert playing.next_deadline(10, MONDAY_9) > 10
    assert up(playing, 10.2) == "b"


def test_what_expired_does_not_wait_for_the_next() -> None:
    playing = program(entry("a", valid_until=MONDAY_9 + timedelta(seconds=1)), entry("b"))
    assert up(playing, 0) == "a"
    late = MONDAY_9 + timedelta(seconds=2)
    assert playing.turn(2, late, False, lambda _: False) == Brand()
    assert playing.coming(2, late) == LoopPicture("b" * 64, 10)
    assert up(playing, 2.5, late) == "b"


def test_a_broken_file_is_left_out_and_tried_again_later() -> None:
    playing = program(entry("a"), entry("b"))
    assert up(playing, 0) == "a"
    playing.discard(LoopPicture("a" * 64, 10), 1)
    assert [up(playing, now_s) for now_s in (1, 30, 60)] == ["b", "b", "b"]
    assert {up(playing, BROKEN_S + 1), up(playing, BROKEN_S + 20)} == {"a", "b"}
    playing.discard(LoopPicture("a" * 64, 10), BROKEN_S + 30)
    playing.follow(playing.loop, BROKEN_S + 30)
    assert "a" in {up(playing, BROKEN_S + 40), up(playing, BROKEN_S + 60)}


def test_a_new_playlist_leaves_what_is_still_in_it() -> None:
    playing = program(entry("a"), entry("b"))
    assert up(playing, 0) == "a"
    playing.follow(Loop("v2", (entry("c"), entry("a"))), 0)
    assert up(playing, 1) == "a"
    playing.follow(Loop("v3", (entry("c"),)), 1)
    assert up(playing, 2) == "c"


def waits(playing: Program, now_s: float, utc: datetime = MONDAY_9) -> str:
    """Return the name of what is up while nothing else can be drawn yet."""
    item = playing.turn(now_s, utc, False, lambda _: False)
    return item.picture[0] if isinstance(item, LoopPicture) else ""


def test_what_a_new_playlist_no_longer_holds_stays_until_the_next_is_prepared_but_not_for_long() -> None:
    playing = program(entry("a"))
    assert up(playing, 0) == "a"
    playing.follow(Loop("v2", (entry("b"),)), 1)
    assert [waits(playing, now_s) for now_s in (1, 1 + HOLD_S - 0.1)] == ["a", "a"]
    assert playing.next_deadline(2, MONDAY_9) < 1 + HOLD_S + WAIT_S
    assert waits(playing, 1 + HOLD_S) == ""
    assert up(playing, 1 + HOLD_S) == "b"
    playing.follow(Loop("v3"), 9)
    assert waits(playing, 9) == ""  # nothing follows it


def test_the_idle_loop_stays_until_a_campaign_is_prepared() -> None:
    begins = MONDAY_9 + timedelta(seconds=5)
    playing = program(entry("a"), entry("c", campaign=True, valid_from=begins))
    assert up(playing, 0) == "a"
    assert waits(playing, 5 + HOLD_S, begins + timedelta(seconds=HOLD_S)) == "a"
    assert up(playing, 6 + HOLD_S, begins + timedelta(seconds=HOLD_S)) == "c"


def test_what_may_not_be_shown_any_more_waits_for_nothing() -> None:
    until = MONDAY_9 + timedelta(seconds=5)
    morning = bounds((Daypart(begins=time(9), ends=time(9, 1)),))
    for ends in ({"valid_until": until}, {"dayparts_s": morning}):
        playing = program(entry("a", **ends), entry("b"))
        assert up(playing, 0) == "a"
        assert waits(playing, 5, MONDAY_9 + timedelta(minutes=1)) == ""


def test_what_comes_up_by_the_calendar_is_prepared_before() -> None:
    until = MONDAY_9 + timedelta(minutes=1)
    file = ContentItem(sha256="b" * 64, size_bytes=1, media_type="image/png", content_class="public")
    entries = entry("a", valid_until=until), entry("b", valid_from=until)
    playing = Program(Loop("v1", entries, {"b" * 64: file}), VIENNA, ("en",))
    assert up(playing, 0) == "a"
    assert playing.coming(0, MONDAY_9) is None
    soon = until - timedelta(seconds=AHEAD_S / 2)
    assert up(playing, 50, soon) == "a"
    assert playing.coming(50, soon) == entries[1].shows


FIRE = Emergency(
    headline={"en": "Please leave now", "de": "Bitte verlassen Sie das Haus", "fr": "Sortez"},
    body={"en": "By the main door"},
    valid_until=MONDAY_9 + timedelta(minutes=5),
)


def test_an_emergency_turns_through_the_languages_of_the_shop_and_leaves_by_itself() -> None:
    playing = program(entry("a"), emergency=FIRE, languages=("de-AT", "en"))
    assert [up(playing, now_s) for now_s in (0, 5.9, 6, 12)] == ["de", "de", "en", "de"]
    assert playing.emergency
    assert up(playing, 300, FIRE.valid_until) == "a"
    assert not playing.emergency


def test_an_emergency_in_foreign_tongues_is_shown_all_the_same() -> None:
    assert [page.language for page in pages(FIRE, ("it",))] == ["en", "de", "fr"]
    assert [page.body for page in pages(FIRE, ("en", "fr"))] == ["By the main door", ""]


SPANS = st.tuples(st.integers(0, 100), st.integers(0, 100))


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 5), SPANS), max_size=5),
    st.lists(st.tuples(st.floats(0, 30), st.integers(-50, 150), st.booleans(), st.booleans()), max_size=60),
)
def test_whatever_the_clocks_do_only_what_is_due_is_up(
    given_entries: list[tuple[bool, int, tuple[int, int]]], moments: list[tuple[float, int, bool, bool]]
) -> None:
    entries = [
        entry(
            "abcde"[number],
            campaign=campaign,
            weight=weight,
            valid_from=MONDAY_9 + timedelta(seconds=begins),
            valid_until=MONDAY_9 + timedelta(seconds=begins + length_s),
        )
        for number, (campaign, weight, (begins, length_s)) in enumerate(given_entries)
    ]
    playing = program(*entries)
    now_s = 0.0
    for pause_s, wall_s, covered, is_ready in moments:
        now_s += pause_s
        utc = MONDAY_9 + timedelta(seconds=wall_s)
        item = playing.turn(now_s, utc, covered, lambda _, is_ready=is_ready: is_ready)
        due = [one for one in entries if one.due(utc, 0)]
        campaigns = [one for one in due if one.campaign]
        allowed = {one.shows for one in (campaigns if is_ready else []) or due}  # a campaign may not be prepared yet
        assert item in allowed or (item == Brand() and (not allowed or not is_ready))
        assert playing.next_deadline(now_s, utc) >= now_s
