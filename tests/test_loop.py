"""The shell around the engine: who is served first, and that it always ends."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from edge_agent.app.agent import new_id
from edge_agent.clock import Clock, SystemClock
from edge_agent.contracts.clerk import TabletHello
from edge_agent.contracts.config import AgentConfig, NoticeConfig
from edge_agent.contracts.ownership import Contact, Spoken, UnitSightings
from edge_agent.contracts.screen import Hello
from edge_agent.contracts.slice import SliceOperation, SlicePage
from edge_agent.engine import Engine, StoreKnowledge
from edge_agent.events import Advertisement, BusJoined, DisplayJoined, FromUnit, Instant, SliceChanged, TabletJoined
from edge_agent.loop import CLERKS_MAX, HEARTBEAT_S, UNITS_MAX, Inbox, Loop
from edge_agent.pipeline import Pipeline
from edge_agent.store.opening import Stores, open_stores
from edge_agent.store.outbox import Queued
from edge_agent.store.unit_key import load_unit_key
from edge_agent.store.worker import Worker
from tests.scenario.shop import LEASE, START, advertisement, consents, profile
from tests.store.builders import event, take_in

CLOCK = SystemClock("always")
UNTIL = START + LEASE
HEARD = Advertisement(rssi_dbm=-60)
ASKS = TabletJoined(TabletHello(tablet="t", departments=()))


def test_what_must_not_be_lost_comes_first_and_clerks_and_radio_take_turns() -> None:
    inbox = Inbox(CLOCK)
    for received in (HEARD, HEARD, ASKS, ASKS, BusJoined()):
        inbox.put(received)
    assert len(inbox) == 5
    stamped = [inbox.take() for _ in range(5)]
    assert inbox.take() is None
    taken = [received for received, _ in filter(None, stamped)]
    assert taken[0] == BusJoined()
    assert taken[1:5] in ([ASKS, HEARD] * 2, [HEARD, ASKS] * 2)


def test_what_a_unit_says_keeps_the_moment_in_which_it_came() -> None:
    inbox = Inbox(CLOCK)
    inbox.put(FromUnit(UnitSightings(unit="rack", run="r1", number=1)))
    stamped = inbox.take()
    assert stamped is not None
    received, at = stamped
    assert isinstance(received, FromUnit)
    assert received.arrived_s == at.monotonic_s > 0


def test_a_flood_from_the_shops_network_is_shed_and_counted() -> None:
    inbox = Inbox(CLOCK)
    for _ in range(CLERKS_MAX + 500):
        inbox.put(ASKS)
    assert (len(inbox), inbox.clerks.dropped) == (CLERKS_MAX, 500)


def test_what_units_say_of_contacts_displaces_no_clerk() -> None:
    inbox = Inbox(CLOCK)
    contact = Contact(customer="a", campaign="b", channel="clerk", message_class="offer", decision="d")
    inbox.put(ASKS)
    for _ in range(UNITS_MAX + 500):
        inbox.put(FromUnit(Spoken(unit="rack", contacts=(contact,))))
    assert (len(inbox.clerks), len(inbox.units), inbox.units.dropped) == (1, UNITS_MAX, 500)


@dataclass
class HandClock:
    """A clock that stands until it is moved."""

    now_s: float = 0.0

    def now(self) -> Instant:
        return Instant(self.now_s, START + timedelta(seconds=self.now_s), utc_trusted=True)


@dataclass
class Running:
    """A loop at work over real stores."""

    inbox: Inbox
    task: asyncio.Task[None]
    worker: Worker
    stores: Stores

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(30):
            while not condition():
                await asyncio.sleep(0.001)

    @contextlib.asynccontextmanager
    async def worker_busy(self):  # type: ignore[no-untyped-def]
        """Keep the worker's thread from everybody, as a slow disk does."""
        gate = threading.Event()
        call = asyncio.create_task(self.worker.call(gate.wait))
        await asyncio.sleep(0)
        try:
            yield
        finally:
            gate.set()
            await call

    def events(self) -> list[str]:
        return [outgoing.event.type for outgoing in self.stores.journal.outbox(1000)]


def pull(stores: Stores, *customers: str) -> None:
    """Apply a snapshot of these customers, as the sync does."""
    operations = tuple(
        SliceOperation(kind="put", customer=name, profile=profile(name).model_dump(mode="json")) for name in customers
    )
    page = SlicePage(
        store="s", snapshot=True, operations=operations, cursor="1", checkpoint=True, checksum="", lease_until=UNTIL
    )
    take_in(stores.slice, [page])


@contextlib.asynccontextmanager
async def looping(  # type: ignore[no-untyped-def]
    folder: Path, alive: Callable[[], None] = lambda: None, clock: Clock = CLOCK, customers: Sequence[str] = ()
):
    """Run a loop over real stores."""
    config = AgentConfig(store="s", unit="u", zone="Z", folder=folder, notice=NoticeConfig(version="1"))
    stores: Stores = open_stores(folder, "s", load_unit_key(folder, None))
    if customers:
        pull(stores, *customers)
    knowledge = StoreKnowledge(stores.slice, stores.catalogue)
    engine = Engine(Pipeline(config, knowledge, new_id), knowledge, stores, "/s", "boot", new_id)
    inbox, worker = Inbox(clock), Worker()
    engine.start(clock.now())
    loop = Loop(engine, inbox, worker, clock, lambda _: None, lambda *_: None, alive, lambda: None)
    task = asyncio.create_task(loop.run())
    try:
        yield Running(inbox, task, worker, stores)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        worker.close()
        stores.close()


