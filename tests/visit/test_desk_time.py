"""When cards escalate and end: on time, once, whatever the replies, restarts and the wall clock do."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.visit.desk import Desk, Happened
from tests.visit.cards import CONFIG, MADE, at, card, desk, reply, restarted

HOUR_S = 3600
AN_HOUR = {"kind": "obligation", "expires_at": MADE + timedelta(hours=1)}
TABLETS = ("a", "b", "lead")


def passed(opened: Desk, now) -> list[Happened]:
    """Let time pass as the liaison does; return what happened."""
    opened.notice(now)
    return [change.happened for change in opened.expire(now) + opened.escalate(now)]


# --- escalation -----------------------------------------------------------------------------------


def test_an_obligation_that_nobody_takes_is_shown_to_the_lead_once():
    opened = desk(**AN_HOUR)
    assert opened.next_deadline() == at(90).monotonic_s
    assert passed(opened, at(89.9)) == []
    (change,) = opened.escalate(at(90))
    assert (change.happened, change.publish) == (Happened.ESCALATED, (change.entry.card,))
    assert (change.entry.card.escalated, change.entry.card.revision, change.entry.card.department) == (
        True,
        2,
        "outdoor",
    )
    assert passed(opened, at(91)) == []
    assert opened.next_deadline() == at(HOUR_S).monotonic_s


def test_an_opportunity_never_escalates():
    opened = desk()
    assert passed(opened, at(179)) == []
    assert opened.next_deadline() == at(180).monotonic_s


def test_whoever_takes_it_stops_the_time_and_whoever_gives_it_back_starts_it_anew():
    opened = desk(**AN_HOUR)
    opened.reply(reply("claim"), at(80))
    assert passed(opened, at(1000)) == []
    opened.reply(reply("release", number=2), at(1000))
    assert passed(opened, at(1089)) == []
    assert passed(opened, at(1090)) == [Happened.ESCALATED]


def test_a_department_that_it_is_handed_to_has_the_whole_time():
    opened = desk(**AN_HOUR)
    opened.reply(reply("hand_over", department="shoes"), at(80))
    assert passed(opened, at(169)) == []
    assert passed(opened, at(170)) == [Happened.ESCALATED]


def test_an_escalated_card_is_still_the_departments_and_the_leads():
    opened = desk(**AN_HOUR)
    assert opened.cards(["lead"]) == ()
    opened.escalate(at(90))
    assert opened.cards(["lead"]) == opened.cards(["outdoor"]) == opened.cards(["outdoor", "lead"]) != ()
    assert opened.cards(["shoes"]) == ()


@pytest.mark.parametrize(("first", "second"), [("a", "lead"), ("lead", "a")])
def test_either_may_take_it_and_the_first_one_wins(first, second):
    opened = desk(**AN_HOUR)
    opened.escalate(at(90))
    assert opened.reply(reply("claim", first), at(91)).happened is Happened.CLAIMED
    lost = opened.reply(reply("claim", second), at(91))
    assert (lost.happened, lost.publish[0].holder) == (Happened.NOTHING, first)


@pytest.mark.parametrize("action", ["done", "not_here", "opted_out", "pause_today", "hand_over", "expire", "withdraw"])
def test_the_lead_is_told_of_every_end(action):
    """What a tablet gets for its last word on a card goes wherever the card went: the flag says so."""
    opened = desk(**AN_HOUR)
    opened.escalate(at(90))
    match action:
        case "expire":
            (change,) = opened.expire(at(HOUR_S))
        case "withdraw":
            (change,) = opened.withdraw("anna", claimed_too=True)
        case _:
            opened.reply(reply("claim"), at(91))
            more = {"outcome": "resolved"} if action == "done" else {"department": "shoes"}
            change = opened.reply(reply(action, number=2, **more), at(91))
    assert all(published.escalated for published in change.publish)
    assert change.publish[0].state not in ("open", "taken")


def test_after_a_restart_it_escalates_at_the_same_time_and_not_twice():
    opened = desk(**AN_HOUR)
    opened.reply(reply("claim"), at(50))
    opened.reply(reply("release", number=2), at(60))
    again = restarted(opened, at(100))
    assert again.next_deadline() == at(150).monotonic_s
    assert passed(again, at(150)) == [Happened.ESCALATED]
    assert passed(restarted(again, at(200)), at(300)) == []


def test_what_is_overdue_escalates_at_once_after_a_restart():
    assert passed(restarted(desk(**AN_HOUR), at(600)), at(600)) == [Happened.ESCALATED]


def test_a_card_of_an_older_agent_waits_since_it_was_made():
    opened = Desk(CONFIG)
    (entry,) = desk(**AN_HOUR).entries()
    opened.restore([replace(entry.row, card=card(**AN_HOUR))], at(30))
    assert opened.next_deadline() == at(90).monotonic_s


# --- expiry ---------------------------------------------------------------------------------------


def test_expiry():
    opened = desk()
    assert opened.expire(at(179.999)) == []
    (change,) = opened.expire(at(180))
    assert (change.happened, change.entry.card.state) == (Happened.EXPIRED, "expired")
    assert opened.next_deadline() is None


def test_a_card_can_be_made_to_end_sooner_but_not_later():
    opened = desk()
    (entry,) = opened.entries()
    assert opened.shorten(entry, MADE + timedelta(seconds=181), at(60)) is None
    shorter = opened.shorten(entry, MADE + timedelta(seconds=100), at(60))
    assert (shorter.publish[0].revision, opened.next_deadline()) == (2, at(100).monotonic_s)


def test_whoever_claims_a_card_has_time_to_say_how_it_ended():
    opened = desk()
    claimed = opened.reply(reply("claim"), at(100), MADE + timedelta(days=1))
    assert claimed.publish[0].expires_at == MADE + timedelta(seconds=100 + HOUR_S)
    assert opened.next_deadline() == at(100 + HOUR_S).monotonic_s


def test_but_no_longer_than_she_allows():
    opened = desk()
    opened.reply(reply("claim"), at(100), MADE + timedelta(seconds=400))
    assert opened.next_deadline() == at(400).monotonic_s


@pytest.mark.parametrize(("back", "more"), [("release", {}), ("hand_over", {"department": "shoes"})])
def test_an_opportunity_that_nobody_holds_any_more_is_soon_stale_again(back, more):
    opened = desk()
    opened.reply(reply("claim"), at(100), MADE + timedelta(days=1))
    opened.reply(reply(back, number=2, **more), at(1000))
    assert opened.next_deadline() == at(1180).monotonic_s


# --- clocks ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("set_by_s", [-6 * HOUR_S, -100, 100, 6 * HOUR_S])
def test_a_wall_clock_that_is_set_moves_no_deadline(set_by_s):
    opened = desk(**AN_HOUR)
    opened.notice(at(10))
    assert opened.notice(at(11, set_by_s))
    (told,) = opened.cards()
    left = told.expires_at - at(11, set_by_s).utc
    assert left == timedelta(seconds=HOUR_S - 11), "tablets reckon from the time that the unit says it is"
    assert passed(opened, at(89, set_by_s)) == []
    again = restarted(opened, at(89, set_by_s))
    assert passed(again, at(90, set_by_s)) == [Happened.ESCALATED]
    assert passed(again, at(HOUR_S - 1, set_by_s)) == []
    assert passed(again, at(HOUR_S, set_by_s)) == [Happened.EXPIRED]


def test_a_clock_that_is_slewed_is_not_noticed():
    opened = desk(**AN_HOUR)
    opened.notice(at(0))
    assert not any(opened.notice(at(second, second / 2000)) for second in range(60, HOUR_S, 60))


@pytest.mark.parametrize("set_by_s", [-6 * HOUR_S, 6 * HOUR_S])
def test_an_untrusted_clock_after_a_reboot_ends_nothing_and_keeps_nobody_waiting(set_by_s):
    again = restarted(desk(**AN_HOUR), at(100, set_by_s, trusted=False))
    clock = [at(after_s, set_by_s, trusted=False) for after_s in (100, 190)]
    assert [what for now in clock for what in passed(again, now)] == [Happened.ESCALATED], "in time, and nothing else"


def test_the_first_clock_to_be_believed_says_how_old_the_cards_are():
    again = restarted(desk(**AN_HOUR), at(100, -6 * HOUR_S, trusted=False))
    assert again.notice(at(101))
    assert again.expire(at(HOUR_S - 1)) == []
    assert len(again.expire(at(HOUR_S))) == 1


@given(set_by_s=st.integers(-40 * HOUR_S, 40 * HOUR_S), trusted=st.booleans(), outage_s=st.integers(0, HOUR_S))
def test_after_a_restart_under_any_clock_nothing_lives_or_waits_for_longer_than_it_may(set_by_s, trusted, outage_s):
    again = restarted(desk(**AN_HOUR), at(outage_s, set_by_s, trusted))
    assert again.next_deadline() <= at(outage_s + 90).monotonic_s
    later = at(outage_s + HOUR_S, set_by_s, trusted)
    assert Happened.EXPIRED in passed(again, later)
    assert again.cards() == ()


# --- everything together --------------------------------------------------------------------------

SAID = st.tuples(
    st.sampled_from(["claim", "release", "done", "hand_over", "snooze", "decline"]), st.sampled_from(TABLETS)
)
STEPS = st.one_of(
    SAID,
    st.tuples(st.just("again"), st.integers(0, 3)),
    st.tuples(st.just("wait"), st.sampled_from([1, 45, 89, 90, 200])),
    st.tuples(st.just("restart"), st.sampled_from([0, 5, 89, 100])),
    st.tuples(st.just("set"), st.sampled_from([-50_000, -100, 100, 50_000])),
)


@given(kind=st.sampled_from(["obligation", "opportunity"]), steps=st.lists(STEPS, max_size=40))
def test_one_holder_the_first_and_one_escalation_in_time_whatever_happens(kind, steps):
    """Replies in any order, repeated ones, time, restarts and a wall clock that is set: against a plain model."""
    opened = desk(kind=kind, expires_at=MADE + timedelta(days=1))
    after_s, set_by_s = 0, 0
    holder, waits_from_s, ends_s, escalated, over = None, 0, 24 * HOUR_S, False, False
    said, department = [], "outdoor"
    opened.notice(at(0))
    for number, (what, how) in enumerate(steps):
        if what == "wait":
            after_s += how
        elif what == "restart":
            after_s += how
            opened = restarted(opened, at(after_s, set_by_s))
        elif what == "set":
            set_by_s += how
        elif what == "again":
            if how < len(said):
                assert opened.reply(said[-1 - how], at(after_s, set_by_s)) is None
        else:
            more = {"outcome": "resolved"} if what == "done" else {}
            if what == "hand_over":
                more = {"department": "shoes" if department == "outdoor" else "outdoor"}
            said.append(reply(what, how, number, **more))
            change = opened.reply(said[-1], at(after_s, set_by_s))
            if over:
                assert change is None
                continue
            mine, free = holder == how, holder is None
            if what == "claim" and free:
                expected, holder = Happened.CLAIMED, how
            elif what == "release" and mine:
                expected, holder, waits_from_s = Happened.RELEASED, None, after_s
            elif what == "done" and mine:
                expected, holder, over = Happened.DONE, None, True
            elif what == "hand_over" and (mine or free):
                expected, holder, waits_from_s = Happened.MOVED, None, after_s
                department = more["department"]
            else:
                expected = Happened.NOTHING
            assert change.happened is expected
            if expected in (Happened.RELEASED, Happened.MOVED) and kind == "opportunity":
                ends_s = min(ends_s, after_s + 180)
        if after_s >= ends_s and not over:
            over = True
            assert passed(opened, at(after_s, set_by_s)) == [Happened.EXPIRED]
        due = not (over or escalated or holder) and kind == "obligation" and after_s - waits_from_s >= 90
        assert passed(opened, at(after_s, set_by_s)) == [Happened.ESCALATED] * due
        escalated = escalated or due
        if not over:
            (now,) = opened.cards()
            assert (now.holder, now.state) == (holder, "taken" if holder else "open")
            assert (now.escalated, now.department) == (escalated, department)
