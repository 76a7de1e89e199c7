"""Several customers before one screen."""

from datetime import timedelta

import pytest

from edge_agent.contracts.slice import StaticToken
from edge_agent.events import EventRow
from edge_agent.identify.badges import PALETTE_SIZE
from edge_agent.identify.token import badge_number, temporary_key, window_of
from tests.scenario.shop import START, Shop, consents, identity_key, profile

TAG = "ibeacon:f7826da6-4fa2-4e98-8024-bc5b71e0893e:0001:0002"


def number(customer: str) -> int:
    return badge_number(temporary_key(identity_key(customer), window_of(int(START.timestamp()))), PALETTE_SIZE)


NAMES = [f"customer{n}" for n in range(200)]
ANNA = NAMES[0]
BERT = next(name for name in NAMES if number(name) != number(ANNA))
TWIN = next(name for name in NAMES[1:] if number(name) == number(ANNA))


def together(second: str, **changes) -> Shop:
    shop = Shop([profile(ANNA), profile(second, **changes)])
    shop.walk(5, (ANNA, 1.0))
    assert shop.showing is not None
    assert shop.showing.layout == "product"
    shop.walk(4, (ANNA, 1.0), (second, 1.0))
    return shop


def badges(shop: Shop) -> set[int]:
    return set() if shop.showing is None else {badge.number for badge in shop.showing.badges}


def test_two_are_greeted_as_a_group():
    shop = together(BERT)
    assert shop.showing.layout == "group"
    assert shop.showing.product_name == ""
    assert badges(shop) == {number(ANNA), number(BERT)}


def test_a_group_scene_is_no_contact_with_a_campaign():
    shop = together(BERT)
    shown = [event.data for event in shop.events if event.type == "content.shown"]
    assert [(event.customer, event.campaign) for event in shown] == [(ANNA, "jacket"), (BERT, None)]
    counted = [row for row in shop.rows if not isinstance(row, EventRow) and hasattr(row, "channel")]
    assert [row.customer for row in counted] == [ANNA]


def test_a_group_is_spoken_to_only_while_everybody_in_it_may_be():
    [screen] = consents("screen")
    shop = together(BERT, consents=(screen.model_copy(update={"expires_at": START + timedelta(seconds=12)}),))
    assert badges(shop) == {number(ANNA), number(BERT)}
    shop.walk(4.5, (ANNA, 1.0), (BERT, 1.0))
    assert shop.unit.now_s == pytest.approx(13.5)
    assert shop.showing is None


def test_when_one_leaves_her_badge_leaves_the_screen():
    shop = together(BERT)
    shop.walk(9, (ANNA, 1.0), (BERT, 9.0))
    assert shop.showing is None
    shop.walk(60, (ANNA, 1.0))
    assert [scene.layout for scene in shop.scenes] == ["product", "group"]


def test_each_of_them_gets_her_card():
    shop = together(BERT)
    shop.walk(30, (ANNA, 1.0), (BERT, 1.0))
    assert len(shop.cards) == 2
    assert len({card.badge for card in shop.cards}) == 2


@pytest.mark.parametrize("changes", [{}, {"do_not_disturb": True}, {"consents": consents("clerk")}, {"viewed": ()}])
def test_two_equal_badges_mean_nothing_personal(changes):
    shop = together(TWIN, **changes)
    assert shop.showing is None


@pytest.mark.parametrize("changes", [{"do_not_disturb": True}, {"consents": consents("clerk")}, {"holdout": True}])
def test_whom_the_screen_may_not_address_is_in_no_group(changes):
    shop = Shop([profile(ANNA), profile(BERT, **changes)])
    shop.walk(5, (BERT, 1.0))
    assert shop.scenes == []
    shop.walk(4, (ANNA, 1.0), (BERT, 1.0))
    assert badges(shop) == {number(ANNA)}
    assert shop.showing.product_name == "", "two known customers: nobody's product"


def test_whom_nothing_may_be_known_of_is_a_stranger():
    shop = Shop([profile(ANNA), profile(BERT, consents=())])
    shop.walk(5, (ANNA, 1.0), (BERT, 1.0))
    assert shop.showing.layout == "product"


def test_a_customer_without_an_app_joins_a_group_without_a_badge():
    shop = Shop([profile(ANNA), profile(BERT, tokens=(StaticToken(device="card", token=TAG),))])
    shop.walk(5, (ANNA, 1.0))
    shop.walk(4, (ANNA, 1.0), (TAG, 1.0))
    assert shop.showing.layout == "group"
    assert badges(shop) == {number(ANNA)}


def test_a_customer_without_an_app_is_not_addressed():
    shop = Shop([profile(BERT, tokens=(StaticToken(device="card", token=TAG),))])
    shop.walk(5, (TAG, 1.0))
    assert (shop.showing.mode, shop.showing.badges) == ("contextual", ())
    assert shop.showing.headline == "welcome back"


def test_her_phone_gives_her_a_badge_though_her_loyalty_card_was_heard_first():
    her = profile(ANNA)
    shop = Shop([her.model_copy(update={"tokens": (*her.tokens, StaticToken(device="card", token=TAG))})])
    shop.walk(1, (TAG, 1.0))
    shop.walk(4, (ANNA, 1.0))
    assert badges(shop) == {number(ANNA)}
