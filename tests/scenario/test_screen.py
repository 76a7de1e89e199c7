"""The screen: permits, a display that goes and comes back, an agent that starts again."""

import pytest

from edge_agent.contracts.config import ScreenConfig
from edge_agent.contracts.screen import Hello, Renew, Shown, State
from edge_agent.events import DisplayJoined, DisplayLost, FromScreen
from edge_agent.simulator.display import SimulatedDisplay
from tests.scenario.shop import CONFIG, Shop, profile

SIZE = {"width_px": 1920, "height_px": 1080}


def greeted(seconds: float = 5) -> Shop:
    shop = Shop([profile("anna")])
    shop.walk(seconds, ("anna", 1.0))
    assert shop.showing is not None
    return shop


def shown_events(shop: Shop) -> int:
    return shop.happened().count("content.shown")


def test_a_scene_ends_at_its_longest_time_while_she_stays():
    shop = greeted(3.1)
    shop.walk(CONFIG.screen.maximum_s - 0.5, ("anna", 1.0))
    assert shop.showing is not None
    shop.walk(1, ("anna", 1.0))
    assert shop.showing is None
    shop.walk(120, ("anna", 1.0))
    assert len(shop.scenes) == 1


def test_permits_are_not_renewed_for_somebody_who_has_stepped_away():
    shop = greeted()
    shop.walk(9, ("anna", 9.0))  # she may only have turned round: it takes some seconds
    assert shop.showing is None
    renewals = len(shop.told(Renew))
    shop.walk(10, ("anna", 9.0))
    assert len(shop.told(Renew)) == renewals


@pytest.mark.parametrize("permit_s", [1.0, 3.0])
def test_a_scene_vanishes_by_its_permit_when_the_agent_says_no_more(permit_s):
    shop = Shop([profile("anna")], config=CONFIG.model_copy(update={"screen": ScreenConfig(permit_s=permit_s)}))
    shop.walk(8, ("anna", 1.0))
    display, died_s = shop.unit.display, shop.unit.now_s
    display.answers(died_s + permit_s)
    assert display.showing is None
    assert (display.answers(died_s + permit_s), display.next_deadline()) == ([], None)


def test_a_display_that_comes_back_goes_on_under_the_permit():
    shop = greeted()
    shop.unit.put(DisplayLost())
    shop.walk(2, ("anna", 1.0))
    shop.unit.put(DisplayJoined(Hello(**SIZE, showing=shop.scenes[0].message_id)))
    assert shop.told(State)[-1].show.scene == shop.scenes[0]
    shop.walk(30, ("anna", 1.0))
    assert shown_events(shop) == 1
    assert len(shop.scenes) == 1


def test_a_display_that_was_restarted_shows_the_rest_and_counts_once():
    shop = greeted()
    shop.unit.put(DisplayLost())
    shop.unit.display = SimulatedDisplay()
    shop.walk(2, ("anna", 1.0))
    shop.unit.put(DisplayJoined(Hello(**SIZE)))
    assert shop.showing == shop.scenes[0]
    shop.walk(30, ("anna", 1.0))
    assert shown_events(shop) == 1
    assert len(shop.cards) == 1


def test_a_display_that_comes_back_after_she_left_shows_the_loop():
    shop = greeted()
    shop.unit.put(DisplayLost())
    shop.walk(20)
    shop.unit.put(DisplayJoined(Hello(**SIZE)))
    assert shop.told(State)[-1].show is None
    assert shop.showing is None


def test_a_display_that_is_lost_before_the_first_frame_delays_no_card():
    shop = Shop([profile("anna")])
    shop.walk(3.01, ("anna", 1.0))
    shop.unit.put(DisplayLost())
    shop.unit.display = SimulatedDisplay()
    shop.walk(40, ("anna", 1.0))
    assert shown_events(shop) == 0
    assert len(shop.cards) == 1


def test_an_agent_that_starts_again_greets_nobody_twice():
    shop = greeted()
    shop.restart(showing=shop.scenes[0].message_id)
    shop.walk(60, ("anna", 1.0))
    assert len(shop.scenes) == 1
    assert len(shop.cards) == 1
    assert shop.happened().count("visit.started") == shown_events(shop) == 1


def test_an_agent_that_starts_again_before_the_first_frame_greets_her_after_all():
    shop = Shop([profile("anna")])
    shop.walk(3.01, ("anna", 1.0))
    shop.restart()
    shop.walk(8, ("anna", 1.0))
    assert shown_events(shop) == 1
    shop.walk(40, ("anna", 1.0))
    assert shown_events(shop) == len(shop.cards) == shop.happened().count("visit.started") == 1


def test_a_first_frame_that_the_display_reports_late_is_the_only_one():
    shop = Shop([profile("anna")])
    shop.walk(3.01, ("anna", 1.0))
    shop.restart()  # by now the scene has faded, but the display kept its word for the agent
    shop.unit.put(FromScreen(Shown(message_id=shop.scenes[0].message_id, first_frame_s=1)))
    shop.walk(60, ("anna", 1.0))
    assert shown_events(shop) == len(shop.scenes) == len(shop.cards) == 1


def test_a_first_frame_that_the_agent_slept_through_is_counted():
    shop = Shop([profile("anna")])
    shop.walk(3.01, ("anna", 1.0))
    shop.restart(showing=shop.scenes[0].message_id)
    assert shown_events(shop) == 1


def test_an_agent_that_starts_again_forgets_no_open_card():
    shop = greeted(25)
    shop.say("claim")
    shop.restart()
    shop.say("done", outcome="sold")
    shop.walk(120)
    assert shop.happened()[-2:] == ["clerk.outcome", "visit.ended"]
    assert len(shop.cards) == 3


def test_a_visit_that_ended_while_the_agent_was_down_ends():
    shop = greeted(25)
    shop.restart()
    shop.walk(60)
    assert shop.happened()[-1] == "visit.ended"
    assert shop.cards[-1].state == "withdrawn"


def test_reports_about_scenes_that_nobody_knows_change_nothing():
    shop = greeted()
    rows = len(shop.rows)
    shop.unit.put(FromScreen(Shown(message_id="id999", first_frame_s=1)))
    assert len(shop.rows) == rows


def test_an_empty_shop_says_nothing():
    shop = Shop([profile("anna")])
    shop.walk(3600)
    assert [type(message) for message in shop.told(object)] == [State]
