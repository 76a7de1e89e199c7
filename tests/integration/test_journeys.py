"""The five journeys on real parts: hub over TLS, mosquitto, the display process, the agent's own process, tablets."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.integration.processes import until
from tests.integration.screens import Screen
from tests.integration.store import Store, consents
from tests.scenario.test_journeys import CARE_KIT, JACKET, campaigns

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

KEYS = {
    f"c-{name}": f"{number:02x}2122232425262728292a2b2c2d2e2f"
    for number, name in enumerate(("anna", "bea", "cora", "twin", "dora", "edna", "flora"))
}
QR = "https://shop.example/q/"
OFFERS = [
    {"campaign": "care-kit", "value": 20, "probability": 0.30},
    {"campaign": "socks", "value": 12, "probability": 0.40},
]


def product(name: str, gtin: str, **more: Any) -> dict[str, Any]:
    stock = [{"quantity": 3, "counted_at": "-1h"}]
    return {
        "product": gtin,
        "names": {"en": name},
        "department": "outdoor",
        "stock": stock,
        "content_class": "public",
        **more,
    }


def customer(name: str, **profile: Any) -> dict[str, Any]:
    device = {"kind": "rolling", "device": "phone", "identity_key": KEYS[name]}
    return {
        "customer": name,
        "languages": ["en"],
        "age": "adult",
        "consents": [consent for consent in consents() if consent["purpose"] != "clerk_name"],
        "salutation": "Ms Zwetschkenbaum",
        "valid_until": "+1d",
        "devices": [device],
        **profile,
    }


def content() -> dict[str, Any]:
    viewed = [{"product": JACKET, "viewed_at": "-20h"}]
    written = [campaign.model_dump(mode="json", exclude_defaults=True) for campaign in campaigns()]
    return {
        "version": 1,
        "catalogue": {
            "currency": "EUR",
            "products": [product("Trail Jacket", JACKET, place={"en": "rack 4"}), product("Care kit", CARE_KIT)],
        },
        "campaigns": {"version": 1, "campaigns": written},
        "customers": [
            customer("c-anna", viewed=viewed),
            customer("c-bea", viewed=viewed, tickets=[{"ticket": "t1", "opened_at": "-3d", "department": "service"}]),
            customer("c-cora", viewed=viewed),
            customer("c-twin", offers=OFFERS, holdout=True),
            customer("c-dora", viewed=viewed),
            customer("c-edna", viewed=viewed),
            customer("c-flora", orders=[{"order": "o-1", "ready_at": "-1h", "desk": "desk 2"}]),
        ],
    }


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    settings = {
        "display": {"size": "1280x720"},
        "screen": {"qr_url": QR + "{code}", "maximum_s": 20.0},
        "cards": {"escalate_s": 10.0},
        "visit": {"reentry_s": 0.0},
        "limits": {"caps": []},
    }
    made = Store(tmp_path_factory.mktemp("journeys"), content(), KEYS, settings)
    try:
        made.open()
        yield made
    finally:
        made.close()


def test_web_app_store(store: Store) -> None:
    a, b = store.tablet("tablet-a"), store.tablet("tablet-b")
    store.start_agent("c-anna")
    store.hub.wait_for("c-anna", "content.shown", "coupon.issued")
    card = a.wait_for_card("open")
    assert card.title == "Trail Jacket"
    assert any("rack 4" in fact for fact in card.facts)
    assert "Zwetschkenbaum" not in card.model_dump_json()
    a.say(card, "claim")
    assert b.wait_for_card("taken", card.card).holder == "tablet-a"
    a.say(card, "done", outcome="interested")
    b.wait_for_card("closed", card.card)
    store.hub.wait_for("c-anna", "clerk.outcome")
    [outcome] = store.hub.of_type("clerk.outcome", "c-anna")
    assert (outcome["data"]["outcome"], outcome["data"]["product_id"]) == ("interested", JACKET)
    happened = store.hub.of("c-anna")
    assert happened.index("content.shown") < happened.index("clerk.notified")


def test_complaint(store: Store) -> None:
    service, lead = store.tablet("tablet-s", "service"), store.tablet("tablet-l", "lead")
    store.start_agent("c-bea")
    card = service.wait_for_card("open")
    assert any(fact.endswith("; no offers") for fact in card.facts)
    escalated = lead.wait_for_card("open", card.card)
    assert escalated.escalated
    lead.say(escalated, "claim")
    assert service.wait_for_card("taken", card.card).holder == "tablet-l"
    lead.say(escalated, "done", outcome="resolved")
    service.wait_for_card("closed", card.card)
    store.hub.wait_for("c-bea", "decision.suppressed", "clerk.escalated", "clerk.outcome")
    assert store.hub.of_type("decision.suppressed", "c-bea")[0]["data"]["reason"] == "open_complaint"
    assert "content.shown" not in store.hub.of("c-bea")


def test_store_mail_web_display(store: Store) -> None:
    clerk = store.tablet("tablet-a")
    store.start_agent("c-cora")
    card = clerk.wait_for_card("open")
    clerk.say(card, "claim")
    clerk.wait_for_card("taken", card.card)
    clerk.say(card, "done", outcome="sold", order_id="o-4711")
    until(lambda: campaigns_of(store, "content.shown", "c-cora") == ["jacket-back", None], "the thanks")
    [sold] = store.hub.of_type("clerk.outcome", "c-cora")
    assert sold["data"]["order_id"] == "o-4711"
    store.stop_agent()
    store.start_agent()  # she has left
    store.hub.wait_for("c-cora", "visit.ended")
    store.stop_agent()

    # On the web she looked at other things: the platform ranks what comes next.
    store.hub.put(in_absolute_times(customer("c-cora", offers=OFFERS)))
    store.start_agent("c-cora")
    until(lambda: "care-kit" in campaigns_of(store, "content.shown", "c-cora"), "the care kit")
    store.display.kill()
    store.agent.wait_for("the display has disconnected")
    screen = Screen(store.socket)
    scene = screen.wait_for("state")["show"]["scene"]
    screen.close()
    assert scene["headline"] == "Care kit −10 %"
    code = scene["qr"].removeprefix(QR)
    until(lambda: "care-kit" in campaigns_of(store, "coupon.issued", "c-cora"), "the coupon")
    assert store.hub.redeem(code, "o-4712") == {"status": "redeemed", "campaign": "care-kit", "coupon": "care-10"}
    [redeemed] = [event for event in store.hub.events() if event["type"] == "coupon.redeemed"]
    assert redeemed["data"]["order_id"] == "o-4712"
    store.stop_agent()

    # Her twin is in the control group.
    store.start_display()
    store.start_agent("c-twin")
    store.hub.wait_for("c-twin", "decision.holdout")
    assert not {"content.shown", "clerk.notified"} & set(store.hub.of("c-twin"))


def campaigns_of(store: Store, kind: str, name: str) -> list[str | None]:
    return [event["data"].get("campaign") for event in store.hub.of_type(kind, name)]


def in_absolute_times(value: Any) -> Any:
    """Return a tree of a store file as the platform's own interface takes it."""
    if isinstance(value, dict):
        return {key: in_absolute_times(item) for key, item in value.items()}
    if isinstance(value, list):
        return [in_absolute_times(item) for item in value]
    if isinstance(value, str) and re.fullmatch(r"[+-]\d+d", value):
        return (datetime.now(UTC) + timedelta(days=int(value[:-1]))).isoformat()
    return value


