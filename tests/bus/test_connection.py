"""The bus against real brokers."""

import asyncio
import gc
import logging
import socket
import sys

import aiomqtt
import pytest

from edge_agent.bus.connection import Bus
from edge_agent.bus.envelope import encode
from edge_agent.bus.failures import explain
from edge_agent.clock import SystemClock
from edge_agent.contracts.bus import CARD, HELLO, REPLY, UNIT_PRESENCE
from edge_agent.contracts.clerk import Reply, TabletHello
from edge_agent.contracts.config import BrokerConfig
from edge_agent.contracts.unit import UnitPresence
from edge_agent.errors import BusError
from edge_agent.supervisor import Health
from tests.bus.brokers import Broker, free_port, mosquitto
from tests.bus.conftest import TOPICS, make_bus, running, until
from tests.clerk.cards import card

pytestmark = pytest.mark.integration

CLOCK = SystemClock("always")
reply = Reply(reply="r1", card="c1", tablet="t1", action="claim")


FLOOD = """
import sys
from paho.mqtt.client import CallbackAPIVersion, Client
client = Client(CallbackAPIVersion.VERSION2)
client.connect("127.0.0.1", int(sys.argv[1]))
client.loop_start()
for _ in range(20_000):
    last = client.publish(sys.argv[2], b"{}", qos=0)
last.wait_for_publish(20)
"""


async def publish(broker: Broker, topic: str, payload: bytes, *, retain: bool = False) -> None:
    async with aiomqtt.Client(broker.host, broker.port) as peer:
        await peer.publish(topic, payload, qos=1, retain=retain)


async def test_messages_go_both_ways(broker):
    bus, heard = make_bus(broker), []
    bus.handle(REPLY, TOPICS.replies("unit-1"), lambda name, body: heard.append((name, body)))
    bus.on_joined(lambda: bus.publish(CARD, TOPICS.cards("outdoor"), card()))
    async with aiomqtt.Client(broker.host, broker.port) as peer:
        await peer.subscribe("ea/1/vienna-1/card/+", qos=1)
        async with running(bus), asyncio.timeout(20):
            message = await anext(peer.messages)
            assert str(message.topic) == "ea/1/vienna-1/card/outdoor"
            assert not message.retain
            await publish(broker, TOPICS.replies("unit-1"), encode(REPLY, reply, "/x", CLOCK.now()))
            await until(lambda: heard)
    assert heard == [("unit-1", reply)]


async def test_a_broker_that_dies_and_returns_is_joined_again(broker):
    bus, joined, heard = make_bus(broker), [], []
    bus.on_joined(lambda: joined.append(1))
    bus.handle(HELLO, TOPICS.every_hello(), lambda name, body: heard.append(name))
    async with running(bus):
        broker.kill()
        await until(lambda: bus.health.report.state == "waiting")
        bus.publish(CARD, TOPICS.cards("outdoor"), card())  # nobody listens: the journal has it
        await broker.start()
        await until(lambda: len(joined) == 2)
        hello = TabletHello(tablet="t1", departments=("outdoor",))
        await publish(broker, TOPICS.hello("t1"), encode(HELLO, hello, "/x", CLOCK.now()))
        await until(lambda: heard)


async def test_presence_is_retained_and_the_goodbye_is_said(broker):
    bus, topic = make_bus(broker), TOPICS.unit_presence("unit-1")
    bus.will(UNIT_PRESENCE, topic, UnitPresence(unit="unit-1", online=False))
    bus.on_joined(lambda: bus.publish(UNIT_PRESENCE, topic, UnitPresence(unit="unit-1", online=True)))
    async with aiomqtt.Client(broker.host, broker.port) as peer, asyncio.timeout(20):
        async with running(bus):
            await peer.subscribe(topic, qos=1)
            assert b'"online":true' in (await anext(peer.messages)).payload
        assert b'"online":false' in (await anext(peer.messages)).payload


