"""The shell around the engine: who is served first, and that it always ends."""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_agent.clock import SystemClock
from edge_agent.contracts.clerk import TabletHello
from edge_agent.contracts.config import AgentConfig, NoticeConfig
from edge_agent.contracts.screen import Hello
from edge_agent.engine import Engine, StoreKnowledge
from edge_agent.events import Advertisement, BusJoined, DisplayJoined, TabletJoined
from edge_agent.loop import CLERKS_MAX, Inbox, Loop
from edge_agent.pipeline import Pipeline
from edge_agent.store.crypto import load_epoch_key
from edge_agent.store.opening import Stores, open_stores
from edge_agent.store.worker import Worker

HEARD = Advertisement(rssi_dbm=-60)
ASKS = TabletJoined(TabletHello(tablet="t", departments=()))


def test_what_must_not_be_lost_comes_first_and_clerks_and_radio_take_turns() -> None:
    inbox = Inbox()
    for received in (HEARD, HEARD, ASKS, ASKS, BusJoined()):
        inbox.put(received)
    assert len(inbox) == 5
    taken = [inbox.take() for _ in range(6)]
    assert taken[0] == BusJoined()
    assert taken[-1] is None
    assert taken[1:5] in ([ASKS, HEARD] * 2, [HEARD, ASKS] * 2)


def test_a_flood_from_the_shops_network_is_shed_and_counted() -> None:
    inbox = Inbox()
    for _ in range(CLERKS_MAX + 500):
        inbox.put(ASKS)
    assert (len(inbox), inbox.clerks.dropped) == (CLERKS_MAX, 500)


@contextlib.asynccontextmanager
async def looping(folder: Path, alive: Callable[[], None] = lambda: None):  # type: ignore[no-untyped-def]
    """Run a loop over real stores; yield its inbox and its task."""
    config = AgentConfig(store="s", unit="u", zone="Z", folder=folder, notice=NoticeConfig(version="1"))
    stores: Stores = open_stores(folder, "s", load_epoch_key(folder, None))
    knowledge = StoreKnowledge(stores.slice, stores.catalogue)
    engine = Engine(Pipeline(config, knowledge, lambda: "id"), knowledge, stores, "/s", "boot", lambda: "id")
    clock, inbox, worker = SystemClock("always"), Inbox(), Worker()
    engine.start(clock.now())
    loop = Loop(engine, inbox, worker, clock, lambda _: None, lambda *_: None, alive, lambda: None)
    task = asyncio.create_task(loop.run())
    try:
        yield inbox, task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        worker.close()
        stores.close()


async def test_it_ends_even_when_told_in_the_moment_in_which_something_arrives(tmp_path: Path) -> None:
    async with looping(tmp_path) as (inbox, task):
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
    async with looping(tmp_path) as (inbox, task):
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
    async with looping(tmp_path, lambda: beats.append(None)) as (inbox, _):
        for _ in range(2000):
            inbox.put(HEARD)
        async with asyncio.timeout(30):
            while len(inbox) or not beats:
                await asyncio.sleep(0)
        assert len(beats) < 100
