"""The thin asynchronous shell around the engine: wait for the next input or the next deadline, then step."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from itertools import chain

from edge_agent.channels import DropOldest, NeverDrop
from edge_agent.clock import Clock
from edge_agent.constants import RADIO_QUEUE_MAX
from edge_agent.contracts.ownership import Withdrawal
from edge_agent.engine import Engine
from edge_agent.events import (
    NOBODY,
    Advertisement,
    ClerkReplied,
    Effect,
    Forget,
    FromUnit,
    Input,
    Instant,
    KnowledgeChanged,
    SliceChanged,
    TabletJoined,
    ToScreen,
    UnitJoined,
)
from edge_agent.store.worker import Worker
from edge_agent.telling import Fact, Sighting

HEARTBEAT_S = 2.0
"""The loop proves at least this often that it is alive."""

FAIR_S = 0.005
"""Work before the other parts get their turn, however much waits."""

URGENT_MAX = 10_000

CLERKS_MAX = 1000
"""Replies that wait. A store's tablets send a few a minute; more is a flood from the shop's network."""

UNITS_MAX = 1000
"""What units say that waits. Each asks once a second, and again; whom it has spoken to it tells again too."""

Stamped = tuple[Input, Instant]
"""An input, and when it arrived."""


class Inbox:
    """Where all parts leave their inputs. What must not be lost is served before the radio."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._arrived = asyncio.Event()
        self.urgent: NeverDrop[Stamped] = NeverDrop(URGENT_MAX, self._arrived.set)
        self.clerks: DropOldest[Stamped] = DropOldest(CLERKS_MAX, self._arrived.set)
        self.radio: DropOldest[Stamped] = DropOldest(RADIO_QUEUE_MAX, self._arrived.set)
        self.units: DropOldest[Stamped] = DropOldest(UNITS_MAX, self._arrived.set)
        self._turns = deque((self.clerks, self.units, self.radio))
        self.heard = 0
        """Advertisements since the start."""

    def put(self, received: Input) -> None:
        """Leave one input, stamped with this moment; never blocks."""
        stamped = received, self._clock.now()
        match received:
            case Advertisement():
                self.heard += 1
                self.radio.put(stamped)
            case ClerkReplied() | TabletJoined() | FromUnit(Withdrawal()):
                self.clerks.put(stamped)
            case FromUnit(message):
                at = stamped[1]
                self.units.put((FromUnit(message, at.monotonic_s), at))
            case UnitJoined():
                self.units.put(stamped)
            case _:
                self.urgent.put(stamped)

    def take(self) -> Stamped | None:
        """Return the next input, or ``None``. Clerks, units and radio take turns: none can silence another."""
        stamped = self.urgent.take()
        for _ in range(len(self._turns)):
            if stamped is not None:
                break
            stamped = self._turns[0].take()
            self._turns.rotate(-1)
        return stamped

    def heard_until(self, now: Instant) -> Instant:
        """Return up to when everything that was heard has been taken: ``now``, unless advertisements wait."""
        waiting = self.radio.peek()
        return now if waiting is None else waiting[1]

    def __len__(self) -> int:
        """Return how many inputs wait."""
        return len(self.urgent) + len(self.clerks) + len(self.units) + len(self.radio)

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
    """Runs the engine for ever.

    The engine lives in the time in which things were heard: after a stall it catches up with what waits, and
    nobody who advertised all the while is taken for silent.
    """

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
        saw: Callable[[Sighting], None] = lambda _: None,
    ) -> None:
        """``alive`` is called about every HEARTBEAT_S, while both this loop and the worker make progress."""
        self._engine = engine
        self._inbox = inbox
        self._worker = worker
        self._clock = clock
        self._dispatch = dispatch
        self._tell = tell
        self._alive = alive
        self._committed = committed
        self._saw = saw
        self._reached = clock.now()
        """The engine's time; never goes back."""
        self._deadline_s: float | None = 0.0
        self._heartbeat_s = 0.0
        self._proof: asyncio.Task[None] | None = None
        self._loading: asyncio.Task[None] | None = None
        """A snapshot on its way into the index."""

    async def run(self) -> None:
        """Step until cancelled; then what the disk refused gets a last chance."""
        try:
            await self._run()
        finally:
            for task in (self._proof, self._loading):
                if task is not None:
                    task.cancel()
            await self._worker.call(self._engine.write_backlog)

    async def _run(self) -> None:
        yielded_s = self._clock.now().monotonic_s
        while True:
            stamped = self._inbox.take()
            now = self._clock.now()
            if self._beat(now) and self._engine.backlog:
                await self._worker.call(self._engine.write_backlog)
            if self._loading is not None and self._loading.done():
                self._loading.result()  # a broken database ends the process
                self._loading = None
            if stamped is not None:
                received, at = stamped
                # What is served before the radio must not carry the time past what was heard and waits.
                heard_until = self._inbox.heard_until(at)
                await self._step(received, min(at, heard_until, key=_monotonic_s))
            elif self._deadline_s is None or now.monotonic_s < self._deadline_s:
                next_s = self._heartbeat_s if self._deadline_s is None else min(self._heartbeat_s, self._deadline_s)
                await self._inbox.wait(next_s - now.monotonic_s)
                yielded_s = self._clock.now().monotonic_s
                continue
            heard_until = self._inbox.heard_until(now)
            if self._deadline_s is not None and heard_until.monotonic_s >= self._deadline_s:
                await self._step(None, heard_until)
            if now.monotonic_s - yielded_s >= FAIR_S:
                await asyncio.sleep(0)
                yielded_s = self._clock.now().monotonic_s

    async def _step(self, received: Input | None, at: Instant) -> None:
        at = self._reached = max(self._reached, at, key=_monotonic_s)
        if isinstance(received, SliceChanged | KnowledgeChanged):
            await self._load(received, at)
        outcomes = self._engine.advance(received, at)
        if outcomes is NOBODY:
            return  # a stranger: nothing has changed, not even what is due next
        for effect in outcomes.effects:
            if isinstance(effect, ToScreen):  # a screen does not wait for the disk
                self._dispatch(effect)
        for fact in outcomes.facts:
            self._tell(fact, at)
        for sighting in outcomes.sightings:
            self._saw(sighting)
        if outcomes.rows or any(isinstance(effect, Forget) for effect in outcomes.effects):
            await self._worker.call(self._engine.commit, outcomes, at)
            self._committed()
        if isinstance(received, SliceChanged) and received.changed is not None:
            await self._finish(self._engine.settle(received))
        for effect in outcomes.effects:
            if not isinstance(effect, ToScreen):
                self._dispatch(effect)
        self._deadline_s = self._engine.next_deadline()

    async def _load(self, received: SliceChanged | KnowledgeChanged, at: Instant) -> None:
        pieces = self._engine.load(received, at)
        if isinstance(received, KnowledgeChanged) or received.changed is not None:
            await self._finish(pieces)
            return
        if self._loading is not None:
            self._loading.cancel()  # it has been overtaken
        # What it withdrew in part is obeyed last: by then this step was committed.
        pieces = chain(pieces, self._engine.settle(received))
        self._loading = asyncio.create_task(self._finish(pieces), name="loading")

    async def _finish(self, pieces: Iterator[None]) -> None:
        while await self._worker.call(next, pieces, _LOADED) is not _LOADED:
            self._beat(self._clock.now())

    def _beat(self, now: Instant) -> bool:
        """Once per heartbeat return true, and ask the worker for its proof: without an answer nobody says "alive"."""
        if now.monotonic_s < self._heartbeat_s:
            return False
        self._heartbeat_s = now.monotonic_s + HEARTBEAT_S
        if self._proof is None or self._proof.done():
            self._proof = asyncio.create_task(self._prove())
        return True

    async def _prove(self) -> None:
        await self._worker.call(_nothing)
        self._alive()


_LOADED = object()


def _monotonic_s(instant: Instant) -> float:
    return instant.monotonic_s


def _nothing() -> None:
    """Any call proves that the worker's thread is not stuck."""