async def test_garbage_on_every_topic(broker, caplog):
    bus, heard = make_bus(broker), []
    bus.handle(REPLY, TOPICS.replies("unit-1"), lambda name, body: heard.append(body))
    bus.handle(HELLO, TOPICS.every_hello(), lambda name, body: heard.append(body))
    async with running(bus):
        async with aiomqtt.Client(broker.host, broker.port) as peer:
            for topic in (TOPICS.replies("unit-1"), TOPICS.hello("t1"), TOPICS.cards("outdoor")):
                for payload in (b"", b"\x00\xff", b"{" * 5000, b"[]", b'{"data": {}}', b"x" * 100_000):
                    await peer.publish(topic, payload, qos=1)
            await peer.publish(TOPICS.replies("unit-1"), encode(REPLY, reply, "/x", CLOCK.now()), qos=1)
        await until(lambda: heard)
    assert heard == [reply]
    assert bus.router.faults == {"not a CloudEvent": 10, "oversized": 2}
    assert len([record for record in caplog.records if "dropped" in record.message]) == 2


async def test_a_flood_is_one_line_and_what_comes_after_it_is_heard(broker, caplog):
    bus, heard = make_bus(broker), []
    bus.handle(HELLO, TOPICS.every_hello(), lambda name, body: heard.append(name))
    hello = encode(HELLO, TabletHello(tablet="t1", departments=("outdoor",)), "/x", CLOCK.now())
    async with running(bus), aiomqtt.Client(broker.host, broker.port) as peer, asyncio.timeout(30):
        while not bus.router.faults["flood"]:
            flood = await asyncio.create_subprocess_exec(
                sys.executable, "-c", FLOOD, str(broker.port), TOPICS.hello("t1")
            )
            await flood.wait()
        while not heard:
            await peer.publish(TOPICS.hello("t1"), hello, qos=1)
            await asyncio.sleep(0.05)
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert sum("flood" in line for line in lines) == 1
    assert not [line for line in lines if "queue is full" in line]


async def test_an_overflow_asks_for_everything_again(broker):
    bus, joined = make_bus(broker), []
    bus.on_joined(lambda: joined.append(1))
    async with running(bus):
        for number in range(1100):
            bus.publish(CARD, TOPICS.cards("outdoor"), card(f"c{number}"))
        await until(lambda: len(joined) == 2)
    assert bus.dropped == 100


async def test_an_overflow_at_the_very_moment_of_joining_is_noticed(broker):
    bus, joined = make_bus(broker), []

    def too_much_at_once() -> None:
        joined.append(1)
        if len(joined) == 1:
            for number in range(1100):
                bus.publish(CARD, TOPICS.cards("outdoor"), card(f"c{number}"))

    bus.on_joined(too_much_at_once)
    async with running(bus):
        await until(lambda: len(joined) == 2)


async def test_a_bad_password_is_said(tmp_path):
    broker = mosquitto(tmp_path, password="right")
    await broker.start()
    try:
        broker.username, broker.password = "unit", "wrong"
        with pytest.raises(BusError, match=r"refused us; check broker\.username and broker\.password_file"):
            await make_bus(broker).run()
        broker.password = "right"
        async with running(make_bus(broker)):
            pass
    finally:
        broker.kill()


async def test_nobody_there_is_said():
    with pytest.raises(BusError, match="nothing listens there"):
        await make_bus(Broker([], free_port())).run()


async def test_a_name_that_cannot_be_one_is_said():
    with pytest.raises(BusError, match=r"check broker\.host"):
        await make_bus(Broker([], 1883, host="broker..lan")).run()


def test_an_unknown_name_is_said():
    def as_aiomqtt_does() -> None:
        try:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        except OSError as cause:
            raise aiomqtt.MqttError(str(cause)) from None

    with pytest.raises(aiomqtt.MqttError) as caught:
        as_aiomqtt_does()
    assert "check broker.host" in str(explain(caught.value, "broker.lan", 1883))


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # paho leaves the socket to the collector
async def test_tls_against_a_plain_port_is_said(broker, authority_file):
    with pytest.raises(BusError, match="TLS"):
        await make_bus(broker, ca_file=authority_file).run()
    gc.collect()


async def test_a_missing_authority_is_said(broker, tmp_path):
    with pytest.raises(BusError, match=r"broker\.ca_file .*absent\.pem"):
        await make_bus(broker, ca_file=tmp_path / "absent.pem").run()


async def test_a_server_that_is_no_broker_is_left_in_time():
    async def mumble(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(mumble, "127.0.0.1", 0)
    async with server:
        with pytest.raises(BusError):
            await make_bus(Broker([], server.sockets[0].getsockname()[1])).run()


def test_no_broker_no_bus():
    with pytest.raises(ValueError, match=r"broker\.host"):
        Bus(BrokerConfig(), "vienna-1", "unit-1", CLOCK, Health("bus", CLOCK))
