"""Serves the display's socket: Unix ``SOCK_SEQPACKET``, one JSON message per packet, one display at a time."""

import asyncio
import logging
import socket
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.screen import (
    FROM_DISPLAY,
    PROTOCOL_VERSION,
    Capture,
    Captured,
    ContentChanged,
    FromDisplay,
    Hello,
    Panel,
    PanelState,
    Refused,
    State,
    ToDisplay,
)
from edge_agent.errors import DisplayError
from edge_agent.events import DisplayJoined, DisplayLost, FromScreen, Input
from edge_agent.local_socket import listen_locally
from edge_agent.supervisor import Health

log = logging.getLogger(__name__)

HELLO_S = 5.0
"""A display that connects says hello within this."""

SEND_BUFFER_BYTES = 4 * MESSAGE_MAX_BYTES
"""A display that reads nothing is dropped once this is full; it comes back and gets the full state."""

CONNECTIONS_MAX = 4
"""The display, and three that only try; more wait until one of them has gone."""

KNOCK_S = 0.01
"""Pause after each connection: a display that comes and goes without end must not take the loop's time either."""

PAUSE_S = 0.002
"""Pause after each packet: a display says a few things a minute, and a broken one must not take the loop's time."""

CAPTURE_S = 5.0
"""A display that is asked for a picture has written it within this."""

UNSEEN: Final[dict[PanelState, str]] = {
    "covered": "another window covers the display's: close it, or start the display without a desktop",
    "absent": "the screen is unplugged: see its cable and power; it is used again as soon as it is back",
}
"""States of the panel that somebody should mend, and how."""


class ScreenLink:
    """Speaks to the display, and tells the engine what it answers."""

    def __init__(self, path: Path, emit: Callable[[Input], None], health: Health) -> None:
        self.health = health
        self._path = path
        self._emit = emit
        self._display: socket.socket | None = None
        self._content_version = ""
        self.panel: PanelState | None = None
        """Whether anybody can see the screen; ``None``: no display has said so."""
        self._captures: dict[str, asyncio.Future[Captured]] = {}
        self._requests = count(1)
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

    async def capture(self) -> Captured:
        """Have the display write what is on the screen. Raises DisplayError where it does not."""
        if self._display is None:
            raise DisplayError("no display is connected: systemctl status edge-display")
        request = f"capture-{next(self._requests)}"
        answer: asyncio.Future[Captured] = asyncio.get_running_loop().create_future()
        self._captures[request] = answer
        self.send(Capture(request=request))
        try:
            async with asyncio.timeout(CAPTURE_S):
                return await answer
        except TimeoutError as error:
            raise DisplayError(
                f"the display has written no picture within {CAPTURE_S:.0f} s: journalctl -u edge-display says why"
            ) from error
        finally:
            del self._captures[request]

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
                await asyncio.sleep(KNOCK_S)

    def _listen(self) -> socket.socket:
        try:
            return listen_locally(self._path, backlog=CONNECTIONS_MAX)
        except OSError as error:
            raise DisplayError(
                f"display socket {self._path}: {error.strerror or error}; "
                f"set screen.socket to a folder that the agent may write"
            ) from error

    async def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                async with asyncio.timeout(HELLO_S):
                    hello = await self._hello(connection)
            except (OSError, TimeoutError):
                self.complain("silent", f"a display connected and said no hello within {HELLO_S:.0f} s")
                return
            if hello is None:
                return
            if self._display is not None:  # it lives: a dead one's socket is at its end, and its reader has gone
                self.complain("second display", "another one is connected; the second was refused")
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
                    self._lose()

    def _lose(self) -> None:
        self._display = self.panel = None
        for answer in self._captures.values():
            if not answer.done():
                answer.set_exception(DisplayError("the display has disconnected: ask again"))
        self._emit(DisplayLost())
        self.health.waiting("the display has disconnected")

    async def _hello(self, connection: socket.socket) -> Hello | None:
        message = _parse(await asyncio.get_running_loop().sock_recv(connection, MESSAGE_MAX_BYTES + 1))
        if not isinstance(message, Hello):
            self.complain("no hello", "the first message is not a hello; the connection was dropped")
            return None
        if message.protocol != PROTOCOL_VERSION:
            self.complain("protocol", f"it speaks protocol {message.protocol}, not {PROTOCOL_VERSION}; update both")
            return None
        return message

    async def _read(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while packet := await loop.sock_recv(connection, MESSAGE_MAX_BYTES + 1):
            message = _parse(packet)
            match message:
                case None:
                    self.complain("garbage", f"a packet of {len(packet)} bytes is not a message; ignored")
                case Hello():
                    self.complain("second hello", "it said hello twice; ignored")
                case Captured(request=request):
                    if (answer := self._waiting(request)) is not None:
                        answer.set_result(message)
                case Refused(message_id=str() as request) if (answer := self._waiting(request)) is not None:
                    answer.set_exception(DisplayError(f"the display wrote no picture: {message.reason}"))
                case _:
                    if isinstance(message, Refused):
                        self.complain("refused", f"it refused what it was told: {message.reason}")
                    elif isinstance(message, Panel):
                        self._see(message.state)
                    self._emit(FromScreen(message))
            await asyncio.sleep(PAUSE_S)

    def _waiting(self, request: str) -> asyncio.Future[Captured] | None:
        answer = self._captures.get(request)
        return None if answer is None or answer.done() else answer

    def _see(self, state: PanelState) -> None:
        self.panel = state
        if state in UNSEEN:
            self.health.waiting(UNSEEN[state])
        else:
            self.health.running()

    def complain(self, fault: str, problem: str) -> None:
        """Count what a display does wrong, and say it the first time. ``fault``: what kind it is of."""
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
