"""The other end of the control socket: a local command asks the running agent. Blocking: a command does one thing."""

import grp
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn, TypeVar

from pydantic import ValidationError

from edge_agent.contracts.admin import ANSWER, Explained, Picture, Question, Refusal, Samples, Snapshot
from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.examination import Examination
from edge_agent.errors import AgentError

GROUP: Final = "edge-agent-admin"
"""Who may ask, where systemd/sysusers.d has set it up."""

CONNECT_S: Final = 5.0

STUCK: Final = "the agent does not answer: it is stuck, and systemd will restart it"

Said = Snapshot | Samples | Explained | Examination | Picture
"""What an agent answers that does not refuse."""

S = TypeVar("S", Snapshot, Samples, Explained, Examination, Picture)


class Conversation:
    """One question, and the answers to it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def receive(self, timeout_s: float) -> Said | None:
        """Return the next answer; ``None`` where none came in time. Raises AgentError where none will come."""
        self._connection.settimeout(timeout_s)
        try:
            packet = self._connection.recv(MESSAGE_MAX_BYTES + 1)
        except TimeoutError:
            return None
        except ConnectionResetError:  # it has hung up without reading; what it said before can still be read
            packet = self._connection.recv(MESSAGE_MAX_BYTES + 1)
        if not packet:
            raise AgentError("the agent has hung up: it was stopped, or this command did not read for too long")
        try:
            answer = ANSWER.validate_json(packet)
        except ValidationError as error:
            raise AgentError(
                "the agent answers in words that this command does not know: use the command of its own version"
            ) from error
        if isinstance(answer, Refusal):
            raise AgentError(answer.reason)
        return answer

    def expect(self, kind: type[S], timeout_s: float) -> S:
        """Return the next answer, which is of this kind. Raises AgentError also where none came in time."""
        answer = self.receive(timeout_s)
        if not isinstance(answer, kind):
            raise AgentError(STUCK)
        return answer


@contextmanager
def asking(path: Path, question: Question) -> Iterator[Conversation]:
    """Ask the agent whose socket is at ``path``. Raises AgentError with what to do."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as connection:
        connection.settimeout(CONNECT_S)
        try:
            connection.connect(str(path))
        except OSError as error:
            _explain(path, error)
        try:
            connection.send(question.model_dump_json().encode())
        except BrokenPipeError:
            pass  # it has hung up already, and says why
        yield Conversation(connection)


def _explain(path: Path, error: OSError) -> NoReturn:
    match error:
        case PermissionError():
            group = _group(path)
            raise AgentError(
                f"{path}: you may not ask the agent; use sudo, or join the group {group} and log in again: "
                f"usermod -aG {group} YOUR-NAME"
            ) from error
        case FileNotFoundError() | ConnectionRefusedError():
            raise AgentError(f"no agent is running at {path}: systemctl status edge-agent") from error
        case TimeoutError() | BlockingIOError():
            raise AgentError(f"{path}: the agent does not answer: systemctl status edge-agent") from error
        case _:
            raise AgentError(f"{path}: is not an agent's admin socket ({error.strerror or error})") from error


def _group(path: Path) -> str:
    """Return the group that may ask; the usual one where that cannot be seen from here."""
    try:
        return grp.getgrgid(path.stat().st_gid).gr_name
    except (OSError, KeyError):
        return GROUP
