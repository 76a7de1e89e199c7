"""During a dwell the scene that is likely at its end is prepared: it comes up at once, and nothing counts it before."""

from datetime import timedelta

import pytest

from edge_agent.contracts.config import ScreenConfig
from edge_agent.contracts.screen import Clear, Hello, Prepare, Refused, Show
from edge_agent.events import (
    ContactRow,
    DisplayJoined,
    DisplayLost,
    EventRow,
    FromScreen,
    SliceChanged,
    ToScreen,
    VisitRow,
)
from edge_agent.simulator.display import COMPOSING_S, FIRST_FRAME_S
from edge_agent.visit.rehearsal import COMING_MAX
from tests.scenario.shop import CONFIG, LEASE, START, WELCOME, Shop, consents, profile

ANNA, BERT = "c-anna", "c-bert"
SIZE = {"width_px": 1920, "height_px": 1080}
COUPON = WELCOME.model_copy(update={"qr": True, "coupon": "ten-off"})
QR = CONFIG.model_copy(update={"screen": ScreenConfig(qr_url="https://shop.example/q/{code}")})


def prepared(shop: Shop) -> list[str]:
    """What the display holds ready at this moment."""
    return [scene.message_id for scene in shop.unit.display.prepared]


def first_frame_s(shop: Shop) -> float:
    """From the decision to the first frame of the only scene."""
    [show] = [effect for effect in shop.effects if isinstance(effect, ToScreen) and isinstance(effect.message, Show)]
    [event] = [event for event in shop.events if event.type == "content.shown"]
    assert show.decided_s is not None
    return event.at.monotonic_s - show.decided_s


def test_the_scene_that_is_shown_is_the_one_that_was_prepared():
    shop = Shop([profile(ANNA)])
    shop.walk(1.5, (ANNA, 1.0))
    [ready] = shop.told(Prepare)
    shop.walk(4, (ANNA, 1.0))
    assert shop.scenes == [ready.scene]
    assert shop.told(Prepare) == [ready]
    assert first_frame_s(shop) == pytest.approx(FIRST_FRAME_S)


def test_its_code_is_the_same_and_is_issued_once_it_is_shown():
    shop = Shop([profile(ANNA)], config=QR)
    shop.shelf.all_campaigns = (COUPON,)
    shop.walk(1.5, (ANNA, 1.0))
    [ready] = shop.told(Prepare)
    assert ready.scene.qr.startswith("https://shop.example/q/jacket.")
    assert shop.happened() == []
    shop.walk(4, (ANNA, 1.0))
    assert shop.scenes == [ready.scene]
    assert shop.happened().count("coupon.issued") == 1


def test_what_is_only_prepared_is_no_visit_no_decision_and_no_contact():
    shop = Shop([profile(ANNA)])
    shop.walk(2.5, (ANNA, 1.0))
    assert len(prepared(shop)) == 1
    assert [row for row in shop.rows if isinstance(row, EventRow | VisitRow | ContactRow)] == []
    assert shop.scenes == []


def test_who_passes_by_is_forgotten_by_the_display_too():
    shop = Shop([profile(ANNA)])
    shop.walk(1.5, (ANNA, 1.0))
    [message_id] = prepared(shop)
    shop.walk(2, (ANNA, 9.0))
    assert prepared(shop) == []
    shop.walk(40, (ANNA, 9.0))
    assert [clear.message_id for clear in shop.told(Clear)] == [message_id]
    assert shop.happened() == []


def test_who_withdraws_during_her_dwell_is_forgotten_at_once():
    shop = Shop([profile(ANNA)])
    shop.walk(1.5, (ANNA, 1.0))
    [message_id] = prepared(shop)
    del shop.shelf.profiles[ANNA]
    shop.unit.put(SliceChanged(frozenset(), START + LEASE, gone=frozenset({ANNA})))
    assert prepared(shop) == []
    assert shop.told(Clear) == [Clear(message_id=message_id, reason="consent")]


def test_whose_profile_is_gone_during_her_dwell_is_forgotten_at_once():
    shop = Shop([profile(ANNA)])
    shop.walk(1.5, (ANNA, 1.0))
    [message_id] = prepared(shop)
    shop.change(gone=[ANNA])
    assert prepared(shop) == []
    assert [clear.message_id for clear in shop.told(Clear)] == [message_id]


def test_who_turns_back_during_her_dwell_is_prepared_for_again():
    shop = Shop([profile(ANNA)])
    shop.walk(1.5, (ANNA, 1.0))
    shop.walk(4, (ANNA, 9.0))
    assert prepared(shop) == []
    shop.walk(6, (ANNA, 1.0))
    assert first_frame_s(shop) == pytest.approx(FIRST_FRAME_S)


@pytest.mark.parametrize(
    "changes",
    [
        {"consents": consents("clerk")},
        {"consents": ()},
        {"do_not_disturb": True},
        {"age": "unknown"},
        {"holdout": True},
        {"viewed": ()},
    ],
)
def test_nothing_is_prepared_for_whom_nothing_may_be_shown(changes):
    shop = Shop([profile(ANNA, **changes)])
    shop.walk(5, (ANNA, 1.0))
    assert shop.told(Prepare) == []


@pytest.mark.parametrize("changes", [{"consents": consents("clerk")}, {"do_not_disturb": True}, {"viewed": ()}])
def test_what_may_not_be_shown_any_more_is_dropped(changes):
    shop = Shop([profile(ANNA)])
    shop.walk(1.5, (ANNA, 1.0))
    assert prepared(shop)
    shop.change(profile(ANNA, **changes))
    assert prepared(shop) == []
    shop.walk(5, (ANNA, 1.0))
    assert shop.scenes == []


