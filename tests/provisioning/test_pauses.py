""" "Pause for today" at the hub, on both databases: from the app and from a clerk, until the store's midnight."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.contracts.event import EventBatch
from edge_agent.contracts.presence import SCHEME, presence_handle, presence_mac
from edge_agent.contracts.slice import SliceOperation
from provisioning.hub.events import Events
from provisioning.hub.fleet import Fleet
from provisioning.hub.pauses import Pauses, midnight
from provisioning.hub.presence import EARLY_S, Presence
from provisioning.hub.problem import ProblemError
from provisioning.hub.slices import Slices
from provisioning.hub.storage import Database, next_sequence
from tests.provisioning.hubs import IDENTITY_KEY, STORE, UNIT, customer

KEY = bytes.fromhex(IDENTITY_KEY)
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 5, 4, 22, 0, tzinfo=UTC)  # of Vienna, in summer
TOKYO = "tokyo"
SECOND = timedelta(seconds=1)


class Shop:
    """A store with anna and bert, whose apps have keys of their own, and a unit that reads on."""

    def __init__(self, database: Database) -> None:
        self.fleet, self.slices, self.events = Fleet(database), Slices(database, 86_400), Events(database)
        self.pauses = Pauses(database)
        self.fleet.add_store(STORE, "Europe/Vienna", NOW)
        bert = {"kind": "rolling", "device": "phone", "identity_key": bytes(range(16)).hex()}
        self.slices.put(STORE, [customer("anna"), customer("bert", devices=[bert])], NOW)
        self.cursor: str | None = None
        self.read()

    def read(self, now: datetime = NOW, store: str = STORE) -> list[SliceOperation]:
        page = self.slices.page(store, self.cursor if store == STORE else None, now).page
        if store == STORE:
            self.cursor = page.cursor
        return list(page.operations)

    def revoked(self, store: str = STORE) -> list[dict[str, object]]:
        return [event for _, event in self.events.after(store, 0, 100) if event["type"] == "consent.revoked"]


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def request(at: datetime = NOW, key: bytes = KEY, **changes: object) -> tuple[str, bytes]:
    """Return header and body as an app makes them."""
    fields = {"handle": presence_handle(key), "at_ms": int(at.timestamp() * 1000), "pause": "today", **changes}
    body = json.dumps(fields).encode()
    return f"{SCHEME} {presence_mac(key, body)}", body


def test_a_pause_travels_with_the_profile_and_is_reported_once(shop: Shop) -> None:
    assert shop.pauses.ask(*request(), NOW)
    [operation] = shop.read()
    assert (operation.kind, operation.customer) == ("put", "anna")
    assert operation.profile is not None
    assert operation.profile["paused_until"] == "2026-05-04T22:00:00Z"
    for again in (NOW, NOW + timedelta(hours=3)):
        assert not shop.pauses.ask(*request(), again), "a repetition changes nothing"
    assert shop.read() == []
    [event] = shop.revoked()
    assert event["data"] == {"customer": "anna", "scope": "today", "source": "app"}
    assert (event["source"], event["time"]) == (f"/stores/{STORE}/hub", "2026-05-04T10:00:00Z")


def test_what_the_platform_puts_meanwhile_does_not_end_it_and_midnight_does(shop: Shop) -> None:
    shop.pauses.ask(*request(), NOW)
    for now, paused in ((NOW, True), (MIDNIGHT - SECOND, True), (MIDNIGHT, False)):
        shop.slices.put(STORE, [customer("anna", tier="gold")], now)
        [profile] = [each.profile for each in shop.read(now) if each.customer == "anna"]
        assert profile is not None
        assert ("paused_until" in profile) == paused


def test_it_counts_in_every_store_until_its_own_midnight(shop: Shop) -> None:
    shop.fleet.add_store(TOKYO, "Asia/Tokyo", NOW)
    shop.slices.put(TOKYO, [customer("a-77")], NOW)
    assert shop.pauses.ask(*request(), NOW)
    [operation] = shop.read(store=TOKYO)
    assert operation.profile is not None
    assert operation.profile["paused_until"] == "2026-05-04T15:00:00Z"
    [event] = shop.revoked(TOKYO)
    assert event["data"]["customer"] == "a-77"


def test_an_app_that_was_offline_tells_it_later_the_same_day(shop: Shop) -> None:
    assert not shop.pauses.ask(*request(NOW), MIDNIGHT), "that day is over"
    assert shop.pauses.ask(*request(NOW), MIDNIGHT - SECOND)
    assert shop.pauses.ask(*request(MIDNIGHT + SECOND), MIDNIGHT + 2 * SECOND), "another day, another pause"
    assert len(shop.revoked()) == 2


@pytest.mark.parametrize(
    "forge",
    [
        lambda: (request()[0][:-1] + "x", request()[1]),
        lambda: ("", request()[1]),
        lambda: (request()[0], request(NOW - SECOND)[1]),
        lambda: request(key=bytes(16)),
        lambda: request(key=bytes(16), handle=presence_handle(KEY)),
        lambda: request(NOW - timedelta(hours=27)),
        lambda: request(NOW + timedelta(seconds=EARLY_S + 1)),
        lambda: request(at_ms=2**53 - 1),
    ],
    ids=["code", "no code", "body", "unknown key", "other key", "yesterday", "future", "end of time"],
)
def test_what_is_not_hers_or_not_today_does_not_count(shop: Shop, forge: Callable[[], tuple[str, bytes]]) -> None:
    assert not shop.pauses.ask(*forge(), NOW)
    assert (shop.read(), shop.revoked()) == ([], [])


@pytest.mark.parametrize("changes", [{"pause": "for ever"}, {"pause": None}, {"handle": "x"}, {"at_ms": -1}], ids=str)
def test_a_body_that_is_no_pause_is_refused_with_the_field(shop: Shop, changes: dict[str, object]) -> None:
    with pytest.raises(ProblemError, match=next(iter(changes))):
        shop.pauses.ask(*request(**changes), NOW)


def test_a_presence_report_is_no_pause_and_a_pause_no_report(shop: Shop, database: Database) -> None:
    beacon = {"uuid": "5a4bcfce-174e-4bac-a814-092e77f6b7e5", "major": 7, "minor": 1}
    fields = {"handle": presence_handle(KEY), "at_ms": int(NOW.timestamp() * 1000), "rssi_dbm": -60, **beacon}
    body = json.dumps(fields).encode()
    with pytest.raises(ProblemError, match="pause"):
        shop.pauses.ask(f"{SCHEME} {presence_mac(KEY, body)}", body, NOW)
    with pytest.raises(ProblemError, match="uuid"):
        Presence(database).report(*request(), NOW)


def test_who_has_paused_is_not_looked_for_by_her_beacon(shop: Shop, database: Database) -> None:
    beacon = {"uuid": "5a4bcfce-174e-4bac-a814-092e77f6b7e5", "major": 7, "minor": 1}
    shop.fleet.add_unit(STORE, UNIT, "Outdoor", {"radio": {"beacon": beacon}}, NOW)
    presence = Presence(database)

    def report(at: datetime) -> bool:
        fields = {"handle": presence_handle(KEY), "at_ms": int(at.timestamp() * 1000), "rssi_dbm": -60, **beacon}
        body = json.dumps(fields).encode()
        return presence.report(f"{SCHEME} {presence_mac(KEY, body)}", body, at)

    assert report(NOW)
    shop.pauses.ask(*request(), NOW)
    assert presence.of(STORE, UNIT, NOW).reports == ()
    assert not report(NOW + 10 * SECOND)
    assert report(MIDNIGHT)


def test_in_a_store_where_two_share_the_key_it_is_nobodys_pause(shop: Shop) -> None:
    shop.slices.put(STORE, [customer("carla")], NOW)
    assert not shop.pauses.ask(*request(), NOW)


def clerks_word(shop: Shop, at: datetime, now: datetime, name: str = "bert") -> None:
    source = f"/stores/{STORE}/units/{UNIT}"
    data = {"customer": name, "scope": "today", "source": "clerk"}
    event = {"id": f"{name}-{at:%H%M%S}", "source": source, "type": "consent.revoked", "time": at, "data": data}
    batch = EventBatch.model_validate({"events": [json.loads(json.dumps(event, default=str))]})
    [receipt] = shop.events.deliver(STORE, source, batch, now).receipts
    assert receipt.status == "accepted"


def test_a_pause_that_a_clerk_noted_reaches_the_other_units_too(shop: Shop) -> None:
    clerks_word(shop, NOW, NOW)
    [operation] = shop.read()
    assert operation.profile is not None
    assert (operation.customer, operation.profile["paused_until"]) == ("bert", "2026-05-04T22:00:00Z")
    assert len(shop.revoked()) == 1, "the unit's own event tells it"


def test_a_clerks_pause_that_arrives_after_midnight_is_over(shop: Shop) -> None:
    clerks_word(shop, NOW, MIDNIGHT)
    clerks_word(shop, NOW + timedelta(days=400), NOW, "anna")  # a unit whose clock is wrong
    [operation] = shop.read()
    assert operation.profile is not None
    assert (operation.customer, operation.profile["paused_until"]) == ("anna", "2026-05-04T22:00:00Z")


def test_that_she_is_deleted_and_put_anew_ends_no_pause(shop: Shop) -> None:
    """Some platforms replace in this way; and a clerk's word may arrive in between."""
    shop.pauses.ask(*request(), NOW)
    for name in ("anna", "bert"):
        shop.slices.tombstone(STORE, name, NOW)
    assert not shop.pauses.ask(*request(), NOW), "there is no such device"
    clerks_word(shop, NOW, NOW, "bert")
    shop.read()
    shop.slices.put(STORE, [customer("anna"), customer("bert")], NOW)
    for operation in shop.read():
        assert operation.profile is not None
        assert operation.profile["paused_until"] == "2026-05-04T22:00:00Z"


