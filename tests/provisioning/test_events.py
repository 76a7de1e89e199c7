from datetime import UTC, datetime

import pytest

from edge_agent.contracts.event import CloudEvent, EventBatch, EventReceipt
from provisioning.hub.events import Events, judge
from provisioning.hub.fleet import Fleet
from provisioning.hub.slices import Slices
from provisioning.hub.storage import Database
from tests.provisioning.hubs import customer

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SOURCE = "/stores/vienna/units/door"


def raw(event_id: str = "e1", **fields: object) -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": SOURCE,
        "type": "visit.ended",
        "time": "2026-05-04T10:00:00Z",
        "data": {"customer": "anna", "visit": "v1", "zone": "Outdoor", "duration_s": 5},
        **fields,
    }


@pytest.fixture
def events(database: Database) -> Events:
    Fleet(database).add_store("vienna", "UTC", NOW)
    return Events(database)


def deliver(events: Events, *batch: object) -> list[tuple[str, str]]:
    answered = events.deliver("vienna", SOURCE, EventBatch.model_validate({"events": batch}), NOW)
    return [(receipt.id, receipt.status) for receipt in answered.receipts]


def test_each_event_is_answered_for_itself_and_counts_once(events: Events) -> None:
    assert deliver(events, raw("a"), raw("b"), raw("a"), {"id": "c"}, {}) == [
        ("a", "accepted"),
        ("b", "accepted"),
        ("a", "duplicate"),
        ("c", "rejected"),
        ("", "rejected"),
    ]
    assert deliver(events, raw("b"), raw("d")) == [("b", "duplicate"), ("d", "accepted")]
    assert events.summary("vienna") == {"visit.ended": 3}
    stored = events.after("vienna", 0, 10)
    assert [event["id"] for _, event in stored] == ["a", "b", "d"]
    assert [event["id"] for _, event in events.after("vienna", stored[1][0], 10)] == ["d"]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"source": "/stores/vienna/units/other"}, "source: must be"),
        ({"type": "coupon.redeemed"}, "type: 'coupon.redeemed' is not known"),
        ({"type": "clerk.ranking"}, "type: 'clerk.ranking' is not known"),
        ({"time": "2026-05-04T10:00:00"}, "time:"),
        ({"data": {"customer": "anna"}}, "data: visit:"),
        ({"specversion": "2.0"}, "specversion:"),
        ({"id": 7}, "id:"),
    ],
)
def test_a_broken_event_is_rejected_with_the_field(change: dict[str, object], reason: str) -> None:
    answer = judge(raw(**change), SOURCE)
    assert isinstance(answer, EventReceipt)
    assert answer.reason.startswith(reason)
    assert "anna" not in answer.reason


def test_what_a_type_does_not_allow_is_not_stored() -> None:
    data = {**raw()["data"], "clerk": "Max", "address": "AA:BB:CC:DD:EE:FF"}
    answer = judge(raw(data=data), SOURCE)
    assert isinstance(answer, CloudEvent)
    assert set(answer.data) == {"customer", "visit", "zone", "duration_s"}


def revoked(event_id: str, scope: str, name: str = "anna") -> dict[str, object]:
    return raw(event_id, type="consent.revoked", data={"customer": name, "scope": scope, "source": "clerk"})


def test_who_withdraws_every_consent_in_the_store_is_erased_from_its_slice(events: Events, database: Database) -> None:
    slices = Slices(database, 86_400.0)
    slices.put("vienna", [customer("anna"), customer("bert")], NOW)
    cursor = slices.page("vienna", None, NOW).page.cursor
    assert deliver(events, revoked("e1", "today", "bert"), revoked("e2", "all"), revoked("e3", "all", "nobody")) == [
        ("e1", "accepted"), ("e2", "accepted"), ("e3", "accepted"),
    ]  # fmt: skip
    page = slices.page("vienna", cursor, NOW).page
    assert [(each.kind, each.customer) for each in page.operations] == [("put", "bert"), ("tombstone", "anna")]


def test_that_the_platform_puts_her_there_again_is_its_own_decision(events: Events, database: Database) -> None:
    slices = Slices(database, 86_400.0)
    slices.put("vienna", [customer("anna")], NOW)
    deliver(events, revoked("e1", "all"))
    slices.put("vienna", [customer("anna")], NOW)
    assert deliver(events, revoked("e1", "all")) == [("e1", "duplicate")]
    page = slices.page("vienna", None, NOW).page
    assert [(each.kind, each.customer) for each in page.operations] == [("put", "anna")]
