"""A personal scene stays while consent, lease, presence and ownership hold, and not a second longer than it may."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from edge_agent.contracts.screen import Clear, Renew, Show
from edge_agent.contracts.slice import Consent
from edge_agent.events import RadioHealth, SliceChanged, ToScreen
from edge_agent.simulator.display import FIRST_FRAME_S
from tests.scenario.shop import CONFIG, START, WELCOME, Shop, consents, profile

ANNA, BERT, CLEO = "c-anna", "c-bert", "c-cleo"
AT_ONCE_S = CONFIG.screen.permit_s / 3
"""The agent looks so often whether a scene may stay; the display's fade is its own (below a second)."""


def greeted(**changes: object) -> Shop:
    shop = Shop([profile(ANNA, **changes)])
    shop.walk(5, (ANNA, 1.0))
    assert shop.showing is not None
    return shop


def until(offset_s: float) -> tuple[Consent, ...]:
    """Consents of which that to the screen ends so long after the start."""
    granted = START - timedelta(days=1)
    ends = Consent(purpose="screen", receipt="r", granted_at=granted, expires_at=START + timedelta(seconds=offset_s))
    return (ends, *consents("clerk", "analytics"))


def gone_after_s(shop: Shop, *heard: tuple[str, float], limit_s: float = 10) -> float:
    """Let time pass; return after how long the screen was free."""
    begin_s = shop.unit.now_s
    while shop.showing is not None and shop.unit.now_s < begin_s + limit_s:
        shop.walk(0.1, *heard)
    return shop.unit.now_s - begin_s


def test_it_is_renewed_while_all_holds_and_never_far_ahead():
    shop = greeted()
    shop.walk(15, (ANNA, 1.0))
    renewals = [effect.message for effect in shop.effects if isinstance(effect, ToScreen)]
    renewals = [message for message in renewals if isinstance(message, Renew)]
    assert len(renewals) >= 15
    assert renewals[-1].permit_until_s <= shop.unit.now_s + CONFIG.screen.permit_s
    assert shop.showing is not None


@pytest.mark.parametrize(
    "changes",
    [
        {"consents": until(8)},
        {"valid_until": START + timedelta(seconds=8)},
    ],
    ids=["consent", "profile"],
)
def test_what_ends_by_the_clock_ends_the_scene(changes: dict[str, object]):
    shop = greeted(**changes)
    shop.walk(8 - shop.unit.now_s, (ANNA, 1.0))
    assert gone_after_s(shop, (ANNA, 1.0)) <= AT_ONCE_S + 0.2


def test_a_lease_that_ends_ends_the_scene():
    shop = greeted()
    shop.unit.put(SliceChanged(frozenset(), START + timedelta(seconds=8)))
    shop.walk(8 - shop.unit.now_s, (ANNA, 1.0))
    assert gone_after_s(shop, (ANNA, 1.0)) <= AT_ONCE_S + 0.2


def test_a_clock_that_is_not_to_be_believed_any_more_ends_the_scene():
    shop = greeted()
    shop.unit.trusted = False
    assert gone_after_s(shop, (ANNA, 1.0)) <= AT_ONCE_S + 0.2


@pytest.mark.parametrize(
    "withdraw",
    [
        lambda shop: shop.change(gone=[ANNA]),
        lambda shop: shop.change(profile(ANNA, consents=consents("clerk", "analytics"))),
        lambda shop: shop.change(profile(ANNA, consents=())),
        lambda shop: shop.change(profile(ANNA, do_not_disturb=True)),
        lambda shop: shop.change(profile(ANNA, paused_until=START + timedelta(hours=5))),
        lambda shop: shop.change(profile(ANNA, age="minor")),
    ],
    ids=["all", "screen", "everything", "do not disturb", "today", "age"],
)
def test_a_withdrawal_clears_it_in_the_same_step(withdraw: Callable[[Shop], None]):
    shop = greeted()
    withdraw(shop)
    assert shop.showing is None
    assert shop.told(Clear)[-1].message_id == shop.scenes[0].message_id


def test_who_steps_away_is_not_spoken_to_any_more():
    shop = greeted()
    assert gone_after_s(shop, (ANNA, 9.0)) <= CONFIG.presence.screen_silence_s + 3
    silent = greeted()
    assert gone_after_s(silent) <= CONFIG.presence.screen_silence_s + 0.5


def test_a_scanner_that_is_ill_does_not_keep_it_up_for_ever():
    shop = greeted()
    shop.unit.put(RadioHealth(healthy=False))
    shop.walk(CONFIG.screen.maximum_s + 2)
    assert shop.showing is None


def test_a_display_that_hears_nothing_more_shows_it_no_longer_than_its_permit():
    shop = greeted()
    display, died_s = shop.unit.display, shop.unit.now_s
    display.answers(died_s + CONFIG.screen.permit_s)
    assert display.showing is None


def test_a_third_customer_replaces_the_group_by_a_larger_one_and_nobodys_scene_waits():
    shop = Shop([profile(ANNA), profile(BERT), profile(CLEO)])
    shop.walk(5, (ANNA, 1.0))
    shop.walk(5, (ANNA, 1.0), (BERT, 1.0))
    shop.walk(5, (ANNA, 1.0), (BERT, 1.0), (CLEO, 1.0))
    layouts = [scene.layout for scene in shop.scenes]
    assert layouts[0] == "product"
    assert set(layouts[1:]) <= {"group"}
    shop.walk(100, (ANNA, 1.0), (BERT, 1.0), (CLEO, 1.0))
    assert [scene.layout for scene in shop.scenes] == layouts


def test_who_comes_and_goes_makes_nothing_flicker():
    """She steps back and forth across the limits for ten minutes: each message is shown once, for its time."""
    shop = Shop([profile(ANNA), profile(BERT)])
    shop.shelf.all_campaigns = (WELCOME,)
    for _ in range(60):
        shop.walk(4, (ANNA, 1.0))
        shop.walk(6, (ANNA, 5.0), (BERT, 9.0))
    shows = [
        effect.decided_s for effect in shop.effects if isinstance(effect, ToScreen) and isinstance(effect.message, Show)
    ]
    assert len(shows) == 1
    [proof] = [event.data for event in shop.events if event.type == "content.played"]
    assert proof.spotlength >= 1000 * (CONFIG.presence.screen_silence_s - FIRST_FRAME_S)
