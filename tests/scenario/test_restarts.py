"""A unit that starts again at any moment of a visit neither greets twice nor forgets an obligation."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.campaign import Audience, Cap
from edge_agent.contracts.clerk import Card
from edge_agent.contracts.screen import ProofOfPlay
from edge_agent.events import ContactRow, EventRow, FromScreen, KnowledgeChanged
from tests.scenario.shop import START, WELCOME, Shop, profile
from tests.scenario.test_journey import ORDER, READY

ANYTIME = ORDER.model_copy(update={"caps": ()})
OFFER = WELCOME.model_copy(update={"caps": ()})

Step = tuple[str, Callable[[Shop], None]]
"""A step of a scripted visit, and its name."""


def stay(seconds: float, distance_m: float = 1.0) -> Step:
    return f"stays {seconds} s", lambda shop: shop.walk(seconds, ("anna", distance_m))


STEPS: tuple[Step, ...] = (
    stay(2.9),
    stay(0.11),
    stay(0.1),
    stay(4),
    ("her order is ready", lambda shop: shop.change(profile("anna", orders=READY))),
    stay(0.1),
    stay(6),
    ("campaigns are pulled", lambda shop: shop.unit.put(KnowledgeChanged())),
    stay(10),
    stay(9, 9.0),
    stay(15),
)


def last(cards: list[Card]) -> list[Card]:
    return list({card.card: card for card in cards}.values())


def lived(interrupted: frozenset[int], showing: bool) -> Shop:
    shop = Shop([profile("anna")])
    shop.shelf.all_campaigns = (OFFER, ANYTIME)
    for number, (_, step) in enumerate(STEPS):
        step(shop)
        if number in interrupted:
            scene = shop.showing
            shop.restart(showing=scene.message_id if showing and scene is not None else None)
    shop.walk(5, ("anna", 1.0))
    return shop


@given(interrupted=st.frozensets(st.integers(0, len(STEPS) - 1), max_size=4), showing=st.booleans())
def test_one_greeting_one_order_one_visit(interrupted, showing):
    shop = lived(interrupted, showing)
    shown = [event.data.campaign for event in shop.events if event.type == "content.shown"]
    assert shown.count("jacket") <= 1
    assert shown.count("order") <= 1
    cards = last(shop.cards)
    assert [card.kind for card in cards if card.kind == "obligation"] == ["obligation"]
    assert [card.state for card in cards if card.kind == "obligation"] == ["open"]
    assert shop.happened().count("visit.started") == 1
    assert "visit.ended" not in shop.happened()


def test_uninterrupted_it_says_both():
    shop = lived(frozenset(), showing=True)
    shown = [event.data.campaign for event in shop.events if event.type == "content.shown"]
    assert shown == ["jacket", "order"]


@pytest.mark.parametrize("stayed_s", [3.01, 10])
def test_a_clerk_who_was_not_to_be_told_is_not_told_by_a_later_run(stayed_s):
    shop = Shop([profile("anna")])
    capped = WELCOME.model_copy(update={"caps": (Cap(count=1, per_s=86_400, channel="clerk"),)})
    shop.shelf.all_campaigns = (capped,)
    shop.rows.append(ContactRow("anna", "jacket", "clerk", START - timedelta(hours=2)))
    shop.restart()
    shop.walk(stayed_s, ("anna", 1.0))
    shop.restart()
    shop.walk(60, ("anna", 1.0))
    assert "content.shown" in shop.happened()
    assert shop.cards == []


def test_nor_of_what_followed_her_first_message():
    shop = Shop([profile("anna", viewed=())])
    first = WELCOME.model_copy(update={"campaign": "first", "audience": Audience(), "card": "none"})
    capped = ORDER.model_copy(
        update={"card": "opportunity", "caps": (Cap(count=1, per_s=86_400, channel="clerk"),)},
    )
    shop.shelf.all_campaigns = (first, capped)
    shop.rows.append(ContactRow("anna", "order", "clerk", START - timedelta(hours=2)))
    shop.restart()
    shop.walk(15, ("anna", 1.0))
    shop.change(profile("anna", viewed=(), orders=READY))
    assert [scene.layout for scene in shop.scenes] == ["welcome", "order_ready"]
    shop.restart()
    shop.walk(60, ("anna", 1.0))
    assert shop.cards == []


def test_thanks_speak_of_no_campaign_in_a_later_run_either():
    shop = Shop([profile("anna")])
    shop.shelf.all_campaigns = (OFFER,)
    shop.walk(30, ("anna", 1.0))
    shop.say("claim")
    shop.say("done", outcome="sold")
    shop.walk(1, ("anna", 1.0))
    thanks = shop.showing
    assert thanks is not None
    shop.restart(showing=thanks.message_id)
    shop.unit.put(
        FromScreen(ProofOfPlay(message_id=thanks.message_id, first_frame_at=START, on_screen_s=8, ended="permit"))
    )
    assert shop.events[-1].type == "content.played"
    assert shop.events[-1].data.campaign is None


ORDER_OF_EVENTS = (
    "visit.started",
    "decision.suppressed",
    "decision.holdout",
    "decision.made",
    "content.shown",
    "coupon.issued",
    "clerk.notified",
)


@given(interrupted=st.frozensets(st.integers(0, len(STEPS) - 1), max_size=2), holdout=st.booleans())
def test_within_one_step_events_come_in_the_order_in_which_one_follows_from_the_other(interrupted, holdout):
    shop = Shop([profile("anna", holdout=holdout, orders=READY)])
    shop.shelf.all_campaigns = (OFFER, ANYTIME)
    for number, (_, step) in enumerate(STEPS):
        step(shop)
        if number in interrupted:
            shop.restart()
    steps: dict[float, list[str]] = {}
    for event in shop.events:
        assert isinstance(event, EventRow)
        steps.setdefault(event.at.utc.timestamp(), []).append(event.type)
    for kinds in steps.values():
        places = [ORDER_OF_EVENTS.index(kind) for kind in kinds if kind in ORDER_OF_EVENTS]
        assert places == sorted(places)
