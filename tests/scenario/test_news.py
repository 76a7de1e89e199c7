"""Something changes while she stands here: what is new is said once, what is over is taken down, nothing flickers."""

from datetime import timedelta

import pytest

from edge_agent.contracts.campaign import Audience, Campaign, Wording
from edge_agent.contracts.screen import Clear, Hello, Refused
from edge_agent.contracts.slice import ServiceTicket
from edge_agent.events import DisplayJoined, DisplayLost, FromScreen, KnowledgeChanged
from edge_agent.simulator.display import SimulatedDisplay
from tests.scenario.shop import CONFIG, JACKET, START, WELCOME, Shop, consents, profile
from tests.scenario.test_company import ANNA, BERT
from tests.scenario.test_journey import CARE, ORDER, READY, TICKET

SOCKS = WELCOME.model_copy(update={"campaign": "socks", "value": 1})
OWED = CARE.model_copy(update={"campaign": "owed", "card": "obligation"})
WORDY = WELCOME.model_copy(update={"wording": {"en": Wording(headline="Welcome back", body=" ".join(["warm"] * 22))}})
TALK = CARE.model_copy(update={"campaign": "talk", "audience": Audience(), "screen": True, "card": "none"})


def here(*campaigns: Campaign, seconds: float, **hers: object) -> Shop:
    """She has stood here for a while."""
    shop = Shop([profile("anna", **hers)])
    shop.shelf.all_campaigns = campaigns
    shop.walk(seconds, ("anna", 1.0))
    return shop


def replaced(shop: Shop, *campaigns: Campaign) -> None:
    shop.shelf.all_campaigns = campaigns
    shop.unit.put(KnowledgeChanged())


def layouts(shop: Shop) -> list[str]:
    return [scene.layout for scene in shop.scenes]


def departments(shop: Shop) -> list[str]:
    return [card.department for card in shop.cards if card.revision == 1]


def test_an_order_becomes_ready_while_she_stands_here():
    shop = here(WELCOME, ORDER, seconds=15)
    assert layouts(shop) == ["product"]
    shop.change(profile("anna", orders=READY))
    assert departments(shop) == ["desk"], "at once"
    shop.walk(0.1, ("anna", 1.0))
    assert layouts(shop) == ["product", "order_ready"]
    assert shop.showing.layout == "order_ready"
    shop.walk(60, ("anna", 1.0))
    assert departments(shop) == ["desk"], "the offer is over"
    shown = [event.data.campaign for event in shop.events if event.type == "content.shown"]
    played = [event.data.campaign for event in shop.events if event.type == "content.played"]
    assert shown == played == ["jacket", "order"]


def test_a_scene_stays_for_its_shortest_time_and_the_obligation_does_not_wait_for_it():
    shop = here(WELCOME, ORDER, seconds=4)
    shop.change(profile("anna", orders=READY))
    assert departments(shop) == ["desk"]
    shop.walk(shop.scenes[0].minimum_s - 2, ("anna", 1.0))
    assert layouts(shop) == ["product"]
    shop.walk(2, ("anna", 1.0))
    assert layouts(shop) == ["product", "order_ready"]


def test_what_waits_for_the_screen_is_forgotten_with_her():
    shop = here(WELCOME, ORDER, seconds=4)
    shop.change(profile("anna", orders=READY))
    assert set(shop.pipeline._service._speaker._late) == {"anna"}
    shop.say("opted_out")
    assert shop.pipeline._service._speaker._late == {}
    shop.walk(10, ("anna", 1.0))
    assert layouts(shop) == ["product"]


def test_nothing_of_a_lower_or_the_same_class_replaces_what_stands():
    shop = here(TALK, seconds=10, tickets=TICKET)
    assert layouts(shop) == ["service"]
    replaced(shop, TALK, ORDER.model_copy(update={"card": "none"}))
    shop.change(profile("anna", tickets=TICKET, orders=READY))
    shop.walk(10, ("anna", 1.0))
    assert layouts(shop) == ["service"]
    shop.walk(20, ("anna", 1.0))
    assert layouts(shop) == ["service", "order_ready"], "after its end"


