"""A unit's presence, as the tablets of the store see it."""

import json
from pathlib import Path

import aiomqtt
import pytest

from edge_agent.units.status import UnitStatus
from tests.bus.brokers import mosquitto
from tests.bus.conftest import TOPICS, make_bus, running

pytestmark = pytest.mark.integration


async def test_presence_outlives_its_message_and_ends_with_the_unit(tmp_path: Path):
    broker = mosquitto(tmp_path)
    await broker.start()
    try:
        bus = make_bus(broker)
        UnitStatus(bus, TOPICS, "unit-1", "Outdoor", "1.2.3")
        async with aiomqtt.Client(broker.host, broker.port) as peer:
            await peer.subscribe("ea/1/+/unit/+", qos=1)
            async with running(bus):
                here = await said(peer)
                assert (here["unit"], here["online"], here["zone"], here["version"]) == (
                    "unit-1",
                    True,
                    "Outdoor",
                    "1.2.3",
                )
                async with aiomqtt.Client(broker.host, broker.port) as late:
                    await late.subscribe("ea/1/+/unit/+", qos=1)
                    assert (await said(late))["online"] is True
            assert (await said(peer))["online"] is False
    finally:
        broker.kill()


async def said(peer: aiomqtt.Client) -> dict[str, object]:
    message = await anext(peer.messages)
    data: dict[str, object] = json.loads(message.payload)["data"]
    return data
