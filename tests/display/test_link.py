"""The display's end of the socket while the agent is slow, or away."""

import json
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from display.link import COUNTS_MAX, OUTBOX_MAX, Link
from edge_agent.contracts.screen import FromDisplay, Hello, LoopPlayed, ProofOfPlay

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Agent:
    """The agent's end, which reads only when it is told to."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.settimeout(10)
        self.connection: socket.socket | None = None

    def accept(self) -> None:
        self.connection, _ = self._listener.accept()
        self.connection.setblocking(False)

    def read(self) -> list[str]:
        """Return the kinds of the messages that have arrived."""
        assert self.connection is not None
        kinds = []
        try:
            while packet := self.connection.recv(1 << 16):
                kinds.append(json.loads(packet)["type"])
        except BlockingIOError:
            pass
        return kinds

    def has_been_left(self) -> bool:
        assert self.connection is not None
        self.connection.settimeout(10)
        while packet := self.connection.recv(1 << 16):
            assert packet
        return True

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self._listener.close()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    agent = Agent(tmp_path / "socket")
    yield agent
    agent.close()


@pytest.fixture
def link(tmp_path: Path, agent: Agent) -> Iterator[Link]:
    link = Link(tmp_path / "socket", lambda: Hello(width_px=1920, height_px=1080))
    yield link
    link.close()


def count(number: int) -> FromDisplay:
    return LoopPlayed(item=f"i{number}", picture="a" * 64, from_at=NOON, until_at=NOON, plays=1, on_screen_s=9)


def proof(number: int) -> FromDisplay:
    return ProofOfPlay(message_id=f"m{number}", first_frame_at=NOON, on_screen_s=9, ended="maximum")


def drained(link: Link, agent: Agent) -> list[str]:
    """Return the kinds of all messages that wait."""
    heard = agent.read()
    while link.blocked:
        link.turn(0.0)
        heard += agent.read()
    return heard + agent.read()


def test_counts_of_the_loop_never_take_the_room_of_what_happened_to_a_scene(link: Link, agent: Agent) -> None:
    for number in range(OUTBOX_MAX):
        link.send(proof(number))
    for number in range(3 * COUNTS_MAX):
        link.send(count(number))
    link.turn(0.0)
    agent.accept()
    heard = drained(link, agent)
    assert heard == ["hello", *["proof_of_play"] * OUTBOX_MAX, *["loop_played"] * COUNTS_MAX]


def test_a_report_overtakes_the_counts_that_wait_for_a_slow_agent(link: Link, agent: Agent) -> None:
    link.turn(0.0)
    agent.accept()
    for number in range(COUNTS_MAX):
        link.send(count(number))
    assert link.blocked
    link.send(proof(1))
    heard = drained(link, agent)
    assert heard.count("loop_played") == COUNTS_MAX
    assert heard.index("proof_of_play") < len(heard) - 1


def test_the_agent_notices_that_the_display_has_left_though_a_child_holds_its_socket(link: Link, agent: Agent) -> None:
    link.turn(0.0)
    agent.accept()
    assert link.socket is not None
    with link.socket.dup():  # as a forked child does
        link.reconnect(0.0)
        assert agent.has_been_left()