def test_the_news_is_told_once_however_often_the_slice_changes():
    shop = here(WELCOME, ORDER, seconds=10)
    for _ in range(5):
        shop.change(profile("anna", orders=READY))
        shop.unit.put(KnowledgeChanged())
        shop.walk(20, ("anna", 1.0))
    assert layouts(shop) == ["product", "order_ready"]
    assert departments(shop) == ["desk"]
    assert shop.happened().count("decision.made") == 2
    assert shop.happened().count("visit.started") == 1


def test_an_offer_may_follow_an_offer_until_a_clerk_is_told():
    quiet = WELCOME.model_copy(update={"card": "none"})
    shop = here(quiet, seconds=10)
    replaced(shop, quiet, SOCKS)
    shop.walk(10, ("anna", 1.0))
    assert len(shop.scenes) == 1, "the first one stands"
    shop.walk(45, ("anna", 1.0))
    assert len(shop.scenes) == 2
    assert departments(shop) == ["outdoor"]
    replaced(shop, quiet, SOCKS, quiet.model_copy(update={"campaign": "more"}))
    shop.walk(60, ("anna", 1.0))
    assert len(shop.scenes) == 2, "from now on it is the clerk who talks"


def test_an_offer_does_not_overtake_the_card_that_is_to_come():
    shop = here(WELCOME, seconds=10)
    replaced(shop, WELCOME, SOCKS.model_copy(update={"value": 1000}))
    shop.walk(60, ("anna", 1.0))
    assert len(shop.scenes) == 1
    assert departments(shop) == ["outdoor"]
    assert [event.data.campaign for event in shop.events if event.type == "clerk.notified"] == ["jacket"]


def test_of_two_obligations_neither_is_forgotten():
    shop = here(ORDER, OWED, seconds=5, orders=READY, tickets=TICKET)
    assert departments(shop) == ["service", "desk"]


def test_the_control_group_hears_of_orders_and_of_nothing_else():
    shop = here(WELCOME, ORDER, seconds=10, holdout=True)
    replaced(shop, WELCOME, SOCKS, ORDER)
    shop.walk(30, ("anna", 1.0))
    assert shop.scenes == []
    shop.change(profile("anna", holdout=True, orders=READY))
    shop.walk(10, ("anna", 1.0))
    assert layouts(shop) == ["order_ready"]
    assert shop.happened().count("decision.holdout") == 1


@pytest.mark.parametrize("seconds", [10, 40])
def test_in_company_the_news_goes_to_the_clerks_alone(seconds):
    shop = Shop([profile(ANNA), profile(BERT)])
    shop.shelf.all_campaigns = (WELCOME.model_copy(update={"card": "none"}), ORDER)
    shop.walk(seconds, (ANNA, 1.0), (BERT, 1.0))
    scenes = len(shop.scenes)
    shop.change(profile(ANNA, orders=READY))
    shop.walk(10, (ANNA, 1.0), (BERT, 1.0))
    assert departments(shop) == ["desk"]
    assert len(shop.scenes) == scenes


def test_who_has_stepped_away_hears_the_news_when_she_is_back():
    shop = here(WELCOME, ORDER, seconds=10)
    shop.walk(10, ("anna", 8.0))
    shop.change(profile("anna", orders=READY))
    assert departments(shop) == []
    shop.walk(10, ("anna", 1.0))
    assert departments(shop) == ["desk"]
    assert layouts(shop) == ["product", "order_ready"]


