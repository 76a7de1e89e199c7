"""A radio that hears the shoppers of a scenario, in real time."""

import asyncio
from collections.abc import Callable

from edge_agent.clock import Clock
from edge_agent.contracts.scenario import Scenario
from edge_agent.events import Input, RadioHealth
from edge_agent.simulator.shoppers import advertisements
from edge_agent.supervisor import Health


class SimulatedRadio:
    """Stands in for a Bluetooth adapter."""

    def __init__(self, scenario: Scenario, emit: Callable[[Input], None], clock: Clock, health: Health) -> None:
        self.health = health
        self._scenario = scenario
        self._emit = emit
        self._clock = clock

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
                self._emit(heard)
