"""The recorder: who withdrew is erased and told so once, whatever happens between; a full disk stops nothing."""

import itertools
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from edge_agent.contracts.event import ConsentRevoked, VisitStarted
from edge_agent.events import ContactRow, EventRow, Instant, Row, WithdrawalRow
from edge_agent.recorder import BACKLOG_MAX, Recorder
from edge_agent.store.opening import Stores, open_stores
from tests.store.builders import KEY, NOW, STORE, bytes_on_disk, card, page, put, take_in, tombstone, visit
from tests.store.crashes import after_each, crashing
from tests.store.small_disk import full, small_disk

AT = Instant(100.0, NOW, utc_trusted=True)
HER = "anna-1f9c"
CONSENTED = [
    {"purpose": purpose, "receipt": "r", "granted_at": "2026-05-01T00:00:00Z", "expires_at": "2027-05-01T00:00:00Z"}
    for purpose in ("screen", "clerk", "analytics")
]


class Unit:
    """A recorder over real databases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stores: Stores = open_stores(folder, STORE, KEY)
        self._ids = (f"e{os.urandom(4).hex()}-{number}" for number in itertools.count())
        self.recorder = Recorder(self.stores, "/stores/s/units/u", "boot", lambda: next(self._ids))
        self.recorder.start(AT)

    def pull(self, *operations, **more) -> None:
        take_in(self.stores.slice, [page(operations, **more)], self.stores.journal.refused())

    def obey_the_hub(self) -> None:
        """What the engine does with a changed slice."""
        self.recorder.commit((), tuple(self.stores.slice.tombstones.owed()), AT)

    def says_no(self) -> None:
        """What the engine does when a clerk says that she withdrew."""
        said = EventRow("consent.revoked", ConsentRevoked(customer=HER, scope="all", source="clerk"), AT, HER)
        self.recorder.commit([WithdrawalRow(HER, "all", NOW, NOW + timedelta(days=30)), said], [HER], AT)

    def events(self) -> list[str]:
        return [out.event.type for out in self.stores.journal.outbox(1000)]

    def receipts(self) -> list[str]:
        """Ids of the receipts: of one id the hub counts one."""
        found = (out.event for out in self.stores.journal.outbox(1000))
        return [event.id for event in found if event.type == "consent.erased" and event.data["customer"] == HER]

    def nothing_left(self) -> bool:
        held = {HER} & self.stores.journal.customers()
        return not held and not self.stores.slice.holds(HER)

    def close(self) -> None:
        self.stores.close()


def started(customer: str, *, named: bool = True) -> EventRow:
    data = VisitStarted(customer=customer if named else None, visit="v", zone="Outdoor")
    return EventRow("visit.started", data, AT, customer)


def everything_of(customer: str) -> list[Row]:
    rows: list[Row] = [visit(f"v-{customer}", customer), card(f"k-{customer}", f"v-{customer}", customer=customer)]
    contact = ContactRow(customer, "jackets", "screen", NOW)
    return [*rows, contact, started(customer), started(customer, named=False)]


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    made = Unit(tmp_path / "unit")
    made.pull(put(HER, consents=CONSENTED), put("bea", consents=CONSENTED), snapshot=True)
    made.recorder.commit([*everything_of(HER), *everything_of("bea")], (), AT)
    yield made
    made.close()


def test_the_hubs_tombstone_takes_everything_and_brings_one_receipt(unit: Unit) -> None:
    unit.pull(tombstone(HER))
    unit.obey_the_hub()
    assert unit.nothing_left()
    assert len(unit.receipts()) == 1
    unit.obey_the_hub()
    unit.pull(tombstone("nobody-here"))
    unit.obey_the_hub()
    assert len(unit.receipts()) == 1
    assert len(unit.stores.journal.open_visits()) == len(unit.stores.journal.open_cards()) == 1  # bea's


def test_a_store_that_takes_her_again_and_lets_her_go_again_sends_two_receipts(unit: Unit) -> None:
    for _ in range(2):
        unit.pull(tombstone(HER))
        unit.obey_the_hub()
        unit.pull(put(HER, consents=CONSENTED))
    assert len(set(unit.receipts())) == 2


def test_the_hubs_echo_of_what_she_said_here_brings_no_second_receipt(unit: Unit) -> None:
    unit.says_no()
    unit.pull(tombstone(HER))
    unit.obey_the_hub()
    unit.says_no()
    unit.close()
    again = Unit(unit.folder)
    assert len(again.receipts()) == 1
    assert again.stores.slice.tombstones.owed() == {}
    again.close()


@pytest.mark.parametrize("by", ["clerk", "hub"])
def test_wherever_a_crash_comes_she_is_erased_and_there_is_one_receipt(unit: Unit, tmp_path: Path, by: str) -> None:
    with crashing(unit.stores, unit.folder, tmp_path / "copies") as points:
        if by == "clerk":
            unit.says_no()
        else:
            unit.pull(tombstone(HER))
            unit.obey_the_hub()
    assert len(points.found) > 4
    outcomes = []

    def look(folder: Path) -> None:
        again = Unit(folder)
        withdrawn = not again.stores.slice.holds(HER)
        receipts = set(again.receipts())  # of one id the hub counts one
        assert withdrawn == again.nothing_left()
        # What was said is carried out; where the crash came before, nothing has happened at all.
        said = by == "hub" or "consent.revoked" in again.events()
        assert len(receipts) == (1 if withdrawn and said else 0)
        outcomes.append(withdrawn)
        again.close()

    after_each(points, look)
    assert set(outcomes) == {False, True}
    assert outcomes == sorted(outcomes)


@pytest.mark.parametrize("changed", [None, frozenset({HER, "bea"})], ids=["snapshot", "delta"])
def test_without_analytics_nothing_queued_names_her(unit: Unit, changed: frozenset[str] | None) -> None:
    unit.pull(put(HER, consents=CONSENTED[:2]), put("bea", consents=CONSENTED), snapshot=changed is None)
    for _ in unit.recorder.narrow(changed):
        pass
    queued = [out.event.data.get("customer") for out in unit.stores.journal.outbox(100)]
    assert queued.count(HER) == 0
    assert queued.count("bea") == 1
    assert len(unit.stores.journal.open_visits()) == 2  # she may still be served
    assert unit.receipts() == []


def test_somebody_elses_change_changes_nothing(unit: Unit) -> None:
    unit.pull(put(HER, consents=CONSENTED[:2]))
    for _ in unit.recorder.narrow(frozenset({"bea"})):
        pass
    assert unit.events().count("visit.started") == 4


def test_who_consents_to_nothing_any_more_leaves_nothing_in_the_journal(unit: Unit) -> None:
    unit.pull(put(HER, consents=[]))
    for _ in unit.recorder.narrow(frozenset({HER})):
        pass
    assert unit.stores.journal.customers() == {"bea"}


def test_who_is_not_in_a_new_snapshot_leaves_nothing_and_no_receipt(unit: Unit) -> None:
    unit.pull(put("bea", consents=CONSENTED), snapshot=True)
    for _ in unit.recorder.narrow(None):
        pass
    assert unit.nothing_left()
    assert HER.encode() not in bytes_on_disk(unit.folder)


# --- the disk refuses ---------------------------------------------------------------------------


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "12m") as folder:
        yield folder


def test_on_a_full_disk_rows_wait_and_the_report_says_since_when(disk: Path) -> None:
    unit = Unit(disk)
    assert unit.recorder.report().refused_since is None
    with full(disk):
        for number in range(200):  # SQLite may still find room in files that it has
            later = Instant(100.0 + number, NOW + timedelta(seconds=number), utc_trusted=True)
            unit.recorder.commit([visit(f"v{number}"), *[started("anna")] * 20], (), later)
        report = unit.recorder.report()
        assert report.refused_since is not None
        assert "neither full nor read-only" in report.problem
        assert 0 < report.rows_waiting == unit.recorder.backlog <= report.rows_max
        assert report.rows_lost == 0
        held = len(unit.stores.journal.open_visits())
        assert held == len(unit.events()) // 20  # whole commits, or nothing
    unit.recorder.retry()
    assert unit.recorder.backlog == 0
    assert unit.recorder.report().refused_since is None
    assert len(unit.stores.journal.open_visits()) == 200
    assert unit.stores.journal.waiting() == 4000
    unit.close()


def test_a_withdrawal_on_a_full_disk_also_empties_what_waits_in_memory(disk: Path) -> None:
    unit = Unit(disk)
    unit.pull(put(HER, consents=CONSENTED), snapshot=True)
    with full(disk):
        while not unit.recorder.backlog:
            unit.recorder.commit([started("bea")] * 100, (), AT)
        others = unit.recorder.report().rows_waiting
        unit.recorder.commit(everything_of(HER), (), AT)
        unit.says_no()
        waiting = unit.recorder.report()
        assert waiting.rows_waiting <= others + 3  # that she withdrew, that it was said, that it is owed
    unit.recorder.retry()
    assert unit.recorder.backlog == 0
    assert unit.nothing_left()
    assert len(unit.receipts()) == 1
    assert unit.events().count("consent.revoked") == 1
    unit.close()


def test_what_waits_is_bounded_and_her_word_is_the_last_to_go(disk: Path) -> None:
    unit = Unit(disk)
    with full(disk):
        while not unit.recorder.backlog:
            unit.recorder.commit([started("bea")] * 100, (), AT)
        unit.says_no()
        for _ in range(3):
            unit.recorder.commit([started("bea")] * (BACKLOG_MAX // 2), (), AT)
        report = unit.recorder.report()
        assert report.rows_waiting == BACKLOG_MAX
        assert report.rows_lost > BACKLOG_MAX // 2 - 200
    unit.recorder.retry()
    assert unit.recorder.report().rows_lost == report.rows_lost  # it is not forgotten that they were lost
    assert unit.events()[:2] in (["consent.revoked", "consent.erased"], ["consent.erased", "consent.revoked"])
    unit.close()
