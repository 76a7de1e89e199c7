"""What may be said: each filter by its name, the ranking, the control group."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.campaign import Audience, Campaign, Cap, Wording
from edge_agent.contracts.catalogue import Product, Stock
from edge_agent.contracts.slice import Consent, Contacts, NextBestOffer, Profile, ReadyOrder, ServiceTicket
from edge_agent.decide.caps import ContactLog
from edge_agent.decide.decision import Decision, decide
from edge_agent.decide.eligibility import consents
from edge_agent.decide.holdout import held_out
from edge_agent.decide.knowledge import Situation
from edge_agent.events import ContactRow
from tests.scenario.shop import JACKET, LEASE, START, WELCOME, Shelf, profile
from tests.scenario.shop import consents as consenting

ANNA = profile("anna")
TICKET = ServiceTicket(ticket="t1", opened_at=START - timedelta(days=2), department="service")
ORDER = ReadyOrder(order="o1", ready_at=START, desk="Desk 2")
HOUR = timedelta(hours=1)


HERE_AND_NOW = Situation(
    utc=START,
    utc_trusted=True,
    lease_until=START + LEASE,
    notice=True,
    mode="badge",
    screen=True,
    withdrawn=False,
    contacts=lambda customer, campaign, since: 0,
)


@dataclass
class Case:
    """A customer, a shop and a moment in which everything may be said; a test changes one thing."""

    her: Profile = ANNA
    product: Product = JACKET
    campaigns: Sequence[Campaign] = (WELCOME,)
    situation: Situation = HERE_AND_NOW

    def decide(self) -> Decision:
        shelf = Shelf({self.her.customer: self.her}, {self.product.product: self.product}, tuple(self.campaigns))
        return decide(self.her.customer, shelf, self.situation)


def changed(case: Case, **changes) -> Case:
    """Change fields, each in the first of situation, profile, product and campaign that has it."""
    for name, value in changes.items():
        if name in Situation.__dataclass_fields__:
            case = replace(case, situation=replace(case.situation, **{name: value}))
        elif name in Profile.model_fields and name != "holdout":
            case = replace(case, her=case.her.model_copy(update={name: value}))
        elif name in Product.model_fields and name != "product":
            case = replace(case, product=case.product.model_copy(update={name: value}))
        else:
            case = replace(case, campaigns=[case.campaigns[0].model_copy(update={name: value})])
    return case


def consent(purpose: str, start=START - HOUR, end=START + HOUR) -> Consent:
    return Consent(purpose=purpose, receipt="r", granted_at=start, expires_at=end)


def stock(quantity: int = 3, size: str | None = "M", age: timedelta = HOUR) -> tuple[Stock, ...]:
    return (Stock(size=size, quantity=quantity, counted_at=START - age),)


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
    assert decision.silent == reason
    assert decision.campaign is decision.product is None
    assert decision.screen is decision.card is False


def test_a_customer_whom_the_slice_does_not_hold_has_no_profile():
    assert decide("nobody", Shelf(), HERE_AND_NOW).silent == "profile_expired"


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("not_now", {"starts_at": START + HOUR}),
        ("not_now", {"ends_at": START}),
        ("open_complaint", {"tickets": (TICKET,)}),
        ("not_in_audience", {"audience": Audience(order_ready=True)}),
        ("not_in_audience", {"audience": Audience(ticket_open=True)}),
        ("not_in_audience", {"audience": Audience(offered=True)}),
        ("not_in_audience", {"audience": Audience(viewed=("999",))}),
        ("not_in_audience", {"audience": Audience(viewed=(JACKET.product,), viewed_within_s=60)}),
        ("unknown_product", {"product": "999"}),
        ("content_class", {"content_class": "sensitive"}),
        ("no_stock", {"stock": ()}),
        ("no_stock", {"stock": stock(0)}),
        ("no_stock", {"stock": stock(size="L")}),
        ("no_stock", {"stock": stock(age=timedelta(hours=25))}),
        ("no_stock", {"stock": stock(age=-HOUR)}),
        ("capped", {"contacts": lambda customer, campaign, since: 1}),
        ("no_channel", {"screen": False, "card": "none"}),
        ("no_channel", {"consents": consenting("screen"), "content_class": "discreet"}),
        ("no_channel", {"mode": "generic", "card": "none"}),
    ],
)
def test_why_one_campaign_is_not_said(reason, changes):
    decision = changed(Case(), **changes).decide()
    assert [rejection.reason for rejection in decision.reasons] == [reason]
    assert decision.campaign is None


@pytest.mark.parametrize(
    ("changes", "channels"),
    [
        ({}, (True, True)),
        ({"consents": consenting("screen")}, (True, False)),
        ({"consents": consenting("clerk")}, (False, True)),
        ({"content_class": "discreet"}, (False, True)),
        ({"mode": "generic"}, (False, True)),
        ({"mode": "contextual"}, (True, True)),
        ({"card": "none"}, (True, False)),
    ],
)
def test_each_channel_needs_its_own_consent_and_class(changes, channels):
    decision = changed(Case(), **changes).decide()
    assert (decision.screen, decision.card) == channels


def test_without_a_display_only_the_clerk_speaks():
    decision = Case(situation=replace(HERE_AND_NOW, screen=False)).decide()
    assert (decision.screen, decision.card) == (False, True)


@pytest.mark.parametrize(
    ("given_consents", "allowed"),
    [
        ([consent("screen")], True),
        ([consent("clerk")], False),
        ([consent("screen", end=START)], False),
        ([consent("screen", start=START + HOUR, end=START + 2 * HOUR)], False),
        ([consent("screen"), consent("screen", end=START)], False),  # of two, the strictest
        ([consent("screen", end=START), consent("screen")], False),
        ([consent("screen"), consent("screen")], True),
        ([], False),
    ],
)
def test_of_several_consents_the_strictest_wins(given_consents, allowed):
    assert consents(ANNA.model_copy(update={"consents": tuple(given_consents)}), "screen", START) is allowed


def campaign(name: str, **changes) -> Campaign:
    plain = Campaign(
        campaign=name,
        title=name,
        message_class="offer",
        department="outdoor",
        wording={"en": Wording(headline="Hello")},
    )
    return plain.model_copy(update=changes)


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
        assert [(r.campaign, r.reason) for r in decision.reasons] == [(loser.campaign, "outranked")]


def test_the_platforms_estimate_for_her_beats_the_campaigns_own():
    her = ANNA.model_copy(update={"offers": (NextBestOffer(campaign="z", value=100, probability=0.9),)})
    assert Case(her=her, campaigns=[campaign("a", value=20), campaign("z")]).decide().campaign == campaign("z")


def test_a_complaint_silences_offers_and_lets_service_and_orders_speak():
    service = campaign("care", message_class="service", audience=Audience(ticket_open=True))
    her = ANNA.model_copy(update={"tickets": (TICKET,), "orders": (ORDER,)})
    decision = Case(her=her, campaigns=[WELCOME, service]).decide()
    assert decision.campaign == service
    assert decision.product is None, "a service message is about her question, not about what she viewed"
    assert ("jacket", "open_complaint") in [(r.campaign, r.reason) for r in decision.reasons]


@given(seed=st.randoms(use_true_random=False), changes=st.sampled_from([{}, {"tickets": (TICKET,)}, {"viewed": ()}]))
def test_the_same_facts_give_the_same_decision(seed, changes):
    campaigns = [campaign(f"c{n}", value=n % 3, priority=n % 2, screen=n % 5 > 0) for n in range(12)]
    shuffled = seed.sample(campaigns, len(campaigns))
    one = changed(Case(campaigns=campaigns), **changes).decide()
    other = changed(Case(campaigns=shuffled), **changes).decide()
    assert one == changed(Case(campaigns=campaigns), **changes).decide()
    assert (one.campaign, one.screen, one.card) == (other.campaign, other.screen, other.card)
    assert set(map(repr, one.reasons)) == set(map(repr, other.reasons))


@pytest.mark.parametrize(("elsewhere", "here", "capped"), [(0, 1, False), (1, 0, False), (1, 1, True), (2, 0, True)])
def test_a_cap_counts_every_channel(elsewhere, here, capped):
    log = ContactLog([ContactRow("anna", "jacket", "screen", START - HOUR)] * here)
    her = ANNA.model_copy(update={"contacts": (Contacts(campaign="jacket", count=elsewhere),)})
    case = changed(Case(her=her), caps=(Cap(count=2, per_s=86_400),), contacts=log.count)
    assert (case.decide().campaign is None) is capped


def test_a_cap_looks_back_only_so_far_and_at_nobody_else():
    rows = [
        ContactRow("anna", "jacket", "clerk", START - timedelta(days=2)),
        ContactRow("bert", "jacket", "clerk", START),
        ContactRow("anna", "other", "clerk", START),
    ]
    log = ContactLog(rows)
    assert log.count("anna", "jacket", START - timedelta(days=1)) == 0
    assert log.count("anna", "jacket", START - timedelta(days=3)) == 1
    log.forget("anna")
    assert log.count("anna", "jacket", START - timedelta(days=3)) == 0
    assert log.count("bert", "jacket", START - HOUR) == 1


def test_the_control_group_is_sticky_and_about_as_large_as_asked():
    sample = campaign("c", holdout=0.2)
    profiles = [profile(f"customer{n}") for n in range(2000)]
    held = [held_out(her, sample) for her in profiles]
    assert held == [held_out(her, sample) for her in profiles]
    assert 0.17 < sum(held) / len(held) < 0.23
    assert held != [held_out(her, campaign("d", holdout=0.2)) for her in profiles]


@pytest.mark.parametrize(("message_class", "holdout"), [("offer", True), ("order", False), ("service", False)])
def test_only_offers_are_held_back(message_class, holdout):
    her = ANNA.model_copy(update={"holdout": True})
    decision = Case(her=her, campaigns=[campaign("c", message_class=message_class)]).decide()
    assert decision.campaign is not None
    assert decision.holdout is holdout
    assert decision.screen is not holdout
