"""Parts that fail are restarted, say so once, and never take the process with them."""

import asyncio
import logging
from collections.abc import Callable

import pytest

from edge_agent.clock import SystemClock
from edge_agent.constants import RESTART_MAX_S, RESTART_MIN_S
from edge_agent.contracts.unit import PartReport
from edge_agent.errors import BusError, DamagedError, HubError, StoreError
from edge_agent.supervisor import Health, supervise

CLOCK = SystemClock("always")


class Weak:
    """Fails as it is told, and works once nothing is left to fail with."""

    def __init__(self, *failures: Exception | None, changed: Callable[[PartReport], None] = lambda _: None) -> None:
        self.health = Health("weak", CLOCK, changed)
        self.slept_s: list[float] = []
        self.chance = lambda: 1.0
        self._failures = list(failures)

    async def run(self) -> None:
        if self._failures:
            failure = self._failures.pop(0)
            if failure is not None:
                raise failure
            return
        self.health.running()
        await asyncio.Event().wait()

    async def sleep(self, delay_s: float) -> None:
        self.slept_s.append(delay_s)

    async def supervised(self) -> None:
        """Run until it works."""
        task = asyncio.create_task(supervise(self, CLOCK, self.sleep, self.chance))
        async with asyncio.timeout(30):
            while self.health.report.state != "running":
                await asyncio.sleep(0)
                if task.done():
                    await task
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_the_same_failure_is_said_once_and_tried_ever_more_seldom(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    part = Weak(*[BusError("nobody there")] * 10)
    await part.supervised()
    assert [record.message for record in caplog.records] == ["weak: nobody there; trying again", "weak: running"]
    assert part.slept_s == sorted(part.slept_s)
    assert part.slept_s[-1] == RESTART_MAX_S


async def test_another_failure_is_said_as_well(caplog: pytest.LogCaptureFixture) -> None:
    await Weak(BusError("a"), BusError("a"), BusError("b"), BusError("b")).supervised()
    assert [record.message for record in caplog.records] == ["weak: a; trying again", "weak: b; trying again"]


async def test_what_a_hub_asks_for_is_granted() -> None:
    part = Weak(HubError("busy", retry_after_s=17.0))
    await part.supervised()
    assert part.slept_s == [17.0 + RESTART_MIN_S]


async def test_units_that_fail_together_do_not_come_back_together() -> None:
    shares = [0.0, 0.5, 0.25, 1.0]
    part = Weak(*[BusError("nobody there")] * 4)
    part.chance = iter(shares).__next__
    await part.supervised()
    assert part.slept_s == [share * RESTART_MIN_S * 2**tries for tries, share in enumerate(shares)]


async def test_a_refusing_disk_restarts_the_part_that_needed_it() -> None:
    part = Weak(StoreError("disk full"))
    await part.supervised()
    assert len(part.slept_s) == 1


async def test_a_part_that_ends_by_itself_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    await Weak(None).supervised()
    assert "it ended by itself" in caplog.text


async def test_a_bug_goes_through() -> None:
    with pytest.raises(ZeroDivisionError):
        await Weak(ZeroDivisionError()).supervised()


async def test_a_broken_database_goes_through() -> None:
    with pytest.raises(DamagedError, match="no such table"):
        await Weak(DamagedError("journal.db: no such table")).supervised()


async def test_every_change_is_reported_with_its_time_and_problems_are_cut() -> None:
    reports: list[PartReport] = []
    await Weak(BusError("x" * 1000), changed=reports.append).supervised()
    assert [report.state for report in reports] == ["waiting", "running"]
    assert len(reports[0].problem) == 200
    assert reports[0].since <= reports[1].since
