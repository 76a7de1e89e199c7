"""The client of the agent's socket. It never blocks: drawing goes on whatever the agent does."""

import json
import logging
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from edge_agent.contracts.base import MESSAGE_MAX_BYTES, Identifier
from edge_agent.contracts.screen import (
    PROTOCOL_VERSION,
    TO_DISPLAY,
    FromDisplay,
    Hello,
    LoopPlayed,
    Refused,
    State,
    ToDisplay,
)

log = logging.getLogger(__name__)

RETRY_MIN_S = 0.1
RETRY_MAX_S = 2.0
"""The agent's absence is retried after RETRY_MIN_S, doubling to RETRY_MAX_S: a restarted agent is found at once.

Only its state proves that it is there for us: an agent that has a display already hangs up on a second one."""

MESSAGES_PER_TURN = 16
"""So many messages are read before the next frame is drawn; the rest waits in the socket."""

OUTBOX_MAX = 256
"""Reports kept while the agent is away: hours of scenes. The oldest is dropped when it overflows."""

COUNTS_MAX = 1000
"""Counts of the loop kept beside them: all of one interval. They go after the reports, and never take their room."""

_MESSAGE_ID: TypeAdapter[str] = TypeAdapter(Identifier)


class Link:
    """One connection to the agent at a time; reports wait while there is none."""

    def __init__(self, path: Path, hello: Callable[[], Hello]) -> None:
        self._path = path
        self._hello = hello
        self._socket: socket.socket | None = None
        self._outbox: deque[FromDisplay] = deque(maxlen=OUTBOX_MAX)
        self._counts: deque[FromDisplay] = deque(maxlen=COUNTS_MAX)
        self._retry_s = RETRY_MIN_S
        self._retry_at_s = 0.0
        self._absence_logged = False
        self._greeted = False
        self._garbage_logged = False
        self._foreign = False

    @property
    def socket(self) -> socket.socket | None:
        """The socket to wait for; absent while the agent is."""
        return self._socket

    @property
    def blocked(self) -> bool:
        """Whether reports wait for room in the socket."""
        return self._socket is not None and bool(self._outbox or self._counts)

    def next_deadline(self) -> float:
        """Return when to connect again; infinity while connected."""
        return self._retry_at_s if self._socket is None else float("inf")

    def send(self, message: FromDisplay) -> None:
        """Report to the agent, now or when it is back."""
        (self._counts if isinstance(message, LoopPlayed) else self._outbox).append(message)
        self._flush()

    def turn(self, now_s: float) -> list[ToDisplay]:
        """Connect if it is time, flush, and return the messages that have arrived."""
        if self._socket is None and now_s >= self._retry_at_s:
            self._connect(now_s)
        self._flush()
        messages: list[ToDisplay] = []
        for _ in range(MESSAGES_PER_TURN):
            packet = self._receive(now_s)
            if packet is None:
                break
            message = self._parse(*packet)
            if message is not None:
                messages.append(message)
        return messages

    def reconnect(self, now_s: float) -> None:
        """Say hello anew: what it said is no longer true. The agent answers with the full state."""
        if self._socket is not None:
            self._flush()
            _hang_up(self._socket)
            self._socket, self._retry_at_s = None, now_s

    def close(self) -> None:
        """Leave the agent, after a last attempt to send what waits."""
        self._flush()
        if self._socket is not None:
            _hang_up(self._socket)
            self._socket = None

    def _connect(self, now_s: float) -> None:
        attempt = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        try:
            attempt.connect(str(self._path))
            attempt.send(self._hello().model_dump_json().encode())
        except OSError as error:
            attempt.close()
            if not self._absence_logged:
                log.warning("no agent at %s (%s): showing the loop, trying again", self._path, error.strerror or error)
                self._absence_logged = True
            self._lost(now_s)
            return
        self._socket = attempt
        self._greeted = self._garbage_logged = self._foreign = False

    def _welcome(self) -> None:
        if not self._greeted:
            log.info("connected to the agent")
            self._greeted = True
        self._retry_s = RETRY_MIN_S
        self._absence_logged = False

    def _lost(self, now_s: float) -> None:
        self._socket = None
        self._retry_at_s = now_s + self._retry_s
        self._retry_s = min(2 * self._retry_s, RETRY_MAX_S)

    def _flush(self) -> None:
        while self._socket is not None and (waiting := self._outbox or self._counts):
            try:
                self._socket.send(waiting[0].model_dump_json().encode())
            except OSError:  # no room now, or closed: the next read says which
                return
            waiting.popleft()

    def _receive(self, now_s: float) -> tuple[bytes, bool] | None:
        """Return one packet and whether it was cut, or None where there is none."""
        if self._socket is None:
            return None
        try:
            content, _, flags, _ = self._socket.recvmsg(MESSAGE_MAX_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            problem = error.strerror or str(error)
        else:
            if content:
                return content, bool(flags & socket.MSG_TRUNC)
            problem = "it closed the connection"
        if not self._absence_logged:
            log.warning("the agent is gone (%s): showing the loop, trying again", problem)
        _hang_up(self._socket)
        self._lost(now_s)
        self._absence_logged = True
        return None

    def _parse(self, content: bytes, cut: bool) -> ToDisplay | None:
        if cut:
            self._refuse(None, f"message of more than {MESSAGE_MAX_BYTES} bytes")
            return None
        try:
            message = TO_DISPLAY.validate_json(content)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            field = ".".join(map(str, first["loc"]))
            self._refuse(_message_id(content), f"{field}: {first['msg']}" if field else first["msg"])
            return None
        if isinstance(message, State):
            self._foreign = message.protocol != PROTOCOL_VERSION
            if self._foreign:
                problem = f"protocol {message.protocol}: this display speaks {PROTOCOL_VERSION}; showing the loop"
                self._refuse(None, problem)
            else:
                self._welcome()
        return None if self._foreign else message

    def _refuse(self, message_id: str | None, reason: str) -> None:
        if not self._garbage_logged:
            log.warning("refused a message of the agent (said once per connection): %s", reason)
            self._garbage_logged = True
        self.send(Refused(message_id=message_id, reason=reason[:200]))


def _hang_up(connection: socket.socket) -> None:
    """End a connection, of which a child that decodes may hold a copy: closing alone would not tell the agent."""
    with suppress(OSError):  # the agent was faster
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _message_id(content: bytes) -> str | None:
    """Return the id of a message that is otherwise wrong, so that its sender knows which one."""
    try:
        tree = json.loads(content)
        scene = tree.get("scene", tree)
        return _MESSAGE_ID.validate_python(scene.get("message_id"))
    except (ValueError, AttributeError, RecursionError):
        return None
