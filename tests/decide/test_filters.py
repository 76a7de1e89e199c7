"""Each hard filter by its name."""

from dataclasses import replace
from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.campaign import Audience, Cap, Daypart
from edge_agent.contracts.slice import Appointment, Contacts, KnownSize, Need, NextBestOffer, OpenedEmail, ViewedProduct
from edge_agent.decide.reasons import WHY_NOT
from tests.decide.cases import ANNA, DAY, HOUR, ORDER, TICKET, Case, campaign, changed, contact, said, stock, why
from tests.scenario.shop import JACKET, START, WELCOME
from tests.scenario.shop import consents as consenting


def email(name: str = "jacket", ago: timedelta = DAY) -> tuple[OpenedEmail, ...]:
    return (OpenedEmail(campaign=name, opened_at=START - ago),)


def appointment(begins_in: timedelta) -> tuple[Appointment, ...]:
    return (Appointment(appointment="a1", at=START + begins_in, department="bikes", desk="Desk 3"),)


def need(topic: str = "waterproof", content_class: str = "discreet") -> tuple[Need, ...]:
    return (Need(topic=topic, content_class=content_class),)


VIENNA = ZoneInfo("Europe/Vienna")
APPOINTED = {"audience": Audience(appointment_within_s=1800)}
EMAILED = {"audience": Audience(emailed=True)}
COMPLAINED = {"audience": Audience(ticket_open=True), "message_class": "service"}
NEEDED = {"audience": Audience(needs=("waterproof",))}


@pytest.mark.parametrize(
    ("reason", "changes"),
    [
        ("not_now", {"starts_at": START + HOUR}),
        ("not_now", {"ends_at": START}),
        ("daypart", {"dayparts": (Daypart(begins=time(18)),)}),
        ("daypart", {"dayparts": (Daypart(begins=time(13), ends=time(14)),), "timezone": VIENNA}),  # it is 14:00 there
        ("zone", {"zones": ("Bikes", "Shoes")}),
        ("open_complaint", {"tickets": (TICKET,)}),
        ("no_order", {"audience": Audience(order_ready=True)}),
        ("no_ticket", {"audience": Audience(ticket_open=True)}),
        ("not_offered", {"audience": Audience(offered=True)}),
        (
            "not_offered",
            {"audience": Audience(offered=True), "offers": (NextBestOffer(campaign="x", value=1, probability=1),)},
        ),
        ("not_viewed", {"audience": Audience(viewed=("999",))}),
        ("not_viewed", {"audience": Audience(viewed=(JACKET.product,), viewed_within_s=60)}),
        ("not_viewed", {"viewed": (ViewedProduct(product=JACKET.product, viewed_at=START + HOUR),)}),
        ("not_in_basket", {"audience": Audience(basket=(JACKET.product,))}),
        ("not_in_basket", {"audience": Audience(basket=(JACKET.product,)), "basket": ("999",)}),
        ("not_emailed", EMAILED),
        ("not_emailed", {**EMAILED, "emails": email("another")}),
        ("not_emailed", {**EMAILED, "emails": email(ago=15 * DAY)}),
        ("not_emailed", {**EMAILED, "emails": email(ago=-HOUR)}),
        ("no_appointment", APPOINTED),
        ("no_appointment", {**APPOINTED, "appointments": appointment(HOUR)}),
        ("no_appointment", {**APPOINTED, "appointments": appointment(-2 * HOUR)}),
        ("tier", {"audience": Audience(tiers=("gold", "silver"))}),
        ("tier", {"audience": Audience(tiers=("gold",)), "tier": "bronze"}),
        ("no_need", NEEDED),
        ("no_need", {**NEEDED, "needs": need("warm")}),
        ("no_need", {**NEEDED, "needs": need(content_class="sensitive")}),
        ("unknown_product", {"product": "999"}),
        ("content_class", {"content_class": "sensitive"}),
        ("no_stock", {"stock": ()}),
        ("no_stock", {"stock": stock(0)}),
        ("no_stock", {"stock": stock(size="L")}),
        ("no_stock", {"stock": stock(age=25 * HOUR)}),
        ("no_stock", {"stock": stock(age=-HOUR)}),
        ("no_stock", {"stock_min": 4}),
        ("capped", {"contacts": said(contact())}),
        ("limited", {"contacts": said(contact("boots")), "limits": (Cap(count=1, per_s=86_400),)}),
        ("exclusive", {"exclusive": "jackets", "contacts": [Contacts(campaign="parka", count=1)]}),
        ("no_channel", {"card": "none", "mode": "generic"}),
        ("no_channel", {"consents": consenting("screen"), "content_class": "discreet"}),
    ],
)
def test_why_one_campaign_is_not_said(reason, changes):
    parka = campaign("parka", exclusive="jackets", ends_at=START)
    if isinstance(changes.get("contacts"), list):  # those in other channels
        her = ANNA.model_copy(update={"contacts": tuple(changes["contacts"])})
        case = changed(Case(her=her, campaigns=[WELCOME, parka]), exclusive=changes["exclusive"])
    else:
        case = changed(Case(), **changes)
    assert case.why() == reason
    assert case.decide().campaign is None