def test_after_a_restart_nothing_of_it_is_repeated():
    quiet, socks = (campaign.model_copy(update={"card": "none", "caps": ()}) for campaign in (WELCOME, SOCKS))
    limits = CONFIG.limits.model_copy(update={"caps": ()})
    shop = Shop([profile("anna")], config=CONFIG.model_copy(update={"limits": limits}))
    shop.shelf.all_campaigns = (quiet,)
    shop.walk(10, ("anna", 1.0))
    replaced(shop, quiet, socks)
    shop.walk(60, ("anna", 1.0))
    assert len(shop.scenes) == 2
    shop.restart()
    shop.walk(60, ("anna", 1.0))
    assert len(shop.scenes) == 2


def test_what_changed_while_the_agent_was_down_is_news():
    shop = Shop([profile("anna")], screen=False)
    shop.shelf.all_campaigns = (WELCOME, ORDER)
    shop.walk(10, ("anna", 1.0))
    shop.shelf.profiles["anna"] = profile("anna", orders=READY)
    shop.unit = shop._started(shop.unit.instant.utc, screen=False)
    shop.walk(10, ("anna", 1.0))
    assert departments(shop) == ["desk"]


# --- what is over -------------------------------------------------------------------------------

OVER = {
    "gone from the file": ((), JACKET),
    "ended": ((WELCOME.model_copy(update={"ends_at": START}),), JACKET),
    "its product is not public": ((WELCOME,), JACKET.model_copy(update={"content_class": "discreet"})),
    "its product is gone": ((WELCOME,), None),
}


@pytest.mark.parametrize("case", OVER)
@pytest.mark.parametrize("by", ["catalogue", "slice"])
def test_a_campaign_that_may_not_be_said_any_more_leaves_screen_and_tablets_at_once(case, by):
    shop = here(WELCOME, seconds=24)
    assert shop.showing is not None
    shop.shelf.all_campaigns, product = OVER[case]
    shop.shelf.products = {} if product is None else {JACKET.product: product}
    if by == "catalogue":
        shop.unit.put(KnowledgeChanged())
    else:
        shop.change(profile("anna"))
    assert shop.showing is None
    assert shop.cards[-1].state == "withdrawn"
    assert [event.data.reason for event in shop.events if event.type == "clerk.withdrawn"] == ["campaign"]
    shop.walk(60, ("anna", 1.0))
    assert len(shop.scenes) == 1


def test_a_campaign_that_ends_by_itself_leaves_the_screen():
    shop = here(WELCOME.model_copy(update={"ends_at": START + timedelta(seconds=10)}), seconds=9)
    assert shop.showing is not None
    shop.walk(2.1, ("anna", 1.0))
    assert shop.showing is None


def test_a_clerk_who_talks_to_her_goes_on_with_it():
    shop = here(WELCOME, seconds=25)
    shop.say("claim")
    replaced(shop)
    assert shop.cards[-1].state == "taken"
    shop.shelf.products = {JACKET.product: JACKET.model_copy(update={"content_class": "sensitive"})}
    shop.unit.put(KnowledgeChanged())
    assert shop.cards[-1].state == "withdrawn", "what is mentioned nowhere is not on a card either"


def test_a_campaign_that_ends_before_its_card_sends_none():
    shop = here(WELCOME, seconds=10)
    replaced(shop)
    shop.walk(60, ("anna", 1.0))
    assert shop.cards == []


# --- the screen ---------------------------------------------------------------------------------


def test_a_display_that_joins_late_says_what_only_a_screen_can_say():
    shop = Shop([profile("anna")], screen=False)
    shop.shelf.all_campaigns = (WELCOME.model_copy(update={"card": "none"}),)
    shop.walk(10, ("anna", 1.0))
    assert shop.happened() == ["visit.started", "decision.suppressed"]
    shop.unit.put(DisplayJoined(Hello(width_px=1920, height_px=1080)))
    shop.walk(5, ("anna", 1.0))
    assert layouts(shop) == ["product"]