def test_crowd_and_withdrawal(store: Store) -> None:
    clerk = store.tablet("tablet-a")
    store.start_agent("c-dora", "c-edna")
    until(lambda: len([card for card in clerk.cards.values() if card.state == "open"]) == 2, "two cards")
    first, second = (card for card in clerk.cards.values() if card.state == "open")
    clerk.say(first, "opted_out")
    assert not clerk.wait_for_card("withdrawn", first.card).facts
    assert clerk.cards[second.card].state == "open"
    until(lambda: any("consent.erased" in store.hub.of(name) for name in ("c-dora", "c-edna")), "a receipt")


def test_line_down_order_ready_and_reboot(store: Store) -> None:
    store.start_agent()
    store.agent.wait_for("is at work")
    store.hub.stop()
    service, lead = store.tablet("tablet-s", "service"), store.tablet("tablet-l", "lead")
    store.agent.kill()
    store.start_agent("c-flora")
    card = service.wait_for_card("open")
    assert card.kind == "obligation"
    assert lead.wait_for_card("open", card.card).escalated
    store.hub.start()
    store.hub.wait_for(
        "c-flora", "visit.started", "decision.made", "content.shown", "clerk.notified", "clerk.escalated"
    )
    happened = Counter(store.hub.of("c-flora"))
    assert max(happened.values()) == 1
