"""Who has carried out an erasure, on both databases: the units' receipts, their cursors, and how long it takes them."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.contracts.event import EventBatch
from provisioning.hub.cursor import Cursor
from provisioning.hub.erasures import CONFIRM_S, LATE_S, ONLINE_S, PULL_S, Erasures
from provisioning.hub.events import Events
from provisioning.hub.fleet import Fleet
from provisioning.hub.problem import ProblemError
from provisioning.hub.slices import Slices
from provisioning.hub.storage import Database
from provisioning.hub.tables import certificates
from tests.provisioning.hubs import STORE, customer

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)


class Shop:
    """A store with two enrolled units that hold anna and bert, and a third that is not enrolled yet."""

    def __init__(self, database: Database) -> None:
        self.fleet, self.slices, self.events = Fleet(database), Slices(database, 86_400), Events(database)
        self.erasures = Erasures(database)
        self.fleet.add_store(STORE, "UTC", NOW)
        for unit in ("door", "till", "new"):
            self.fleet.add_unit(STORE, unit, "Outdoor", {}, NOW)
        with database.writing() as connection:
            for unit in ("door", "till"):
                row = {"fingerprint": unit, "store": STORE, "unit": unit, "pem": "", "expires_s": 0, "revoked": False}
                connection.execute(certificates.insert().values(row))
        self.slices.put(STORE, [customer("anna"), customer("bert")], NOW)
        self.cursors: dict[str, str | None] = {"door": None, "till": None}
        for unit in self.cursors:
            self.pull(unit)

    def pull(self, unit: str, now: datetime = NOW) -> None:
        """As the route does."""
        served = self.slices.page(STORE, self.cursors[unit], now)
        if served.holds is not None:
            self.erasures.applied(STORE, unit, served.holds, now)
        if served.complete_to is not None:
            self.fleet.pulled(STORE, unit, served.complete_to, now)
        self.cursors[unit] = served.page.cursor

    def receipt(self, unit: str, method: str = "deleted", name: str = "anna") -> None:
        source = f"/stores/{STORE}/units/{unit}"
        event = {
            "id": f"{name}-{method}", "source": source, "type": "consent.erased", "time": "2026-05-04T10:00:00Z",
            "data": {"customer": name, "method": method},
        }  # fmt: skip
        self.events.deliver(STORE, source, EventBatch.model_validate({"events": [event]}), NOW)

    def states(self, now: datetime = NOW, name: str = "anna") -> dict[str, str]:
        return {each.unit: each.state(now.timestamp()) for each in self.erasures.of(STORE, name)}

    def unconfirmed(self) -> list[tuple[str, str]]:
        return [(each.customer, each.unit) for each in self.erasures.unconfirmed(STORE)]


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def test_every_unit_that_may_hold_her_owes_a_receipt(shop: Shop) -> None:
    assert shop.unconfirmed() == []
    shop.slices.tombstone(STORE, "anna", NOW)
    assert shop.unconfirmed() == [("anna", "door"), ("anna", "till")]
    shop.receipt("door")
    assert shop.unconfirmed() == [("anna", "till")]
    shop.receipt("till", name="bert")  # of somebody whom nobody erased
    assert shop.states() == {"door": "deleted", "till": "waiting"}


def test_deleted_and_shredded_are_told_apart(shop: Shop) -> None:
    shop.slices.tombstone(STORE, "anna", NOW)
    shop.receipt("door")
    shop.receipt("till")
    shop.receipt("till", "shredded")
    assert shop.states() == {"door": "deleted", "till": "shredded"}


def test_a_unit_that_pulls_on_has_applied_what_it_pulled_before(shop: Shop) -> None:
    shop.slices.tombstone(STORE, "anna", NOW)
    shop.pull("door")
    assert shop.states() == {"door": "waiting", "till": "waiting"}, "the answer may have got lost"
    shop.pull("door")
    assert shop.states() == {"door": "applied", "till": "waiting"}
    assert shop.unconfirmed() == [("anna", "till")]


def test_a_snapshot_that_is_being_read_confirms_nothing(shop: Shop) -> None:
    shop.slices.tombstone(STORE, "anna", NOW)
    epoch = str(shop.cursors["door"]).split(".")[0]
    shop.cursors["door"] = str(Cursor(epoch, 3, 3))
    shop.pull("door")
    assert shop.states()["door"] == "waiting"


def test_changes_that_are_on_their_way_in_confirm_nothing(database: Database) -> None:
    """Up to the last page of the changes the former slice is in force on the unit, whatever it has received."""
    shop = Shop(database)
    shop.slices.tombstone(STORE, "anna", NOW)
    shop.slices.put(STORE, [customer("carla"), customer("dora")], NOW)
    shop.slices = Slices(database, 86_400, page_max=1)
    for _ in range(3):
        shop.pull("door")
        assert shop.states()["door"] == "waiting"
    shop.pull("door")
    assert shop.states()["door"] == "applied"


def test_a_delayed_receipt_of_an_erasure_before_confirms_nothing(shop: Shop) -> None:
    shop.slices.tombstone(STORE, "anna", NOW)
    later = NOW + timedelta(hours=1)
    shop.slices.put(STORE, [customer("anna")], later)
    shop.slices.tombstone(STORE, "anna", later)
    shop.receipt("door")  # of NOW
    assert shop.states(later)["door"] == "waiting"


def test_a_unit_whose_clock_is_years_behind_confirms_what_it_was_sent(shop: Shop) -> None:
    later = NOW + timedelta(days=1000)
    shop.slices.put(STORE, [customer("anna")], later)
    shop.slices.tombstone(STORE, "anna", later)
    shop.pull("door", later)
    shop.receipt("door")  # of NOW
    assert shop.states(later)["door"] == "deleted"


def test_who_is_put_without_a_consent_has_withdrawn(shop: Shop) -> None:
    shop.slices.put(STORE, [customer("anna", consents=())], NOW)
    assert shop.unconfirmed() == [("anna", "door"), ("anna", "till")]
    shop.receipt("door")
    shop.slices.put(STORE, [customer("anna", consents=())], NOW)
    assert shop.states() == {"door": "deleted", "till": "waiting"}, "it is said already"


def test_overdue_is_who_is_online_and_late_is_who_was_silent_for_a_day(shop: Shop) -> None:
    shop.slices.tombstone(STORE, "anna", NOW)

    def after(seconds: float) -> str:
        return shop.states(NOW + timedelta(seconds=seconds))["door"]

    assert after(PULL_S) == "waiting"
    assert after(PULL_S + 1) == "overdue", "it was heard of a minute ago and has not pulled"
    assert after(ONLINE_S + 1) == "waiting", "it is offline"
    assert after(LATE_S + 1) == "late"
    shop.pull("door")
    assert after(PULL_S + 1) == "waiting", "it was told and has yet to say so"
    shop.fleet.pushed(STORE, "door", NOW + timedelta(seconds=CONFIRM_S))
    assert after(CONFIRM_S + 1) == "overdue"


def test_a_withdrawal_that_a_unit_reports_is_owed_by_all(shop: Shop) -> None:
    source = f"/stores/{STORE}/units/door"
    data = {"customer": "anna", "scope": "all", "source": "clerk"}
    event = {"id": "e1", "source": source, "type": "consent.revoked", "time": "2026-05-04T10:00:00Z", "data": data}
    shop.events.deliver(STORE, source, EventBatch.model_validate({"events": [event]}), NOW)
    shop.receipt("door")
    assert shop.states() == {"door": "deleted", "till": "waiting"}


def test_a_revoked_unit_still_owes_and_who_is_put_again_is_owed_by_nobody(shop: Shop) -> None:
    shop.fleet.revoke(STORE, "till")
    shop.slices.tombstone(STORE, "anna", NOW)
    assert shop.unconfirmed() == [("anna", "door"), ("anna", "till")]
    shop.slices.put(STORE, [customer("anna")], NOW)
    assert shop.unconfirmed() == []
    shop.slices.tombstone(STORE, "anna", NOW)
    assert shop.states() == {"door": "waiting", "till": "waiting"}
    with pytest.raises(ProblemError, match="no such store"):
        shop.erasures.unconfirmed("nowhere")


def test_nothing_of_her_but_the_opaque_id_is_kept(shop: Shop, database: Database) -> None:
    shop.slices.put(STORE, [customer("anna", salutation="Frau Berger")], NOW)
    shop.slices.tombstone(STORE, "anna", NOW)
    with database.reading() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM erasures").all()
    assert len(rows) == 2
    assert "Berger" not in json.dumps([list(row) for row in rows])
