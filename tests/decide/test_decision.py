"""What is said: why nothing at all, each channel's own permission, the ranking."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.campaign import Audience
from edge_agent.contracts.slice import NextBestOffer
from edge_agent.decide.decision import decide
from edge_agent.decide.eligibility import consents
from tests.decide.cases import (
    ANNA,
    DAY,
    HERE_AND_NOW,
    HOUR,
    ORDER,
    TICKET,
    Case,
    campaign,
    changed,
    consent,
    contact,
    said,
    why,
)
from tests.scenario.shop import JACKET, START, WELCOME, Shelf
from tests.scenario.shop import consents as consenting


def test_when_nothing_forbids_it_screen_and_card_speak():
    decision = Case().decide()
    assert (decision.campaign, decision.product, decision.screen, decision.card) == (WELCOME, JACKET, True, True)
    assert decision.silent is None


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("no_notice", {"notice": False}),
        ("clock_untrusted", {"utc_trusted": False}),
        ("lease_expired", {"lease_until": START}),
        ("lease_expired", {"lease_until": None}),
        ("profile_expired", {"valid_until": START}),
        ("withdrawn", {"withdrawn": True}),
        ("withdrawn", {"paused_until": START + HOUR}),
        ("age", {"age": "minor"}),
        ("age", {"age": "unknown"}),
        ("no_consent", {"consents": ()}),
        ("no_consent", {"consents": consenting("analytics", "clerk_name", "screen_name")}),
        ("no_consent", {"consents": (), "do_not_disturb": True}),
        ("do_not_disturb", {"do_not_disturb": True}),
        ("open_complaint", {"tickets": (TICKET,)}),
        ("nothing_to_say", {"viewed": ()}),
    ],
)
def test_why_nothing_at_all_is_said(reason, changes):
    decision = changed(Case(), **changes).decide()
    assert decision.silent == decision.explanation.silent == reason
    assert decision.campaign is decision.product is None
    assert decision.screen is decision.card is False


def test_a_pause_ends_by_itself():
    assert changed(Case(), paused_until=START).decide().campaign == WELCOME


def test_a_customer_whom_the_slice_does_not_hold_has_no_profile():
    assert decide("nobody", Shelf(), HERE_AND_NOW).silent == "profile_expired"


@pytest.mark.parametrize(
    ("changes", "channels"),
    [
        ({}, (True, True)),
        ({"consents": consenting("screen")}, (True, False)),
        ({"consents": consenting("clerk")}, (False, True)),
        ({"content_class": "discreet"}, (False, True)),
        ({"mode": "generic"}, (False, True)),
        ({"mode": "contextual"}, (True, True)),
        ({"mode": "named"}, (True, True)),
        ({"screen": False}, (False, True)),  # no display
        ({"card": "none"}, (True, False)),
    ],
)
def test_each_channel_needs_its_own_consent_and_class(changes, channels):
    decision = changed(Case(), **changes).decide()
    assert (decision.screen, decision.card) == channels
    assert (decision.explanation.screen, decision.explanation.card) == channels


@pytest.mark.parametrize("mode", ["generic", "contextual", "badge", "named"])
@pytest.mark.parametrize("display", [True, False])
def test_an_obligation_reaches_the_clerk_whatever_the_screen_may_do(mode, display):
    order = campaign("order", message_class="order", card="obligation", audience=Audience(order_ready=True))
    situation = replace(HERE_AND_NOW, mode=mode, screen=display)
    decision = changed(Case(campaigns=[order], situation=situation), orders=(ORDER,)).decide()
    assert decision.card
    assert decision.screen is (display and mode != "generic")


@pytest.mark.parametrize(
    ("given_consents", "allowed"),
    [
        ([consent("screen")], True),
        ([consent("clerk")], False),
        ([consent("screen", end=START)], False),
        ([consent("screen", start=START + HOUR, end=START + 2 * HOUR)], False),
        ([consent("screen"), consent("screen", end=START)], False),  # of two, the strictest
        ([consent("screen", end=START), consent("screen")], False),
        ([consent("screen"), consent("screen", start=START + HOUR, end=START + DAY)], False),
        ([consent("screen", start=START + HOUR, end=START - HOUR)], False),  # ends before it begins
        ([consent("screen"), consent("screen")], True),
        ([], False),
    ],
)
def test_of_several_consents_the_strictest_wins(given_consents, allowed):
    assert consents(ANNA.model_copy(update={"consents": tuple(given_consents)}), "screen", START) is allowed


@pytest.mark.parametrize(
    ("winner", "loser"),
    [
        (campaign("z", message_class="service"), campaign("a", message_class="order", value=999)),
        (campaign("z", message_class="order"), campaign("a", value=999)),
        (campaign("z", value=10, probability=0.5), campaign("a", value=40, probability=0.1)),
        (campaign("z", priority=60), campaign("a", priority=50)),
        (campaign("z", starts_at=START - HOUR), campaign("a", starts_at=START - 2 * HOUR)),
        (campaign("a"), campaign("b")),
    ],
)
def test_class_then_value_then_priority_then_freshness_then_name(winner, loser):
    for order in ([winner, loser], [loser, winner]):
        decision = Case(campaigns=order).decide()
        assert decision.campaign == winner
        ranking = [ranked.campaign for ranked in decision.explanation.ranking]
        assert ranking == [winner.campaign, loser.campaign]


def test_the_platforms_estimate_for_her_beats_the_campaigns_own():
    her = ANNA.model_copy(update={"offers": (NextBestOffer(campaign="z", value=100, probability=0.9),)})
    decision = Case(her=her, campaigns=[campaign("a", value=20), campaign("z")]).decide()
    assert decision.campaign == campaign("z")
    assert decision.explanation.ranking[0].expected_value == pytest.approx(90)


def test_a_complaint_silences_offers_and_lets_service_and_orders_speak():
    service = campaign("care", message_class="service", card="obligation", audience=Audience(ticket_open=True))
    her = ANNA.model_copy(update={"tickets": (TICKET,), "orders": (ORDER,)})
    decision = Case(her=her, campaigns=[WELCOME, service]).decide()
    assert decision.campaign == service
    assert decision.product is None, "a service message is about her question, not about what she viewed"
    assert why(decision, "jacket") == "open_complaint"


@given(
    order=st.randoms(use_true_random=False),
    changes=st.sampled_from(
        [
            {},
            {"tickets": (TICKET,)},
            {"viewed": ()},
            {"mode": "generic"},
            {"contacts": said(contact("c1"), contact("c2", ago=DAY * 2), contact("c3", "clerk"))},
        ]
    ),
)
def test_the_order_of_the_campaigns_changes_nothing(order, changes):
    campaigns = [
        campaign(f"c{n}", value=n % 3, priority=n % 2, screen=n % 5 > 0, exclusive="abc"[n % 3]) for n in range(24)
    ]
    one = replace(changed(Case(), **changes), campaigns=campaigns).decide()
    other = replace(changed(Case(), **changes), campaigns=order.sample(campaigns, len(campaigns))).decide()
    assert one == other
    assert one.explanation.model_dump_json() == other.explanation.model_dump_json()


def test_what_is_done_with_in_this_visit_does_not_come_up_again():
    assert changed(Case(), met=frozenset({"jacket"})).why() == "met"
    assert changed(Case(), met=frozenset({"boots"})).why() is None


@pytest.mark.parametrize("ahead", [timedelta(days=-400), timedelta(days=400), timedelta(days=20_000)])
def test_a_clock_that_jumped_says_nothing_that_has_no_permission(ahead):
    decision = changed(Case(), utc=START + ahead).decide()
    assert decision.silent in {"lease_expired", "profile_expired", "no_consent"}