def test_nobody_is_paused_of_whom_the_store_has_never_heard(shop: Shop) -> None:
    clerks_word(shop, NOW, NOW, "nobody")
    shop.slices.put(STORE, [customer("nobody"), customer("bert", consents=())], NOW)
    clerks_word(shop, NOW, NOW, "bert")  # whom the store may not know: no second tombstone
    operations = {operation.customer: operation for operation in shop.read()}
    assert operations["nobody"].profile is not None
    assert "paused_until" not in operations["nobody"].profile
    assert operations["bert"].kind == "tombstone"
    assert shop.read() == []


def test_a_repeated_pause_asks_for_no_lock(shop: Shop, database: Database) -> None:
    """Whoever has one genuine message can send it for ever; nobody else must wait for it."""
    shop.pauses.ask(*request(), NOW)
    with database.writing() as connection:
        next_sequence(connection, STORE, 0)
        assert not shop.pauses.ask(*request(), NOW)


@pytest.mark.parametrize(
    ("timezone", "at", "ends"),
    [
        ("Europe/Vienna", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("Europe/Vienna", datetime(2026, 10, 24, 22, 30, tzinfo=UTC), datetime(2026, 10, 25, 23, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 5, 5, 3, 59, tzinfo=UTC), datetime(2026, 5, 5, 4, tzinfo=UTC)),
    ],
    ids=["a day of 23 hours", "a day of 25 hours", "another day than in London"],
)
def test_midnight_is_the_stores(timezone: str, at: datetime, ends: datetime) -> None:
    assert midnight(at, timezone) == ends
