"""The unit's web server on a free port, for tests."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
from prometheus_client import CollectorRegistry, Counter

from edge_agent.clock import SystemClock
from edge_agent.contracts.config import WebConfig
from edge_agent.contracts.unit import PartReport
from edge_agent.supervisor import Health
from edge_agent.web.app import Sources, build
from edge_agent.web.carrier import Carrier
from edge_agent.web.hosts import allowed_hosts
from edge_agent.web.server import WebServer
from tests.bus.brokers import Broker, free_port

CLOCK = SystemClock("always")


@dataclass
class Site:
    port: int
    sources: Sources

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def sources(broker: Broker, page: Path, **changes: Any) -> Sources:
    registry = CollectorRegistry()
    Counter("cards_sent", "Cards sent.", registry=registry).inc()
    report = PartReport(part="bus", state="running", since=CLOCK.now().utc)
    made = Sources(
        store="vienna-1",
        departments=lambda: ("outdoor", "shoes", "service-desk", "lead"),
        lead="lead",
        page=page,
        carrier=Carrier(broker.host, broker.port),
        metrics=registry,
        health=lambda: (report,),
        hosts=allowed_hosts("127.0.0.1"),
    )
    return replace(made, **changes)


@contextlib.asynccontextmanager
async def serving(made: Sources) -> AsyncIterator[Site]:
    site = Site(free_port(), made)
    server = WebServer(WebConfig(port=site.port), build(made), Health("web", CLOCK))
    task = asyncio.create_task(server.run())
    try:
        async with httpx2.AsyncClient(base_url=site.url) as client:
            while True:
                assert not task.done(), task.result()
                with contextlib.suppress(httpx2.TransportError):
                    await client.get("/healthz")
                    break
                await asyncio.sleep(0.02)
        yield site
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
