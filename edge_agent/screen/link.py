"""Serves the display's socket: Unix ``SOCK_SEQPACKET``, one JSON message per packet, one display at a time."""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from pydantic import ValidationError

from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.screen import (
    FROM_DISPLAY,
    PROTOCOL_VERSION,
    Captured,
    ContentChanged,
    FromDisplay,
    Hello,
    LoopPlayed,
    Panel,
    Refused,
    State,
    ToDisplay,
)
from edge_agent.errors import DisplayError
from edge_agent.events import DisplayJoined, DisplayLost, FromScreen, Input
from edge_agent.supervisor import Health

log = logging.getLogger(__name__)

HELLO_S = 5.0
"""A display that connects says hello within this."""

SEND_BUFFER_BYTES = 4 * MESSAGE_MAX_BYTES
"""A display that reads nothing is dropped once this is full; it comes back and gets the full state."""

CONNECTIONS_MAX = 4
"""The display, and three that only try; more wait until one of them has gone."""

PAUSE_S = 0.002
"""Pause after each packet: a display says a few things a minute, and a broken one must not take the loop's time."""

SOCKET_MODE = 0o660  # agent and display share a group, nobody else speaks here


class ScreenLink:
    """Speaks to the display, and tells the engine what it answers."""

    def __init__(self, path: Path, emit: Callable[[Input], None], health: Health) -> None:
        self.health = health
        self._path = path
        self._emit = emit
        self._display: socket.socket | None = None
        self._content_version = ""
        self.faults: Counter[str] = Counter()
        """What displays did wrong, by kind, since the start."""

    def send(self, message: ToDisplay) -> None:
        """Send one message; dropped where no display is connected, which gets the full state when it comes."""
        if isinstance(message, State):
            message = message.model_copy(update={"content_version": self._content_version})
        if self._display is None:
            return
        try:
            self._display.send(message.model_dump_json(exclude_none=True).encode())
        except OSError as error:
            log.warning("display: it does not read (%s); dropping the connection", error.strerror)
            self._display.shutdown(socket.SHUT_RDWR)  # its reader notices, and says so to the engine
            self._display = None

    def content_changed(self, version: str) -> None:
        """Tell the display that the content folder holds a new playlist."""
        self._content_version = version
        self.send(ContentChanged(version=version))

    async def run(self) -> None:
        """Serve displays until cancelled; raise DisplayError where the socket cannot be had."""
        failure: BaseException | None = None
        with self._listen() as listener:
            self.health.waiting("no display is connected")
            try:
                await self._accept(listener)
            except* OSError as group:
                failure = group.exceptions[0]
        if failure is not None:
            raise DisplayError(f"display socket {self._path}: {failure}") from failure

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        places = asyncio.Semaphore(CONNECTIONS_MAX)
        async with asyncio.TaskGroup() as tasks:
            while True:
                await places.acquire()
                connection, _ = await loop.sock_accept(listener)
                connection.setblocking(False)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
                tasks.create_task(self._serve(connection)).add_done_callback(lambda _: places.release())

    def _listen(self) -> socket.socket:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._path.unlink(missing_ok=True)
            listener.bind(str(self._path))
            self._path.chmod(SOCKET_MODE)
            listener.listen(4)
        except OSError as error:
            listener.close()
            raise DisplayError(
                f"display socket {self._path}: {error.strerror}; set screen.socket to a folder that the agent may write"
            ) from error
        return listener

    async def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                async with asyncio.timeout(HELLO_S):
                    hello = await self._hello(connection)
            except (OSError, TimeoutError):
                self._complain("silent", f"a display connected and said no hello within {HELLO_S:.0f} s")
                return
            if hello is None:
                return
            if self._display is not None:  # it lives: a dead one's socket is at its end, and its reader has gone
                self._complain("second display", "another one is connected; the second was refused")
                return
            self._display = connection
            self.health.running()
            self._emit(DisplayJoined(hello))
            try:
                await self._read(connection)
            except OSError as error:
                log.debug("display: %s", error.strerror)  # that it has gone is said below
            finally:
                if self._display is None or self._display is connection:  # no other has taken its place
                    self._display = None
                    self._emit(DisplayLost())
                    self.health.waiting("the display has disconnected")

    async def _hello(self, connection: socket.socket) -> Hello | None:
        message = _parse(await asyncio.get_running_loop().sock_recv(connection, MESSAGE_MAX_BYTES + 1))
        if not isinstance(message, Hello):
            self._complain("no hello", "the first message is not a hello; the connection was dropped")
            return None
        if message.protocol != PROTOCOL_VERSION:
            self._complain("protocol", f"it speaks protocol {message.protocol}, not {PROTOCOL_VERSION}; update both")
            return None
        return message

    async def _read(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while packet := await loop.sock_recv(connection, MESSAGE_MAX_BYTES + 1):
            message = _parse(packet)
            match message:
                case None:
                    self._complain("garbage", f"a packet of {len(packet)} bytes is not a message; ignored")
                case Hello():
                    self._complain("second hello", "it said hello twice; ignored")
                case Panel() | LoopPlayed() | Captured():
                    log.debug("display: %s", message.type)
                case _:
                    if isinstance(message, Refused):
                        self._complain("refused", f"it refused what it was told: {message.reason}")
                    self._emit(FromScreen(message))
            await asyncio.sleep(PAUSE_S)

    def _complain(self, fault: str, problem: str) -> None:
        self.faults[fault] += 1
        if self.faults[fault] == 1:
            log.warning("display: %s; more of these are only counted", problem)


def _parse(packet: bytes) -> FromDisplay | None:
    if len(packet) > MESSAGE_MAX_BYTES:
        return None
    try:
        return FROM_DISPLAY.validate_json(packet)
    except ValidationError:
        return None
