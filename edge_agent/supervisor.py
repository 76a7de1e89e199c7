"""Keep the parts running: restart what fails, say so once, report how each is."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from random import SystemRandom
from typing import NoReturn, Protocol

from edge_agent.clock import Clock
from edge_agent.constants import RESTART_MAX_S, RESTART_MIN_S, STEADY_S
from edge_agent.contracts.unit import PartReport, PartState
from edge_agent.errors import AdapterError, DamagedError, HubError, StoreError

log = logging.getLogger(__name__)

_share = SystemRandom().random


class Health:
    """How a part is. The part says when it works; the supervisor says when it does not."""

    def __init__(self, part: str, clock: Clock, changed: Callable[[PartReport], None] = lambda _: None) -> None:
        self._clock = clock
        self._changed = changed
        self.report = PartReport(part=part, state="waiting", since=clock.now().utc)
        self.worked_at: datetime | None = None
        """When the part said last that it works."""

    def running(self) -> None:
        """The part works."""
        self.worked_at = self._clock.now().utc
        if self.report.state != "running":
            log.info("%s: running", self.report.part)
        self._set("running", "")

    def waiting(self, problem: str) -> None:
        """The part is absent and will be tried again. The same problem is logged once."""
        if self.report.state != "waiting" or self.report.problem != problem[:200]:
            log.warning("%s: %s; trying again", self.report.part, problem)
        self._set("waiting", problem)

    def _set(self, state: PartState, problem: str) -> None:
        if (state, problem[:200]) != (self.report.state, self.report.problem):
            self.report = PartReport(
                part=self.report.part, state=state, problem=problem[:200], since=self._clock.now().utc
            )
            self._changed(self.report)


class Part(Protocol):
    """A piece of the outside world that the agent talks to."""

    health: Health

    async def run(self) -> None:
        """Work until cancelled. Calls ``health.running()`` once it works; raises AdapterError when it cannot."""
        ...


async def supervise(
    part: Part,
    clock: Clock,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    chance: Callable[[], float] = _share,
) -> NoReturn:
    """Run ``part`` for ever: restart it after an expected failure, the disk's included; a bug or damage goes through.

    The pause is a random share of the delay (``chance`` gives 0 to 1), so that a thousand units that lost the
    same hub or broker do not come back in the same second. What a hub asks for is always waited for first.
    """
    delay_s = RESTART_MIN_S
    while True:
        started_s = clock.now().monotonic_s
        try:
            await part.run()
            problem, wanted_s = "it ended by itself", None
        except DamagedError:
            raise  # waiting does not help: the next start sets the file aside
        except (AdapterError, StoreError) as error:
            problem = str(error)
            wanted_s = error.retry_after_s if isinstance(error, HubError) else None
        if clock.now().monotonic_s - started_s >= STEADY_S:
            delay_s = RESTART_MIN_S
        part.health.waiting(problem)
        await sleep((wanted_s or 0.0) + chance() * delay_s)
        delay_s = min(2 * delay_s, RESTART_MAX_S)
