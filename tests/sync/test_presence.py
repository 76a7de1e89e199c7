"""A customer's app hears the unit's beacon: report -> hub -> nudge -> unit -> visit, over TLS with real servers."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx2
import pytest

from edge_agent.clock import SystemClock
from edge_agent.contracts.api import REPORT
from edge_agent.contracts.config import AgentConfig, NoticeConfig
from edge_agent.contracts.presence import REPORT_MAX_BYTES, SCHEME, presence_handle, presence_mac
from edge_agent.contracts.screen import Hello
from edge_agent.engine import Engine, StoreKnowledge
from edge_agent.events import AppPresent, DisplayJoined, Input
from edge_agent.loop import Inbox, Loop
from edge_agent.pipeline import Pipeline
from edge_agent.supervisor import Health
from edge_agent.sync.identity import trust
from edge_agent.sync.nudge import Nudge, PullNow
from edge_agent.sync.presence import AppPresence
from provisioning.hub.presence import PAUSE_S
from tests.provisioning.hubs import IDENTITY_KEY, STORE, UNIT, RunningHub, customer
from tests.sync.units import Unit

pytestmark = pytest.mark.integration

BEACON = {"uuid": "5a4bcfce-174e-4bac-a814-092e77f6b7e5", "major": 7, "minor": 1}


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


@dataclass
class App:
    """A customer's app, as docs/app-integration.md describes it."""

    client: httpx2.AsyncClient
    identity_key: bytes = bytes.fromhex(IDENTITY_KEY)

    async def report(self, at_s: float, **changes: object) -> httpx2.Response:
        fields = {"handle": presence_handle(self.identity_key), "at_ms": int(at_s * 1000), "rssi_dbm": -60, **BEACON}
        body = json.dumps({**fields, **changes}).encode()
        headers = {"Authorization": f"{SCHEME} {presence_mac(self.identity_key, body)}"}
        return await self.client.post(REPORT.path, content=body, headers=headers)


@pytest.fixture
async def app(served: RunningHub) -> AsyncIterator[App]:
    client = httpx2.AsyncClient(verify=trust(served.hub.authority.pem), base_url=served.url, trust_env=False)
    async with client:
        yield App(client)


@dataclass
class Listening:
    """The parts of a unit that hear of apps."""

    unit: Unit
    presence_now: PullNow = field(default_factory=PullNow)
    told: list[Input] = field(default_factory=list)
    emit: Callable[[Input], None] | None = None

    @asynccontextmanager
    async def running(self, *, nudged: bool = True) -> AsyncIterator[None]:
        clock, unit = SystemClock("always"), self.unit
        health = Health("presence", clock)
        presence = AppPresence(
            unit.client, unit.config, clock, self.emit or self.told.append, self.presence_now, health
        )
        nudge = Nudge(unit.client, STORE, unit.pull_now, Health("nudge", clock), self.presence_now)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(part.run()) for part in ((presence, nudge) if nudged else (presence,))]
            await until(lambda: health.report.state == "running" and self.presence_now.live is nudged)
            yield
            for task in tasks:
                task.cancel()


@pytest.fixture
def store(served: RunningHub, unit: Unit) -> RunningHub:
    """A store whose enrolled unit has a beacon, and anna."""
    assert unit.config.store == STORE
    served.hub.fleet.add_unit(STORE, UNIT, "Outdoor", {"radio": {"beacon": BEACON}}, served.clock())
    served.hub.slices.put(STORE, [customer("anna")], served.clock())
    return served


def present(told: list[Input]) -> list[tuple[str, int]]:
    return [(one.customer, one.rssi_dbm) for one in told if isinstance(one, AppPresent)]


async def test_a_report_reaches_the_unit_by_a_nudge_and_counts_once(store: RunningHub, unit: Unit, app: App) -> None:
    listening = Listening(unit)
    async with listening.running():
        unit.pull_now.wanted.clear()
        answer = await app.report(time.time() - 1)
        assert (answer.status_code, answer.content) == (204, b"")
        await until(lambda: listening.told)
        await asyncio.sleep(PAUSE_S)
        await app.report(time.time(), rssi_dbm=-70)
        await until(lambda: len(listening.told) == 2)
        listening.presence_now.wanted.set()  # pulled again, without anything new
        await until(lambda: not listening.presence_now.wanted.is_set())
    assert present(listening.told) == [("anna", -60), ("anna", -70)]
    [first, _] = [one for one in listening.told if isinstance(one, AppPresent)]
    assert first.device == "phone"
    assert 1 <= time.monotonic() - first.heard_at_s < 60
    assert not unit.pull_now.wanted.is_set() or not unit.pull_now.live, "nobody pulls the slice because of it"


