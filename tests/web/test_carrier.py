"""The byte pipe between a tablet's WebSocket and the broker, with real sockets on both ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from edge_agent.bus.tls import client_context
from edge_agent.contracts.config import BrokerConfig
from edge_agent.web.carrier import BROKER_ABSENT, BROKER_GONE, TEXT_REFUSED, Carrier, same_origin
from tests.bus.brokers import Broker
from tests.web.serving import Site, serving, sources

CONNECT = bytes.fromhex("100d00044d5154540402003c000161")  # MQTT 3.1.1 CONNECT, client "a", clean session
NO_SUCH_AUTHORITY = BrokerConfig(host="127.0.0.1", ca_file=Path("no-such.pem"))
CONNACK = bytes.fromhex("20020000")


def dial(site: Site, **options: object) -> connect:
    return connect(
        f"ws://127.0.0.1:{site.port}/mqtt",
        **{"origin": site.url, "subprotocols": ["mqtt"], "compression": None, "proxy": None, **options},
    )


@pytest.mark.integration
async def test_bytes_go_both_ways_and_the_broker_may_die(broker, page):
    async with serving(sources(broker, page)) as site, dial(site) as tablet:
        assert tablet.subprotocol == "mqtt"
        for byte in CONNECT:  # frames need not be packets
            await tablet.send(bytes([byte]))
        assert await tablet.recv() == CONNACK
        broker.kill()
        assert await closed(tablet) == BROKER_GONE


async def test_an_absent_broker_is_said(nobody, page):
    async with serving(sources(nobody, page)) as site, dial(site) as tablet:
        assert await closed(tablet) == BROKER_ABSENT


@pytest.mark.parametrize("broken", [{"host": None}, {"tls": partial(client_context, NO_SUCH_AUTHORITY)}])
async def test_a_broker_that_cannot_be_dialled_is_said(page, broken):
    async with sink() as broker:
        carrier = Carrier(**{"host": broker.address.host, "port": broker.address.port, **broken})
        async with serving(sources(broker.address, page, carrier=carrier)) as site, dial(site) as tablet:
            assert await closed(tablet) == BROKER_ABSENT
        assert broker.received == 0


@pytest.mark.parametrize("options", [{"origin": "http://evil.example"}, {"origin": None}, {"subprotocols": None}])
async def test_strangers_are_refused(nobody, page, options):
    async with serving(sources(nobody, page)) as site:
        with pytest.raises(InvalidStatus) as refused:
            await dial(site, **options)
        assert refused.value.response.status_code == 403
        assert site.sources.carrier.refused == 1


async def test_text_is_refused(page):
    async with sink() as broker, serving(sources(broker.address, page)) as site, dial(site) as tablet:
        await tablet.send("hello")
        assert await closed(tablet) == TEXT_REFUSED


async def test_a_giant_frame_is_refused(page):
    async with sink() as broker, serving(sources(broker.address, page)) as site, dial(site) as tablet:
        with contextlib.suppress(ConnectionClosed):
            await tablet.send(b"x" * 1_000_000)
        assert await closed(tablet) == 1009
        assert broker.received == 0


async def test_their_number_is_bounded(page):
    async with sink() as broker:
        made = sources(broker.address, page, carrier=Carrier(broker.address.host, broker.address.port, limit=2))
        async with serving(made) as site:
            async with dial(site), dial(site):
                with pytest.raises(InvalidStatus):
                    await dial(site)
            while made.carrier.open:
                await asyncio.sleep(0.01)
            async with dial(site):
                pass


async def test_a_broker_that_does_not_read_stops_the_tablet(page):
    """Back-pressure: what the broker does not take piles up at the tablet, not in the agent."""
    async with sink(reading=False) as broker, serving(sources(broker.address, page)) as site, dial(site) as tablet:
        sent = 0
        with contextlib.suppress(TimeoutError):
            while sent < 64 * 1024 * 1024:
                async with asyncio.timeout(1):
                    await tablet.send(b"x" * 65_536)
                sent += 65_536
        assert sent < 64 * 1024 * 1024
        broker.read.set()


@given(st.text(max_size=30), st.text(max_size=30))
def test_origins_of_other_sites_never_pass(origin, host):
    assert same_origin(origin, host) is False or origin.split("://")[1].split("/")[0].lower() == host.lower()


def test_origins():
    assert same_origin("http://127.0.0.1:8080", "127.0.0.1:8080")
    assert same_origin("https://Store.lan", "store.lan")
    assert not same_origin("http://127.0.0.1:8081", "127.0.0.1:8080")
    assert not same_origin("null", "null")
    assert not same_origin("file://x", "x")
    assert not same_origin("http://[", "x")


async def closed(tablet: ClientConnection) -> int | None:
    async with asyncio.timeout(20):
        await tablet.wait_closed()
    return tablet.close_code


@dataclass
class Sink:
    """Takes every byte and answers nothing."""

    address: Broker
    read: asyncio.Event = field(default_factory=asyncio.Event)
    received: int = 0


@contextlib.asynccontextmanager
async def sink(*, reading: bool = True) -> AsyncIterator[Sink]:
    taken: Sink

    async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await taken.read.wait()
        while data := await reader.read(65_536):
            taken.received += len(data)
        writer.close()

    server = await asyncio.start_server(swallow, "127.0.0.1", 0)
    async with server:
        taken = Sink(Broker([], server.sockets[0].getsockname()[1]))
        if reading:
            taken.read.set()
        yield taken
        taken.read.set()
