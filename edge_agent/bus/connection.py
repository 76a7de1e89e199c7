"""One supervised connection to the store's broker, shared by everything that speaks over it."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Any, Final, TypeVar

import aiomqtt

from edge_agent.bus.envelope import Unreadable, encode
from edge_agent.bus.failures import explain
from edge_agent.bus.router import Handler, Router
from edge_agent.bus.tls import client_context
from edge_agent.channels import DropOldest
from edge_agent.clock import Clock
from edge_agent.contracts.base import Contract, Identifier
from edge_agent.contracts.bus import BusMessage
from edge_agent.contracts.config import BrokerConfig
from edge_agent.errors import BusError
from edge_agent.supervisor import Health

log = logging.getLogger(__name__)

M = TypeVar("M", bound=Contract)
Failure = aiomqtt.MqttError | OSError | UnicodeError

KEEPALIVE_S: Final = 10
"""A broker that vanished without a word is noticed within 1.5 times this."""

QUEUE_MAX: Final = 1000
"""Messages that wait, each way. A store has tens of open cards."""

ANSWER_S: Final = 5.0
"""The broker answers within this, or the connection is given up."""

_QOS = 1
_REFUSED = 128
"""SUBACK code for a filter that the broker does not allow."""


class Bus:
    """The unit's connection to the broker. Register handlers and the will before it runs.

    What is published while the broker is away is dropped: everything that matters is
    published again by the ``joined`` callbacks, from the journal.
    """

    def __init__(
        self,
        broker: BrokerConfig,
        store: Identifier,
        unit: Identifier,
        clock: Clock,
        health: Health,
        password: str | None = None,
    ) -> None:
        if broker.host is None:
            raise ValueError("broker.host is absent: without a broker no bus is built")
        self.health = health
        self.router = Router(store)
        self._broker = broker
        self._host: str = broker.host
        self._password = password
        self._unit = unit
        self._source = f"/stores/{store}/units/{unit}"
        self._clock = clock
        self._outgoing: DropOldest[tuple[str, bytes, BusMessage[Any]]] = DropOldest(QUEUE_MAX)
        self._filters: list[str] = []
        self._joined: list[Callable[[], None]] = []
        self._online = False
        self._will: tuple[str, BusMessage[Any], Contract] | None = None

    @property
    def dropped(self) -> int:
        """Messages that were not sent because too many waited, since the start."""
        return self._outgoing.dropped

    def handle(self, message: BusMessage[M], topic_filter: str, handler: Handler[M]) -> None:
        """Subscribe to ``topic_filter``; call ``handler`` with the last level of the topic and the contract."""
        self._filters.append(topic_filter)
        self.router.route(message, handler)

    def on_joined(self, callback: Callable[[], None]) -> None:
        """Call back after each (re)connection, and after an overflow: publish again what must be known."""
        self._joined.append(callback)

    def will(self, message: BusMessage[M], topic: str, body: M) -> None:
        """What the broker shall say when we vanish, and what we say ourselves when we stop."""
        self._will = (topic, message, body)

    def publish(self, message: BusMessage[M], topic: str, body: M) -> None:
        """Queue one message; never blocks."""
        if self._online:
            self._outgoing.put((topic, encode(message, body, self._source, self._clock.now()), message))

    async def run(self) -> None:
        """Stay connected until cancelled; raise :class:`BusError` when that is not possible."""
        failure: Failure | None = None
        try:
            await self._stay_connected()
        except* (aiomqtt.MqttError, OSError, UnicodeError) as group:
            failure = _first(group)
        if failure is not None:
            raise explain(failure, self._host, self._broker.port) from failure

    async def _stay_connected(self) -> None:
        async with self._client() as client:
            try:
                for topic_filter in self._filters:
                    await self._subscribe(client, topic_filter)
                dropped = self.dropped  # before anybody hears that we are online, and publishes too much at once
                self._join()
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(self._send(client, dropped))
                    tasks.create_task(self._receive(client))
            except asyncio.CancelledError:
                await self._say_goodbye(client)
                raise
            finally:
                self._online = False
                self._outgoing.clear()

    def _client(self) -> aiomqtt.Client:
        router = self.router

        class Waiting(asyncio.Queue[aiomqtt.Message]):
            """Where aiomqtt keeps what has come; its own words about a full queue would be one line per message."""

            def put_nowait(self, item: aiomqtt.Message) -> None:
                if self.full():
                    router.drop(Unreadable("flood", f"more than {QUEUE_MAX} waited"))
                else:
                    super().put_nowait(item)

        return aiomqtt.Client(
            self._host,
            self._broker.port,
            username=self._broker.username,
            password=self._password,
            identifier=f"unit-{self._unit}",
            protocol=aiomqtt.ProtocolVersion.V311,
            will=self._last_will(),
            clean_session=True,
            timeout=ANSWER_S,
            keepalive=KEEPALIVE_S,
            queue_type=Waiting,
            max_queued_incoming_messages=QUEUE_MAX,
            tls_context=client_context(self._broker),
            socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],
        )

    async def _subscribe(self, client: aiomqtt.Client, topic_filter: str) -> None:
        granted = await client.subscribe(topic_filter, qos=_QOS)
        if _REFUSED in (code if isinstance(code, int) else code.value for code in granted):
            raise BusError(f"broker {self._host}: it does not let us read {topic_filter}; check its access list")

    def _join(self) -> None:
        self._online = True
        self.health.running()
        for callback in self._joined:
            callback()

    async def _send(self, client: aiomqtt.Client, dropped: int) -> None:
        while True:
            topic, payload, message = await self._outgoing.get()
            await client.publish(topic, payload, qos=message.qos, retain=message.retained)
            if self.dropped != dropped and not len(self._outgoing):
                log.warning(
                    "bus: %d messages were too many at once; sending again what matters", self.dropped - dropped
                )
                dropped = self.dropped
                self._join()

    async def _receive(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            payload = message.payload if isinstance(message.payload, bytes) else b""
            self.router.deliver(message.topic.value, payload, retained=message.retain)

    async def _say_goodbye(self, client: aiomqtt.Client) -> None:
        """A clean disconnect does not trigger the will, so say it ourselves."""
        will = self._last_will()
        if will is not None:
            with contextlib.suppress(aiomqtt.MqttError):
                await client.publish(will.topic, will.payload, will.qos, will.retain, timeout=1)

    def _last_will(self) -> aiomqtt.Will | None:
        if self._will is None:
            return None
        topic, message, body = self._will
        return aiomqtt.Will(topic, encode(message, body, self._source, self._clock.now()), _QOS, message.retained)


def _first(group: BaseExceptionGroup[Failure]) -> Failure:
    first = group.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
