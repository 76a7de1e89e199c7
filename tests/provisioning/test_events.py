from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from edge_agent.contracts.event import CloudEvent, EventBatch, EventReceipt
from edge_agent.contracts.platform import CustomerRecord
from edge_agent.contracts.slice import Consent
from provisioning.hub.events import Events, judge
from provisioning.hub.fleet import Fleet
from provisioning.hub.slices import Slices
from provisioning.hub.storage import Database
from provisioning.hub.tables import withdrawals
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


def test_proofs_of_play_of_the_loop_are_taken_and_name_nobody(events: Events) -> None:
    played = {
        "zone": "Outdoor",
        "creativeid": "ab" * 32,
        "creativename": "spring",
        "startdate": "2026-05-04T09:45:00Z",
        "enddate": "2026-05-04T10:00:00Z",
        "plays": 40,
        "spotlength": 400_000,
        "content_version": "v7",
    }
    loop = raw("p1", type="content.loop_played", data={**played, "customer": "anna", "visit": "v1"})
    endless = raw("p2", type="content.loop_played", data={**played, "plays": 10**9})
    stayed = raw("p3", type="content.loop_played", data={**played, "plays": 0})
    assert deliver(events, loop, endless, stayed) == [("p1", "accepted"), ("p2", "rejected"), ("p3", "accepted")]
    [(_, stored), _] = events.after("vienna", 0, 10)
    assert stored["data"] == played


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


def consented(at: datetime) -> CustomerRecord:
    consent = Consent(purpose="screen", receipt="r2", granted_at=at, expires_at=at + timedelta(days=300))
    return customer("anna").model_copy(update={"consents": (consent,)})


def test_what_the_platform_puts_does_not_undo_her_word_and_a_newer_consent_does(
    events: Events, database: Database
) -> None:
    """Its nightly batch may have been made before it read the event."""
    slices = Slices(database, 86_400.0)
    slices.put("vienna", [customer("anna")], NOW)
    cursor = slices.page("vienna", None, NOW).page.cursor
    deliver(events, revoked("e1", "all"))
    cases = ((NOW - timedelta(days=9), "tombstone"), (NOW, "tombstone"), (NOW + timedelta(seconds=1), "put"))
    for granted_at, expected in cases:
        slices.put("vienna", [consented(granted_at)], NOW)
        assert deliver(events, revoked("e1", "all")) == [("e1", "duplicate")]
        page = slices.page("vienna", cursor, NOW + timedelta(seconds=2)).page
        assert [(each.kind, each.customer) for each in page.operations] == [(expected, "anna")]
    with database.reading() as connection:
        assert [row.customer for row in connection.execute(select(withdrawals))] == ["anna"]


def test_a_word_that_arrives_late_takes_her_out_and_leaves_what_she_said_since(
    events: Events, database: Database
) -> None:
    slices = Slices(database, 86_400.0)
    again = consented(NOW + timedelta(hours=1))
    slices.put("vienna", [again], NOW + timedelta(hours=1))
    deliver(events, revoked("e1", "all"))
    assert slices.page("vienna", None, NOW + timedelta(hours=2)).page.operations == ()
    slices.put("vienna", [again], NOW + timedelta(hours=2))
    [operation] = slices.page("vienna", None, NOW + timedelta(hours=2)).page.operations
    assert operation.kind == "put"


def test_a_unit_fills_no_table_with_names_that_it_makes_up(events: Events, database: Database) -> None:
    deliver(events, *(revoked(f"e{n}", "all", f"c-{n}") for n in range(50)))
    with database.reading() as connection:
        assert connection.execute(select(withdrawals)).all() == []


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"])
@pytest.mark.parametrize("scope", ["today", "all"])
def test_a_time_at_the_end_of_the_calendar_blocks_nothing(
    events: Events, database: Database, time: str, scope: str
) -> None:
    """What could never be answered would be sent again for ever, and everything behind it would wait."""
    Slices(database, 86_400.0).put("vienna", [customer("anna")], NOW)
    assert deliver(events, {**revoked("e1", scope), "time": time})[0][0] == "e1"
