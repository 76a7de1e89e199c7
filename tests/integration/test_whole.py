"""One store on real parts: from the air to the screen, the tablet and the hub; each part is killed in turn."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from tests.integration.processes import until
from tests.integration.screens import Screen
from tests.integration.store import KEYS, SALUTATION, Store

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    made = Store(tmp_path_factory.mktemp("store"))
    try:
        made.open()
        yield made
    finally:
        made.close()


def held(store: Store, customer: str) -> bool:
    """Whether the slice has anything of her, the note that her erasure is still to be told included."""
    named = "SELECT customer FROM profiles UNION SELECT customer FROM tombstones UNION SELECT customer FROM erased"
    with closing(sqlite3.connect(store.unit / "slice.db")) as database:
        return (customer,) in database.execute(named).fetchall()


def caught_up(store: Store) -> bool:
    """Whether the unit has pulled all that the hub has."""
    with closing(sqlite3.connect(store.unit / "slice.db")) as database:
        [(cursor,)] = database.execute("SELECT value FROM state WHERE name = 'cursor'").fetchall()
    return bool(cursor == store.hub.cursor())


def test_a_visit_on_real_parts_survives_the_death_of_each(store: Store) -> None:
    a, b = store.tablet("tablet-a"), store.tablet("tablet-b")

    # She comes in: the screen speaks, then the clerks are told, once.
    store.start_agent("c-anna")
    card = a.wait_for_card("open")
    assert card.title
    assert b.wait_for_card("open").card == card.card
    store.hub.wait_for("c-anna", "visit.started", "decision.made", "content.shown", "clerk.notified")

    # The agent dies in the middle of her visit: she is not greeted twice, and her card is not forgotten.
    store.agent.kill()
    a.cards.clear()
    b.cards.clear()
    store.start_agent("c-anna")
    assert a.wait_for_card("open").card == card.card
    b.hello()
    assert b.wait_for_card("open").card == card.card

    # The first claim wins, and everybody sees it.
    a.say(card, "claim")
    taken = b.wait_for_card("taken", card.card)
    assert taken.holder == "tablet-a"
    b.say(card, "done", outcome="sold")  # not hers to close
    a.say(card, "done", outcome="interested")
    closed = b.wait_for_card("closed", card.card)
    assert (closed.title, closed.facts) == ("", ())
    store.hub.wait_for("c-anna", "clerk.outcome")
    happened = Counter(store.hub.of("c-anna"))
    once = ("visit.started", "decision.made", "content.shown", "clerk.notified", "clerk.claimed", "clerk.outcome")
    assert {kind: happened[kind] for kind in once} == dict.fromkeys(once, 1)
    [outcome] = store.hub.of_type("clerk.outcome", "c-anna")
    assert outcome["data"]["outcome"] == "interested"
    assert "tablet" not in str(outcome)

    # It says nothing about her.
    assert SALUTATION not in store.agent.log + store.display.log
    assert all(name not in store.agent.log for name in KEYS)
    assert store.agent.stop() == 0


def test_a_display_that_died_is_told_the_scene_again_while_that_is_permitted(store: Store) -> None:
    clerk = store.tablet("tablet-a")
    store.start_agent("c-cleo")
    store.hub.wait_for("c-cleo", "content.shown")
    store.display.kill()
    store.agent.wait_for("the display has disconnected")
    screen = Screen(store.socket)
    told = screen.wait_for("state")
    assert told["show"]["permit_until_s"] > 0
    message_id = told["show"]["scene"]["message_id"]
    assert screen.wait_for("renew")["message_id"] == message_id

    # She tells the clerk that she wants none of this.
    clerk.say(clerk.wait_for_card("open"), "opted_out")
    assert screen.wait_for("clear") == {"type": "clear", "message_id": message_id, "reason": "consent"}
    assert not clerk.wait_for_card("withdrawn").title
    store.hub.wait_for("c-cleo", "consent.revoked", "consent.erased")
    screen.close()
    again = Screen(store.socket)
    assert "show" not in again.wait_for("state")
    again.close()

    # The hub echoes her word as a tombstone, which names her until it is obeyed. Then her profile is gone, and not only
    # marked: no byte of its key or of her id is in the slice's files.
    until(lambda: caught_up(store) and not held(store, "c-cleo"), "the hub's tombstone, and what it leaves")
    assert store.agent.stop() == 0
    left = {path.name for path in store.unit.glob("slice.db*") if b"c-cleo" in path.read_bytes()}
    assert left == set()


def test_what_happens_while_the_hub_is_away_arrives_later_once_and_with_its_own_time(store: Store) -> None:
    clerk = store.tablet("tablet-a")
    store.start_agent("c-bea")
    store.hub.wait_for("c-bea", "visit.started")
    store.hub.stop()
    card = clerk.wait_for_card("open")
    clerk.say(card, "claim")
    clerk.wait_for_card("taken")
    clerk.say(card, "done", outcome="sold")
    clerk.wait_for_card("closed")
    before = datetime.now(UTC)
    store.agent.wait_for("push: the hub cannot be reached")
    store.hub.start()
    store.hub.wait_for("c-bea", "clerk.outcome")
    [outcome] = store.hub.of_type("clerk.outcome", "c-bea")
    assert datetime.fromisoformat(outcome["time"]) < before
    happened = Counter(store.hub.of("c-bea"))
    assert {happened[kind] for kind in ("visit.started", "clerk.claimed", "clerk.outcome")} == {1}
    ids = Counter(event["id"] for event in store.hub.events())
    assert max(ids.values()) == 1


def test_a_withdrawal_at_the_platform_clears_screen_card_and_slice(store: Store) -> None:
    clerk = store.tablet("tablet-a")
    store.start_agent("c-dora")
    card = clerk.wait_for_card("open")
    store.hub.wait_for("c-dora", "content.shown")
    store.display.kill()
    store.agent.wait_for("the display has disconnected")
    screen = Screen(store.socket)
    message_id = screen.wait_for("state")["show"]["scene"]["message_id"]
    store.hub.delete("c-dora")
    assert screen.wait_for("clear")["message_id"] == message_id
    assert not clerk.wait_for_card("withdrawn", card.card).facts
    until(lambda: not held(store, "c-dora"), "the tombstone")
    screen.close()
    assert store.agent.stop() == 0
