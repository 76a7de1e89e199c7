"""The desk: one holder at most, each reply once, and nothing personal on a card that is over.

When it escalates and ends is in ``test_desk_time.py``.
"""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.visit.desk import Desk, Happened
from tests.visit.cards import CONFIG, PERSONAL, at, desk, reply, restarted

LATER = at(180)

#   actions so far         the next one            what it does          state after
TABLE = [
    ("", "a claim", "claimed", "taken"),
    ("a claim", "b claim", "nothing", "taken"),
    ("a claim", "a claim", "nothing", "taken"),
    ("a claim", "a release", "released", "open"),
    ("a claim", "b release", "nothing", "taken"),
    ("a claim", "a done", "done", "closed"),
    ("a claim", "b done", "nothing", "taken"),
    ("", "a done", "nothing", "open"),
    ("", "a release", "nothing", "open"),
    ("", "a snooze", "nothing", "open"),
    ("", "a decline", "nothing", "open"),
    ("a claim", "b decline", "nothing", "taken"),
    ("", "a not_here", "not_here", "withdrawn"),
    ("a claim", "a not_here", "not_here", "withdrawn"),
    ("a claim", "b not_here", "nothing", "taken"),
    ("", "a opted_out", "opted_out", "withdrawn"),
    ("a claim", "b opted_out", "opted_out", "withdrawn"),  # her word counts, whoever is told
    ("a claim", "b pause_today", "paused", "withdrawn"),
    ("a claim", "a hand_over", "moved", "open"),
    ("a claim", "b hand_over", "nothing", "taken"),
    ("a claim|a release", "b claim", "claimed", "taken"),
]


@pytest.mark.parametrize(("before", "action", "happened", "state"), TABLE)
def test_what_a_reply_does(before, action, happened, state):
    opened = desk()
    for number, said in enumerate([*filter(None, before.split("|")), action]):
        tablet, what = said.split()
        more = {"done": {"outcome": "sold"}, "hand_over": {"department": "shoes"}}.get(what, {})
        change = opened.reply(reply(what, tablet, number, **more), at(0))
    assert change is not None
    assert (change.happened.value, change.entry.card.state) == (happened, state)
    assert len(opened.cards()) == (state in ("open", "taken"))


@given(
    st.lists(
        st.tuples(st.sampled_from(["claim", "release", "done", "snooze"]), st.sampled_from("abc"), st.integers(0, 3)),
        max_size=30,
    )
)
def test_at_most_one_holder_under_any_interleaving(said):
    opened = desk()
    holder, revision, heard = None, 1, set()
    for action, tablet, number in said:
        more = {"outcome": "helped"} if action == "done" else {}
        change = opened.reply(reply(action, tablet, f"{action}{number}", **more), at(0))
        repeated = (tablet, action, number) in heard
        heard.add((tablet, action, number))
        if change is None:
            assert repeated or not opened.cards()
            continue
        assert not repeated
        match change.happened:
            case Happened.CLAIMED:
                assert holder is None
                holder = tablet
            case Happened.RELEASED | Happened.DONE:
                assert holder == tablet
                holder = None
            case Happened.NOTHING:
                assert change.entry.card.holder == holder
        assert change.entry.card.revision == revision + (change.happened is not Happened.NOTHING)
        revision = change.entry.card.revision


def test_a_repeated_reply_counts_once():
    opened = desk()
    claim = reply("claim")
    assert opened.reply(claim, at(0)).happened is Happened.CLAIMED
    assert opened.reply(claim, at(0)) is None


def test_a_repeated_reply_counts_once_also_after_a_restart():
    opened = desk()
    opened.reply(reply("claim"), at(0))
    opened.reply(reply("release", number=2), at(0))
    assert restarted(opened, at(1)).reply(reply("claim"), at(1)) is None


def test_a_reply_to_an_unknown_card_is_passed_over():
    assert Desk(CONFIG).reply(reply("claim"), at(0)) is None


@pytest.mark.parametrize("action", ["claim", "not_here"])
def test_a_card_past_its_time_cannot_be_answered(action):
    opened = desk()
    assert opened.reply(reply(action), LATER).happened is Happened.NOTHING


def test_a_withdrawal_is_heard_on_a_card_past_its_time():
    assert desk().reply(reply("opted_out"), LATER).happened is Happened.OPTED_OUT


def test_handing_over_takes_it_from_the_first_department_before_it_reaches_the_second():
    opened = desk()
    opened.reply(reply("claim"), at(0))
    change = opened.reply(reply("hand_over", number=2, department="shoes"), at(0))
    assert [(c.department, c.state) for c in change.publish] == [("outdoor", "withdrawn"), ("shoes", "open")]
    assert all(before.revision < after.revision for before, after in pairwise(change.publish))
    assert change.publish[1].title == PERSONAL[0]
    assert opened.cards(["outdoor"]) == ()
    assert opened.reply(reply("claim", "shoes-1"), at(0)).happened is Happened.CLAIMED


@pytest.mark.parametrize("department", [None, "outdoor"])
def test_handing_over_to_nobody_or_to_oneself_does_nothing(department):
    assert desk().reply(reply("hand_over", department=department), at(0)).happened is Happened.NOTHING


@pytest.mark.parametrize("kind", ["opportunity", "obligation"])
def test_a_decline_concerns_the_declining_tablet_only(kind):
    assert desk(kind=kind).reply(reply("decline"), at(0)).happened is Happened.NOTHING


@pytest.mark.parametrize("action", ["not_here", "opted_out", "pause_today", "hand_over", "expire", "withdraw"])
def test_the_last_revision_says_nothing_about_her(action):
    opened = desk()
    match action:
        case "expire":
            (change,) = opened.expire(LATER)
        case "withdraw":
            (change,) = opened.withdraw("anna", claimed_too=True)
        case _:
            change = opened.reply(reply(action, department="shoes"), at(0))
    last = change.publish[0]
    assert last.revision == 2
    assert not [words for words in PERSONAL if words in last.model_dump_json()]
    assert last.holder is last.badge_colour is last.badge_shape is None


@pytest.mark.parametrize(("claimed_too", "left"), [(False, 1), (True, 0)])
def test_withdrawing_spares_a_claimed_card_unless_told_otherwise(claimed_too, left):
    opened = desk()
    opened.reply(reply("claim"), at(0))
    opened.withdraw("bert", claimed_too=True)
    opened.withdraw("anna", claimed_too=claimed_too)
    assert len(opened.cards()) == left


def test_open_cards_survive_a_restart():
    before = desk()
    before.reply(reply("claim"), at(0))
    after = restarted(before, at(0))
    assert after.cards() == before.cards()
    assert after.reply(reply("claim", "b"), at(0)).happened is Happened.NOTHING


def test_her_word_about_consent_counts_when_the_card_ended_a_moment_before():
    opened = desk()
    opened.withdraw("anna", claimed_too=True)
    change = opened.reply(reply("opted_out", "a", 1), at(0))
    assert change is not None
    assert (change.happened, change.entry.customer, change.publish) == (Happened.OPTED_OUT, "anna", ())
    assert opened.reply(reply("opted_out", "a", 2), at(0)) is None
    assert opened.reply(reply("claim", "a", 3), at(0)) is None
