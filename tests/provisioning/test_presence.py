"""Reports of customers' apps, on both databases: only hers, only now, only once, and never for long."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from edge_agent.contracts.presence import SCHEME, AppReport, presence_handle, presence_mac
from provisioning.clock import utc_now
from provisioning.hub.fleet import Fleet
from provisioning.hub.presence import EARLY_S, LATE_S, PAUSE_S, Presence
from provisioning.hub.problem import ProblemError
from provisioning.hub.slices import Slices
from provisioning.hub.storage import Database
from provisioning.hub.tables import app_handles, app_reports
from tests.provisioning.hubs import IDENTITY_KEY, STORE, UNIT, customer

pytestmark = pytest.mark.integration

BEACON = {"uuid": "5a4bcfce-174e-4bac-a814-092e77f6b7e5", "major": 7, "minor": 1}
KEY = bytes.fromhex(IDENTITY_KEY)
NOW = utc_now()

Shop = tuple[Presence, Slices]


@pytest.fixture
def shop(database: Database) -> Shop:
    """A store with a unit that has a beacon, and anna, whose app may report."""
    fleet, slices = Fleet(database), Slices(database, 86_400)
    fleet.add_store(STORE, "Europe/Vienna", NOW)
    fleet.add_unit(STORE, UNIT, "Outdoor", {"radio": {"beacon": BEACON}}, NOW)
    slices.put(STORE, [customer("anna")], NOW)
    return Presence(database), slices


def report(at: datetime = NOW, key: bytes = KEY, **changes: object) -> tuple[str, bytes]:
    """Return header and body as an app makes them."""
    fields = {"handle": presence_handle(key), "at_ms": int(at.timestamp() * 1000), "rssi_dbm": -60, **BEACON, **changes}
    body = json.dumps(fields).encode()
    return f"{SCHEME} {presence_mac(key, body)}", body


def heard(presence: Presence, now: datetime = NOW, unit: str = UNIT) -> list[AppReport]:
    return list(presence.of(STORE, unit, now).reports)


def test_a_report_reaches_the_unit_with_its_age(shop: Shop) -> None:
    presence, _ = shop
    assert presence.report(*report(NOW - timedelta(seconds=3)), NOW)
    [told] = heard(presence, NOW + timedelta(seconds=1))
    assert (told.customer, told.device, told.rssi_dbm) == ("anna", "phone", -60)
    assert told.age_s == pytest.approx(4, abs=0.01)
    assert heard(presence, unit="another") == []
    assert set(presence.latest()) == {(STORE, UNIT)}


@pytest.mark.parametrize(
    "forge",
    [
        lambda: (report()[0][:-1] + "x", report()[1]),
        lambda: ("", report()[1]),
        lambda: (report()[0], report(rssi_dbm=-61)[1]),
        lambda: (report()[0].removeprefix(f"{SCHEME} "), report()[1]),
        lambda: report(key=bytes(16)),
        lambda: report(key=bytes(16), handle=presence_handle(KEY)),
        lambda: report(minor=2),
        lambda: report(uuid="5a4bcfce-174e-4bac-a814-092e77f6b7e6"),
        lambda: report(NOW - timedelta(seconds=LATE_S + 1)),
        lambda: report(NOW + timedelta(seconds=EARLY_S + 1)),
    ],
    ids=["mac", "no mac", "body", "scheme", "unknown key", "other key", "beacon", "uuid", "old", "future"],
)
def test_what_is_not_hers_or_not_now_does_not_count(shop: Shop, forge: Callable[[], tuple[str, bytes]]) -> None:
    presence, _ = shop
    assert not presence.report(*forge(), NOW)
    assert heard(presence) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"consents": ()},
        {"consents": ("analytics",)},
        {"age": "minor"},
        {"age": "unknown"},
        {"valid_until": NOW - timedelta(seconds=1)},
    ],
    ids=["no consent", "analytics only", "a minor", "age unknown", "past its time"],
)
def test_without_a_consent_in_force_it_does_not_count(shop: Shop, changes: dict[str, object]) -> None:
    presence, slices = shop
    slices.put(STORE, [customer("anna", **changes)], NOW)
    assert not presence.report(*report(), NOW)


def test_a_repetition_does_not_count_for_as_long_as_its_time_would(shop: Shop) -> None:
    presence, _ = shop
    ahead = report(NOW + timedelta(seconds=EARLY_S - 1))
    assert presence.report(*ahead, NOW)
    for seconds in range(3, int(EARLY_S + LATE_S) + 5, 3):
        later = NOW + timedelta(seconds=seconds)
        presence.forget_expired(later)
        assert not presence.report(*ahead, later)
        assert not presence.report(*report(NOW), later), "older than the last"


def test_one_in_two_seconds_counts_and_the_last_one_stays(shop: Shop) -> None:
    presence, _ = shop
    taken = 0
    for step in range(100):
        now = NOW + timedelta(seconds=step / 10)
        taken += presence.report(*report(now, rssi_dbm=-90 + step // 10), now)
    assert taken == 10 / PAUSE_S
    assert [told.rssi_dbm for told in heard(presence, now)] == [-82]


def test_it_is_gone_after_a_minute(shop: Shop, database: Database) -> None:
    presence, _ = shop
    presence.report(*report(), NOW)
    later = NOW + timedelta(seconds=LATE_S + EARLY_S)
    assert heard(presence, later) == []
    presence.forget_expired(later)
    with database.reading() as connection:
        assert connection.execute(select(app_reports)).all() == []


def test_who_is_erased_is_forgotten_here_too(shop: Shop, database: Database) -> None:
    presence, slices = shop
    presence.report(*report(), NOW)
    slices.tombstone(STORE, "anna", NOW)
    with database.reading() as connection:
        assert connection.execute(select(app_reports)).all() == []
        assert connection.execute(select(app_handles)).all() == []
    assert not presence.report(*report(NOW + timedelta(seconds=5)), NOW + timedelta(seconds=5))


def test_two_customers_with_one_key_are_nobody(shop: Shop) -> None:
    presence, slices = shop
    slices.put(STORE, [customer("bert")], NOW)
    assert not presence.report(*report(), NOW)


def test_a_new_phone_takes_the_place_of_the_old(shop: Shop) -> None:
    presence, slices = shop
    key = bytes(range(16))
    device = {"kind": "rolling", "device": "phone", "identity_key": key.hex()}
    slices.put(STORE, [customer("anna", devices=[device])], NOW)
    assert not presence.report(*report(), NOW)
    assert presence.report(*report(key=key), NOW)


def test_a_beacon_belongs_to_one_unit(shop: Shop, database: Database) -> None:
    fleet = Fleet(database)
    with pytest.raises(ProblemError, match=f"radio.beacon: unit {UNIT} of store {STORE}"):
        fleet.add_unit(STORE, "till", "Till", {"radio": {"beacon": BEACON}}, NOW)
    fleet.add_unit(STORE, UNIT, "Outdoor", {}, NOW)
    fleet.add_unit(STORE, "till", "Till", {"radio": {"beacon": BEACON}}, NOW)
    presence, _ = shop
    assert presence.report(*report(), NOW)
    assert [told.customer for told in heard(presence, unit="till")] == ["anna"]


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_where_she_was_is_in_no_write_ahead_log(database: Database) -> None:
    with database.reading() as connection:
        kind = connection.execute(text("SELECT relpersistence FROM pg_class WHERE relname = 'app_reports'")).scalar()
    assert kind == "u"
