"""An enrolled unit with real stores, pointed at a hub."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

from edge_agent.clock import SystemClock
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import CloudEvent
from edge_agent.events import KnowledgeChanged, SliceChanged
from edge_agent.store.opening import Stores, open_stores
from edge_agent.store.unit_key import load_unit_key
from edge_agent.store.worker import Worker
from edge_agent.supervisor import Health
from edge_agent.sync.client import HubClient
from edge_agent.sync.content import Content
from edge_agent.sync.enrol import enrol
from edge_agent.sync.nudge import Nudge, PullNow
from edge_agent.sync.pull import Destination, Pull
from edge_agent.sync.push import Push
from tests.provisioning.hubs import STORE, UNIT, RunningHub


@dataclass
class Unit:
    """The sync side of an agent, part by part."""

    config: AgentConfig
    client: HubClient
    worker: Worker
    stores: Stores
    pull: Pull
    content: Content
    push: Push
    nudge: Nudge
    pull_now: PullNow
    wake: asyncio.Event
    told: list[SliceChanged | KnowledgeChanged] = field(default_factory=list)
    """What the engine was told."""
    playlists: list[str] = field(default_factory=list)
    """What the display was told."""

    def held(self) -> set[str]:
        """Whose profiles are held."""
        return {customer for customer, _ in self.stores.slice.tokens()}

    async def commit(self, *events: CloudEvent) -> None:
        await self.worker.call(self.stores.journal.commit, events)


@contextlib.asynccontextmanager
async def unit_at(url: str, folder: Path, **settings: object) -> AsyncIterator[Unit]:
    """Return the unit whose identity lies in ``folder``, talking to ``url``."""
    tree = {"store": STORE, "unit": UNIT, "zone": "Outdoor", "folder": folder, "hub": {"url": url, "poll_s": 1}}
    config = AgentConfig.model_validate(tree | {"content": {"spare_mb": 0}} | settings)
    clock = SystemClock("always")
    client, worker = HubClient(url, config.identity_folder, clock), Worker()
    stores = open_stores(folder, STORE, load_unit_key(folder, None))
    pull_now, wake = PullNow(), asyncio.Event()
    told: list[SliceChanged | KnowledgeChanged] = []
    playlists: list[str] = []
    content = Content(client, config, stores.catalogue, clock, playlists.append, Health("content", clock))
    destination = Destination(
        worker, stores.slice, stores.catalogue, stores.journal.refused, told.append, content.changed
    )
    unit = Unit(
        config=config,
        client=client,
        worker=worker,
        stores=stores,
        pull=Pull(client, config, destination, pull_now, Health("pull", clock)),
        content=content,
        push=Push(client, worker, stores.journal, wake, Health("push", clock)),
        nudge=Nudge(client, STORE, pull_now, Health("nudge", clock)),
        pull_now=pull_now,
        wake=wake,
        told=told,
        playlists=playlists,
    )
    try:
        yield unit
    finally:
        await client.close()
        worker.close()
        stores.close()


@contextlib.asynccontextmanager
async def enrolled_unit(served: RunningHub, folder: Path) -> AsyncIterator[Unit]:
    await asyncio.to_thread(enrol, served.url, served.claim(), folder, folder / "agent.toml")
    async with unit_at(served.url, folder) as unit:
        yield unit


def event(number: int, source: str = f"/stores/{STORE}/units/{UNIT}", **fields: object) -> CloudEvent:
    return CloudEvent.model_validate(
        {
            "id": f"e{number}",
            "source": source,
            "type": "visit.started",
            "time": "2026-05-04T10:00:00Z",
            "data": {"customer": "anna", "visit": f"v{number}", "zone": "Outdoor"},
            **fields,
        }
    )
