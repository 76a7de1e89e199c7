"""One customer's way through the shop, and what screen, clerk and platform hear of it."""

from datetime import timedelta

import pytest

from edge_agent.contracts.campaign import Audience, Campaign, Wording
from edge_agent.contracts.config import NoticeConfig
from edge_agent.contracts.radio_config import NOTICED_WITHIN_S
from edge_agent.contracts.screen import Clear, Refused
from edge_agent.contracts.slice import ReadyOrder, ServiceTicket, ViewedProduct
from edge_agent.events import BusJoined, ContactRow, FromScreen, RadioHealth
from edge_agent.radio.ambient import Ambient
from edge_agent.radio.listener import CHECK_S
from tests.scenario.shop import CONFIG, JACKET, START, WELCOME, Shop, consents, profile

ORDER = Campaign(
    campaign="order",
    title="Order ready",
    message_class="order",
    audience=Audience(order_ready=True),
    card="obligation",
    department="desk",
    wording={"en": Wording(headline="{ $badge }, your order is ready", body="{ $desk }")},
)
CARE = Campaign(
    campaign="care",
    title="An open question",
    message_class="service",
    audience=Audience(ticket_open=True),
    screen=False,
    card="opportunity",
    department="service",
    wording={"en": Wording(headline="We are here for you")},
)
READY = (ReadyOrder(order="o1", ready_at=START, desk="Desk 2"),)
TICKET = (ServiceTicket(ticket="t1", opened_at=START - timedelta(days=2), department="service"),)


def test_from_the_web_to_the_clerk():
    shop = Shop([profile("anna", viewed=())])
    shop.change(profile("anna", viewed=(ViewedProduct(product=JACKET.product, viewed_at=START, size="M"),)))
    shop.walk(2.5, ("anna", 1.0))
    assert shop.showing is None, "not before she has stayed"
    shop.walk(1.5, ("anna", 1.0))
    scene = shop.showing
    assert scene is not None
    assert (scene.mode, scene.product_name, scene.price, scene.place) == ("badge", "Trail Jacket", "€149.00", "rack 4")
    assert scene.headline == f"{scene.badges[0].label}, welcome back"
    assert shop.cards == [], "not before she has seen it and stays"
    shop.walk(20, ("anna", 1.0))
    (card,) = shop.cards
    assert (card.title, card.badge) == ("Trail Jacket", scene.badges[0].label)
    shop.say("claim")
    shop.say("done", outcome="sold")
    shop.walk(60)
    assert shop.happened() == [
        "visit.started",
        "decision.made",
        "content.shown",
        "clerk.notified",
        "clerk.claimed",
        "clerk.outcome",
        "content.played",
        "content.shown",
        "content.played",
        "visit.ended",
    ]
    assert [card.state for card in shop.cards] == ["open", "taken", "closed"]
    visits = {event.data.visit for event in shop.events}
    assert len(visits) == 1


def test_a_ready_order_does_not_wait_for_the_screen():
    shop = Shop([profile("anna", orders=READY)])
    shop.shelf.all_campaigns = (WELCOME, ORDER)
    shop.walk(3.5, ("anna", 1.0))
    assert shop.showing.layout == "order_ready"
    assert shop.showing.body == "Desk 2"
    assert [(card.kind, card.department) for card in shop.cards] == [("obligation", "desk")]
    assert shop.happened().index("clerk.notified") < shop.happened().index("content.shown")


def test_a_complaint_silences_offers_and_brings_a_service_card():
    shop = Shop([profile("anna", tickets=TICKET)])
    shop.shelf.all_campaigns = (WELCOME, CARE)
    shop.walk(30, ("anna", 1.0))
    assert shop.scenes == []
    (card,) = shop.cards
    assert (card.department, card.facts) == ("service", ("Open ticket since Thursday; no offers",))


def test_a_complaint_made_meanwhile_holds_the_offers_card_back():
    shop = Shop([profile("anna")])
    shop.walk(10, ("anna", 1.0))
    shop.change(profile("anna", tickets=TICKET))
    shop.walk(30, ("anna", 1.0))
    assert shop.cards == []