@pytest.mark.parametrize(
    "changes",
    [
        {"starts_at": START, "ends_at": START + HOUR},
        {"dayparts": (Daypart(begins=time(18)), Daypart(begins=time(9), ends=time(18)))},
        {"dayparts": (Daypart(begins=time(14), ends=time(15)),), "timezone": VIENNA},
        {"zones": ("Bikes", "Outdoor")},
        {"audience": Audience(order_ready=True), "orders": (ORDER,)},
        {**COMPLAINED, "tickets": (TICKET,)},
        {"audience": Audience(offered=True), "offers": (NextBestOffer(campaign="jacket", value=1, probability=1),)},
        {"audience": Audience(basket=("998", JACKET.product)), "basket": ("999", JACKET.product)},
        {**EMAILED, "emails": email()},
        {**APPOINTED, "appointments": appointment(timedelta(minutes=30))},
        {**APPOINTED, "appointments": appointment(-HOUR)},
        {"audience": Audience(tiers=("gold", "silver")), "tier": "silver"},
        {**NEEDED, "needs": need()},
        {"stock_min": 3},
        {"needs_stock": False, "stock": ()},
    ],
)
def test_who_is_meant_hears_it(changes):
    assert changed(Case(), **changes).decide().campaign is not None


def test_the_first_filter_that_holds_is_told():
    """One campaign that everything stops; what is told is put right, until nothing stops it."""
    everything = Audience(
        viewed=("999",), order_ready=True, ticket_open=True, offered=True, basket=("999",), emailed=True,
        appointment_within_s=60, tiers=("gold",), needs=("warm",),
    )  # fmt: skip
    case = changed(
        Case(), met=frozenset({"jacket"}), starts_at=START + HOUR, dayparts=(Daypart(begins=time(18)),),
        zones=("Bikes",), tickets=(TICKET,), bought=True, audience=everything,
    )  # fmt: skip
    put_right = {
        "met": {"met": frozenset()},
        "not_now": {"starts_at": None},
        "daypart": {"dayparts": ()},
        "zone": {"zones": ()},
        "open_complaint": {"tickets": ()},
        "bought": {"bought": False},
    }
    asked_for = {
        "not_viewed": "viewed", "no_order": "order_ready", "no_ticket": "ticket_open", "not_offered": "offered",
        "not_in_basket": "basket", "not_emailed": "emailed", "no_appointment": "appointment_within_s", "tier": "tiers",
        "no_need": "needs",
    }  # fmt: skip
    told = []
    while (reason := case.why()) is not None:
        told.append(reason)
        audience = case.campaigns[0].audience
        if reason in asked_for:
            nothing = Audience.model_fields[asked_for[reason]].default
            audience = audience.model_copy(update={asked_for[reason]: nothing})
        case = changed(case, audience=audience, **put_right.get(reason, {}))
    assert told == [reason for reason in WHY_NOT if reason in {**put_right, **asked_for}]


ASKED = st.builds(
    campaign,
    st.just("c"),
    message_class=st.sampled_from(["offer", "service"]),
    starts_at=st.sampled_from([None, START, START + HOUR]),
    ends_at=st.sampled_from([None, START, START + DAY]),
    dayparts=st.sampled_from([(), (Daypart(begins=time(18)),), (Daypart(begins=time(12)),)]),
    zones=st.sampled_from([(), ("Outdoor",), ("Bikes", "Outdoor"), ("Bikes",)]),
    audience=st.builds(
        Audience,
        viewed=st.sampled_from([(), ("998",), ("999", JACKET.product)]),
        viewed_within_s=st.sampled_from([60, 86_400]),
        offered=st.booleans(),
        basket=st.sampled_from([(), ("998", "999"), ("997",)]),
        emailed=st.booleans(),
        emailed_within_s=st.sampled_from([60, 2 * 86_400]),
        tiers=st.sampled_from([(), ("gold",), ("silver", "gold"), ("bronze",)]),
        needs=st.sampled_from([(), ("warm",), ("waterproof", "warm")]),
    ),
)


