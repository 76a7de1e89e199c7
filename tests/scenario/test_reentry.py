"""Whoever comes back within minutes goes on with her visit: nothing is said twice, and what is owed is sent again."""

import pytest

from edge_agent.contracts.config import VisitConfig
from edge_agent.events import KnowledgeChanged, VisitRow
from tests.scenario.floor import Floor
from tests.scenario.shop import CONFIG, WELCOME, Shop, profile
from tests.scenario.test_journey import ORDER, READY

OFTEN = WELCOME.model_copy(update={"caps": ()})
SHORT = CONFIG.model_copy(update={"visit": VisitConfig(reentry_s=60)})


def left(shop: Shop, stayed_s: float, away_s: float = 120) -> Shop:
    shop.walk(stayed_s, ("anna", 1.0))
    shop.walk(away_s)
    assert shop.happened()[-1] == "visit.ended"
    return shop


def visits(shop: Shop) -> list[tuple[str, str | None]]:
    return [(e.data.visit, e.data.continues) for e in shop.events if e.type == "visit.started"]


def sent(shop: Shop) -> int:
    """How many cards went out."""
    return shop.happened().count("clerk.notified")


@pytest.mark.parametrize("restarted", [False, True])
def test_she_is_not_greeted_again_and_keeps_her_badge(restarted):
    shop = left(Shop([profile("anna")]), 10)
    shop.shelf.all_campaigns = (OFTEN,)
    if restarted:
        shop.restart()
    shop.walk(40, ("anna", 1.0))
    assert len(shop.scenes) == 1
    (first, none), (second, continues) = visits(shop)
    assert (none, continues) == (None, first)
    assert second != first
    badges = {row.badge for row in shop.rows if isinstance(row, VisitRow)}
    assert len(badges) == 1
    assert sent(shop) == 1, "she had left before the clerk's dwell: her card was still to come"


def test_the_third_visit_of_a_stay_goes_on_with_the_first():
    shop = left(left(left(Shop([profile("anna")]), 10), 10), 10)
    (first, _), *others = visits(shop)
    assert {continues for _, continues in others} == {first}
    assert len(shop.scenes) == 1


def test_who_comes_back_later_begins_anew():
    shop = left(Shop([profile("anna")], config=SHORT), 10, away_s=100)
    shop.shelf.all_campaigns = (OFTEN,)
    shop.walk(10, ("anna", 1.0))
    assert [continues for _, continues in visits(shop)] == [None, None]
    assert len(shop.scenes) == 2


def test_who_left_before_anything_was_said_is_greeted_now():
    shop = Shop([profile("anna", viewed=())])
    shop = left(shop, 10)
    shop.change(profile("anna"))
    shop.walk(10, ("anna", 1.0))
    assert len(shop.scenes) == 1
    assert visits(shop)[1][1] == visits(shop)[0][0]


@pytest.mark.parametrize("restarted", [False, True])
def test_an_obligation_that_nobody_had_taken_goes_out_again_exactly_once(restarted):
    shop = Shop([profile("anna", orders=READY)])
    shop.shelf.all_campaigns = (ORDER,)
    left(shop, 10)
    assert [card.state for card in shop.cards] == ["open", "withdrawn"]
    if restarted:
        shop.restart()
    shop.walk(40, ("anna", 1.0))
    assert [card.state for card in shop.cards] == ["open", "withdrawn", "open"]
    assert len(shop.scenes) == 1


def test_an_obligation_that_a_clerk_has_taken_is_still_hers():
    shop = Shop([profile("anna", orders=READY)])
    shop.shelf.all_campaigns = (ORDER,)
    shop.walk(10, ("anna", 1.0))
    shop.say("claim")
    shop.walk(60)
    shop.walk(40, ("anna", 1.0))
    assert [card.state for card in shop.cards] == ["open", "taken"]
    shop.say("done", outcome="helped")
    shop.walk(60, ("anna", 1.0))
    assert sent(shop) == 1


def test_a_sale_that_is_noted_when_she_has_come_back_counts():
    shop = Shop([profile("anna")])
    shop.shelf.all_campaigns = (OFTEN,)
    shop.walk(25, ("anna", 1.0))
    shop.say("claim")
    shop.walk(60)
    shop.walk(10, ("anna", 1.0))
    shop.say("done", outcome="sold")
    last = [row for row in shop.rows if isinstance(row, VisitRow)][-1]
    assert last.bought
    assert last.ended_at is None


