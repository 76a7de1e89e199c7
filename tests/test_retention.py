"""Retention: every job runs in its time, by a clock that may be believed, and tells how it went."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.constants import CONTACT_KEEP_S, SET_ASIDE_KEEP_S, VISIT_KEEP_S
from edge_agent.contracts.storage import RetentionJob
from edge_agent.events import ContactRow, Instant, WithdrawalRow
from edge_agent.retention import ROUND_S, SELDOM_S, Retention
from edge_agent.steadiness import JUMP_S, STEADY_S, Steadiness, Watched
from edge_agent.store.opening import Stores, open_stores
from edge_agent.store.worker import Worker
from tests.store.builders import KEY, NOW, STORE, bytes_on_disk, event, page, put, take_in, tombstone, visit

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)


@dataclass
class Clock:
    """Moves when the test says so; its wall clock may be wrong."""

    now_s: float = 1000.0
    wrong: timedelta = timedelta(0)
    trusted: bool = True

    def now(self) -> Instant:
        return Instant(self.now_s, NOW + timedelta(seconds=self.now_s) + self.wrong, self.trusted)

    @property
    def utc(self) -> datetime:
        return self.now().utc


class Unit:
    """Retention over real databases, and a clock of the test's."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.worker = Worker()
        self.stores: Stores = open_stores(folder, STORE, KEY)
        self.retention = Retention(self.stores, folder, self.worker, self.clock)

    async def let_pass(self, passed: timedelta) -> None:
        """Time passes, with a round as often as they come; at most 40 of them, to be quick."""
        rounds = min(40, max(1, int(passed.total_seconds() // ROUND_S)))
        for _ in range(rounds):
            self.clock.now_s += passed.total_seconds() / rounds
            await self.retention.round()

    def job(self, name: str) -> RetentionJob:
        [found] = [job for job in self.retention.report().jobs if job.job == name]
        return found

    def visits(self) -> list[str]:
        rows = self.stores.journal._file.rows("SELECT visit FROM visits ORDER BY visit")
        return [name for (name,) in rows]


@pytest.fixture
async def unit(tmp_path: Path) -> AsyncIterator[Unit]:
    made = Unit(tmp_path / "unit")
    yield made
    made.worker.close()
    made.stores.close()


# --- which clock to believe ---------------------------------------------------------------------


def test_a_clock_is_believed_while_it_is_trusted_and_steady() -> None:
    clock, steadiness = Clock(), Steadiness()
    assert steadiness.believed(clock.now())
    clock.now_s += 60
    clock.wrong = HOUR
    assert not steadiness.believed(clock.now())
    clock.now_s += STEADY_S - 1
    assert not steadiness.believed(clock.now())
    clock.now_s += 1
    assert steadiness.believed(clock.now())
    clock.trusted = False
    assert not steadiness.believed(clock.now())


@given(
    looks=st.lists(
        st.tuples(
            st.floats(0, 5000),
            st.sampled_from([timedelta(0)] * 4 + [HOUR, -HOUR, YEAR, -YEAR, timedelta(seconds=JUMP_S / 3)]),
            st.booleans(),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_no_jump_is_ever_believed_within_its_time(looks: list[tuple[float, timedelta, bool]]) -> None:
    clock, steadiness = Clock(), Steadiness()
    steadiness.believed(clock.now())
    jumped_s = float("-inf")
    for passed_s, jump, trusted in looks:
        clock.now_s += passed_s
        clock.wrong += jump
        clock.trusted = trusted
        if abs(jump.total_seconds()) > JUMP_S:
            jumped_s = clock.now_s
        assert steadiness.believed(clock.now()) == (trusted and clock.now_s - jumped_s >= STEADY_S)


@given(looks=st.lists(st.tuples(st.floats(0, 100), st.sets(st.sampled_from("abcd"))), max_size=40))
def test_what_was_seen_to_be_over_for_long_enough_is_past(looks: list[tuple[float, set[str]]]) -> None:
    watched = Watched()
    now_s, since_s = 0.0, {}
    for passed_s, over in looks:
        now_s += passed_s
        since_s = {name: since_s.get(name, now_s) for name in over}
        assert set(watched.past(over, now_s, 60)) == {name for name in over if now_s - since_s[name] >= 60}


# --- the jobs -----------------------------------------------------------------------------------


async def test_every_job_runs_and_says_so(unit: Unit) -> None:
    before = unit.retention.report()
    assert all(job.ran_ago_s is None for job in before.jobs)
    await unit.retention.round()
    after = unit.retention.report()
    assert [job.job for job in after.jobs] == [job.job for job in before.jobs]
    assert all(job.ran_ago_s == 0 and not job.waits_for_clock for job in after.jobs)
    assert all(job.refused_since is None and job.problem == "" for job in after.jobs)


async def test_a_visit_is_gone_half_an_hour_after_its_end_and_the_report_counts_it(unit: Unit) -> None:
    unit.stores.journal.commit([visit("over", ended_at=unit.clock.utc), visit("open")])
    await unit.let_pass(timedelta(seconds=VISIT_KEEP_S - 1))
    assert unit.visits() == ["open", "over"]
    await unit.let_pass(timedelta(seconds=61))
    assert unit.visits() == ["open"]
    assert (unit.job("visits").removed_in_all, unit.job("visits").held) == (1, 1)


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, YEAR, -YEAR], ids=str)
@pytest.mark.parametrize("trusted", [True, False])
async def test_a_jump_neither_takes_a_visit_early_nor_keeps_it_for_ever(
    unit: Unit, wrong: timedelta, trusted: bool
) -> None:
    unit.stores.journal.commit([visit("over", ended_at=unit.clock.utc), visit("open")])
    await unit.retention.round()
    unit.clock.wrong, unit.clock.trusted = wrong, trusted
    await unit.let_pass(timedelta(seconds=VISIT_KEEP_S - 60))
    assert unit.visits() == ["open", "over"]
    await unit.let_pass(timedelta(seconds=120))
    assert unit.visits() == ["open"]


@pytest.mark.parametrize("wrong", [HOUR, -HOUR, YEAR, -YEAR], ids=str)
async def test_a_clock_that_jumps_and_comes_back_takes_no_withdrawal_and_no_contact(
    unit: Unit, wrong: timedelta
) -> None:
    now = unit.clock.utc
    contact = ContactRow("anna", "jackets", "screen", now)
    withdrawal = WithdrawalRow("bea", "all", now, now + timedelta(days=30))
    unit.stores.journal.commit([contact, withdrawal])
    await unit.retention.round()
    await unit.let_pass(timedelta(minutes=30))
    unit.clock.wrong = wrong
    await unit.let_pass(timedelta(minutes=50))
    assert unit.job("withdrawals").waits_for_clock
    unit.clock.wrong = timedelta(0)
    await unit.let_pass(timedelta(hours=3))
    assert not unit.job("withdrawals").waits_for_clock
    assert (unit.stores.journal.contact_rows(), unit.stores.journal.withdrawals()) == ((contact,), (withdrawal,))


async def test_a_clock_that_is_not_trusted_purges_visits_and_no_withdrawal(unit: Unit) -> None:
    unit.clock.trusted = False
    over = visit("over", ended_at=unit.clock.utc - YEAR)
    unit.stores.journal.commit([over, WithdrawalRow("bea", "all", NOW - YEAR, NOW - YEAR + DAY)])
    await unit.let_pass(timedelta(seconds=2 * VISIT_KEEP_S))
    assert unit.visits() == []
    assert unit.stores.journal.refused() == {"bea"}
    waiting = {job.job for job in unit.retention.report().jobs if job.waits_for_clock}
    assert waiting == {"contacts", "withdrawals", "queued", "dead_letters", "token_keys"}
    unit.clock.trusted = True  # the time has come: believed at once, for it has not jumped
    await unit.let_pass(timedelta(minutes=1))
    assert unit.stores.journal.refused() == frozenset()


async def test_what_is_kept_for_days_is_looked_at_seldom(unit: Unit) -> None:
    await unit.retention.round()
    await unit.let_pass(timedelta(seconds=SELDOM_S - 1))
    assert (unit.job("contacts").ran_ago_s, unit.job("visits").ran_ago_s) == (pytest.approx(SELDOM_S - 1), 0)
    await unit.let_pass(timedelta(seconds=2))
    assert unit.job("contacts").ran_ago_s == 0


async def test_a_wall_clock_that_is_set_makes_no_job_late(unit: Unit) -> None:
    await unit.retention.round()
    unit.clock.wrong = 50 * YEAR
    unit.clock.now_s += 30
    assert {job.ran_ago_s for job in unit.retention.report().jobs} == {30}


async def test_whoever_was_taken_out_is_named_nowhere_once_it_is_told(unit: Unit) -> None:
    take_in(unit.stores.slice, [page([put("anna-1f9c")], snapshot=True)])
    take_in(unit.stores.slice, [page([tombstone("anna-1f9c")], cursor="c2")])
    unit.stores.slice.forget("anna-1f9c")
    unit.stores.slice.tombstones.settle(["anna-1f9c"])
    await unit.retention.round()
    assert b"anna-1f9c" not in bytes_on_disk(unit.folder)


async def test_the_report_tells_the_oldest_that_is_held(unit: Unit) -> None:
    now = unit.clock.utc
    contacts = [ContactRow("anna", "jackets", "screen", now - timedelta(days=days)) for days in (91, 89, 3)]
    unit.stores.journal.commit([*contacts, event(1)])
    await unit.retention.round()
    job = unit.job("contacts")
    assert (job.removed, job.held, job.oldest_at) == (1, 2, now - timedelta(days=89))
    assert job.oldest_at is not None
    assert (now - job.oldest_at).total_seconds() < job.keep_s == CONTACT_KEEP_S
    assert (unit.job("queued").held, unit.job("queued").oldest_at) == (1, NOW)


async def test_what_a_newer_slice_replaced_is_erased(unit: Unit) -> None:
    steps = unit.stores.slice.add(page([put("anna-1f9c")]), frozenset)
    for _ in steps:
        pass
    steps = unit.stores.slice.add(page([tombstone("anna-1f9c")], cursor="c2"), frozenset)
    for _ in steps:
        pass
    rows = unit.stores.slice._file.rows
    assert rows("SELECT count(*) FROM profiles") == [(2,)]
    await unit.retention.round()
    assert rows("SELECT count(*) FROM profiles") == [(0,)]


@pytest.mark.parametrize("name", ["journal.db", "slice.db"])
async def test_a_copy_of_a_corrupt_database_does_not_stay(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "unit"
    open_stores(folder, STORE, KEY).close()
    (folder / name).write_bytes(b"garbage " * 1000)
    unit = Unit(folder)
    copy = folder / f"{name}.corrupt-1"
    keep_s = VISIT_KEEP_S if name == "journal.db" else SET_ASIDE_KEEP_S
    os.utime(copy, (unit.clock.utc.timestamp(),) * 2)
    await unit.let_pass(timedelta(seconds=keep_s - 30))
    assert copy.exists()
    assert (unit.job("set_aside").held, unit.job("set_aside").removed_in_all) == (1, 0)
    await unit.let_pass(timedelta(seconds=61))
    assert not copy.exists()
    assert (unit.job("set_aside").held, unit.job("set_aside").removed_in_all) == (0, 1)
    unit.worker.close()
    unit.stores.close()


async def test_also_where_its_time_lies_in_the_future_a_copy_goes(tmp_path: Path) -> None:
    folder = tmp_path / "unit"
    open_stores(folder, STORE, KEY).close()
    (folder / "slice.db").write_bytes(b"garbage " * 1000)
    unit = Unit(folder)
    copy = folder / "slice.db.corrupt-1"
    os.utime(copy, ((unit.clock.utc + YEAR).timestamp(),) * 2)
    await unit.let_pass(DAY)
    await unit.let_pass(DAY)
    assert not copy.exists()
    unit.worker.close()
    unit.stores.close()


# --- what goes wrong ----------------------------------------------------------------------------


async def test_a_job_that_the_disk_refuses_says_since_when_and_goes_on(
    unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    unit.stores.journal.commit([visit("over", ended_at=unit.clock.utc)])
    await unit.retention.round()
    write = unit.stores.journal._file.write
    write.execute("PRAGMA query_only = ON")  # what a disk says that has become read-only
    await unit.let_pass(timedelta(seconds=60))
    since = unit.clock.utc
    await unit.let_pass(timedelta(hours=1))
    refused = unit.job("visits")
    assert refused.refused_since == since
    assert "readonly" in refused.problem
    assert unit.job("token_keys").refused_since is None  # it is in another file
    assert sum("visits: what is past its time cannot be deleted" in record.message for record in caplog.records) == 1
    write.execute("PRAGMA query_only = OFF")
    await unit.let_pass(timedelta(seconds=60))
    assert (unit.job("visits").refused_since, unit.job("visits").problem) == (None, "")
    assert unit.visits() == []
