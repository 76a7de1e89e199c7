"""The thin asynchronous shell around the engine: wait for the next input or the next deadline, then step."""

import asyncio
from collections.abc import Callable

from edge_agent.channels import DropOldest, NeverDrop
from edge_agent.clock import Clock
from edge_agent.constants import RADIO_QUEUE_MAX
from edge_agent.engine import Engine
from edge_agent.events import (
    Advertisement,
    ClerkReplied,
    Effect,
    Fact,
    Forget,
    Input,
    Instant,
    SliceChanged,
    TabletJoined,
    ToScreen,
)
from edge_agent.store.worker import Worker

HEARTBEAT_S = 2.0
"""The loop proves at least this often that it is alive."""

FAIR_STEPS = 64
"""Steps before the other parts get their turn, however much waits."""

URGENT_MAX = 10_000

CLERKS_MAX = 1000
"""Replies that wait. A store's tablets send a few a minute; more is a flood from the shop's network."""


class Inbox:
    """Where all parts leave their inputs. What must not be lost is served before the radio."""

    def __init__(self) -> None:
        self._arrived = asyncio.Event()
        self.urgent: NeverDrop[Input] = NeverDrop(URGENT_MAX, self._arrived.set)
        self.clerks: DropOldest[Input] = DropOldest(CLERKS_MAX, self._arrived.set)
        self.radio: DropOldest[Input] = DropOldest(RADIO_QUEUE_MAX, self._arrived.set)
        self._turns = (self.clerks, self.radio)

    def put(self, received: Input) -> None:
        """Leave one input; never blocks."""
        match received:
            case Advertisement():
                self.radio.put(received)
            case ClerkReplied() | TabletJoined():
                self.clerks.put(received)
            case _:
                self.urgent.put(received)

    def take(self) -> Input | None:
        """Return the next input, or ``None``. Clerks and radio take turns: neither can silence the other."""
        received = self.urgent.take()
        if received is not None:
            return received
        first, second = self._turns
        self._turns = second, first
        received = first.take()
        return second.take() if received is None else received

    def __len__(self) -> int:
        """Return how many inputs wait."""
        return len(self.urgent) + len(self.clerks) + len(self.radio)

    async def wait(self, at_most_s: float) -> None:
        """Wait for an input, but not longer than this."""
        self._arrived.clear()
        if len(self):
            return
        try:
            async with asyncio.timeout(at_most_s):  # wait_for of Python 3.11 can swallow a cancellation
                await self._arrived.wait()
        except TimeoutError:
            pass


class Loop:
    """Runs the engine for ever."""

    def __init__(
        self,
        engine: Engine,
        inbox: Inbox,
        worker: Worker,
        clock: Clock,
        dispatch: Callable[[Effect], None],
        tell: Callable[[Fact, Instant], None],
        alive: Callable[[], None],
        committed: Callable[[], None],
    ) -> None:
        self._engine = engine
        self._inbox = inbox
        self._worker = worker
        self._clock = clock
        self._dispatch = dispatch
        self._tell = tell
        self._alive = alive
        self._committed = committed

    async def run(self) -> None:
        """Step until cancelled; then what the disk refused gets a last chance."""
        try:
            await self._run()
        finally:
            await self._worker.call(self._engine.write_backlog)

    async def _run(self) -> None:
        deadline_s: float | None = 0.0
        heartbeat_s = 0.0
        steps = 0
        while True:
            received = self._inbox.take()
            now = self._clock.now()
            if now.monotonic_s >= heartbeat_s:
                heartbeat_s = now.monotonic_s + HEARTBEAT_S
                self._alive()
                if self._engine.backlog:
                    await self._worker.call(self._engine.write_backlog)
            due = deadline_s is not None and now.monotonic_s >= deadline_s
            if received is None and not due:
                next_s = heartbeat_s if deadline_s is None else min(heartbeat_s, deadline_s)
                await self._inbox.wait(next_s - now.monotonic_s)
                continue
            if received is not None:
                await self._step(received, now)
            if due:
                await self._step(None, now)
            deadline_s = self._engine.next_deadline()
            steps += 1
            if steps % FAIR_STEPS == 0:
                await asyncio.sleep(0)

    async def _step(self, received: Input | None, now: Instant) -> None:
        loaded = await self._worker.call(self._engine.load, received, now) if _reads(received) else None
        outcomes = self._engine.advance(received, loaded, now)
        for effect in outcomes.effects:
            if isinstance(effect, ToScreen):  # a screen does not wait for the disk
                self._dispatch(effect)
        for fact in outcomes.facts:
            self._tell(fact, now)
        if outcomes.rows or any(isinstance(effect, Forget) for effect in outcomes.effects):
            await self._worker.call(self._engine.commit, outcomes, now)
            self._committed()
        for effect in outcomes.effects:
            if not isinstance(effect, ToScreen):
                self._dispatch(effect)


def _reads(received: Input | None) -> bool:
    return isinstance(received, SliceChanged)
