"""Who keeps the hub waiting, and who listens twice or no longer may."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from edge_agent.errors import HubError
from provisioning.hub.protocol import PunctualProtocol
from provisioning.hub.server import make_server
from tests.provisioning.hubs import STORE, UNIT, RunningHub
from tests.sync.units import Unit, enrolled_unit, unit_at

pytestmark = pytest.mark.integration


class Impatient(PunctualProtocol):
    headers_s = 0.3


@contextlib.asynccontextmanager
async def impatient_server() -> AsyncIterator[int]:
    app = Starlette(routes=[Route("/", lambda _request: PlainTextResponse("here"))])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = uvicorn.Server(uvicorn.Config(app, http=Impatient, log_config=None, lifespan="off"))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await serving


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: x\r\n"], ids=["nothing", "half a head"])
async def test_an_unfinished_head_is_hung_up_on(said: bytes) -> None:
    async with impatient_server() as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(said)
        assert await reader.read() == b""
        writer.close()


async def test_so_is_an_unfinished_second_request() -> None:
    async with impatient_server() as port, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"here")).startswith(b"HTTP/1.1 200")
        writer.write(b"GET / HT")
        assert await reader.read() == b""
        writer.close()


def test_the_hub_is_served_like_that_and_with_a_limit(served: RunningHub) -> None:
    config = make_server(served.hub).config
    assert config.http is PunctualProtocol
    assert 0 < (config.limit_concurrency or 0) < 1024


@contextlib.asynccontextmanager
async def listening(unit: Unit) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(unit.nudge.run())
    try:
        async with asyncio.timeout(30):
            while unit.nudge.health.report.state != "running":
                await asyncio.sleep(0.01)
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_revoked_unit_hears_no_more(served: RunningHub, tmp_path: Path) -> None:
    async with enrolled_unit(served, tmp_path / "unit") as unit, listening(unit) as stream:
        served.hub.fleet.revoke(STORE, UNIT)
        with pytest.raises(HubError, match="ended the nudge stream"):
            async with asyncio.timeout(30):
                await stream


async def test_a_second_stream_of_a_unit_ends_its_first(served: RunningHub, tmp_path: Path) -> None:
    async with (
        enrolled_unit(served, tmp_path / "unit") as unit,
        unit_at(served.url, tmp_path / "unit") as again,
        listening(unit) as first,
        listening(again) as second,
    ):
        with pytest.raises(HubError, match="ended the nudge stream"):
            async with asyncio.timeout(30):
                await first
        assert not second.done()