@pytest.mark.parametrize(
    ("said", "caps", "cards"),
    [
        ((), (), 2),
        ((), WELCOME.caps, 1),
        (("decline",), (), 1),
        (("claim", "release"), (), 1),
        (("not_here",), (), 1),
    ],
)
def test_an_opportunity_comes_up_again_only_if_nobody_had_answered_it_and_the_caps_allow(said, caps, cards):
    shop = Shop(
        [profile("anna")], config=CONFIG.model_copy(update={"limits": CONFIG.limits.model_copy(update={"caps": ()})})
    )
    shop.shelf.all_campaigns = (WELCOME.model_copy(update={"caps": caps}),)
    shop.walk(25, ("anna", 1.0))
    for action in said:
        shop.say(action)
    shop.walk(60)
    shop.walk(60, ("anna", 1.0))
    assert sent(shop) == cards
    assert len(shop.scenes) == 1, "the screen has said it"


def test_caps_within_a_visit_count_the_whole_stay():
    shop = Shop([profile("anna")])
    shop.shelf.all_campaigns = tuple(OFTEN.model_copy(update={"campaign": name, "card": "none"}) for name in "abc")
    for _ in range(4):
        left(shop, 10)
        shop.unit.put(KnowledgeChanged())
    assert len(shop.scenes) == 2, "limits.caps: two offers on the screen per visit"


def test_who_is_in_the_control_group_stays_in_it():
    shop = left(Shop([profile("anna", holdout=True)]), 10)
    shop.walk(30, ("anna", 1.0))
    assert shop.happened().count("decision.holdout") == 1
    assert shop.scenes == shop.cards == []


@pytest.mark.parametrize("action", ["opted_out", "pause_today"])
def test_who_withdrew_is_not_remembered(action):
    shop = Shop([profile("anna")])
    shop.walk(25, ("anna", 1.0))
    shop.say("claim")
    shop.walk(60)
    assert shop.happened()[-1] == "visit.ended"
    shop.say(action)
    assert shop.pipeline._service._roster.past.customers() == set()
    shop.walk(30, ("anna", 1.0))
    assert len(visits(shop)) == 1


def test_a_tombstone_is_not_remembered_either():
    shop = left(Shop([profile("anna")]), 10)
    shop.change(gone=["anna"])
    assert shop.pipeline._service._roster.past.customers() == set()


def test_memory_ends_by_itself():
    shop = left(Shop([profile("anna")]), 10)
    shop.walk(CONFIG.visit.reentry_s)
    assert shop.pipeline._service._roster.past.customers() == set()


# --- several units ------------------------------------------------------------------------------

DOOR, RACK = (0.0, 0.0), (30.0, 0.0)


def test_she_comes_back_to_another_unit():
    floor = Floor((DOOR, RACK), [profile("anna")])
    floor.walk(5)
    floor.walk(12, ("anna", (1.0, 0.0)))
    floor.walk(100)
    floor.walk(30, ("anna", (29.0, 0.0)))
    floor.walk(100)
    first, second = floor.of_type("visit.started")
    assert second.data.continues == first.data.visit
    assert [event.data.zone for event in floor.shown()] == ["unit0"]
    assert [event.data.zone for event in floor.of_type("clerk.notified")] == ["unit1"]


def test_an_obligation_goes_out_again_at_the_unit_that_she_comes_back_to():
    floor = Floor((DOOR, RACK), [profile("anna", orders=READY)])
    floor.shelf.all_campaigns = (ORDER,)
    floor.walk(5)
    floor.walk(12, ("anna", (1.0, 0.0)))
    floor.walk(100)
    floor.walk(30, ("anna", (29.0, 0.0)))
    assert [event.data.zone for event in floor.of_type("clerk.notified")] == ["unit0", "unit1"]
    assert len(floor.shown()) == 1


def test_a_unit_that_starts_again_cut_off_from_all_others_greets_nobody_whom_it_had_given_away():
    floor = Floor(((60.0, 0.0), DOOR, (3.0, 0.0)), [profile("anna")])
    floor.shelf.all_campaigns = (OFTEN,)
    floor.walk(5)
    floor.walk(10, ("anna", (0.3, 0.0)))
    floor.walk(6, ("anna", (2.9, 0.0)))
    assert [event.data.zone for event in floor.shown()] == ["unit1"]
    floor.bus.cut_off = frozenset({"unit1"})
    floor.kill("unit1")
    floor.start("unit1")
    floor.walk(20, ("anna", (0.3, 0.0)))
    assert [event.data.zone for event in floor.shown()] == ["unit1"]


def test_who_withdrew_at_one_unit_is_remembered_at_none():
    floor = Floor((DOOR, RACK), [profile("anna")])
    floor.walk(5)
    floor.walk(30, ("anna", (29.0, 0.0)))
    floor.reply("unit1", "claim")
    floor.walk(100)
    coordinator = floor.units["unit0"].pipeline._service.sharing._coordinator
    assert coordinator._ended["anna"].left is not None
    floor.reply("unit1", "opted_out")
    floor.walk(5)
    assert coordinator._ended["anna"].left is None
    assert "anna" not in floor.units["unit1"].pipeline._service.sharing._member._left
