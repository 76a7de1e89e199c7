"""Words: what stands on a screen is public, whatever the profile, the product and the template are."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.contracts.campaign import SLOTS, Audience, Campaign, Wording
from edge_agent.contracts.catalogue import Price, Stock
from edge_agent.contracts.config import ScreenConfig
from edge_agent.contracts.screen import Show
from edge_agent.contracts.slice import ReadyOrder, ServiceTicket, ViewedProduct
from edge_agent.decide.phrases import money, viewed
from edge_agent.decide.wording import (
    PublicFacts,
    compose_card,
    compose_scene,
    fill,
    language_for,
    scene_mode,
)
from edge_agent.identify.badges import badge
from tests.scenario.shop import CONFIG, JACKET, START, WELCOME, Shop, consents, profile

ZONE = ZoneInfo("Europe/Vienna")
SECRET = "s3cret"  # in every field of a profile that a screen must never show
ANNA = profile("anna", salutation=SECRET, tier=SECRET, basket=(f"{SECRET}-1",))
NO_SLOTS = ("salutation", "tier", "customer", "profile", "basket")
TEMPLATES = st.lists(
    st.sampled_from([*(f"${slot}" for slot in (*SLOTS, *NO_SLOTS)), "Hello", "$", "${product}", "!"]), min_size=1
).map(lambda words: " ".join(words)[:80])


def card(her=ANNA, product=JACKET, campaign=WELCOME, language="en"):
    number = badge(3, language)
    return compose_card(campaign, product, her, number, "c1", "unit", "Outdoor", language, ZONE, START, 180)


def scene(campaign=WELCOME, product=JACKET, number=None, mode="badge", language="en"):
    return compose_scene(campaign, product, ANNA, number, mode, language, "m1", 6, 25, START)


@settings(max_examples=60)
@given(
    headline=TEMPLATES,
    body=TEMPLATES,
    content_class=st.sampled_from(["public", "discreet", "sensitive"]),
    message_class=st.sampled_from(["service", "order", "offer"]),
    mode=st.sampled_from(["generic", "contextual", "badge", "named"]),
    own_product=st.booleans(),
    order=st.booleans(),
)
def test_no_scene_ever_says_what_is_not_public(headline, body, content_class, message_class, mode, own_product, order):
    product = JACKET.model_copy(update={"content_class": content_class, "names": {"en": "Trail Jacket"}})
    campaign = Campaign(
        campaign="c",
        title=SECRET,
        message_class=message_class,
        department="outdoor",
        product=product.product if own_product else None,
        audience=Audience() if own_product else Audience(viewed=(product.product,)),
        wording={"en": Wording.model_construct(headline=headline, body=body, opening=SECRET)},
    )
    her = profile(
        "anna",
        consents=consents("screen", "clerk", "clerk_name", "screen_name"),
        salutation=SECRET,
        tier=SECRET,
        basket=(SECRET,),
        viewed=(ViewedProduct(product=product.product, viewed_at=START, size="M"),),
        orders=(ReadyOrder(order=SECRET, ready_at=START, desk="Desk 2"),) if order else (),
    )
    shop = Shop([her], config=CONFIG.model_copy(update={"screen": ScreenConfig(mode=mode)}))
    shop.shelf.products = {product.product: product}
    shop.shelf.all_campaigns = (campaign,)
    shop.walk(5, ("anna", 1.0))
    assert len(shop.scenes) == (content_class == "public" and mode != "generic")
    for said in map(Show.model_dump_json, shop.told(Show)):
        assert SECRET not in said
        assert "anna" not in said
        assert content_class == "public" or "Trail Jacket" not in said


@pytest.mark.parametrize("content_class", ["discreet", "sensitive"])
def test_a_product_that_is_not_public_cannot_be_composed(content_class):
    with pytest.raises(ValueError, match="cannot be on a screen"):
        scene(product=JACKET.model_copy(update={"content_class": content_class}))


FACTS = PublicFacts(badge="Blue star", product="Trail Jacket", price="€149.00", place="rack 4")


@pytest.mark.parametrize(
    ("template", "facts", "text"),
    [
        ("$badge, welcome back", FACTS, "Blue star, welcome back"),
        ("$badge, welcome back", PublicFacts(), "welcome back"),
        ("$product, $place", PublicFacts(product="Trail Jacket"), "Trail Jacket"),
        ("$product: $price", FACTS, "Trail Jacket: €149.00"),
        ("Collect at $desk!", PublicFacts(desk="Desk 2"), "Collect at Desk 2!"),
        ("$salutation, 5 $ off", FACTS, "$salutation, 5 $ off"),
        ("$product", PublicFacts(product="$badge"), "$badge"),  # what is filled in is not filled again
        ("$badge", PublicFacts(), ""),
    ],
)
def test_filling(template, facts, text):
    assert fill(template, facts) == text


def test_a_headline_is_never_empty():
    campaign = WELCOME.model_copy(update={"wording": {"en": Wording(headline="$badge")}})
    assert scene(campaign, mode="contextual").headline == "Trail Jacket"
    assert scene(campaign, product=None, mode="contextual").headline == "Welcome back"


@pytest.mark.parametrize("text", ["$badge $name", "${tier}", "now $5 off"])
def test_a_slot_that_does_not_exist_never_reaches_a_screen(text):
    with pytest.raises(ValidationError, match="slots are"):
        Wording(headline="Hello", body=text)


def test_the_slots_are_the_public_facts():
    assert set(SLOTS) == set(PublicFacts.__dataclass_fields__)


@pytest.mark.parametrize(
    ("allowed", "has_badge", "mode"),
    [
        ("generic", True, "generic"),
        ("contextual", True, "contextual"),
        ("badge", True, "badge"),
        ("badge", False, "contextual"),
        ("named", True, "badge"),
        ("named", False, "contextual"),
    ],
)
def test_how_personally_a_screen_speaks(allowed, has_badge, mode):
    assert scene_mode(allowed, badge(1, "en") if has_badge else None) == mode


def test_a_badge_is_shown_only_where_it_is_addressed():
    assert scene(number=badge(3, "en")).badges == (badge(3, "en"),)
    contextual = scene(number=badge(3, "en"), mode="contextual")
    assert contextual.badges == ()
    assert badge(3, "en").label not in contextual.model_dump_json()


@pytest.mark.parametrize(
    ("hers", "offered", "language"),
    [
        (("de",), ("en", "de"), "de"),
        (("de-AT",), ("en", "de"), "de"),
        (("de",), ("en", "de-CH"), "de-CH"),
        (("fr", "de"), ("en", "de"), "de"),
        (("fr",), ("en", "de"), "en"),
        ((), ("de", "en"), "de"),
    ],
)
def test_her_best_language_of_the_shops(hers, offered, language):
    assert language_for(profile("anna", languages=hers), offered) == language


@pytest.mark.parametrize(
    ("language", "name", "place"), [("de-AT", "Trailjacke", "Ständer 4"), ("fr", "Trail Jacket", "rack 4")]
)
def test_words_fall_back_to_the_base_language_and_then_to_the_first(language, name, place):
    shown = scene(language=language)
    assert (shown.product_name, shown.place) == (name, place)


@pytest.mark.parametrize(
    ("amount", "currency", "language", "text"),
    [
        ("149", "EUR", "en", "€149.00"),
        ("149", "EUR", "de", "149,00\N{NO-BREAK SPACE}€"),
        ("1234.5", "USD", "en", "$1,234.50"),
        ("980", "JPY", "en", "¥980"),
        ("3", "ZZZ", "en", "ZZZ3.00"),  # a currency that nobody knows
        ("149", "EUR", "xx", "€149.00"),  # a language that nobody knows
        ("149", "EUR", "en-ZZ", "€149.00"),
    ],
)
def test_money(amount, currency, language, text):
    assert money(Decimal(amount), currency, language).replace("ZZZ\N{NO-BREAK SPACE}", "ZZZ") == text


def test_a_price_past_its_date_is_not_claimed():
    price = Price(amount=Decimal(5), currency="EUR", valid_until=START)
    assert scene(product=JACKET.model_copy(update={"price": price})).price == ""


@pytest.mark.parametrize(
    ("hours", "language", "text"),
    [
        (1, "en", "Viewed it today"),
        (20, "en", "Viewed it yesterday"),  # 20 hours ago is yesterday by the calendar
        (72, "en", "Viewed it 3 days ago"),
        (72, "de", "Angesehen vor 3 Tagen: it"),
        (1, "fr", "Viewed it today"),
    ],
)
def test_when_she_viewed_it(hours, language, text):
    assert viewed("it", START - timedelta(hours=hours), START, ZONE, language) == text


def test_a_card_says_at_most_three_permitted_facts():
    her = profile(
        "anna",
        tickets=(ServiceTicket(ticket="t", opened_at=START - timedelta(days=2), department="service"),),
        orders=(ReadyOrder(order="o", ready_at=START, desk="Desk 2"),),
    )
    assert card(her).facts == (
        "Open ticket since Thursday; no offers",
        "Order ready, Desk 2",
        "Viewed Trail Jacket yesterday",
    )


@pytest.mark.parametrize(("purposes", "title"), [(("clerk",), "Trail Jacket"), (("clerk", "clerk_name"), "Ms Gruber")])
def test_her_name_needs_a_consent_of_its_own(purposes, title):
    her = profile("anna", salutation="Ms Gruber", consents=consents(*purposes))
    assert card(her).title == title
    assert ("Gruber" in card(her).model_dump_json()) == ("clerk_name" in purposes)


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


def test_long_words_of_a_catalogue_break_nothing():
    long = JACKET.model_copy(update={"names": {"en": "x" * 200}, "place": {"en": "y" * 200}})
    campaign = WELCOME.model_copy(update={"wording": {"en": Wording(headline="$product " * 8, opening="$place " * 20)}})
    shown, told = scene(campaign, long), card(product=long, campaign=campaign)
    assert len(shown.headline) == 120
    assert shown.headline.endswith("…")
    assert max(map(len, (*told.facts, told.opening))) <= 200
