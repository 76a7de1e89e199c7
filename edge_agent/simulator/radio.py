"""A radio that hears the shoppers of a scenario, in real time."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Final

from edge_agent.clock import Clock
from edge_agent.contracts.admin import AdapterStatus
from edge_agent.contracts.scenario import Scenario
from edge_agent.events import Input, RadioHealth
from edge_agent.simulator.shoppers import advertisements
from edge_agent.supervisor import Health

RATE_S: Final = 10
"""Its rate is that of the last so many whole seconds."""


class SimulatedRadio:
    """Stands in for a Bluetooth adapter."""

    def __init__(self, scenario: Scenario, emit: Callable[[Input], None], clock: Clock, health: Health) -> None:
        self.health = health
        self._scenario = scenario
        self._emit = emit
        self._clock = clock
        self._heard: deque[tuple[int, int]] = deque(maxlen=RATE_S + 1)
        """(monotonic second, advertisements in it)."""
        self._heard_s = clock.now().monotonic_s

    def status(self, now_s: float) -> AdapterStatus:
        """Return how it hears at monotonic second ``now_s``."""
        heard = sum(count for second, count in self._heard if now_s - RATE_S <= second <= now_s - 1)
        return AdapterStatus(
            adapter="simulated",
            scan="simulated",
            healthy=self.health.report.state == "running",
            heard_per_s=heard / RATE_S,
            usual_per_s=None,
            silence_s=max(0.0, now_s - self._heard_s),
            step="listening",
        )

    async def run(self) -> None:
        """Emit advertisements until cancelled."""
        self.health.running()
        self._emit(RadioHealth(healthy=True))
        started = self._clock.now()
        for at_s, heard in advertisements(self._scenario, started.utc.timestamp()):
            delay_s = started.monotonic_s + at_s - self._clock.now().monotonic_s
            if delay_s > 0:
                await asyncio.sleep(delay_s)
            if heard is not None:
                self._count()
                self._emit(heard)

    def _count(self) -> None:
        self._heard_s = self._clock.now().monotonic_s
        second = int(self._heard_s)
        count = self._heard.pop()[1] if self._heard and self._heard[-1][0] == second else 0
        self._heard.append((second, count + 1))