def test_a_unit_without_a_screen_sends_a_card_by_dwell_alone():
    shop = Shop([profile("anna")], screen=False)
    shop.walk(19, ("anna", 1.0))
    assert shop.cards == []
    shop.walk(3, ("anna", 1.0))
    assert shop.cards[0].title == "Trail Jacket"
    assert shop.happened() == ["visit.started", "decision.made", "clerk.notified"]


def test_a_scene_that_is_refused_keeps_no_card_waiting():
    shop = Shop([profile("anna")])
    shop.walk(3.01, ("anna", 1.0))
    refused = shop.scenes[0].message_id
    shop.unit.display.tell(Clear(message_id=refused, reason="done"), shop.unit.now_s, START)  # it shows nothing
    shop.unit.put(FromScreen(Refused(message_id=refused, reason="no picture")))
    shop.walk(25, ("anna", 1.0))
    assert "content.shown" not in shop.happened()
    assert len(shop.cards) == 1


def test_she_passes_by():
    shop = Shop([profile("anna")])
    shop.walk(1, ("anna", 1.0))
    shop.walk(60, ("anna", 8.0))
    shop.walk(60)
    assert shop.rows == shop.cards == shop.scenes == []


def test_she_steps_away_and_comes_back_within_her_visit():
    shop = Shop([profile("anna")])
    shop.walk(5, ("anna", 1.0))
    shop.walk(9, ("anna", 8.0))  # she may only have turned round: it takes some seconds
    assert shop.showing is None
    shop.walk(30, ("anna", 1.0))
    assert len(shop.scenes) == 1
    assert len(shop.cards) == 1
    assert shop.happened().count("visit.started") == 1


def test_she_leaves_while_her_card_is_open():
    shop = Shop([profile("anna")])
    shop.walk(25, ("anna", 1.0))
    shop.walk(60)
    assert [card.state for card in shop.cards] == ["open", "withdrawn"]
    assert [event.data.reason for event in shop.events if event.type == "clerk.withdrawn"] == ["left"]


def test_a_claimed_card_survives_her_leaving():
    shop = Shop([profile("anna")])
    shop.walk(25, ("anna", 1.0))
    shop.say("claim")
    shop.walk(60)
    assert "visit.ended" in shop.happened()
    assert shop.cards[-1].state == "taken"
    shop.say("done", outcome="interested")
    assert shop.happened()[-1] == "clerk.outcome"


@pytest.mark.parametrize("back", [{"action": "release"}, {"action": "hand_over", "department": "footwear"}])
def test_nobody_is_sent_to_look_for_somebody_who_has_left(back):
    shop = Shop([profile("anna")])
    shop.walk(25, ("anna", 1.0))
    shop.say("claim")
    shop.walk(60)
    shop.say(**back)
    assert shop.cards[-1].state == "withdrawn"
    assert shop.events[-1].data.reason == "left"


def test_while_she_is_here_another_clerk_may_take_what_one_gives_back():
    shop = Shop([profile("anna")])
    shop.walk(25, ("anna", 1.0))
    shop.say("claim")
    shop.say("release")
    assert shop.cards[-1].state == "open"


def test_what_she_is_owed_stays_when_its_clerk_gives_it_back():
    shop = Shop([profile("anna", orders=READY)])
    shop.shelf.all_campaigns = (ORDER,)
    shop.walk(5, ("anna", 1.0))
    shop.say("claim")
    shop.walk(60)
    shop.say("release")
    assert shop.cards[-1].state == "open"


def test_nobody_wants_it_and_it_expires():
    shop = Shop([profile("anna")])
    shop.walk(25 + 181, ("anna", 1.0))
    assert [card.state for card in shop.cards] == ["open", "expired"]
    shop.walk(60, ("anna", 1.0))
    assert len(shop.cards) == 2


def test_a_tablet_and_a_broker_that_come_back_get_the_open_cards():
    shop = Shop([profile("anna")])
    shop.walk(25, ("anna", 1.0))
    shop.unit.put(BusJoined())
    assert shop.cards == [shop.cards[0]] * 2


