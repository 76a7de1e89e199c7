"""She says no: in the shop, or on the web. It counts at once, everywhere, and stays so."""

from datetime import timedelta

import pytest

from edge_agent.contracts.clerk import TabletHello
from edge_agent.contracts.ownership import Withdrawal
from edge_agent.contracts.slice import ServiceTicket
from edge_agent.events import BusJoined, EventRow, FromUnit, TabletJoined, ToUnits, UnitJoined, WithdrawalRow
from edge_agent.visit.withdrawals import REPEAT_S
from tests.scenario.shop import START, Shop, consents, profile


def carded() -> Shop:
    shop = Shop([profile("anna")])
    shop.walk(21, ("anna", 1.0))
    assert shop.showing is not None
    assert shop.cards[-1].state == "open"
    return shop


def quiet(shop: Shop) -> bool:
    """Whether nothing personal is left, and nothing comes of it when she stays or comes back."""
    rows, facts, effects = len(shop.rows), len(shop.facts), len(shop.effects)
    shop.walk(40, ("anna", 1.0))
    shop.walk(100)
    shop.walk(40, ("anna", 1.0))
    played = [row for row in shop.rows[rows:] if not isinstance(row, EventRow)]
    return shop.showing is None and not played and len(shop.facts) == facts and len(shop.effects) == effects


@pytest.mark.parametrize(
    ("action", "scope", "forgotten"), [("opted_out", "all", ["anna"]), ("pause_today", "today", [])]
)
def test_said_to_a_clerk(action, scope, forgotten):
    shop = carded()
    shop.say(action)
    assert shop.showing is None
    assert (shop.cards[-1].state, shop.cards[-1].title) == ("withdrawn", "")
    assert shop.forgotten == forgotten
    assert [row.scope for row in shop.rows if isinstance(row, WithdrawalRow)] == [scope]
    assert [e.data.source for e in shop.events if e.type == "consent.revoked"] == ["clerk"]
    assert quiet(shop)
    shop.restart()
    assert quiet(shop)


@pytest.mark.parametrize("action", ["opted_out", "pause_today"])
def test_it_leaves_nothing_of_her_in_the_pipeline(action):
    shop = carded()
    shop.say(action)
    shop.walk(10, ("anna", 1.0))
    assert not shop.pipeline._badges
    assert not shop.pipeline._tracker._presences


def test_said_to_a_clerk_after_she_has_walked_on():
    shop = carded()
    shop.say("claim")
    shop.walk(60)
    shop.say("opted_out", tablet="tablet-b")
    assert shop.forgotten == ["anna"]
    assert quiet(shop)


WITHOUT_CLERK, WITHOUT_SCREEN = consents("screen"), consents("clerk")


@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize(
    ("changes", "scene", "card"),
    [
        ({"consents": ()}, False, False),
        ({"consents": WITHOUT_SCREEN}, False, True),
        ({"consents": WITHOUT_CLERK}, True, False),
        ({"do_not_disturb": True}, False, False),
        ({"paused_until": START + timedelta(hours=1)}, False, False),
        ({"age": "unknown"}, False, False),
        ({"valid_until": START}, False, False),
        ({"viewed": ()}, True, True),
    ],
)
def test_said_on_the_web(changes, scene, card, claimed):
    shop = carded()
    if claimed:
        shop.say("claim")
    shop.change(profile("anna", **changes))  # within the same step
    assert (shop.showing is not None) is scene
    assert (shop.cards[-1].state in ("open", "taken")) is card


def test_a_pause_that_the_hub_tells_leaves_her_unheard_of_and_ends_by_itself():
    midnight = START + timedelta(minutes=10)
    shop = carded()
    shop.say("claim")
    shop.change(profile("anna", paused_until=midnight))
    assert shop.cards[-1].state == "withdrawn"
    assert shop.forgotten == []
    assert quiet(shop)
    shop.restart()
    assert quiet(shop)
    shop.walk((midnight - shop.unit.instant.utc).total_seconds() + 1)
    started = shop.happened().count("visit.started")
    shop.walk(21, ("anna", 1.0))
    assert shop.happened().count("visit.started") == started + 1


@pytest.mark.parametrize("walked_on", [False, True])
def test_a_tombstone_takes_everything(walked_on):
    shop = carded()
    shop.say("claim")
    if walked_on:
        shop.walk(60)
    shop.change(gone=["anna"])
    assert shop.showing is None
    assert shop.cards[-1].state == "withdrawn"
    assert quiet(shop)


def test_somebody_elses_change_changes_nothing():
    shop = carded()
    shop.change(profile("bert"))
    assert shop.showing is not None
    assert [card.state for card in shop.cards] == ["open"]


def test_do_not_disturb_is_a_visit_without_a_word():
    shop = Shop([profile("anna", do_not_disturb=True)])
    shop.walk(60, ("anna", 1.0))
    assert shop.scenes == shop.cards == []
    assert shop.happened() == ["visit.started", "decision.suppressed"]


def test_a_complaint_is_a_visit_without_an_offer():
    ticket = ServiceTicket(ticket="t", opened_at=START, department="service")
    shop = Shop([profile("anna", tickets=(ticket,))])
    shop.walk(60, ("anna", 1.0))
    assert shop.scenes == shop.cards == []
    assert [e.data.reason for e in shop.events if e.type == "decision.suppressed"] == ["open_complaint"]


def test_a_card_ends_with_the_consent_that_it_needs():
    soon = consents("screen", "clerk")
    ends = START + timedelta(seconds=60)
    shop = Shop([profile("anna", consents=(soon[0], soon[1].model_copy(update={"expires_at": ends})))])
    shop.walk(150, ("anna", 1.0))
    assert [card.expires_at for card in shop.cards if card.state == "open"] == [ends]
    assert shop.cards[-1].state == "expired"
    published = len(shop.cards)
    shop.unit.put(TabletJoined(TabletHello(tablet="late", departments=("outdoor",))))
    assert len(shop.cards) == published


def test_a_crowd_of_units_is_told_of_a_withdrawal_at_once_and_once_more():
    shop = Shop([profile("anna")])
    shop.unit.put(FromUnit(Withdrawal(unit="rack", customer="anna", scope="all")))

    def told() -> list[Withdrawal]:
        messages = [effect.message for effect in shop.effects if isinstance(effect, ToUnits)]
        return [message for message in messages if isinstance(message, Withdrawal)]

    shop.unit.put(BusJoined())
    assert len(told()) == 1
    for number in range(49):
        shop.unit.put(UnitJoined(f"unit{number}"))
    assert len(told()) == 1
    shop.walk(2 * REPEAT_S)
    assert len(told()) == 2, "whoever came within the second has heard it as well"
    shop.walk(60)
    assert len(told()) == 2
    shop.unit.put(UnitJoined("late"))
    assert len(told()) == 3