def test_a_display_that_joins_late_does_not_hurry_or_repeat_a_card():
    shop = Shop([profile("anna")], screen=False)
    shop.walk(10, ("anna", 1.0))
    shop.unit.put(DisplayJoined(Hello(width_px=1920, height_px=1080)))
    shop.walk(60, ("anna", 1.0))
    assert departments(shop) == ["outdoor"]
    assert shop.scenes == []


@pytest.mark.parametrize("seconds", [3.01, 8])
def test_a_display_that_is_lost_for_good_delays_no_card(seconds):
    shop = here(WELCOME, seconds=seconds)
    shop.unit.put(DisplayLost())
    shop.unit.display = SimulatedDisplay()
    shop.walk(19.9 - seconds, ("anna", 1.0))
    assert shop.cards == []
    shop.walk(0.3, ("anna", 1.0))
    assert len(shop.cards) == 1, "after the clerk's dwell"


def test_a_scene_that_is_refused_makes_room_for_what_waits():
    shop = here(WELCOME.model_copy(update={"card": "none"}), seconds=5)
    replaced(shop, *shop.shelf.all_campaigns, SOCKS.model_copy(update={"card": "none"}))
    shop.walk(1, ("anna", 1.0))
    first = shop.scenes[0].message_id
    shop.unit.display.tell(Clear(message_id=first, reason="done"), shop.unit.now_s, START)
    shop.unit.put(FromScreen(Refused(message_id=first, reason="no picture")))
    shop.walk(1, ("anna", 1.0))
    assert len(shop.scenes) == 2


# --- thanks -------------------------------------------------------------------------------------


def test_who_has_bought_something_is_thanked_and_offered_nothing():
    shop = here(WELCOME, SOCKS, seconds=30)
    shop.say("claim")
    shop.say("done", outcome="sold", order_id="o1")
    scene = shop.showing
    assert (scene.headline, scene.mode, scene.body, scene.badges) == ("Thank you", "contextual", "", ())
    shop.walk(60, ("anna", 1.0))
    assert len(shop.scenes) == 2
    assert [event.data.campaign for event in shop.events if event.type == "content.shown"] == ["jacket", None]


@pytest.mark.parametrize("hers", [{"consents": consents("clerk")}, {}])
def test_who_may_not_be_addressed_or_is_gone_is_not_thanked(hers):
    shop = here(WELCOME, seconds=30, **hers)
    shop.say("claim")
    if not hers:
        shop.walk(60)
    scenes = len(shop.scenes)
    shop.say("done", outcome="sold")
    assert len(shop.scenes) == scenes


def test_a_complaint_that_comes_up_meanwhile_is_a_matter_for_service():
    shop = here(WELCOME, OWED, seconds=10)
    ticket = ServiceTicket(ticket="t2", opened_at=START, department="service")
    shop.change(profile("anna", tickets=(ticket,)))
    shop.walk(60, ("anna", 1.0))
    assert departments(shop) == ["service"]


def test_a_scene_whose_words_take_longer_to_read_stays_longer():
    shop = here(WORDY, ORDER, seconds=4)
    minimum_s = shop.scenes[0].minimum_s
    assert minimum_s > 12
    shop.change(profile("anna", orders=READY))
    shop.walk(minimum_s - 3, ("anna", 1.0))
    assert layouts(shop) == ["product"], "it was not read yet"
    shop.walk(3, ("anna", 1.0))
    assert layouts(shop) == ["product", "order_ready"]


def test_no_clerk_comes_before_the_screen_was_read():
    quick = CONFIG.model_copy(update={"presence": CONFIG.presence.model_copy(update={"card_dwell_s": 4.0})})
    shop = Shop([profile("anna")], config=quick)
    shop.shelf.all_campaigns = (WORDY,)
    shop.walk(4, ("anna", 1.0))
    minimum_s = shop.scenes[0].minimum_s
    shop.walk(minimum_s - 2, ("anna", 1.0))
    assert shop.cards == []
    shop.walk(3, ("anna", 1.0))
    assert len(shop.cards) == 1