def test_the_control_group_gets_nothing_and_an_event_says_so():
    shop = Shop([profile("anna", holdout=True)])
    shop.walk(60, ("anna", 1.0))
    assert shop.scenes == shop.cards == []
    assert shop.happened() == ["visit.started", "decision.holdout"]


def test_a_cap_outlives_the_visit():
    shop = Shop([profile("anna")])
    for _ in range(3):
        shop.walk(30, ("anna", 1.0))
        shop.walk(120)
    assert len(shop.scenes) == 1
    assert shop.happened().count("visit.started") == 3
    assert {row.channel for row in shop.rows if isinstance(row, ContactRow)} == {"screen", "clerk"}


NOTHING_PERSONAL = {
    "unknown age": ({"age": "unknown"}, {}),
    "a minor": ({"age": "minor"}, {}),
    "no consent": ({"consents": ()}, {}),
    "consent expired": ({"consents": (consents("screen")[0].model_copy(update={"expires_at": START}),)}, {}),
    "profile expired": ({"valid_until": START}, {}),
    "no notice": ({}, {"config": CONFIG.model_copy(update={"notice": NoticeConfig()})}),
    "clock not trusted": ({}, {"trusted": False}),
}


@pytest.mark.parametrize("case", NOTHING_PERSONAL)
def test_where_nothing_may_be_known_nothing_is_left(case):
    """Hard rules 3, 6 and 7: no scene, no card, no row, no event, not even a line for the story."""
    hers, shops = NOTHING_PERSONAL[case]
    shop = Shop([profile("anna", **hers)], **shops)
    shop.walk(40, ("anna", 1.0))
    shop.walk(120)
    assert (shop.rows, shop.facts, shop.cards, shop.scenes) == ([], [], [], [])


def test_a_lease_that_runs_out_clears_the_screen():
    shop = Shop([profile("anna")])
    shop.walk(5, ("anna", 1.0))
    assert shop.showing is not None
    shop.unit.start += timedelta(hours=25)
    shop.walk(1.5)
    assert shop.showing is None


@pytest.mark.parametrize("jump", [timedelta(minutes=-30), timedelta(minutes=20), timedelta(hours=5)])
def test_the_wall_clock_jumps_and_her_dwell_does_not(jump):
    shop = Shop([profile("anna")])
    shop.walk(2, ("anna", 1.0))
    shop.unit.start += jump
    shop.walk(0.9)
    assert shop.showing is None
    shop.walk(0.2)
    assert shop.showing is not None


def test_after_a_jump_of_the_wall_clock_her_new_ids_are_known_within_seconds():
    shop = Shop([profile("anna")])
    shop.walk(1)
    shop.unit.start += timedelta(hours=5)
    shop.walk(10)
    shop.walk(4, ("anna", 1.0))
    assert shop.showing is not None


def test_a_scan_that_dies_without_a_word_ends_no_visit_before_it_is_noticed():
    shop = Shop([profile("anna")])
    ambient = Ambient(shop.config.radio.silent_s, shop.unit.now_s)
    for _ in range(25):
        shop.walk(1, ("anna", 1.0))
        ambient.heard(shop.unit.now_s, None)
    last_heard_s = shop.unit.now_s
    while ambient.judge(shop.unit.now_s, None) != "deaf":
        shop.walk(CHECK_S)
    assert shop.unit.now_s <= last_heard_s + shop.config.radio.silent_s + NOTICED_WITHIN_S
    shop.unit.put(RadioHealth(healthy=False, since_s=ambient.heard_s))
    shop.walk(2)
    shop.unit.put(RadioHealth(healthy=True))
    shop.walk(15)  # she comes back into the air late, and was there all the while
    shop.walk(5, ("anna", 1.0))
    assert "visit.ended" not in shop.happened()


def test_exits_wait_while_the_radio_is_ill():
    shop = Shop([profile("anna")])
    shop.walk(25, ("anna", 1.0))
    shop.unit.put(RadioHealth(healthy=False))
    shop.walk(120)
    assert "visit.ended" not in shop.happened()
    assert shop.showing is None, "a personal scene does not wait"
    shop.unit.put(RadioHealth(healthy=True))
    shop.walk(60)
    assert shop.happened()[-1] == "visit.ended"
