"""What is past its time is deleted: what, when, by which clock, and how it went. The doctor shows the report."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from edge_agent import constants
from edge_agent.clock import Clock
from edge_agent.contracts.storage import JobName, RetentionJob, RetentionReport
from edge_agent.errors import DamagedError, StoreError
from edge_agent.steadiness import Steadiness, Watched
from edge_agent.store.database import remove_set_aside, set_aside_at
from edge_agent.store.expiry import Swept
from edge_agent.store.opening import JOURNAL_FILE, SLICE_FILE, Stores
from edge_agent.store.worker import Worker

log = logging.getLogger(__name__)

ROUND_S: Final = 60.0
"""How often it is looked for what is past its time."""

SELDOM_S: Final = 3600.0
"""How often for what is kept for days: cards wear."""

KEYS_KEEP_S: Final = 1024.0
"""Past token keys go one slot after the end of their window; of the usual length."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When a job runs."""

    now_s: float
    """Monotonic second."""
    utc: datetime | None
    """The wall clock, where it is believed."""


Sweep = Callable[[Moment], Iterator[Swept]]
"""Deletes a piece at a time; the last one tells how it went in all."""


@dataclass(slots=True)
class _Job:
    name: JobName
    keep_s: float
    sweep: Sweep
    every_s: float = ROUND_S
    by_wall_clock: bool = False
    """It may only run by a clock that is believed."""
    due_s: float = field(default=float("-inf"))
    ran_s: float | None = None
    report: RetentionJob | None = None


class Retention:
    """Runs the jobs for ever, one after the other, in the store's thread."""

    def __init__(
        self,
        stores: Stores,
        folder: Path,
        worker: Worker,
        clock: Clock,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``folder``: where the databases lie."""
        self._stores = stores
        self._journal_path, self._slice_path = folder / JOURNAL_FILE, folder / SLICE_FILE
        self._worker = worker
        self._clock = clock
        self._sleep = sleep
        self._steadiness = Steadiness()
        self._visits = Watched()
        self._copies = {path: Watched() for path in (self._journal_path, self._slice_path)}
        self._jobs = self._all_jobs()

    def report(self) -> RetentionReport:
        """Return how it goes, for the doctor."""
        now_s = self._clock.now().monotonic_s
        jobs = tuple(
            _so_far(job).model_copy(update={"ran_ago_s": None if job.ran_s is None else now_s - job.ran_s})
            for job in self._jobs
        )
        return RetentionReport(jobs=jobs)

    async def run(self) -> None:
        """Delete until cancelled. Raises DamagedError where a database is broken."""
        while True:
            await self.round()
            await self._sleep(ROUND_S)

    async def round(self) -> None:
        """Run what is due."""
        now = self._clock.now()
        moment = Moment(now.monotonic_s, now.utc if self._steadiness.believed(now) else None)
        for job in self._jobs:
            if moment.now_s >= job.due_s:
                await self._run(job, moment, now.utc)
        try:  # also for what other parts deleted: events that were delivered, receipts that were told
            await self._worker.call(self._stores.journal.truncate_log)
            await self._worker.call(self._stores.slice.truncate_log)
        except DamagedError:
            raise
        except StoreError:
            pass  # the jobs have said so, or will

    async def _run(self, job: _Job, moment: Moment, utc: datetime) -> None:
        before = _so_far(job)
        if job.by_wall_clock and moment.utc is None:
            job.report = before.model_copy(update={"waits_for_clock": True})
            return  # tried again in the next round
        try:
            swept = await self._worker.pieces(job.sweep(moment))
        except DamagedError:
            raise
        except StoreError as error:
            if before.refused_since is None:
                log.error("retention: %s: what is past its time cannot be deleted: %s; trying again", job.name, error)
            refused = {"refused_since": before.refused_since or utc, "problem": str(error)[:200]}
            job.report = before.model_copy(update=refused)
            return
        swept = swept or Swept(0)
        job.ran_s, job.due_s = moment.now_s, moment.now_s + job.every_s
        job.report = RetentionJob(
            job=job.name,
            keep_s=job.keep_s,
            every_s=job.every_s,
            held=swept.held,
            oldest_at=swept.oldest_at,
            removed=swept.removed,
            removed_in_all=before.removed_in_all + swept.removed,
        )

    # --- the jobs -----------------------------------------------------------------------------

    def _all_jobs(self) -> Sequence[_Job]:
        expiry = self._stores.journal.expiry
        keep = constants
        return (
            _Job("visits", keep.VISIT_KEEP_S, self._past_visits),
            _Job("cards", 0.0, lambda moment: iter((expiry.cards(moment.utc),))),
            _Job("contacts", keep.CONTACT_KEEP_S, _dated(expiry.contacts), SELDOM_S, by_wall_clock=True),
            _Job("withdrawals", keep.WITHDRAWAL_KEEP_S, _dated(expiry.withdrawals), SELDOM_S, by_wall_clock=True),
            _Job("queued", keep.QUEUED_KEEP_S, _pieces(expiry.queued), SELDOM_S, by_wall_clock=True),
            _Job("dead_letters", keep.DEAD_LETTER_KEEP_S, _dated(expiry.dead_letters), SELDOM_S, by_wall_clock=True),
            _Job("profiles", 0.0, self._replaced_profiles),
            _Job("token_keys", KEYS_KEEP_S, self._past_keys, by_wall_clock=True),
            _Job("set_aside", keep.SET_ASIDE_KEEP_S, self._old_copies),
        )

    def _past_visits(self, moment: Moment) -> Iterator[Swept]:
        expiry = self._stores.journal.expiry
        past = self._visits.past(expiry.ended_visits(), moment.now_s, constants.VISIT_KEEP_S)
        yield expiry.visits(past, moment.utc)

    def _replaced_profiles(self, _moment: Moment) -> Iterator[Swept]:
        """Also where the hub is gone that had begun it."""
        for _ in self._stores.slice.sweep():
            yield Swept(0)

    def _past_keys(self, moment: Moment) -> Iterator[Swept]:
        removed = 0
        assert moment.utc is not None
        for profiles in self._stores.slice.drop_past_keys(int(moment.utc.timestamp())):
            removed += profiles
            yield Swept(removed)

    def _old_copies(self, moment: Moment) -> Iterator[Swept]:
        kept_s = {self._journal_path: constants.VISIT_KEEP_S, self._slice_path: constants.SET_ASIDE_KEEP_S}
        copies = {path: at for path in kept_s if (at := set_aside_at(path)) is not None}
        removed = 0
        for path, at in copies.items():
            seen = self._copies[path].past((path.name,), moment.now_s, kept_s[path])
            if seen or (moment.utc is not None and (moment.utc - at).total_seconds() >= kept_s[path]):
                remove_set_aside(path)
                removed += 1
        left = [at for at in map(set_aside_at, kept_s) if at is not None]
        yield Swept(removed, len(left), min(left, default=None))


def _dated(sweep: Callable[[datetime], Swept]) -> Sweep:
    def run(moment: Moment) -> Iterator[Swept]:
        assert moment.utc is not None
        yield sweep(moment.utc)

    return run


def _pieces(sweep: Callable[[datetime], Iterator[Swept]]) -> Sweep:
    def run(moment: Moment) -> Iterator[Swept]:
        assert moment.utc is not None
        yield from sweep(moment.utc)

    return run


def _so_far(job: _Job) -> RetentionJob:
    return job.report or RetentionJob(job=job.name, keep_s=job.keep_s, every_s=job.every_s)
