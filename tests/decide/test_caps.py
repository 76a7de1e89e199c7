"""How often something may be said: per campaign, visit, channel and store, and over all offers together."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.campaign import Cap
from edge_agent.contracts.config import LimitsConfig
from edge_agent.contracts.slice import Contacts
from edge_agent.decide.caps import Room, room
from edge_agent.decide.contacts import CONTACTS_MAX, COUNTED_MAX, HERS_MAX, ContactLog
from tests.decide.cases import ANNA, DAY, HOUR, Case, campaign, changed, contact, said
from tests.scenario.shop import START, WELCOME

SHOWN = contact(decision="d1", visit="v1")
CARDED = contact(channel="clerk", decision="d1", visit="v1")


def nobody(_channel, _since) -> int:
    return 0


def left(cap: Cap, *contacts, elsewhere: int = 0, visit: str = "v1") -> Room:
    return room((cap,), contacts, elsewhere, nobody, visit, START)


YES, NO, ONLY_CLERK, ONLY_SCREEN = Room(True, True), Room(False, False), Room(False, True), Room(True, False)


@pytest.mark.parametrize(
    ("cap", "contacts", "expected"),
    [
        (Cap(count=1, per_s=86_400), [], YES),
        (Cap(count=1, per_s=86_400), [SHOWN], NO),
        (Cap(count=2, per_s=86_400), [SHOWN], YES),
        (Cap(count=2, per_s=86_400), [SHOWN, CARDED], YES),  # a scene and its card are one contact
        (Cap(count=2, per_s=86_400), [SHOWN, contact(decision="d2")], NO),
        (Cap(count=2, per_s=86_400), [contact(), contact(channel="clerk")], NO),  # not known: one each
        (Cap(count=1, per_s=3600), [contact(ago=HOUR)], YES),  # just over
        (Cap(count=1, per_s=3601), [contact(ago=HOUR)], NO),
        (Cap(count=1, per_s=60), [contact(ago=-HOUR)], NO),  # made before the clock was set back
        (Cap(count=1, per_s=86_400, channel="screen"), [SHOWN], ONLY_CLERK),
        (Cap(count=1, per_s=86_400, channel="clerk"), [SHOWN], YES),
        (Cap(count=1, per_s=86_400, channel="clerk"), [SHOWN, CARDED], ONLY_SCREEN),
        (Cap(count=2, per_s=86_400, channel="screen"), [SHOWN, SHOWN], YES),  # the same scene, twice on the screen
        (Cap(count=1), [SHOWN], NO),  # in this visit
        (Cap(count=1), [contact(visit="v0")], YES),  # in an earlier one
        (Cap(count=1), [contact(visit="")], YES),  # not known in which
        (Cap(count=1, channel="clerk"), [SHOWN], YES),
        (Cap(count=1, whose="store"), [SHOWN], NO),  # in this visit there is nobody but her
    ],
)
def test_what_a_cap_counts(cap, contacts, expected):
    assert left(cap, *contacts) == expected


def test_before_the_visit_has_begun_nothing_was_said_in_it():
    assert left(Cap(count=1), contact(visit=""), visit="") == YES


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        (Cap(count=2, per_s=86_400), NO),
        (Cap(count=3, per_s=86_400), YES),
        (Cap(count=1, per_s=86_400, channel="screen"), YES),
        (Cap(count=1), YES),
    ],
)
def test_other_channels_count_where_no_channel_is_named(cap, expected):
    assert left(cap, elsewhere=2) == expected


@pytest.mark.parametrize(("elsewhere", "here", "capped"), [(0, 1, False), (1, 0, False), (1, 1, True), (2, 0, True)])
def test_a_campaigns_cap_counts_every_channel(elsewhere, here, capped):
    her = ANNA.model_copy(update={"contacts": (Contacts(campaign="jacket", count=elsewhere),)})
    case = changed(Case(her=her), caps=(Cap(count=2, per_s=86_400),))
    case = replace(case, situation=replace(case.situation, contacts=said([contact()] * here)))
    assert (case.why() == "capped") is capped


def test_of_two_words_about_other_channels_both_count():
    twice = (Contacts(campaign="jacket", count=1), Contacts(campaign="jacket", count=1))
    case = changed(Case(her=ANNA.model_copy(update={"contacts": twice})), caps=(Cap(count=2, per_s=86_400),))
    assert case.why() == "capped"


@pytest.mark.parametrize(
    ("channel", "channels"), [("screen", (False, True)), ("clerk", (True, False)), (None, (False, False))]
)
def test_what_is_used_up_in_one_channel_may_be_said_in_the_other(channel, channels):
    log = said(SHOWN, CARDED)
    decision = changed(Case(), contacts=log, caps=(Cap(count=1, per_s=86_400, channel=channel),)).decide()
    assert (decision.screen, decision.card) == channels


def test_a_campaign_whose_only_channel_is_used_up_is_capped():
    case = changed(Case(), contacts=said(SHOWN), caps=(Cap(count=1, channel="screen", per_s=60 * 60 * 2),), card="none")
    assert case.why() == "capped"


def test_a_store_cap_counts_everybody_and_nobody_twice():
    rows = [
        contact(customer=f"c{n}", decision=f"d{n}", channel=channel)
        for n in range(3)
        for channel in ("screen", "clerk")
    ]
    old = contact(customer="old", ago=2 * DAY)
    for count, reason in ((4, None), (3, "capped")):
        cap = Cap(count=count, per_s=86_400, whose="store")
        assert changed(Case(), contacts=said(old, rows), caps=(cap,)).why() == reason
        assert changed(Case(), contacts=said(old, rows), limits=(cap,)).why() == (reason and "limited")
    cap = Cap(count=3, per_s=86_400, whose="store", channel="clerk")
    decision = changed(Case(), contacts=said(rows), caps=(cap,)).decide()
    assert (decision.screen, decision.card) == (True, False)


# --- over all offers -------------------------------------------------------------------------------


def offers(*rows, **changes) -> Case:
    limits = LimitsConfig().caps
    return changed(Case(), contacts=said(rows), limits=limits, caps=(), **changes)


def test_by_default_two_scenes_and_one_card_in_a_visit_and_six_offers_in_a_day():
    boots = [contact("boots", decision="d1", visit="v1"), contact("boots", "clerk", decision="d1", visit="v1")]
    socks = contact("socks", decision="d2", visit="v1")
    six = [contact("boots", decision=f"d{n}", visit=f"w{n}", ago=n * HOUR) for n in range(6)]
    assert offers().decide().card
    assert (offers(*boots).decide().screen, offers(*boots).decide().card) == (True, False)
    assert offers(*boots, socks).why() == "limited"
    assert offers(*six).why() == "limited"
    assert offers(*six[:5]).why() is None


def test_service_and_orders_are_never_held_back_and_do_not_count():
    seen = [contact("x", decision=f"d{n}", visit="v1") for n in range(9)]
    for message_class in ("service", "order"):
        assert offers(*seen, message_class=message_class).why() is None
        others = [replace(row, message_class=message_class) for row in seen]
        assert offers(*others).why() is None


def test_what_other_channels_offered_counts_unless_it_is_known_to_be_no_offer():
    for name, reason in (("jacket", "limited"), ("of-another-store", "limited"), ("ticket", None)):
        her = ANNA.model_copy(update={"contacts": (Contacts(campaign=name, count=6),)})
        ticket = campaign("ticket", message_class="service", ends_at=START)
        plain = WELCOME.model_copy(update={"caps": ()})
        case = changed(Case(her=her, campaigns=[plain, ticket]), limits=LimitsConfig().caps)
        assert case.why() == reason


# --- exclusive groups ------------------------------------------------------------------------------

GROUP = {"exclusive": "spring", "caps": ()}
PARKA = campaign("parka", exclusive="spring", exclusive_s=86_400, ends_at=START)


@pytest.mark.parametrize(
    ("contacts", "reason"),
    [
        ([], None),
        ([contact("parka")], "exclusive"),
        ([contact("parka", "clerk")], "exclusive"),
        ([contact("parka", ago=8 * DAY)], None),
        ([contact("parka", ago=2 * DAY)], "exclusive"),  # the jacket's own seven days are the longer ones
        ([contact("jacket")], None),  # she may hear of the same again
        ([contact("boots")], None),
        ([contact("parka", customer="bert")], None),
    ],
)
def test_whoever_has_heard_of_one_hears_of_no_other(contacts, reason):
    case = changed(Case(campaigns=[WELCOME, PARKA]), contacts=said(contacts), **GROUP)
    assert case.why() == reason


def test_of_two_campaigns_of_a_group_the_longer_time_counts():
    parka = PARKA.model_copy(update={"exclusive_s": 30 * 86_400.0})
    heard = said(contact("parka", ago=8 * DAY))
    assert changed(Case(campaigns=[WELCOME, parka]), contacts=heard, **GROUP).why() == "exclusive"


@pytest.mark.parametrize(
    ("name", "count", "reason"), [("parka", 1, "exclusive"), ("parka", 0, None), ("jacket", 1, None)]
)
def test_other_channels_count_for_a_group_as_well(name, count, reason):
    her = ANNA.model_copy(update={"contacts": (Contacts(campaign=name, count=count),)})
    assert changed(Case(her=her, campaigns=[WELCOME, PARKA]), **GROUP).why() == reason


# --- the log ---------------------------------------------------------------------------------------


def test_a_withdrawal_takes_her_contacts_and_nobody_elses():
    log = said(contact(), contact(customer="bert"))
    log.forget("anna")
    log.forget("nobody")
    assert (len(log.of("anna")), len(log.of("bert"))) == (0, 1)


def test_the_log_is_bounded_for_one_customer_and_for_all():
    log = ContactLog(contact(decision=f"d{n}") for n in range(HERS_MAX + 50))
    assert len(log.of("anna")) == HERS_MAX
    assert log.of("anna")[-1].decision == f"d{HERS_MAX + 49}"
    for n in range(CONTACTS_MAX):
        log.add(contact(customer=f"c{n}"))
    assert not log.of("anna"), "she was spoken to longest ago"
    assert len(log.of("c0")) == len(log.of(f"c{CONTACTS_MAX - 1}")) == 1


def test_what_is_too_old_is_forgotten():
    log = said(contact(ago=100 * DAY), contact(customer="bert", ago=100 * DAY), contact(customer="bert"))
    log.forget_before(START - 90 * DAY)
    assert (len(log.of("anna")), len(log.of("bert"))) == (0, 2)


def test_what_was_said_before_the_clock_was_set_back_is_kept():
    log = said(contact(), contact(ago=100 * DAY))
    log.forget_before(START - 90 * DAY)
    assert len(log.of("anna")) == 2


def test_what_was_told_late_stands_where_it_was_made():
    log = said(contact(decision="d3"), contact(decision="d1", ago=2 * DAY), contact(decision="d2", ago=DAY))
    assert [row.decision for row in log.of("anna")] == ["d1", "d2", "d3"]
    log.forget_before(START - 3 * DAY)
    assert len(log.of("anna")) == 3


def test_of_a_contact_that_is_told_again_nothing_is_lacking():
    log = said(SHOWN)
    assert not log.lacks(SHOWN)
    assert log.lacks(CARDED)
    assert log.lacks(contact(customer="bert", decision="d1"))
    full = ContactLog(contact(decision=f"d{n}", ago=2 * HOUR) for n in range(HERS_MAX))
    assert not full.lacks(contact(decision="old", ago=DAY)), "it may be one that had to go"
    assert full.lacks(contact(decision="new")), "whoever comes each day is not forgotten either"


@given(
    st.lists(st.tuples(st.sampled_from("vwxyz"), st.integers(0, 400)), max_size=40, unique_by=lambda made: made[1]),
    st.integers(0, 12),
)
def test_the_newest_contacts_of_all_customers(made, at_most):
    in_order = sorted(made, key=lambda one: -one[1])
    log = ContactLog(contact(customer=name, ago=timedelta(minutes=ago)) for name, ago in in_order)
    newest = [(row.customer, (START - row.at) / timedelta(minutes=1)) for row in log.newest(at_most)]
    assert newest == in_order[::-1][:at_most]


def test_the_counts_of_everybody_are_bounded_too():
    log = ContactLog(contact(customer="anna", ago=timedelta(seconds=n)) for n in range(COUNTED_MAX // 4 + 10, 0, -1))
    assert log.with_anybody("jacket", "screen", START - 9 * DAY) == COUNTED_MAX // 4


@given(
    rows=st.lists(
        st.builds(
            contact,
            campaign=st.sampled_from("ab"),
            channel=st.sampled_from(["screen", "clerk"]),
            ago=st.timedeltas(-DAY, 3 * DAY),
            customer=st.sampled_from("xy"),
            decision=st.sampled_from(["d1", "d2", "d3", "d4"]),
            message_class=st.just("offer"),
        ),
        max_size=25,
    ),
    channel=st.sampled_from([None, "screen", "clerk"]),
)
def test_the_running_counts_agree_with_counting(rows, channel):
    """A decision counts once, at the time at which it was first carried out in the channel."""
    log = ContactLog(rows)
    first = {}
    for row in rows:
        if channel in (None, row.channel):
            first.setdefault((row.customer, row.decision), row.at)
    since = START - DAY
    assert log.with_anybody(None, channel, since) == sum(at > since for at in first.values())


def test_counting_everybody_looks_at_no_customer():
    log = ContactLog(contact(customer=f"c{n}", ago=timedelta(minutes=n)) for n in range(1000))
    assert log.with_anybody("jacket", "screen", START - timedelta(minutes=100, seconds=1)) == 101
    for n in range(1000):
        log.forget(f"c{n}")
    assert log.with_anybody("jacket", None, START - 30 * DAY) == 1000
