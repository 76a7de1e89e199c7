"""Words: what stands on a screen is public, whatever the profile, the product and the wording are."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.contracts.campaign import Audience, Campaign
from edge_agent.contracts.catalogue import Price, Stock
from edge_agent.contracts.config import ScreenConfig
from edge_agent.contracts.pattern import CARD_SLOTS, SCREEN_SLOTS
from edge_agent.contracts.screen import Show
from edge_agent.contracts.slice import Appointment, Need, ReadyOrder, ViewedProduct
from edge_agent.contracts.wording import ModeWording, Wording
from edge_agent.decide.facts import ClerkFacts, Expected, PublicFacts, expected
from edge_agent.decide.products import public
from edge_agent.decide.scenes import compose_scene, scene_mode
from edge_agent.identify.badges import badge
from tests.scenario.shop import CONFIG, JACKET, START, WELCOME, Shop, consents, profile

ZONE = ZoneInfo("Europe/Vienna")
SECRET = "s3cret"  # in every field of a profile that a screen must never show
PATTERNS = st.lists(
    st.sampled_from([*(f"{{ ${slot} }}" for slot in (*CARD_SLOTS, "salutation", "tier")), "Hello", "$", "!"]),
    min_size=1,
).map(lambda words: " ".join(words)[:80])


NOWHERE = Expected()


def scene(campaign=WELCOME, product=JACKET, number=None, mode="badge", language="en", meeting=NOWHERE, **more):
    return compose_scene(campaign, public(product, START), meeting, number, mode, language, "m1", 6, 25, **more)


def saying(**languages):
    return WELCOME.model_copy(update={"wording": {tag: Wording(**words) for tag, words in languages.items()}})


@settings(max_examples=60)
@given(
    headline=PATTERNS,
    body=PATTERNS,
    content_class=st.sampled_from(["public", "discreet", "sensitive"]),
    message_class=st.sampled_from(["service", "order", "offer"]),
    mode=st.sampled_from(["generic", "contextual", "badge", "named"]),
    own_product=st.booleans(),
    order=st.booleans(),
)
def test_no_scene_ever_says_what_is_not_public(headline, body, content_class, message_class, mode, own_product, order):
    product = JACKET.model_copy(update={"content_class": content_class, "names": {"en": "Trail Jacket"}})
    words = {"headline": headline, "body": body, "opening": SECRET, "contextual": None, "badge": None, "named": None}
    campaign = Campaign(
        campaign="c",
        title=SECRET,
        message_class=message_class,
        department="outdoor",
        product=product.product if own_product else None,
        audience=Audience() if own_product else Audience(viewed=(product.product,)),
        wording={"en": Wording.model_construct(**words)},  # past the check of the contract: also then
    )
    her = profile(
        "anna",
        consents=consents("screen", "clerk", "clerk_name", "screen_name"),
        salutation=SECRET,
        tier=SECRET,
        basket=(SECRET,),
        needs=(Need(topic=SECRET, words={"en": SECRET}, content_class="public"),),
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


def test_the_slots_are_the_facts():
    assert set(SCREEN_SLOTS) == set(PublicFacts.__dataclass_fields__)
    assert set(CARD_SLOTS) == set(ClerkFacts.__dataclass_fields__)


def test_the_words_of_the_mode_win_over_the_general_ones():
    campaign = saying(
        en={
            "headline": "{ $badge }, welcome back",
            "body": "{ $product }, { $place }",
            "contextual": ModeWording(headline="{ $product } is here"),
            "badge": ModeWording(body=""),
        }
    )
    addressed, about = scene(campaign, number=badge(0, "en")), scene(campaign, mode="contextual")
    assert (addressed.headline, addressed.body) == ("Blue diamond, welcome back", "")
    assert (about.headline, about.body) == ("Trail Jacket is here", "Trail Jacket, rack 4")


def test_a_headline_is_never_empty():
    assert scene(saying(en={"headline": "{ $badge }"}), mode="contextual").headline == "Trail Jacket"
    assert scene(saying(en={"headline": "{ $badge }"}), product=None, mode="contextual").headline == "Welcome back"


@pytest.mark.parametrize(
    ("text", "headline"),
    [("Only { $pieces } left", "Only 3 left"), ("{ $price } at { $place }", "€149.00 at rack 4")],
)
def test_public_facts_of_a_product(text, headline):
    assert scene(saying(en={"headline": text})).headline == headline


def test_the_sentences_of_the_journeys():
    diamond, triangle = badge(0, "en"), badge(18, "en")
    order = Campaign(
        campaign="order",
        title="Order",
        message_class="order",
        department="service",
        wording={"en": Wording(headline="{ $badge }, your order is ready: { $desk }")},
    )
    welcome = scene(number=diamond, qr="https://shop.example/q/jacket.7f")
    assert (welcome.headline, welcome.body) == ("Blue diamond, welcome back", "Trail Jacket, rack 4")
    assert welcome.qr == "https://shop.example/q/jacket.7f"
    ready = scene(order, product=None, number=triangle, meeting=Expected("desk 2"))
    assert ready.headline == "Green triangle, your order is ready: desk 2"
    assert scene(saying(en={"headline": "Care kit −10 %"})).headline == "Care kit −10 %"


@pytest.mark.parametrize(
    ("within_s", "minutes", "text"),
    [(3600, 30, "15:00 at desk 5"), (3600, -45, "13:45 at desk 5"), (3600, 90, ""), (None, 30, "at desk 2")],
)
def test_where_she_is_expected(within_s, minutes, text):
    her = profile(
        "anna",
        orders=(ReadyOrder(order="o", ready_at=START, desk="desk 2"),),
        appointments=(
            Appointment(
                appointment="a",
                at=START + timedelta(minutes=minutes, hours=0.5),
                department="service",
                desk="desk 5",
            ),
        ),
    )
    campaign = saying(en={"headline": "Hello", "body": "{ $time } at { $desk }"}).model_copy(
        update={"audience": Audience(appointment_within_s=None if within_s is None else within_s + 1)}
    )
    meeting = expected(campaign, her, ZONE, START + timedelta(minutes=30))
    assert scene(campaign, product=None, meeting=meeting).body == (text or "at")


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
    ("language", "name", "place"), [("de-AT", "Trailjacke", "Ständer 4"), ("fr", "Trail Jacket", "rack 4")]
)
def test_names_fall_back_to_the_nearest_language_and_then_to_the_first(language, name, place):
    shown = scene(language=language)
    assert (shown.product_name, shown.place) == (name, place)


def test_a_price_past_its_date_is_not_claimed():
    price = Price(amount=Decimal(5), currency="EUR", valid_until=START)
    assert scene(product=JACKET.model_copy(update={"price": price})).price == ""


def test_long_words_of_a_catalogue_break_nothing():
    long = JACKET.model_copy(update={"names": {"en": "x" * 200}, "place": {"en": "y" * 200}})
    shown = scene(saying(en={"headline": "{ $product } " * 8, "body": "{ $place } " * 8}), long)
    assert (len(shown.headline), len(shown.body)) == (80, 160)
    assert shown.headline.endswith("…")


def test_old_stock_is_not_counted():
    old = JACKET.model_copy(update={"stock": (Stock(quantity=9, counted_at=START - timedelta(days=2)),)})
    assert public(old, START).pieces == 0
