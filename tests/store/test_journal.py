"""The journal and its outbox: what is committed stays, in order, bounded, until it is past its use."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from edge_agent.contracts.event import CloudEvent
from edge_agent.errors import StoreError
from edge_agent.events import ContactRow, WithdrawalRow
from edge_agent.store.card_box import CardBox
from edge_agent.store.journal import Journal
from edge_agent.store.journal_rows import JournalRow, OwedErasure
from edge_agent.store.outbox import Queued
from edge_agent.store.unit_key import UnitKey
from tests.store.builders import BOX, KEY, NOW, STORE, bytes_on_disk, card, event, visit

HOUR = timedelta(hours=1)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db", BOX)
    yield journal
    journal.close()


def test_of_many_contacts_the_newest_are_read(journal: Journal) -> None:
    rows = [ContactRow("anna", f"c{ago}", "screen", NOW - ago * HOUR) for ago in (2, 0, 3, 1)]
    journal.commit(rows)
    assert [row.campaign for row in journal.contact_rows()] == ["c3", "c2", "c1", "c0"]
    assert [row.campaign for row in journal.contact_rows(2)] == ["c1", "c0"]


def test_rows_come_back_as_they_were(journal: Journal, tmp_path: Path) -> None:
    contact = ContactRow("anna", "jackets", "screen", NOW, "v1", "m1", "order")
    withdrawal = WithdrawalRow("bea", "today", NOW, NOW + HOUR)
    journal.commit([visit("v1"), card("k1"), contact, withdrawal, event(1)])
    journal.close()
    again = Journal(tmp_path / "journal.db", BOX)
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


def test_a_visit_that_has_ended_is_kept_with_all_that_is_behind_it(journal: Journal) -> None:
    behind = {"decision": "d1", "continues": "v0", "met": ("a", "b"), "owed": ("c",), "held_out": True}
    ended = replace(visit("v1", ended_at=NOW), left_in="greeted", **behind)
    journal.commit([ended, visit("v2"), replace(visit("v0"), ended_at=NOW - HOUR)])
    assert journal.past_visits() == (replace(visit("v0"), ended_at=NOW - HOUR), ended), "in the order of their ends"
    assert journal.open_visits() == (visit("v2"),)


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
    again = Journal(tmp_path / "journal.db", BOX)
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
    journal = Journal(tmp_path / "journal.db", BOX, outbox_max=200)
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


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("customer", "an na"),
        ("campaign", ""),
        ("channel", "mirror"),
        ("at", "2026-03-14T13:00:00"),
        ("visit", "v\ufffd"),
        ("decision", "d 1"),
        ("message_class", "gossip"),
    ],
)
def test_a_contact_that_could_not_be_told_is_left_out(
    journal: Journal, caplog: pytest.LogCaptureFixture, column: str, value: str
) -> None:
    journal.commit([ContactRow("anna", name, "screen", NOW, "v1", "d1") for name in ("broken", "sound")])
    with journal._file.transaction() as database:
        database.execute(f"UPDATE contacts SET {column} = ? WHERE campaign = 'broken'", [value])
    assert [row.campaign for row in journal.contact_rows()] == ["sound"]
    assert "does not fit this version" in caplog.text


def test_rows_that_cannot_be_read_are_left_out(journal: Journal, caplog: pytest.LogCaptureFixture) -> None:
    journal.commit([visit("v1"), visit("v2"), card("k1"), card("k2")])
    with journal._file.transaction() as database:
        database.execute("UPDATE visits SET started_at = 'once' WHERE visit = 'v1'")
        database.execute("UPDATE cards SET sealed = (SELECT sealed FROM cards WHERE card = 'k2') WHERE card = 'k1'")
    assert (journal.open_visits(), journal.open_cards()) == ((visit("v2"),), (card("k2"),))
    assert len(caplog.records) == 2


def everything_of(name: str) -> list[JournalRow]:
    return [
        visit("v1", name),
        card("k1", "v1", customer=name),
        ContactRow(name, "jackets", "screen", NOW),
        *(event(number, kind, name) for number, kind in enumerate(["visit.started", "content.played"])),
        event(3, "visit.ended", name),
        Queued(event(4, "visit.ended", None), name),  # without analytics her id is not in it
    ]


def receipt(name: str, event_id: str = "e9") -> CloudEvent:
    return event(int(event_id[1:]), "consent.erased", name)


@pytest.mark.parametrize("with_receipt", [True, False])
def test_of_who_is_forgotten_only_her_word_about_consent_stays(
    journal: Journal, tmp_path: Path, with_receipt: bool
) -> None:
    name = "anna-1f9c"
    journal.commit([*everything_of(name), visit("v2", "bea"), event(2, "visit.started", "bea")])
    journal.settle([], [(3, "no")])
    assert journal.customers() == {name, "bea"}
    if with_receipt:
        journal.erase({name: receipt(name)})
        journal.erase({name: receipt(name)})
    journal.forget([name])
    assert journal.open_visits() == (visit("v2", "bea"),)
    assert (journal.open_cards(), journal.contact_rows(), journal.dead()) == ((), (), 0)
    assert journal.waiting() == len(journal.outbox(9)) == (3 if with_receipt else 1)
    assert journal.customers() == {"bea"}
    assert (name.encode() in bytes_on_disk(tmp_path)) is with_receipt  # the receipt says whose it is


def test_what_she_said_and_the_receipt_for_it_outlive_her(journal: Journal) -> None:
    withdrawal = WithdrawalRow("anna", "all", NOW, NOW + HOUR)
    journal.commit([*everything_of("anna"), withdrawal, event(5, "consent.revoked"), OwedErasure("anna", "e9")])
    journal.commit([OwedErasure("anna", "e10")])  # said twice: owed once
    assert journal.owed() == (OwedErasure("anna", "e9"),)
    journal.erase({"anna": receipt("anna")})
    assert journal.owed() == ()
    assert [out.event.type for out in journal.outbox(9)] == ["consent.revoked", "consent.erased"]
    assert journal.withdrawals() == (withdrawal,)
    assert journal.waiting() == 2


def test_without_analytics_no_queued_event_names_her(journal: Journal) -> None:
    journal.commit([*everything_of("anna"), event(2, "visit.started", "bea"), event(5, "consent.revoked")])
    journal.settle([], [(2, "no"), (4, "no")])
    journal.forget_analytics(["anna"])
    assert [out.event.id for out in journal.outbox(9)] == ["e5", "e2"]
    assert (journal.waiting(), journal.dead()) == (2, 1)  # what does not name her is rejected all the same
    assert len(journal.open_visits()) == len(journal.open_cards()) == len(journal.contact_rows()) == 1


def test_a_card_lies_sealed_and_opens_with_the_unit_key_alone(journal: Journal, tmp_path: Path) -> None:
    row = card("k1")
    said = row.card.model_copy(
        update={"title": "Frau Muster", "facts": ("waits for desk 2",), "opening": "Gruess Gott"}
    )
    journal.commit([replace(row, card=said, needs=("clerk", "clerk_name"), replies=("r1",))])
    for word in (b"Muster", b"desk 2", b"Gott"):
        assert word not in bytes_on_disk(tmp_path)
    journal.close()
    locked = Journal(tmp_path / "journal.db")
    assert locked.open_cards() == ()
    locked.unlock(CardBox(UnitKey(bytes(32), "hub"), STORE))
    assert locked.open_cards() == ()  # another key: they are nobody's
    locked.unlock(CardBox(KEY, "another-store"))
    assert locked.open_cards() == ()
    locked.unlock(BOX)
    [found] = locked.open_cards()
    assert (found.card, found.needs, found.replies) == (said, ("clerk", "clerk_name"), ("r1",))
    locked.close()


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
