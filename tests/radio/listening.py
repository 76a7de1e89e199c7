"""A listener on a bench: its clock is moved by hand, and all that comes out of it is kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from dbus_fast import Variant

from edge_agent.app.radios import listeners
from edge_agent.contracts.radio_config import RadioConfig
from edge_agent.events import Advertisement, Input, Instant, RadioHealth
from edge_agent.radio.listener import Listener

PHONE = "C0:00:00:00:00:01"
IBEACON = bytes.fromhex("0215") + bytes(range(16)) + b"\x00\x01\x00\x02\xc5"
CHECK_S = 0.05
CANARY = "00010203-0405-0607-0809-0a0b0c0d0e0f"
"""The UUID in IBEACON."""


async def until(condition: Callable[[], object]) -> None:
    """Wait until something is true; the test's time limit ends it otherwise."""
    while not condition():
        await asyncio.sleep(0.01)


def manufacturer(**payloads: bytes) -> Variant:
    """``x004c=b"..."`` as BlueZ shows it."""
    return Variant("a{qv}", {int(company[1:], 16): Variant("ay", data) for company, data in payloads.items()})


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    monotonic_s: float = 1000.0

    def now(self) -> Instant:
        return Instant(self.monotonic_s, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.monotonic_s), True)


@dataclass
class Bench:
    """A unit's listeners with all that came out of them."""

    config: RadioConfig = field(default_factory=RadioConfig)
    clock: HandClock = field(default_factory=HandClock)
    heard: list[Advertisement] = field(default_factory=list)
    told: list[bool] = field(default_factory=list)
    deaf_since_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.listeners = listeners(self.config, self.clock, self._put, sleep=self._sleep, check_s=CHECK_S)

    def _put(self, received: Input) -> None:
        if isinstance(received, RadioHealth):
            self.told.append(received.healthy)
            if received.since_s is not None and not received.healthy:
                self.deaf_since_s.append(received.since_s)
        else:
            assert isinstance(received, Advertisement)
            self.heard.append(received)

    async def _sleep(self, _pause_s: float) -> None:
        await asyncio.sleep(0.02)

    @property
    def listener(self) -> Listener:
        return self.listeners[0]

    @property
    def running(self) -> bool:
        return all(listener.health.report.state == "running" for listener in self.listeners)

    @property
    def problem(self) -> str:
        return self.listener.health.report.problem

    @property
    def step(self) -> str:
        return self.listener.ladder.step

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Let them listen; a bug in one of them fails the test."""
        tasks = [asyncio.create_task(listener.run()) for listener in self.listeners]
        try:
            yield
            assert not any(task.done() for task in tasks), [task for task in tasks if task.done()]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def looked(self) -> None:
        """Wait until every scan was looked at with the clock as it stands."""
        await asyncio.sleep(4 * CHECK_S)
