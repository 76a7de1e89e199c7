"""What a clerk is told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from edge_agent.contracts.catalogue import Stock
from edge_agent.contracts.slice import Appointment, KnownSize, Need, ReadyOrder, ServiceTicket, ViewedProduct
from edge_agent.contracts.wording import Wording
from edge_agent.decide.cards import compose_card
from edge_agent.identify.badges import badge
from tests.scenario.shop import JACKET, START, WELCOME, consents, profile

ZONE = ZoneInfo("Europe/Vienna")
ANNA = profile("anna", salutation="Ms Gruber")
TICKET = ServiceTicket(ticket="t", opened_at=START - timedelta(days=5), department="service")
ORDER = ReadyOrder(order="o", ready_at=START, desk="Desk 2")


def card(her=ANNA, product=JACKET, campaign=WELCOME, language="en"):
    number = badge(3, language)
    return compose_card(campaign, product, her, number, "c1", "unit", "Outdoor", language, ZONE, START, START)


def appointment(**later):
    return Appointment(appointment="a", at=START + timedelta(**later), department="service", desk="desk 2")


def need(words, content_class):
    return Need(topic="n", words={"en": words}, content_class=content_class)


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        (
            {},
            ("Viewed Trail Jacket yesterday", "Size M: 3 in stock, rack 4"),
        ),
        (
            {"tickets": (TICKET,), "orders": (ORDER,), "appointments": (appointment(hours=1),)},
            ("Open ticket since Monday; no offers", "Order ready, Desk 2", "Appointment at 15:00, desk 2"),
        ),
        (
            {"appointments": (appointment(hours=1),), "basket": (JACKET.product,)},
            ("Appointment at 15:00, desk 2", "Viewed Trail Jacket yesterday", "In the web basket: Trail Jacket"),
        ),
        (
            {"viewed": (), "basket": (JACKET.product, "other"), "needs": (need("Something waterproof", "public"),)},
            ("In the web basket: Trail Jacket", "3 in stock, rack 4", "Looking for: Something waterproof"),
        ),
        (
            {"viewed": (), "needs": (need("Something warm", "discreet"),)},
            ("3 in stock, rack 4", "Looking for: Something warm"),
        ),
        ({"viewed": (), "needs": (need("Secret", "sensitive"),)}, ("3 in stock, rack 4",)),
        ({"viewed": (), "appointments": (appointment(days=1), appointment(hours=-2))}, ("3 in stock, rack 4",)),
    ],
)
def test_the_facts_that_help_most_three_at_most(fields, facts):
    assert card(profile("anna", **fields)).facts == facts


def test_her_size_is_known_from_what_she_wears():
    jacket = JACKET.model_copy(update={"size_system": "jackets"})
    her = profile("anna", viewed=(), sizes=(KnownSize(size_system="jackets", size="M"),))
    assert card(her, jacket).facts == ("Size M: 3 in stock, rack 4",)


@pytest.mark.parametrize(("purposes", "title"), [(("clerk",), "Trail Jacket"), (("clerk", "clerk_name"), "Ms Gruber")])
def test_her_name_needs_a_consent_of_its_own(purposes, title):
    her = profile("anna", salutation="Ms Gruber", consents=consents(*purposes))
    assert card(her).title == title
    assert ("Gruber" in card(her).model_dump_json()) == ("clerk_name" in purposes)


@pytest.mark.parametrize(("content_class", "named"), [("public", True), ("discreet", True), ("sensitive", False)])
def test_a_sensitive_product_is_named_nowhere(content_class, named):
    product = JACKET.model_copy(update={"content_class": content_class})
    words = {"en": Wording(headline="Hello", opening="How is the { $product }?")}
    told = card(product=product, campaign=WELCOME.model_copy(update={"wording": words})).model_dump_json()
    assert ("Trail Jacket" in told) is named


@pytest.mark.parametrize(
    ("stock", "fact"),
    [
        ((Stock(size="M", quantity=3, counted_at=START),), "Size M: 3 in stock, rack 4"),
        (
            (Stock(quantity=3, counted_at=START), Stock(size="M", quantity=2, counted_at=START)),
            "Size M: 5 in stock, rack 4",
        ),
        ((Stock(size="L", quantity=3, counted_at=START),), None),
        ((Stock(size="M", quantity=3, counted_at=START - timedelta(days=2)),), None),
        (
            (
                Stock(size="M", quantity=1, counted_at=START),
                Stock(size="M", quantity=9, counted_at=START - timedelta(days=2)),
            ),
            "Size M: 1 in stock, rack 4",  # what was counted long ago is no claim
        ),
    ],
)
def test_stock_is_claimed_only_while_it_is_known(stock, fact):
    said = card(product=JACKET.model_copy(update={"stock": stock})).facts
    assert [line for line in said if "stock" in line] == ([fact] if fact else [])


def test_the_opening_line_may_know_her_size():
    words = {"en": Wording(headline="Hello", opening="{ $quantity } in { $size } are at { $place }. Try one?")}
    assert card(campaign=WELCOME.model_copy(update={"wording": words})).opening == "3 in M are at rack 4. Try one?"


def test_a_card_in_arabic_keeps_latin_names_apart():
    told = card(language="ar")
    assert told.facts[0] == "شوهد أمس: \u2068Trail Jacket\u2069"


def test_long_words_of_a_catalogue_break_nothing():
    long = JACKET.model_copy(update={"names": {"en": "x" * 200}, "place": {"en": "y" * 200}})
    her = profile("anna", viewed=(ViewedProduct(product=long.product, viewed_at=START),))
    assert max(map(len, card(her, long).facts)) == 200


@pytest.mark.parametrize("zone", [ZONE, ZoneInfo("America/New_York"), ZoneInfo("Pacific/Kiritimati")])
@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_platform_that_writes_never_as_the_end_of_the_calendar_stops_no_card(at, zone):
    her = profile(
        "anna",
        tickets=(TICKET.model_copy(update={"opened_at": at}),),
        appointments=(Appointment(appointment="a", at=at, department="service", desk="desk 2"),),
        viewed=(ViewedProduct(product=JACKET.product, viewed_at=at),),
    )
    told = compose_card(WELCOME, JACKET, her, None, "c1", "unit", "Outdoor", "en", zone, START, START)
    assert told.facts[0].startswith("Open ticket since")