@pytest.mark.parametrize("mode", ["generic", "contextual", "badge"])
def test_it_is_as_personal_as_the_screen_may_be(mode):
    shop = Shop([profile(ANNA)], config=CONFIG.model_copy(update={"screen": ScreenConfig(mode=mode)}))
    shop.walk(5, (ANNA, 1.0))
    assert [ready.scene.mode for ready in shop.told(Prepare)] == ([] if mode == "generic" else [mode])
    assert [ready.scene for ready in shop.told(Prepare)] == shop.scenes


def test_another_decision_than_the_prepared_one_takes_its_name_and_drops_it():
    shop = Shop([profile(ANNA)])
    shop.walk(2.5, (ANNA, 1.0))
    shop.change(profile(ANNA, languages=("de",)))
    shop.walk(4, (ANNA, 1.0))
    assert len(shop.scenes) == 1
    assert shop.scenes[0] == shop.told(Prepare)[-1].scene
    assert len({ready.scene.message_id for ready in shop.told(Prepare)}) == 1


def test_for_the_second_customer_the_group_is_prepared_and_no_personal_scene_waits():
    shop = Shop([profile(ANNA), profile(BERT)])
    shop.walk(2, (ANNA, 1.0))
    shop.walk(8, (ANNA, 1.0), (BERT, 1.0))
    assert [scene.layout for scene in shop.scenes] == ["product", "group"]
    assert [ready.scene for ready in shop.told(Prepare)][-1] == shop.scenes[-1]
    shop.walk(60, (ANNA, 1.0), (BERT, 1.0))
    assert [scene.layout for scene in shop.scenes] == ["product", "group"]


def test_one_scene_at_a_time_is_prepared():
    names = [f"c-{number}" for number in range(12)]
    shop = Shop([profile(name) for name in names])
    shop.walk(2.9, *((name, 1.0) for name in names))
    assert len(prepared(shop)) == 1


def test_of_a_crowd_the_first_are_decided_without_having_been_prepared():
    names = [ANNA, *(f"c-{number}" for number in range(COMING_MAX))]
    shop = Shop([profile(name) for name in names])
    shop.walk(1, (ANNA, 1.0))
    [message_id] = prepared(shop)
    shop.walk(1, *((name, 1.0) for name in names))
    assert Clear(message_id=message_id, reason="replaced") in shop.told(Clear)
    shop.walk(1.3, *((name, 1.0) for name in names))
    assert shop.scenes[0].message_id != message_id
    shop.walk(10, *((name, 1.0) for name in names))
    assert prepared(shop) == []


def test_what_was_prepared_is_dropped_where_the_decision_is_for_the_clerks_alone():
    ends = START + timedelta(seconds=2.9)  # after the last look, before the end of the dwell
    [screen] = consents("screen")
    shop = Shop([profile(ANNA, consents=(screen.model_copy(update={"expires_at": ends}), *consents("clerk")))])
    shop.walk(2.8, (ANNA, 1.0))
    assert len(prepared(shop)) == 1
    shop.walk(1, (ANNA, 1.0))
    assert shop.happened().count("decision.made") == 1
    assert shop.scenes == []
    assert prepared(shop) == []


def test_a_scene_that_could_not_be_prepared_is_none_that_has_ended():
    shop = Shop([profile(ANNA)])
    shop.walk(1.5, (ANNA, 1.0))
    [message_id] = prepared(shop)
    shop.unit.put(FromScreen(Refused(message_id=message_id, reason="the text is too long")))
    assert shop.pipeline.view(8, shop.unit.instant).ended is None
    assert len(shop.told(Prepare)) == 1, "once is enough"


def test_who_lingers_too_far_away_does_not_keep_the_next_from_being_prepared():
    shop = Shop([profile(ANNA), profile(BERT)])
    shop.walk(1, (ANNA, 1.0))
    shop.walk(6, (ANNA, 3.0))
    assert shop.scenes == []
    shop.walk(5, (ANNA, 3.0), (BERT, 1.0))
    assert shop.scenes == [shop.told(Prepare)[-1].scene]


def test_whoever_comes_back_within_minutes_is_not_prepared_for():
    shop = Shop([profile(ANNA)])
    shop.shelf.all_campaigns = (WELCOME, WELCOME.model_copy(update={"campaign": "another", "value": 1}))
    shop.walk(8, (ANNA, 1.0))
    shop.walk(100)
    ready = len(shop.told(Prepare))
    shop.walk(8, (ANNA, 1.0))
    assert len(shop.told(Prepare)) == ready


def test_a_display_that_comes_during_a_dwell_prepares_too():
    shop = Shop([profile(ANNA)], screen=False)
    shop.walk(1, (ANNA, 1.0))
    assert shop.told(Prepare) == []
    shop.unit.put(DisplayJoined(Hello(**SIZE)))
    assert len(prepared(shop)) == 1
    shop.unit.put(DisplayLost())
    shop.unit.put(DisplayJoined(Hello(**SIZE)))
    assert len(prepared(shop)) == 1
    shop.unit.put(DisplayJoined(Hello(**SIZE)))  # a second one may be here before the end of the first is noticed
    assert len(prepared(shop)) == 1
    shop.walk(4, (ANNA, 1.0))
    assert first_frame_s(shop) == pytest.approx(FIRST_FRAME_S)


def test_what_could_not_be_prepared_takes_the_time_to_compose_it():
    shop = Shop([profile(ANNA)])
    shop.walk(2.9, (ANNA, 1.0))
    shop.unit.display.prepared.clear()
    shop.walk(4, (ANNA, 1.0))
    assert first_frame_s(shop) == pytest.approx(COMPOSING_S + FIRST_FRAME_S)
