"""The journal and its outbox: what is committed stays, in order, bounded, until it is past its use."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from edge_agent.constants import CONTACT_KEEP_S
from edge_agent.errors import StoreError
from edge_agent.events import ContactRow, VisitRow, WithdrawalRow
from edge_agent.store.journal import Journal
from tests.store.builders import NOW, bytes_on_disk, card, event, visit

HOUR = timedelta(hours=1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db")
    yield journal
    journal.close()


def test_rows_come_back_as_they_were(journal: Journal, tmp_path: Path) -> None:
    contact = ContactRow("anna", "jackets", "screen", NOW, "v1", "m1", "order")
    withdrawal = WithdrawalRow("bea", "today", NOW, NOW + HOUR)
    journal.commit([visit("v1"), card("k1"), contact, withdrawal, event(1)])
    journal.close()
    again = Journal(tmp_path / "journal.db")
    assert again.open_visits() == (visit("v1"),)
    assert again.open_cards() == (card("k1"),)
    assert again.contact_rows() == (contact,)
    assert again.withdrawals() == (withdrawal,)
    assert [(out.seq, out.event) for out in again.outbox(10)] == [(1, event(1))]
    assert again.waiting() == 1
    again.close()


def test_a_later_state_replaces_the_earlier_one(journal: Journal) -> None:
    journal.commit([visit("v1"), card("k1"), card("k2")])
    journal.commit([visit("v1", ended_at=NOW), card("k1", state="taken"), card("k2", state="closed")])
    assert journal.open_visits() == ()
    assert journal.open_cards() == (card("k1", state="taken"),)


def test_who_withdrew_for_good_is_refused_and_who_paused_is_not(journal: Journal) -> None:
    journal.commit([WithdrawalRow("anna", "today", NOW, NOW + HOUR), WithdrawalRow("bea", "all", NOW, NOW + 9 * HOUR)])
    assert [(row.customer, row.scope) for row in journal.withdrawals()] == [("anna", "today"), ("bea", "all")]
    assert journal.refused() == {"bea"}


def test_consent_goes_out_first_and_telemetry_last(journal: Journal) -> None:
    journal.commit([event(1, "content.played"), event(2), event(3, "consent.revoked"), event(4)])
    assert [out.event.id for out in journal.outbox(10)] == ["e3", "e2", "e4", "e1"]
    assert [out.event.id for out in journal.outbox(2)] == ["e3", "e2"]


def test_answered_events_leave(journal: Journal) -> None:
    journal.commit([event(number) for number in range(4)])
    first, second, third, _ = journal.outbox(10)
    journal.settle([first.seq, second.seq], [(third.seq, "unknown zone")])
    assert [out.event.id for out in journal.outbox(10)] == ["e3"]
    assert (journal.waiting(), journal.dead()) == (1, 1)
    journal.settle([first.seq, 999], [(third.seq, "again")])  # a late or repeated answer
    assert (journal.waiting(), journal.dead()) == (1, 1)


def test_a_number_is_never_given_twice(journal: Journal, tmp_path: Path) -> None:
    journal.commit([event(1)])
    journal.settle([journal.outbox(1)[0].seq], [])
    journal.close()
    again = Journal(tmp_path / "journal.db")
    again.commit([event(2)])
    assert again.outbox(1)[0].seq == 2
    again.close()


def test_an_unknown_event_type_commits_nothing(journal: Journal) -> None:
    with pytest.raises(KeyError, match=r"shop\.burned"):
        journal.commit([visit("v1"), event(1, "shop.burned")])
    assert (journal.open_visits(), journal.waiting()) == ((), 0)


def test_a_full_outbox_sheds_telemetry_then_outcomes_and_never_consent(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(tmp_path / "journal.db", outbox_max=200)
    kinds = ("content.played", "visit.started", "consent.revoked")
    for number in range(180):
        journal.commit([event(number, kinds[number % 3])])
    assert (journal.shed(), caplog.text) == (0, "")
    journal.commit([event(number, "visit.started") for number in range(180, 250)])
    assert journal.waiting() == len(journal.outbox(1000)) == 198
    assert journal.shed() == 52
    assert next(out.event.id for out in journal.outbox(1000) if out.event.type == "content.played") == "e156"
    assert "52 events were thrown away" in caplog.text
    for number in range(250, 650, 50):
        journal.commit([event(n, "consent.revoked") for n in range(number, number + 50)])
    left = [out.event.type for out in journal.outbox(1000)]
    assert left.count("consent.revoked") == len(left) == journal.waiting() == 460
    assert len(caplog.records) <= 9
    journal.close()


def test_an_event_that_cannot_be_read_does_not_block_the_rest(journal: Journal) -> None:
    journal.commit([event(1), event(2)])
    with journal._file.transaction() as database:
        database.execute("UPDATE outbox SET event = '{\"id\": 7' WHERE seq = 1")
    assert [out.event.id for out in journal.outbox(10)] == ["e2"]
    assert (journal.waiting(), journal.dead()) == (1, 1)


def test_rows_that_cannot_be_read_are_left_out(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    journal.commit([visit("v1"), visit("v2"), card("k1"), card("k2")])
    with journal._file.transaction() as database:
        database.execute("UPDATE visits SET started_at = 'once' WHERE visit = 'v1'")
        database.execute("UPDATE cards SET body = '{}' WHERE card = 'k1'")
    assert (journal.open_visits(), journal.open_cards()) == ((visit("v2"),), (card("k2"),))
    assert len(caplog.records) == 2


def test_purge_forgets_what_is_past_its_use(journal: Journal) -> None:
    journal.commit(
        [
            visit("old", ended_at=NOW),
            visit("fresh", ended_at=NOW + HOUR),
            visit("open"),
            card("k-old", "old", "closed"),
            card("k-fresh", "fresh", "closed"),
            ContactRow("anna", "jackets", "screen", NOW - timedelta(seconds=CONTACT_KEEP_S)),
            ContactRow("anna", "jackets", "screen", NOW),
            WithdrawalRow("anna", "today", NOW, NOW + HOUR),
            WithdrawalRow("bea", "all", NOW, NOW + 9 * HOUR),
        ]
    )
    journal.purge(NOW + HOUR, trusted=True)
    rows = journal._file.rows
    assert rows("SELECT visit FROM visits ORDER BY visit") == [("fresh",), ("open",)]
    assert rows("SELECT card FROM cards") == [("k-fresh",)]
    assert len(journal.contact_rows()) == 1
    assert [row.customer for row in journal.withdrawals()] == ["bea"]


def test_a_clock_that_may_be_wrong_purges_visits_and_no_withdrawal(journal: Journal) -> None:
    contact = ContactRow("anna", "jackets", "screen", NOW)
    withdrawal = WithdrawalRow("bea", "all", NOW, NOW + HOUR)
    journal.commit([visit("old", ended_at=NOW), card("k-old", "old", "closed"), contact, withdrawal])
    journal.purge(NOW + timedelta(days=365), trusted=False)
    assert journal._file.rows("SELECT visit FROM visits UNION ALL SELECT card FROM cards") == []
    assert (journal.contact_rows(), journal.withdrawals()) == ((contact,), (withdrawal,))


def test_purge_forgets_what_never_ended_and_what_cannot_be_read(journal: Journal) -> None:
    strange = VisitRow("strange", "anna", "teleported", 1, NOW, None, None, None)
    journal.commit([strange, visit("late"), visit("v-lost"), card("k-open", "gone"), card("k-lost"), card("k-late")])
    with journal._file.transaction() as database:
        database.execute("UPDATE visits SET started_at = 'once' WHERE visit = 'v-lost'")
        database.execute("UPDATE cards SET body = '{\"title\": \"Frau Muster\"}' WHERE card = 'k-lost'")
        database.execute("UPDATE cards SET body = 'Frau Muster' WHERE card = 'k-late'")
        database.execute("INSERT INTO contacts (customer, at) VALUES ('anna', 'once')")
    journal.purge(NOW + HOUR, trusted=True)
    rows = journal._file.rows
    assert rows("SELECT visit FROM visits ORDER BY visit") == [("late",), ("strange",)]
    assert rows("SELECT card FROM cards") == [("k-open",)]
    assert rows("SELECT customer FROM contacts") == []
    journal.purge(NOW + timedelta(days=1, minutes=4), trusted=True)
    assert rows("SELECT visit FROM visits UNION ALL SELECT card FROM cards") == []


def test_a_forgotten_customer_leaves_withdrawal_and_consent_events_only(journal: Journal, tmp_path: Path) -> None:
    name = "anna-1f9c"
    journal.commit(
        [
            visit("v1", name),
            visit("v2", "bea"),
            card("k1", "v1", customer=name),
            ContactRow(name, "jackets", "screen", NOW),
            *(event(number, kind, name) for number, kind in enumerate(["visit.started", "content.played"])),
            event(2, "visit.started", "bea"),
            event(3, "visit.ended", name),
        ]
    )
    journal.settle([], [(4, "no")])
    journal.forget_customer(name)
    assert journal.open_visits() == (visit("v2", "bea"),)
    assert (journal.open_cards(), journal.contact_rows(), journal.dead(), journal.waiting()) == ((), (), 0, 1)
    assert name.encode() not in bytes_on_disk(tmp_path)
    journal.commit([WithdrawalRow(name, "all", NOW, NOW + HOUR), event(4, "consent.revoked", name)])
    journal.forget_customer(name)
    assert [out.event.id for out in journal.outbox(9)] == ["e4", "e2"]
    assert [row.customer for row in journal.withdrawals()] == [name]


@contextmanager
def no_file_may_grow_beyond(size_bytes: int) -> Iterator[None]:
    """What a full disk feels like: the kernel refuses the write."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_keeps_nothing_and_the_same_rows_can_be_committed_later(journal: Journal, tmp_path: Path) -> None:
    journal.commit([visit("v0"), event(0)])
    size_bytes = (tmp_path / "journal.db-wal").stat().st_size
    rows = [visit("v1"), *(event(number) for number in range(1, 400))]
    for _ in range(3):
        with no_file_may_grow_beyond(size_bytes), pytest.raises(StoreError, match="neither full nor read-only"):
            journal.commit(rows)
        assert (journal.open_visits(), journal.waiting()) == ((visit("v0"),), 1)
        assert len(journal.outbox(1000)) == 1
    journal.commit(rows)
    assert (journal.open_visits(), journal.waiting()) == ((visit("v0"), visit("v1")), 400)