async def test_it_ends_even_when_told_in_the_moment_in_which_something_arrives(tmp_path: Path) -> None:
    async with looping(tmp_path) as running:
        inbox, task = running.inbox, running.task
        while len(inbox):
            await asyncio.sleep(0)
        for _ in range(20):  # into its wait
            await asyncio.sleep(0.001)
        inbox.put(DisplayJoined(Hello(width_px=1, height_px=1)))
        task.cancel()  # both before the loop runs again
        async with asyncio.timeout(30):
            with pytest.raises(asyncio.CancelledError):
                await task


async def test_other_parts_get_their_turn_while_the_radio_never_pauses(tmp_path: Path) -> None:
    async with looping(tmp_path) as running:
        inbox, task = running.inbox, running.task
        turns = 0
        for _ in range(50):
            for _ in range(500):
                inbox.put(HEARD)
            await asyncio.sleep(0)
            turns += 1
        assert turns == 50
        assert not task.done()
        async with asyncio.timeout(30):
            while len(inbox):
                await asyncio.sleep(0)


async def test_the_heartbeat_does_not_depend_on_traffic(tmp_path: Path) -> None:
    beats: list[None] = []
    async with looping(tmp_path, lambda: beats.append(None)) as running:
        inbox = running.inbox
        for _ in range(2000):
            inbox.put(HEARD)
        async with asyncio.timeout(30):
            while len(inbox) or not beats:
                await asyncio.sleep(0)
        assert len(beats) < 100


async def test_whoever_advertised_during_a_stall_was_never_silent(tmp_path: Path) -> None:
    clock = HandClock()

    def hear(inbox: Inbox, seconds: float) -> None:
        for _ in range(round(seconds / 0.25)):
            inbox.put(advertisement("anna", clock.now().utc))
            clock.now_s += 0.25

    async with looping(tmp_path, clock=clock, customers=["anna"]) as running:
        await running.until(lambda: not len(running.inbox))
        hear(running.inbox, 5)
        # Everything heard before the worker is kept busy, or the engine waits for it with the rest still in the inbox.
        await running.until(lambda: "visit.started" in running.events() and not len(running.inbox))
        async with running.worker_busy():
            running.inbox.put(SliceChanged(frozenset({"ben"}), UNTIL))
            await running.until(lambda: not len(running.inbox))  # the engine waits for the worker
            hear(running.inbox, 120)
            running.inbox.put(BusJoined())  # is served before the radio, and must not carry the time past it
        await running.until(lambda: not len(running.inbox))
        assert "visit.ended" not in running.events()
        clock.now_s += 120
        running.inbox.put(BusJoined())
        await running.until(lambda: "visit.ended" in running.events())
        assert running.events().count("visit.started") == 1


async def test_time_moves_on_while_the_radio_never_pauses(tmp_path: Path) -> None:
    clock = HandClock()
    async with looping(tmp_path, clock=clock, customers=["anna"]) as running:
        for _ in range(20):
            running.inbox.put(advertisement("anna", clock.now().utc))
            clock.now_s += 0.25
        await running.until(lambda: "visit.started" in running.events())
        async with asyncio.timeout(30):
            while "visit.ended" not in running.events():
                for _ in range(100):
                    running.inbox.put(HEARD)
                    clock.now_s += 0.01
                await asyncio.sleep(0)


async def test_nobody_says_alive_while_the_worker_is_stuck(tmp_path: Path) -> None:
    beats: list[None] = []
    clock = HandClock()
    async with looping(tmp_path, lambda: beats.append(None), clock) as running:

        async def round_made() -> None:
            clock.now_s += 2 * HEARTBEAT_S
            running.inbox.put(HEARD)
            await running.until(lambda: not len(running.inbox))

        await running.until(lambda: len(beats) == 1)
        async with running.worker_busy():
            for _ in range(10):
                await round_made()
            assert len(beats) == 1
        await running.until(lambda: len(beats) == 2)
        await round_made()
        await running.until(lambda: len(beats) == 3)


def changed(*operations: SliceOperation, snapshot: bool) -> SlicePage:
    return SlicePage(
        store="s", snapshot=snapshot, operations=operations, cursor="2", checkpoint=True, checksum="", lease_until=UNTIL
    )


def put(customer: str, *purposes: str) -> SliceOperation:
    body = profile(customer, consents=consents(*purposes)).model_dump(mode="json")
    return SliceOperation(kind="put", customer=customer, profile=body)


@pytest.mark.parametrize("snapshot", [False, True], ids=["delta", "snapshot"])
async def test_what_the_hub_says_of_consent_is_obeyed_to_the_last_queued_event(tmp_path: Path, snapshot: bool) -> None:
    """anna withdrew, bea withdrew analytics alone."""
    async with looping(tmp_path, customers=["anna", "bea", "eve"]) as running:
        journal, slices = running.stores.journal, running.stores.slice
        queued = [Queued(event(number, customer=name), name) for number, name in enumerate(["anna", "bea", "eve"])]
        await running.worker.call(journal.commit, queued)
        page = changed(
            *([] if snapshot else [SliceOperation(kind="tombstone", customer="anna")]),
            put("bea", "screen"),
            put("eve", "screen", "analytics"),
            snapshot=snapshot,
        )
        applied = await running.worker.call(take_in, slices, [page])
        running.inbox.put(SliceChanged(applied.changed, UNTIL))
        await running.until(lambda: journal.customers() == {"eve"})
        await running.until(lambda: running.events().count("consent.erased") == (0 if snapshot else 1))
        assert not running.task.done()
