"""Serves the control socket: Unix ``SOCK_SEQPACKET``, one JSON message per packet, one question per connection."""

import asyncio
import fcntl
import logging
import socket
import struct
import termios
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from edge_agent.admin.reporter import Reporter
from edge_agent.contracts.admin import (
    ADMIN_PROTOCOL,
    PICTURE_PART_BYTES,
    QUESTION,
    Answer,
    Doctor,
    Explain,
    Listen,
    Picture,
    Question,
    Refusal,
    Screenshot,
    Watch,
)
from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.examination import Examination
from edge_agent.contracts.problems import explain
from edge_agent.errors import DisplayError, ServerError
from edge_agent.local_socket import listen_locally
from edge_agent.supervisor import Health
from edge_agent.telling import Shot, Sighting

log = logging.getLogger(__name__)

QUESTION_S: Final = 5.0
"""A command that connects asks within this."""

CONNECTIONS_MAX: Final = 8
"""Commands at work at the same time; more are told so."""

SEND_BUFFER_BYTES: Final = 4 * MESSAGE_MAX_BYTES
UNREAD_S: Final = 20.0
"""A command that has not read everything for so long is dropped, or once the buffer is full: whatever was heard of
anybody is too old by then (hard rule 2)."""

WATCH_S: Final = 1.0
LISTEN_S: Final = 0.25
"""How often each question is answered."""

PAUSE_S: Final = 0.01
"""Pause after each connection: whoever knocks without end must not take the loop's time."""

_PEER: Final = struct.Struct("3i")  # struct ucred, unix(7): pid, uid, gid


class AdminSocket:
    """A supervised part that answers local commands."""

    def __init__(
        self,
        path: Path,
        reporter: Reporter,
        examine: Callable[[], Awaitable[Examination]],
        shoot: Callable[[], Awaitable[Shot]],
        health: Health,
        unread_s: float = UNREAD_S,
    ) -> None:
        """``examine``: looks at everything for the doctor. ``shoot``: takes a picture; DisplayError says why not."""
        self.health = health
        self._examine = examine
        self._shoot = shoot
        self._unread_s = unread_s
        self._path = path
        self._reporter = reporter
        self._open = 0
        self._watched = 0

    def saw(self, sighting: Sighting) -> None:
        """Take in a sighting; it is forgotten at once unless somebody asks."""
        self._reporter.saw(sighting)

    async def run(self) -> None:
        """Answer until cancelled; raise ServerError where the socket cannot be had."""
        failure: BaseException | None = None
        with self._listen() as listener:
            self.health.running()
            try:
                await self._accept(listener)
            except* OSError as group:
                failure = group.exceptions[0]
        if failure is not None:
            raise ServerError(f"admin socket {self._path}: {failure}") from failure

    def _listen(self) -> socket.socket:
        try:
            return listen_locally(self._path, backlog=CONNECTIONS_MAX)
        except OSError as error:
            raise ServerError(
                f"admin socket {self._path}: {error.strerror or error}; "
                f"set admin.socket to a folder that the agent may write"
            ) from error

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as tasks:
            while True:
                connection, _ = await loop.sock_accept(listener)
                connection.setblocking(False)
                self._open += 1
                tasks.create_task(self._serve(connection)).add_done_callback(self._closed)
                await asyncio.sleep(PAUSE_S)

    def _closed(self, _: asyncio.Task[None]) -> None:
        self._open -= 1

    async def _serve(self, connection: socket.socket) -> None:
        with connection:
            try:
                if self._open > CONNECTIONS_MAX:
                    _send(connection, Refusal(reason=f"{CONNECTIONS_MAX} commands are at work; end one of them"))
                    return
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
                async with asyncio.timeout(QUESTION_S):
                    packet = await asyncio.get_running_loop().sock_recv(connection, MESSAGE_MAX_BYTES + 1)
                match _question(packet):
                    case Refusal() as refusal:
                        _send(connection, refusal)
                    case Watch():
                        await self._watch(connection)
                    case Listen(person=person):
                        await self._listen_to(connection, person)
                    case Explain() as question:
                        log.info("admin: a decision is explained to user %d", _user(connection))
                        _send(connection, self._reporter.explain(question))
                    case Doctor():
                        _send(connection, await self._examine())
                    case Screenshot():
                        await self._take_picture(connection)
            except (OSError, TimeoutError) as error:  # it went, or it reads nothing, or it asks nothing
                log.debug("admin: a command is gone: %s", error or "it asked nothing")

    async def _take_picture(self, connection: socket.socket) -> None:
        try:
            shot = await self._shoot()
        except DisplayError as error:
            _send(connection, Refusal(reason=str(error)[:200]))
            return
        log.info("admin: a picture of the screen is given to user %d", _user(connection))
        async with asyncio.timeout(self._unread_s):
            for begin in range(0, len(shot.jpeg), PICTURE_PART_BYTES):
                part = shot.jpeg[begin : begin + PICTURE_PART_BYTES]
                left = len(shot.jpeg) - begin - len(part)
                picture = Picture(part=b64encode(part), left=left, redacted=shot.redacted)
                await asyncio.get_running_loop().sock_sendall(connection, picture.model_dump_json().encode())

    async def _watch(self, connection: socket.socket) -> None:
        if not self._watched:
            log.info("admin: the unit is watched, by user %d", _user(connection))
        self._watched += 1
        self._reporter.begin()
        try:
            async for _ in _while_read(connection, WATCH_S, self._unread_s):
                _send(connection, self._reporter.snapshot())
        finally:
            self._reporter.end()
            self._watched -= 1

    async def _listen_to(self, connection: socket.socket, person: int) -> None:
        self._reporter.begin()
        sampler = self._reporter.listen(person)
        try:
            async for _ in _while_read(connection, LISTEN_S, self._unread_s):
                if sampler is None or not self._reporter.still_known(sampler):
                    _send(connection, Refusal(reason="she is not heard any more; look who is here and ask again"))
                    return
                _send(connection, sampler.take())
        finally:
            if sampler is not None:
                self._reporter.hang_up(sampler)
            self._reporter.end()


