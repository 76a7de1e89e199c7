"""Codes of screens at the hub, on both databases: each counts once, also where the unit tells of it late."""

import hashlib
import threading
from datetime import UTC, datetime, timedelta

import pytest

from edge_agent.contracts.event import EventBatch
from edge_agent.contracts.platform import Redemption, RedemptionAnswer
from provisioning.hub.coupons import Coupons
from provisioning.hub.events import Events
from provisioning.hub.fleet import Fleet
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import Database
from tests.provisioning.hubs import STORE

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
SOURCE = f"/stores/{STORE}/units/door"
CODE = "J7Q2-0x9-single-use"
REDEEMED = RedemptionAnswer(status="redeemed", campaign="care-kit", coupon="care-10")
PENDING = RedemptionAnswer(status="pending")


class Till:
    def __init__(self, database: Database) -> None:
        Fleet(database).add_store(STORE, "UTC", NOW)
        self.coupons, self.events = Coupons(database), Events(database)

    def issue(self, code: str = CODE, event_id: str = "e1") -> str:
        """Deliver a unit's report of a code that is good for an hour."""
        data = {
            "customer": "anna", "visit": "v1", "zone": "Outdoor", "decision": "d1", "campaign": "care-kit",
            "coupon": "care-10", "code_digest": hashlib.sha256(code.encode()).hexdigest(),
            "expires_at": "2026-05-04T11:00:00Z",
        }  # fmt: skip
        event = {
            "id": event_id,
            "source": SOURCE,
            "type": "coupon.issued",
            "time": "2026-05-04T10:00:00Z",
            "data": data,
        }
        batch = EventBatch.model_validate({"events": [event]})
        return self.events.deliver(STORE, SOURCE, batch, NOW).receipts[0].status

    def redeem(self, at: datetime = NOW, code: str = CODE, **fields: object) -> RedemptionAnswer:
        redemption = Redemption.model_validate({"code": code, "at": at, **fields})
        return self.coupons.redeem(STORE, redemption, max(at, NOW))

    def refusal(self, at: datetime = NOW, **fields: object) -> int:
        with pytest.raises(ProblemError) as raised:
            self.redeem(at, **fields)
        return raised.value.problem.status

    def told(self) -> list[dict[str, object]]:
        return [event for _, event in self.events.after(STORE, 0, 100) if event["type"] == "coupon.redeemed"]


@pytest.fixture
def till(database: Database) -> Till:
    return Till(database)


def test_a_redemption_closes_the_funnel_once(till: Till) -> None:
    assert till.issue() == "accepted"
    for _ in range(3):
        assert till.redeem(order_id="o1", customer="anna") == REDEEMED
    [event] = till.told()
    assert event["data"] == {
        "campaign": "care-kit", "coupon": "care-10", "decision": "d1", "visit": "v1", "customer": "anna",
        "order_id": "o1",
    }  # fmt: skip
    assert (event["source"], event["time"]) == (f"/stores/{STORE}/hub", "2026-05-04T10:00:00Z")


def test_another_order_is_refused_and_so_is_another_time_without_an_order(till: Till) -> None:
    till.issue()
    till.issue("other", "e2")
    till.redeem(order_id="o1")
    assert till.refusal(order_id="o2") == 409
    assert till.refusal() == 409
    assert till.redeem(code="other") == REDEEMED
    assert till.redeem(code="other") == REDEEMED
    assert till.refusal(NOW + timedelta(seconds=1), code="other") == 409
    assert len(till.told()) == 2


def test_an_expired_code_is_gone_but_what_was_redeemed_in_time_stays(till: Till) -> None:
    till.issue()
    assert till.refusal(NOW + HOUR, order_id="o1") == 410
    assert till.redeem(NOW + HOUR - timedelta(seconds=1), order_id="o1") == REDEEMED
    assert till.told() != []


def test_a_time_to_come_is_refused(till: Till) -> None:
    redemption = Redemption(code=CODE, at=NOW + HOUR)
    with pytest.raises(ProblemError, match="at: lies in the future"):
        till.coupons.redeem(STORE, redemption, NOW)


def test_a_code_whose_unit_tells_later_is_settled_then(till: Till) -> None:
    assert till.redeem(order_id="o1", customer="anna") == PENDING
    assert till.redeem(order_id="o1") == PENDING
    assert till.refusal(order_id="o2") == 409
    assert till.told() == []
    till.issue()
    [event] = till.told()
    assert event["data"]["order_id"] == "o1"
    assert till.redeem(order_id="o1") == REDEEMED
    assert till.issue() == "duplicate"
    assert len(till.told()) == 1


def test_a_code_that_had_expired_when_it_was_redeemed_is_settled_as_such(till: Till) -> None:
    assert till.redeem(NOW + HOUR, order_id="o1") == PENDING
    till.issue()
    assert till.told() == []
    assert till.refusal(NOW + HOUR, order_id="o1") == 410


def test_codes_belong_to_their_store(till: Till, database: Database) -> None:
    Fleet(database).add_store("graz", "UTC", NOW)
    till.issue()
    assert till.coupons.redeem("graz", Redemption(code=CODE, at=NOW), NOW) == PENDING
    with pytest.raises(ProblemError, match="no such store"):
        till.coupons.redeem("nowhere", Redemption(code=CODE, at=NOW), NOW)


@pytest.mark.parametrize("known", [True, False], ids=["issued before", "issued meanwhile"])
def test_of_many_tills_at_once_one_is_served(till: Till, known: bool) -> None:
    if known:
        till.issue()
    answers: list[int | str] = []

    def attempt(order: str) -> None:
        try:
            answers.append(till.redeem(order_id=order).status)
        except ProblemError as problem:
            answers.append(problem.problem.status)

    tills = [threading.Thread(target=attempt, args=(f"o{number}",)) for number in range(6)]
    for each in tills:
        each.start()
    if not known:
        till.issue()
    for each in tills:
        each.join()
    assert sorted(map(str, answers))[:5] == ["409"] * 5
    assert len(till.told()) == 1


def test_the_code_itself_is_kept_nowhere(till: Till, database: Database) -> None:
    till.redeem(order_id="o1")
    till.issue()
    assert CODE not in repr(Redemption(code=CODE, at=NOW))
    with database.reading() as connection:
        for table in ("coupons", "events"):
            assert CODE not in repr(connection.exec_driver_sql(f"SELECT * FROM {table}").all())