@given(asked=st.lists(ASKED, max_size=12), tickets=st.sampled_from([(), (TICKET,)]), bought=st.booleans())
def test_a_campaign_among_others_is_judged_as_alone(asked, tickets, bought):
    """Those that ask for the same are answered together."""
    campaigns = [one.model_copy(update={"campaign": f"c{number}"}) for number, one in enumerate(asked)]
    hers = {
        "viewed": (ViewedProduct(product=JACKET.product, viewed_at=START - HOUR),),
        "offers": (NextBestOffer(campaign="c1", value=1, probability=1),),
        "basket": ("999",),
        "emails": email("c2") + email("c3", HOUR),
        "tier": "gold",
        "needs": need(),
    }
    case = changed(Case(campaigns=campaigns or [WELCOME]), **hers, tickets=tickets, bought=bought)
    together = case.decide()
    for one in case.campaigns:
        assert why(together, one.campaign) == replace(case, campaigns=[one]).why()


def test_a_whole_basket_campaign_speaks_of_what_waits_there():
    case = changed(Case(), audience=Audience(basket=(JACKET.product,)), basket=("999", JACKET.product), viewed=())
    assert case.decide().product == JACKET


def test_what_she_will_view_is_not_what_she_viewed_last():
    """The clock was put back: of the products that are listed it is the one that she is known to have viewed."""
    ahead = ViewedProduct(product="999", viewed_at=START + HOUR)
    seen = ViewedProduct(product=JACKET.product, viewed_at=START - HOUR)
    case = changed(Case(), audience=Audience(viewed=("999", JACKET.product)), viewed=(ahead, seen))
    assert case.decide().product == JACKET


@pytest.mark.parametrize(
    ("sizes", "viewed_size", "in_stock"),
    [
        ((), None, True),  # of any size
        ((), "M", True),
        ((), "L", False),
        (("jackets", "L"), None, False),
        (("jackets", "M"), None, True),
        (("jackets", "L"), "M", True),  # what she chose for this one counts
        (("shoes", "44"), None, True),  # says nothing about jackets
    ],
)
def test_stock_counts_in_her_size(sizes, viewed_size, in_stock):
    case = changed(
        Case(),
        size_system="jackets",
        viewed=(ViewedProduct(product=JACKET.product, viewed_at=START - HOUR, size=viewed_size),),
        sizes=(KnownSize(size_system=sizes[0], size=sizes[1]),) if sizes else (),
    )
    assert (case.why() is None) is in_stock


SECRET = JACKET.model_copy(update={"product": "666", "content_class": "sensitive"})
QUIET = JACKET.model_copy(update={"product": "667", "content_class": "discreet"})


@pytest.mark.parametrize("by", ["viewed", "basket"])
@pytest.mark.parametrize(
    ("seen", "reason", "screen"), [("666", "content_class", False), ("667", None, False), ("668", None, False)]
)
def test_a_public_product_does_not_tell_of_another_one_that_is_not_public(by, seen, reason, screen):
    """What she viewed is no more public for being the reason why a harmless product is shown. 668 is not sold here."""
    hers = {"viewed": (ViewedProduct(product=seen, viewed_at=START - HOUR),), "basket": (seen,)}
    case = Case(her=ANNA.model_copy(update=hers), products=[JACKET, SECRET, QUIET])
    case = changed(case, product=JACKET.product, audience=Audience(**{by: (seen,)}))
    assert case.why() == reason
    assert case.decide().screen is screen


def test_what_she_told_a_clerk_she_needs_is_no_screens_business():
    decision = changed(Case(), **NEEDED, needs=need(content_class="public")).decide()
    assert (decision.screen, decision.card) == (False, True)


@pytest.mark.parametrize(("card", "reason"), [("obligation", None), ("none", "no_channel")])
def test_that_she_complained_is_no_screens_business(card, reason):
    case = changed(Case(), **COMPLAINED, tickets=(TICKET,), card=card)
    assert case.why() == reason
    assert not case.decide().screen
