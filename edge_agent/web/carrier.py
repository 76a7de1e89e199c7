"""MQTT over WebSocket on the page's own origin, carried to the broker's TCP port as bytes.

It reads nothing and adds nothing: the tablet logs on with its own credential. Both
directions wait for the slower side, so a connection holds a frame and two socket buffers.
"""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Callable
from typing import Final

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from edge_agent.errors import AdapterError, BusError

log = logging.getLogger(__name__)

SUBPROTOCOL: Final = "mqtt"
"""As MQTT 3.1.1, section 6, demands."""

CONNECTIONS_MAX: Final = 64
"""More tablets than any store has."""

READ_BYTES: Final = 16 * 1024
"""Read from the broker at once; also the bound of its buffer."""

CONNECT_S: Final = 5.0
"""The broker accepts within this, or it counts as absent."""

BROKER_ABSENT: Final = 1013
"""Close code: try again later."""

BROKER_GONE: Final = 1012
"""Close code: the broker ended the connection."""

TEXT_REFUSED: Final = 1003
"""Close code: MQTT is binary."""


class Carrier:
    """Carries up to :data:`CONNECTIONS_MAX` WebSockets to one broker."""

    def __init__(
        self,
        host: str | None,
        port: int,
        tls: Callable[[], ssl.SSLContext | None] = lambda: None,
        limit: int = CONNECTIONS_MAX,
    ) -> None:
        self._host = host
        self._port = port
        self._tls = tls
        self._limit = limit
        self.open = 0
        """Connections at this moment."""
        self.refused = 0
        """Connections refused for their origin, subprotocol or number, since the start."""

    async def endpoint(self, socket: WebSocket) -> None:
        """Serve one WebSocket from its handshake to its end."""
        problem = self._problem(socket)
        if problem:
            self.refused += 1
            log.log(logging.WARNING if self.refused == 1 else logging.DEBUG, "web: refused a connection: %s", problem)
            await socket.close(1008, problem)  # before accept: the handshake is answered with 403
            return
        self.open += 1
        try:
            await self._serve(socket)
        finally:
            self.open -= 1

    def _problem(self, socket: WebSocket) -> str:
        if SUBPROTOCOL not in socket.scope["subprotocols"]:
            return "subprotocol mqtt is missing"
        if not same_origin(socket.headers.get("origin"), socket.headers.get("host")):
            return "it came from another site"
        if self.open >= self._limit:
            return f"{self._limit} are open already"
        return ""

    async def _serve(self, socket: WebSocket) -> None:
        await socket.accept(SUBPROTOCOL)
        try:
            reader, writer = await self._dial()
        except (AdapterError, OSError, UnicodeError):
            await socket.close(BROKER_ABSENT, "the store's broker is absent")
            return
        try:
            code, reason = await _pump(socket, reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        if code and socket.client_state is WebSocketState.CONNECTED:
            await socket.close(code, reason)

    async def _dial(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if self._host is None:
            raise BusError("no broker is configured")
        async with asyncio.timeout(CONNECT_S):
            return await asyncio.open_connection(self._host, self._port, ssl=self._tls(), limit=READ_BYTES)


async def _pump(socket: WebSocket, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[int, str]:
    """Carry both ways until one side ends; return the close code for the tablet, 0 where it has gone."""
    up = asyncio.create_task(_to_broker(socket, writer))
    down = asyncio.create_task(_to_tablet(socket, reader))
    try:
        done, _ = await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (up, down):
            task.cancel()
        await asyncio.gather(up, down, return_exceptions=True)
    return done.pop().result()


async def _to_broker(socket: WebSocket, writer: asyncio.StreamWriter) -> tuple[int, str]:
    try:
        while True:
            message = await socket.receive()
            if message["type"] == "websocket.disconnect":
                return 0, ""
            payload = message.get("bytes")
            if payload is None:
                return TEXT_REFUSED, "MQTT is binary"
            writer.write(payload)
            await writer.drain()
    except OSError:
        return BROKER_GONE, "the store's broker has gone"


async def _to_tablet(socket: WebSocket, reader: asyncio.StreamReader) -> tuple[int, str]:
    try:
        while payload := await reader.read(READ_BYTES):
            await socket.send_bytes(payload)
    except WebSocketDisconnect:
        return 0, ""
    except OSError:
        pass
    return BROKER_GONE, "the store's broker has gone"


def same_origin(origin: str | None, host: str | None) -> bool:
    """Say whether a browser's ``Origin`` is the site that it talks to. Absent or opaque origins are not."""
    if not origin or not host:
        return False
    return origin.lower() in {f"http://{host.lower()}", f"https://{host.lower()}"}
