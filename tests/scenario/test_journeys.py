"""The five journeys that the product is for, from the platform to the screen, the clerk and back, in virtual time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Price, Product, Stock
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.platform import Redemption
from provisioning.hub.coupons import Coupons
from provisioning.hub.problem import ProblemError
from tests.scenario.house import STORE, UNIT, House, key_with_badge, traces

START = datetime(2026, 3, 19, 9, 0, tzinfo=UTC)  # a Thursday, 10:00 on the wall
VIENNA = "Europe/Vienna"

CONFIG = AgentConfig.model_validate(
    {
        "store": STORE,
        "unit": UNIT,
        "zone": "Outdoor",
        "timezone": VIENNA,
        "notice": {"version": "2026-1"},
        "screen": {"qr_url": "https://shop.example/q/{code}"},
    }
)

JACKET, CARE_KIT = "4012345000011", "4012345000042"
PRODUCTS = (
    Product(
        product=JACKET,
        names={"en": "Trail Jacket"},
        price=Price(amount="149.00", currency="EUR"),
        department="outdoor",
        place={"en": "rack 4"},
        stock=(Stock(size="M", quantity=3, counted_at=START - timedelta(hours=1)),),
        content_class="public",
    ),
    Product(
        product=CARE_KIT,
        names={"en": "Care kit"},
        price=Price(amount="24.00", currency="EUR"),
        department="outdoor",
        stock=(Stock(quantity=9, counted_at=START - timedelta(hours=1)),),
        content_class="public",
    ),
)


def campaigns() -> list[Campaign]:
    """What marketing wrote."""
    written: dict[str, dict[str, Any]] = {
        "jacket-back": {
            "message_class": "offer",
            "audience": {"viewed": [JACKET]},
            "card": "opportunity",
            "department": "outdoor",
            "qr": True,
            "wording": {
                "headline": "{ $badge }, welcome back",
                "body": "{ $product }, { $place }",
                "opening": "Would you like to try it on?",
            },
        },
        "open-ticket": {
            "message_class": "service",
            "audience": {"ticket_open": True},
            "screen": False,
            "card": "obligation",
            "department": "service",
            "wording": {"headline": "How can we help?", "opening": "May I help with what is still open?"},
        },
        "order-ready": {
            "message_class": "order",
            "audience": {"order_ready": True},
            "card": "obligation",
            "department": "service",
            "wording": {"headline": "{ $badge }, your order is ready: { $desk }", "opening": "Shall I fetch it?"},
        },
        "care-kit": {
            "message_class": "offer",
            "audience": {"offered": True},
            "product": CARE_KIT,
            "department": "outdoor",
            "qr": True,
            "coupon": "care-10",
            "wording": {"headline": "Care kit −10 %"},
        },
        "socks": {
            "message_class": "offer",
            "audience": {"offered": True},
            "department": "outdoor",
            "wording": {"headline": "Socks for it"},
        },
    }
    return [
        Campaign.model_validate({"campaign": name, "title": name, **fields, "wording": {"en": fields["wording"]}})
        for name, fields in written.items()
    ]


def profile(*purposes: str, **fields: Any) -> dict[str, Any]:
    """What the platform knows of an adult who consents to these purposes."""
    return {
        "age": "adult",
        "languages": ["en"],
        "salutation": "Ms Berger",
        "consents": [
            {
                "purpose": purpose,
                "receipt": f"r-{purpose}",
                "granted_at": (START - timedelta(days=30)).isoformat(),
                "expires_at": (START + timedelta(days=300)).isoformat(),
            }
            for purpose in purposes
        ],
        "valid_until": (START + timedelta(days=3)).isoformat(),
        **fields,
    }


def viewed(hours_ago: float) -> list[dict[str, str]]:
    at = START - timedelta(hours=hours_ago)
    return [{"product": JACKET, "viewed_at": at.isoformat(), "size": "M"}]


ALL = ("screen", "clerk", "analytics")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, CONFIG, START, products=PRODUCTS, campaigns=campaigns())
    yield made
    made.close()


def test_web_app_store(house: House) -> None:
    house.tell("c-anna", profile(*ALL, viewed=viewed(20)), key=key_with_badge("Blue diamond", START))
    house.pull()
    house.walk(4, "c-anna")
    scene = house.showing
    assert scene is not None
    assert (scene.headline, scene.body) == ("Blue diamond, welcome back", "Trail Jacket, rack 4")
    assert scene.qr.startswith("https://shop.example/q/jacket-back.")
    assert house.open_cards == [], "not before she has seen it and stays"

    house.walk(20, "c-anna")
    (card,) = house.open_cards
    assert (card.department, card.kind, card.title) == ("outdoor", "opportunity", "Trail Jacket")
    assert card.facts == ("Viewed Trail Jacket yesterday", "Size M: 3 in stock, rack 4")
    assert "Berger" not in card.model_dump_json(), "she gave no consent to her name"
    house.say(card, "tablet-a", "claim")
    house.say(card, "tablet-b", "claim")
    assert (house.card(card.card).state, house.card(card.card).holder) == ("taken", "tablet-a")
    house.say(card, "tablet-a", "done", outcome="interested")
    house.push()

    [outcome] = house.arrived("clerk.outcome")
    data = outcome["data"]
    assert (data["customer"], data["outcome"], data["product_id"]) == ("c-anna", "interested", JACKET)
    assert house.happened("c-anna") == [
        "visit.started", "decision.made", "content.shown", "coupon.issued",
        "clerk.notified", "clerk.claimed", "clerk.outcome",
    ]  # fmt: skip
    told = str(house.arrived())
    assert "tablet" not in told
    assert scene.qr.rpartition(".")[2] not in told, "the platform knows the code's digest only"


def test_complaint(house: House) -> None:
    opened_at = START - timedelta(days=3)  # on Monday
    ticket = {"ticket": "t-1", "opened_at": opened_at.isoformat(), "department": "service"}
    house.tell(
        "c-bea",
        profile(*ALL, viewed=viewed(20), tickets=[ticket]),
        key=key_with_badge("Orange circle", START),
    )
    house.pull()
    house.walk(30, "c-bea")
    assert house.showing is None
    (card,) = house.open_cards
    assert (card.department, card.kind, card.escalated) == ("service", "obligation", False)
    assert "Open ticket since Monday; no offers" in card.facts
    house.walk(90, "c-bea")
    (card,) = house.open_cards
    assert card.escalated
    house.say(card, "tablet-lead", "claim")
    house.say(card, "tablet-lead", "done", outcome="resolved")
    house.push()
    [suppressed] = house.arrived("decision.suppressed")
    assert suppressed["data"]["reason"] == "open_complaint"
    assert suppressed["data"]["explanation"]["rejected"]["open_complaint"] == ["care-kit", "jacket-back", "socks"]
    assert len(house.arrived("clerk.escalated")) == 1
    assert [one["data"]["outcome"] for one in house.arrived("clerk.outcome")] == ["resolved"]
    assert house.showing is None
    assert house.arrived("content.shown") == []


def test_store_mail_web_display(house: House) -> None:
    anna = key_with_badge("Blue diamond", START)
    house.tell("c-anna", profile(*ALL, viewed=viewed(20)), key=anna)
    house.pull()
    house.walk(26, "c-anna")
    (card,) = house.open_cards
    house.say(card, "tablet-a", "claim")
    house.say(card, "tablet-a", "done", outcome="sold", order_id="o-4711")
    house.walk(8, "c-anna")
    assert house.showing is not None
    assert house.showing.headline == "Thank you"
    assert (house.showing.body, house.showing.qr, house.showing.product_name) == ("", "", "")
    house.push()
    [sold] = house.arrived("clerk.outcome")
    assert (sold["data"]["outcome"], sold["data"]["order_id"]) == ("sold", "o-4711")

    # The platform mails the care instructions instead of the jacket, and ranks what comes next.
    offers = [
        {"campaign": "care-kit", "value": 20, "probability": 0.30},
        {"campaign": "socks", "value": 12, "probability": 0.40},
    ]
    house.walk(3600)
    twin = key_with_badge("Green star", START)
    house.tell("c-anna", profile(*ALL, offers=offers), key=anna)
    house.tell("c-twin", profile(*ALL, offers=offers, holdout=True), key=twin)
    house.pull()
    seen = len(house.arrived())
    house.walk(8, "c-anna")
    scene = house.showing
    assert scene is not None
    assert scene.headline == "Care kit −10 %"
    code, scanned_at = scene.qr.rpartition("/")[2], house.at
    house.walk(120)
    house.push()
    [made] = [one for one in house.arrived("decision.made") if one["data"]["campaign"] == "care-kit"]
    ranking = made["data"]["explanation"]["ranking"]
    assert [(one["campaign"], round(one["expected_value"], 2)) for one in ranking] == [("care-kit", 6), ("socks", 4.8)]

    # She redeems it in her app; nobody else can redeem it again.
    redeem(house, code, "o-4712", scanned_at)
    redeem(house, code, "o-4712", scanned_at)  # the first answer got lost
    with pytest.raises(ProblemError, match="used already"):
        redeem(house, code, "o-4713", scanned_at)
    [redeemed] = house.arrived("coupon.redeemed")
    assert (redeemed["data"]["coupon"], redeemed["data"]["order_id"]) == ("care-10", "o-4712")
    assert redeemed["data"]["decision"] == made["data"]["decision"]

    # Her twin is in the control group: an event, and nothing else.
    cards = len(house.published)
    house.walk(40, "c-twin")
    assert house.showing is None
    assert len(house.published) == cards
    house.push()
    assert "decision.holdout" in house.happened("c-twin")
    assert not {"decision.made", "content.shown", "clerk.notified"} & set(house.happened("c-twin"))
    assert len(house.arrived()) > seen


def redeem(house: House, code: str, order: str, at: datetime) -> None:
    """The platform says that she scanned a code, and what she bought with it."""
    answer = Coupons(house.database).redeem(STORE, Redemption(code=code, order_id=order, at=at), house.at)
    assert (answer.status, answer.coupon) == ("redeemed", "care-10")


def test_crowd_and_withdrawal(house: House) -> None:
    house.tell("c-anna", profile(*ALL, viewed=viewed(20)), key=key_with_badge("Blue diamond", START))
    house.tell("c-cleo", profile(*ALL, viewed=viewed(5)), key=key_with_badge("Green triangle", START))
    house.pull()
    house.stranger()
    house.walk(4, "c-anna", "c-cleo")
    scene = house.showing
    assert scene is not None
    assert scene.layout == "group"
    assert {badge.label for badge in scene.badges} == {"Blue diamond", "Green triangle"}
    assert "Jacket" not in scene.model_dump_json()
    house.walk(25, "c-anna", "c-cleo")
    house.stranger()
    first, second = house.open_cards
    assert {first.badge, second.badge} == {"Blue diamond", "Green triangle"}

    house.say(first, "tablet-a", "opted_out")
    assert [card.card for card in house.open_cards] == [second.card], "at once; five seconds are allowed"
    assert house.card(first.card).model_dump(exclude_defaults=True).keys().isdisjoint({"title", "facts", "badge"})
    gone, stays = ("c-anna", "c-cleo") if first.badge == "Blue diamond" else ("c-cleo", "c-anna")
    assert house.stores.slice.profile(gone) is None
    assert house.stores.slice.profile(stays) is not None
    house.walk(5, "c-anna", "c-cleo")
    assert [card.card for card in house.open_cards] == [second.card]
    house.push()
    assert "consent.erased" in house.happened(gone)
    house.close()
    assert traces([house.STRANGERS_ADDRESS, house.STRANGERS_TOKEN], house.files()) == []
    assert traces([house.key_of(gone)], house.files()) == []


def test_line_down_six_hours_order_ready_and_reboot(house: House) -> None:
    order = {"order": "o-1", "ready_at": START.isoformat(), "desk": "desk 2"}
    key = key_with_badge("Green triangle", START + timedelta(hours=20))
    house.tell("c-dora", profile(*ALL, orders=[order]), key=key)
    house.pull()
    pulled = house.at
    house.walk(14 * 3600)
    house.push()  # from now on the line is down
    house.walk(6 * 3600)
    house.reboot()
    house.walk(4, "c-dora")
    scene = house.showing
    assert scene is not None
    assert scene.headline == "Green triangle, your order is ready: desk 2"
    (card,) = house.open_cards
    assert (card.kind, card.escalated) == ("obligation", False)
    house.walk(95, "c-dora")
    assert house.open_cards[0].escalated
    before = house.at
    house.walk(1800)
    assert house.arrived() == []
    house.push()
    happened = house.happened("c-dora")
    assert {kind: happened.count(kind) for kind in happened} == dict.fromkeys(happened, 1)
    assert {"visit.started", "decision.made", "content.shown", "clerk.notified", "clerk.escalated"} <= set(happened)
    escalated = datetime.fromisoformat(house.arrived("clerk.escalated")[0]["time"])
    assert before - timedelta(seconds=15) <= escalated <= before

    house.walk((pulled + timedelta(hours=24) - house.at).total_seconds() + 1)
    effects = len(house.effects)
    house.walk(60, "c-dora")
    assert house.showing is None
    assert len(house.effects) == effects, "past the lease everything is generic"
