"""A screen that nobody can see is none; proofs of play of the loop go to the platform, and are about nobody."""

from datetime import timedelta

import pytest

from edge_agent.contracts.screen import LoopPlayed, PanelState, Prepare, ProofOfPlay, Shown
from edge_agent.events import ContactRow, FromScreen
from tests.scenario.shop import CONFIG, START, WELCOME, Shop, profile

ANNA = "c-anna"
DARK: tuple[PanelState, ...] = ("off", "covered", "absent")
OBLIGATION = WELCOME.model_copy(update={"card": "obligation"})


def turn(shop: Shop, state: PanelState) -> None:
    shop.unit.display.turn(state, shop.unit.now_s)
    for answer in shop.unit.display.answers(shop.unit.now_s):
        shop.unit.put(FromScreen(answer))


def screen_contacts(shop: Shop) -> list[ContactRow]:
    return [row for row in shop.rows if isinstance(row, ContactRow) and row.channel == "screen"]


@pytest.mark.parametrize("state", DARK)
def test_while_nobody_sees_it_the_unit_works_as_one_without_a_screen(state):
    dark, without = Shop([profile(ANNA)]), Shop([profile(ANNA)], screen=False)
    turn(dark, state)
    for shop in (dark, without):
        shop.walk(60, (ANNA, 1.0))
    assert dark.scenes == []
    assert dark.told(Prepare) == []
    assert screen_contacts(dark) == []
    assert dark.happened() == without.happened()
    assert len(dark.cards) == len(without.cards) == 1


@pytest.mark.parametrize("state", DARK)
def test_obligations_go_on(state):
    shop = Shop([profile(ANNA)])
    shop.shelf.all_campaigns = (OBLIGATION,)
    turn(shop, state)
    shop.walk(4, (ANNA, 1.0))
    assert [card.kind for card in shop.cards] == ["obligation"]


@pytest.mark.parametrize("state", DARK)
def test_what_waits_for_a_screen_that_goes_dark_waits_no_longer(state):
    shop = Shop([profile(ANNA)])
    shop.walk(3.01, (ANNA, 1.0))
    assert len(shop.scenes) == 1
    turn(shop, state)  # before the first frame
    shop.walk(CONFIG.presence.card_dwell_s, (ANNA, 1.0))
    assert screen_contacts(shop) == []
    assert len(shop.cards) == 1


def test_a_dwell_that_is_under_way_when_it_goes_dark_leaves_nothing_behind():
    shop = Shop([profile(ANNA)])
    shop.walk(1.5, (ANNA, 1.0))
    assert shop.unit.display.prepared
    turn(shop, "off")
    assert not shop.unit.display.prepared
    shop.walk(10, (ANNA, 1.0))
    assert shop.scenes == []


def test_a_panel_that_comes_back_speaks_to_whom_nothing_was_said():
    shop = Shop([profile(ANNA)])
    shop.shelf.all_campaigns = (WELCOME.model_copy(update={"card": "none"}),)
    turn(shop, "absent")
    shop.walk(10, (ANNA, 1.0))
    assert shop.scenes == []
    turn(shop, "on")
    shop.walk(5, (ANNA, 1.0))
    assert len(shop.scenes) == 1
    assert len(screen_contacts(shop)) == 1


def test_a_panel_that_flickers_greets_nobody_twice():
    shop = Shop([profile(ANNA)])
    shop.walk(5, (ANNA, 1.0))
    for _ in range(5):
        turn(shop, "covered")
        shop.walk(1, (ANNA, 1.0))
        turn(shop, "on")
        shop.walk(1, (ANNA, 1.0))
    shop.walk(30, (ANNA, 1.0))
    assert len(shop.scenes) == 1
    assert len(shop.cards) == 1


def test_a_loop_is_reported_after_the_standard_and_about_nobody():
    shop = Shop([profile(ANNA)])
    shop.walk(5, (ANNA, 1.0))
    before = len(shop.rows)
    played = LoopPlayed(
        item="spring",
        picture="ab" * 32,
        from_at=START,
        until_at=START + timedelta(hours=1),
        plays=120,
        on_screen_s=1199.9996,
        content_version="v7",
    )
    shop.unit.put(FromScreen(played))
    [row] = shop.rows[before:]
    assert (row.type, row.customer) == ("content.loop_played", None)
    assert row.data.model_dump() == {
        "zone": "Outdoor",
        "creativeid": "ab" * 32,
        "creativename": "spring",
        "startdate": START,
        "enddate": START + timedelta(hours=1),
        "plays": 120,
        "spotlength": 1_200_000,
        "content_version": "v7",
    }


@pytest.mark.parametrize(
    "extreme",
    [
        {"plays": 0},  # the only item of a loop comes up once, and stays for ever
        {"plays": 100_000, "on_screen_s": 10 * 365 * 86_400.0},
        {"from_at": START, "until_at": START - timedelta(days=9999)},
        {"content_version": "\0" * 200},
    ],
)
def test_whatever_a_display_may_say_of_its_loop_can_be_reported(extreme):
    shop = Shop([])
    played = {"item": "spring", "picture": "ab" * 32, "from_at": START, "until_at": START, "plays": 1, "on_screen_s": 9}
    shop.unit.put(FromScreen(LoopPlayed.model_validate({**played, **extreme})))
    assert shop.happened() == ["content.loop_played"]


def test_a_first_frame_of_the_future_is_taken_for_one_of_now():
    shop = Shop([profile(ANNA)])
    shop.walk(3.02, (ANNA, 1.0))
    [scene] = shop.scenes
    shop.unit.put(FromScreen(Shown(message_id=scene.message_id, first_frame_s=10 * 365 * 86_400.0)))
    assert shop.pipeline.view(8, shop.unit.instant).scene_shown_s == shop.unit.now_s


def test_a_display_that_repeats_itself_proves_nothing_new():
    shop = Shop([profile(ANNA)])
    shop.walk(5, (ANNA, 1.0))
    [scene] = shop.scenes
    for _ in range(3):
        shop.unit.put(FromScreen(Shown(message_id=scene.message_id, first_frame_s=4)))
    for _ in range(3):
        proof = ProofOfPlay(message_id=scene.message_id, first_frame_at=START, on_screen_s=9, ended="cleared")
        shop.unit.put(FromScreen(proof))
    assert shop.happened().count("content.shown") == shop.happened().count("content.played") == 1


def test_a_proof_of_whom_nothing_may_be_known_any_more_is_none():
    shop = Shop([profile(ANNA)])
    shop.walk(5, (ANNA, 1.0))
    shop.change(gone=[ANNA])
    shop.walk(5)
    assert "content.shown" in shop.happened()
    assert "content.played" not in shop.happened()


def test_a_proof_of_play_says_how_long_and_of_which_content():
    shop = Shop([profile(ANNA)])
    shop.walk(60, (ANNA, 1.0))
    [proof] = [event.data for event in shop.events if event.type == "content.played"]
    assert proof.spotlength == pytest.approx(CONFIG.screen.maximum_s * 1000, abs=1)
    assert proof.startdate > START
    assert proof.ended == "maximum"
    assert set(type(proof).model_fields) == {
        "customer",
        "visit",
        "zone",
        "decision",
        "campaign",
        "startdate",
        "spotlength",
        "ended",
        "content_version",
    }
