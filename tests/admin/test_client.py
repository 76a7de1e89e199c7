"""What a local command says of an agent that does not answer as it should."""

import socket
from collections.abc import Iterator

import pytest

from edge_agent.admin.client import STUCK, Conversation
from edge_agent.contracts.admin import Picture, Refusal, Samples, Snapshot
from edge_agent.errors import AgentError

SHORT_S = 0.05
LONG_S = 5.0


@pytest.fixture
def ends() -> Iterator[tuple[Conversation, socket.socket]]:
    """Yield a command's end of a conversation, and the agent's."""
    command, agent = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with command, agent:
        yield Conversation(command), agent


def test_the_answer_that_is_expected_is_returned(ends: tuple[Conversation, socket.socket]) -> None:
    conversation, agent = ends
    agent.send(Samples(samples=()).model_dump_json().encode())
    assert conversation.expect(Samples, LONG_S) == Samples(samples=())


def test_an_agent_that_does_not_answer_is_stuck(ends: tuple[Conversation, socket.socket]) -> None:
    with pytest.raises(AgentError, match=STUCK):
        ends[0].expect(Snapshot, SHORT_S)


def test_another_answer_is_none(ends: tuple[Conversation, socket.socket]) -> None:
    conversation, agent = ends
    agent.send(Samples(samples=()).model_dump_json().encode())
    with pytest.raises(AgentError, match=STUCK):
        conversation.expect(Picture, LONG_S)


def test_a_refusal_is_told_in_its_own_words(ends: tuple[Conversation, socket.socket]) -> None:
    conversation, agent = ends
    agent.send(Refusal(reason="nobody has this number").model_dump_json().encode())
    with pytest.raises(AgentError, match="nobody has this number"):
        conversation.expect(Snapshot, LONG_S)