def _question(packet: bytes) -> Question | Refusal:
    if len(packet) > MESSAGE_MAX_BYTES:
        return Refusal(reason=f"the question is larger than {MESSAGE_MAX_BYTES} bytes")
    try:
        question = QUESTION.validate_json(packet)
    except ValidationError as error:
        return Refusal(reason=f"this is no question: {explain(error)[0]}"[:200])
    if question.protocol != ADMIN_PROTOCOL:
        return Refusal(
            reason=f"the command speaks protocol {question.protocol}, this agent {ADMIN_PROTOCOL}: "
            f"use the command of the agent's own version"
        )
    return question


def _send(connection: socket.socket, answer: Answer) -> None:
    """Send one answer. Raises OSError where the command is gone, or has not read for so long that it is dropped."""
    connection.send(answer.model_dump_json().encode())


async def _while_read(connection: socket.socket, every_s: float, patience_s: float) -> AsyncIterator[None]:
    """Yield every so many seconds, until the command hangs up, or has left something unread for ``patience_s``."""
    unread_s = 0.0
    while unread_s < patience_s:
        yield
        try:
            async with asyncio.timeout(every_s):
                await asyncio.get_running_loop().sock_recv(connection, 1)
            return  # it has hung up; or it goes on talking, which ends the conversation as well
        except TimeoutError:
            pass
        left = any(fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))  # unix(7)
        unread_s = unread_s + every_s if left else 0.0


def _user(connection: socket.socket) -> int:
    """Return who asks, as the kernel says; 65534 where the agent's user namespace does not know the user."""
    return int(_PEER.unpack(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size))[1])
