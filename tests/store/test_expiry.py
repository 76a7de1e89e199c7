"""What is past its time goes, readable or not, and nothing goes too early; whatever the wall clock does."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.constants import (
    CONTACT_KEEP_S,
    DEAD_LETTER_KEEP_S,
    OPEN_KEEP_S,
    QUEUED_KEEP_S,
    VISIT_KEEP_S,
    WITHDRAWAL_KEEP_S,
)
from edge_agent.events import ContactRow, VisitRow, WithdrawalRow
from edge_agent.store.journal import Journal
from tests.store.builders import BOX, NOW, card, event, visit

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
VISIT_KEEP = timedelta(seconds=VISIT_KEEP_S)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "journal.db", BOX)
    yield journal
    journal.close()


def names(journal: Journal, table: str, column: str) -> list[str]:
    return [name for (name,) in journal._file.rows(f"SELECT {column} FROM {table} ORDER BY {column}")]


def test_a_visit_goes_half_an_hour_after_its_end(journal: Journal) -> None:
    journal.commit([visit("old", ended_at=NOW), visit("fresh", ended_at=NOW + HOUR), visit("open")])
    assert journal.expiry.visits((), NOW + VISIT_KEEP - timedelta(seconds=1)).removed == 0
    swept = journal.expiry.visits((), NOW + VISIT_KEEP)
    assert (swept.removed, swept.held, swept.oldest_at) == (1, 2, NOW)
    assert names(journal, "visits", "visit") == ["fresh", "open"]


def test_without_a_clock_a_visit_goes_when_it_was_seen_to_be_over(journal: Journal) -> None:
    journal.commit([visit("over", ended_at=NOW + 400 * DAY), visit("other", ended_at=NOW), visit("open")])
    assert set(journal.expiry.ended_visits()) == {"over", "other"}
    assert journal.expiry.visits(("over",), None).removed == 1
    assert names(journal, "visits", "visit") == ["open", "other"]


def test_a_visit_that_never_ended_goes_after_a_day_and_one_that_cannot_be_read_at_once(journal: Journal) -> None:
    journal.commit([VisitRow("strange", "anna", "teleported", 1, NOW, None, None, None), visit("lost")])
    with journal._file.transaction() as database:
        database.execute("UPDATE visits SET started_at = 'once' WHERE visit = 'lost'")
    journal.expiry.visits((), None)
    assert names(journal, "visits", "visit") == ["strange"]
    journal.expiry.visits((), NOW + timedelta(seconds=OPEN_KEEP_S))
    assert names(journal, "visits", "visit") == []


def test_a_card_goes_when_it_is_over_and_its_visit_gone(journal: Journal) -> None:
    journal.commit([visit("here"), card("k1", "here", "closed"), card("k2", "gone", "closed"), card("k3", "gone")])
    assert journal.expiry.cards(None).removed == 1
    assert names(journal, "cards", "card") == ["k1", "k3"]
    journal.expiry.cards(NOW + HOUR)
    assert names(journal, "cards", "card") == ["k1", "k3"]  # it is open: somebody may still be owed
    with journal._file.transaction() as database:
        database.execute("UPDATE cards SET expires_at = 'once' WHERE card = 'k3'")
    assert journal.expiry.cards(None).removed == 1


def test_an_open_card_that_nobody_ended_goes_a_day_after_its_time(journal: Journal) -> None:
    journal.commit([card("k1", "gone")])
    assert journal.expiry.cards(NOW + DAY).removed == 0
    swept = journal.expiry.cards(NOW + DAY + HOUR)
    assert (swept.removed, swept.held, swept.oldest_at) == (1, 0, None)


def test_contacts_are_kept_as_long_as_a_cap_may_look_back(journal: Journal) -> None:
    journal.commit([ContactRow("anna", name, "screen", NOW + at) for name, at in (("old", -HOUR), ("new", HOUR))])
    with journal._file.transaction() as database:
        database.execute("INSERT INTO contacts (customer, at) VALUES ('lost', 'once')")
    swept = journal.expiry.contacts(NOW + timedelta(seconds=CONTACT_KEEP_S))
    assert swept.removed == 2
    assert names(journal, "contacts", "campaign") == ["new"]


def test_a_contact_of_the_future_is_brought_back_to_now(journal: Journal) -> None:
    """The clock ran a year ahead when it was noted: neither is it forgotten, nor does it count for a year."""
    journal.commit([ContactRow("anna", "jackets", "screen", NOW + 365 * DAY)])
    journal.expiry.contacts(NOW)
    assert [row.at for row in journal.contact_rows()] == [NOW]
    assert journal.expiry.contacts(NOW + timedelta(seconds=CONTACT_KEEP_S)).removed == 1


def test_a_withdrawal_binds_for_its_time_and_not_for_a_year(journal: Journal) -> None:
    keep = timedelta(seconds=WITHDRAWAL_KEEP_S)
    journal.commit(
        [
            WithdrawalRow("anna", "today", NOW, NOW + HOUR),
            WithdrawalRow("bea", "all", NOW + 365 * DAY, NOW + 365 * DAY + keep),
        ]
    )
    assert journal.expiry.withdrawals(NOW).removed == 0
    [_, bea] = journal.withdrawals()
    assert (bea.at, bea.until) == (NOW, NOW + keep)
    assert journal.expiry.withdrawals(NOW + HOUR).removed == 1
    assert journal.refused() == {"bea"}
    assert journal.expiry.withdrawals(NOW + keep).removed == 1


def test_dead_letters_go_after_a_month_and_at_once_where_nobody_can_read_them(journal: Journal) -> None:
    journal.commit([event(1), event(2), event(3)])
    journal.settle((), [(1, "no"), (2, "no"), (3, "no")])
    with journal._file.transaction() as database:
        database.execute("UPDATE dead_letters SET event = 'torn' WHERE seq = 1")
        database.execute("UPDATE dead_letters SET event = json_set(event, '$.time', 'once') WHERE seq = 2")
    keep = timedelta(seconds=DEAD_LETTER_KEEP_S)
    swept = journal.expiry.dead_letters(NOW + keep - HOUR)
    assert (swept.removed, swept.held, swept.oldest_at) == (2, 1, NOW)
    assert journal.expiry.dead_letters(NOW + keep).removed == 1


def test_personal_events_that_the_hub_never_took_go_and_others_stay(journal: Journal) -> None:
    keep = timedelta(seconds=QUEUED_KEEP_S)
    later = [event(number).model_copy(update={"time": NOW + DAY}) for number in range(1200)]
    journal.commit([event(9000), *later, event(9001, "consent.revoked"), event(9002, customer=None)])
    *_, swept = journal.expiry.queued(NOW + keep - HOUR)
    assert (swept.removed, swept.held, swept.oldest_at) == (0, 1201, NOW)
    *_, swept = journal.expiry.queued(NOW + keep)
    assert (swept.removed, swept.held, swept.oldest_at) == (1, 1200, NOW + DAY)
    *_, swept = journal.expiry.queued(NOW + keep + DAY)
    assert (swept.removed, swept.held) == (1200, 0)
    assert [out.event.id for out in journal.outbox(9)] == ["e9001", "e9002"]
    assert journal.waiting() == 2


def test_an_event_whose_time_lies_a_year_ahead_is_not_kept_for_a_year(journal: Journal) -> None:
    journal.commit([event(1).model_copy(update={"time": NOW + 365 * DAY})])
    *_, swept = journal.expiry.queued(NOW)
    assert swept.removed == 1


TIMES = st.integers(-400 * 24, 400 * 24).map(lambda hours: NOW + timedelta(hours=hours))


@settings(max_examples=40, deadline=None)
@given(contacts=st.lists(TIMES, max_size=8), withdrawals=st.lists(TIMES, max_size=8, unique=True), now=TIMES)
def test_nothing_outlives_its_time_and_nothing_young_goes(
    tmp_path_factory: pytest.TempPathFactory, contacts: list[datetime], withdrawals: list[datetime], now: datetime
) -> None:
    journal = Journal(tmp_path_factory.mktemp("unit") / "journal.db", BOX)
    keep = timedelta(seconds=WITHDRAWAL_KEEP_S)
    journal.commit([ContactRow("anna", f"c{at:%s}", "screen", at) for at in contacts])
    journal.commit([WithdrawalRow(f"c{n}", "all", at, at + keep) for n, at in enumerate(withdrawals)])
    journal.expiry.contacts(now)
    journal.expiry.withdrawals(now)
    young = [at for at in contacts if at > now - timedelta(seconds=CONTACT_KEEP_S)]
    assert len(journal.contact_rows()) == len(young)
    assert all(row.at <= now for row in journal.contact_rows())
    binding = [f"c{n}" for n, at in enumerate(withdrawals) if at + keep > now]
    assert sorted(row.customer for row in journal.withdrawals()) == sorted(binding)
    assert all(now < row.until <= now + keep for row in journal.withdrawals())
    journal.close()
