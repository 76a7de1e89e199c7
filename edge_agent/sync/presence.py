"""What customers' apps said of this unit's beacon: pulled at a nudge, and every ``poll_s`` while there are none."""

import asyncio
from collections.abc import Callable

from edge_agent.clock import Clock
from edge_agent.contracts.api import PRESENCE
from edge_agent.contracts.base import Identifier
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.presence import AppReports
from edge_agent.events import AppPresent
from edge_agent.supervisor import Health
from edge_agent.sync.client import HubClient
from edge_agent.sync.nudge import PullNow


class AppPresence:
    """The apps' reports, as a part. Nothing of them is kept but which ones have been handed on."""

    def __init__(
        self,
        client: HubClient,
        config: AgentConfig,
        clock: Clock,
        emit: Callable[[AppPresent], None],
        pull_now: PullNow,
        health: Health,
    ) -> None:
        self.health = health
        self._client = client
        self._place = {"store": config.store, "unit": config.unit}
        self._poll_s = config.hub.poll_s
        self._clock = clock
        self._emit = emit
        self._pull_now = pull_now
        self._handed_on: frozenset[Identifier] = frozenset()

    async def run(self) -> None:
        """Pull until cancelled; raises HubError when the hub does not answer."""
        while True:
            self._pull_now.wanted.clear()
            await self.pull()
            self.health.running()
            try:
                async with asyncio.timeout(None if self._pull_now.live else self._poll_s):
                    await self._pull_now.wanted.wait()
            except TimeoutError:
                pass

    async def pull(self) -> None:
        """Hand on what is new. The answer repeats each report until it expires."""
        answer = await self._client.get(PRESENCE, self._place, AppReports)
        now_s = self._clock.now().monotonic_s
        for report in reversed(answer.reports):
            if report.report not in self._handed_on:
                self._emit(AppPresent(report.customer, report.device, report.rssi_dbm, now_s - report.age_s))
        self._handed_on = frozenset(report.report for report in answer.reports)