async def test_without_the_nudge_it_is_polled(store: RunningHub, unit: Unit, app: App) -> None:
    listening = Listening(unit)
    async with listening.running(nudged=False):
        await app.report(time.time())
        await until(lambda: listening.told)
    assert present(listening.told) == [("anna", -60)]


async def test_a_report_that_another_worker_of_the_hub_took_is_noticed(store: RunningHub, unit: Unit, app: App) -> None:
    listening = Listening(unit)
    body = json.dumps(
        {"handle": presence_handle(app.identity_key), "at_ms": int(time.time() * 1000), "rssi_dbm": -60, **BEACON}
    ).encode()
    async with listening.running():
        code = f"{SCHEME} {presence_mac(app.identity_key, body)}"
        assert store.hub.presence.report(code, body, store.clock())  # nobody tells this worker's fanout
        await until(lambda: listening.told)


async def test_the_answer_tells_nobody_who_is_a_customer(store: RunningHub, app: App) -> None:
    now_s = time.time()
    stranger = App(app.client, bytes(16))
    answers = [
        await app.report(now_s),
        await app.report(now_s),  # again
        await app.report(now_s - 3600),
        await app.report(now_s + 5, minor=99),
        await stranger.report(now_s),
        await stranger.report(now_s, handle=presence_handle(app.identity_key)),
    ]
    said = {(a.status_code, a.content, tuple(sorted(set(a.headers) - {"date"}))) for a in answers}
    assert len(said) == 1
    assert answers[0].status_code == 204


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"handle": "xyz"}, "handle"),
        ({"rssi_dbm": 0}, "rssi_dbm"),
        ({"rssi_dbm": "strong"}, "rssi_dbm"),
        ({"major": 70_000}, "major"),
        ({"uuid": "5A4BCFCE"}, "uuid"),
        ({"at_ms": -1}, "at_ms"),
        ({"at_ms": 10**30}, "at_ms"),
    ],
)
async def test_a_malformed_report_is_answered_with_the_field_and_without_its_value(
    store: RunningHub, app: App, changes: dict[str, object], field: str
) -> None:
    answer = await app.report(time.time(), **changes)
    assert answer.status_code == 422
    assert field in answer.json()["detail"]
    assert presence_handle(app.identity_key) not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff" * 100, b"{}" + b" " * REPORT_MAX_BYTES])
async def test_garbage_is_refused(store: RunningHub, app: App, body: bytes) -> None:
    answer = await app.client.post(
        REPORT.path, content=body, headers={"Authorization": f"{SCHEME} \xff".encode("latin-1")}
    )
    assert answer.status_code == (413 if len(body) > REPORT_MAX_BYTES else 422)


async def test_an_app_that_is_heard_brings_a_visit_and_a_greeting(store: RunningHub, unit: Unit, app: App) -> None:
    """The whole way, to the scene on the screen; the unit's own radio hears nothing of her."""
    await unit.pull.pull_slice()
    clock = SystemClock("always")
    config = AgentConfig(
        store=STORE,
        unit=UNIT,
        zone="Outdoor",
        folder=unit.config.folder,
        notice=NoticeConfig(version="1"),
        radio={"beacon": BEACON},
    )
    knowledge = StoreKnowledge(unit.stores.slice, unit.stores.catalogue)
    ids = iter(range(1000))
    pipeline = Pipeline(config, knowledge, lambda: f"p{next(ids)}")
    engine = Engine(pipeline, knowledge, unit.stores, "/s", "boot", lambda: f"e{next(ids)}")
    await unit.worker.call(engine.start, clock.now())
    inbox, facts = Inbox(clock), list[str]()
    loop = Loop(
        engine,
        inbox,
        unit.worker,
        clock,
        dispatch=lambda _: None,
        tell=lambda fact, _: facts.append(fact.kind),
        alive=lambda: None,
        committed=lambda: None,
    )
    inbox.put(DisplayJoined(Hello(width_px=1, height_px=1)))
    async with Listening(unit, emit=inbox.put).running():
        working = asyncio.create_task(loop.run())
        async with asyncio.timeout(60):
            while "visit.started" not in [outgoing.event.type for outgoing in unit.stores.journal.outbox(100)]:
                await app.report(time.time())
                await asyncio.sleep(PAUSE_S / 4)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    assert "near" in facts
