"""Whatever arrives on the socket: a refusal with its reason, and the loop goes on. The real process, and a test in the
agent's place."""

import json
import random
import socket
from collections.abc import Callable
from typing import Any

import pytest

from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.screen import Clear, Prepare, Scene, Show, State
from tests.display.units import Agent, Unit, open_files, permit, resident_mb, wait_until

MakeScene = Callable[..., Scene]

pytestmark = pytest.mark.integration

RED = (255, 0, 0)
ON_SCREEN = (4, 0, 0)
GROWTH_MAX_MB = 30
"""A few posters of the small test screen, and what Python keeps."""


@pytest.fixture
def unit_with_loop(unit: Unit) -> Unit:
    unit.publish("v1", unit.add_colour(RED))
    return unit


def joined(agent: Agent) -> Agent:
    agent.accept()
    agent.send(State(content_version="v1"))
    return agent


def still_works(unit: Unit, agent: Agent, scene: Scene) -> None:
    """A scene is shown and gone, and the loop is on the screen."""
    agent.send(Show(scene=scene, permit_until_s=permit()))
    while agent.wait_for("shown")["message_id"] != scene.message_id:
        pass
    agent.send(Clear(message_id=scene.message_id, reason="done"))
    agent.wait_for("proof_of_play")
    wait_until(lambda: unit.on_screen() == ON_SCREEN, "the loop's return")


def spoilt(rng: random.Random, good: bytes) -> bytes:
    """Change a message a little: cut it, turn bits, double a part."""
    match rng.randrange(4):
        case 0:
            return good[: rng.randrange(1, len(good))]
        case 1:
            content = bytearray(good)
            for _ in range(rng.randrange(1, 8)):
                content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
            return bytes(content)
        case 2:
            begin, end = sorted(rng.sample(range(len(good)), 2))
            return good[:end] + good[begin:end] * rng.randrange(1, 20) + good[end:]
        case _:
            return rng.randbytes(rng.randrange(1, 2000))


def test_random_and_spoilt_packets(unit_with_loop: Unit, agent: Agent, make_scene: MakeScene) -> None:
    process = unit_with_loop.start()
    joined(agent)
    still_works(unit_with_loop, agent, make_scene("first"))
    before_mb, before_files = resident_mb(process.pid), open_files(process.pid)
    rng = random.Random(5)
    good = Show(scene=make_scene("spoilt", mode="generic", maximum_s=1, minimum_s=0)).model_dump_json().encode()
    for _ in range(500):
        agent.send_raw(spoilt(rng, good))
        agent.drain()
    still_works(unit_with_loop, agent, make_scene("last"))
    assert resident_mb(process.pid) - before_mb < GROWTH_MAX_MB
    assert open_files(process.pid) <= before_files + 1
    assert unit_with_loop.log().count("refused a message") == 1


BOMBS = {
    "arrays": b"[" * MESSAGE_MAX_BYTES,
    "objects": b'{"type":"show","scene":' * 2000,
    "digits": b'{"type":"clear","message_id":' + b"9" * 60_000 + b"}",
    "infinite": b'{"type":"renew","message_id":"m1","permit_until_s":1e999}',
    "not a number": b'{"type":"renew","message_id":"m1","permit_until_s":NaN}',
    "twice": b'{"type":"show","type":"clear","message_id":{"message_id":"m1"}}',
    "surrogate": b'{"type":"clear","message_id":"\\ud800","reason":"away"}',
    "protocol": b'{"type":"state","protocol":' + b"1" * 5000 + b"}",
    "too long": b'"' + b"x" * (MESSAGE_MAX_BYTES + 1),
    "latin-1": '{"type":"cleár"}'.encode("latin-1"),
}


def test_json_bombs(unit_with_loop: Unit, agent: Agent, make_scene: MakeScene) -> None:
    unit_with_loop.start()
    joined(agent)
    for name, packet in BOMBS.items():
        agent.send_raw(packet)
        assert agent.wait_for("refused")["reason"], name
    still_works(unit_with_loop, agent, make_scene("last"))


LONG: dict[str, dict[str, Any]] = {
    "headline": {"headline": "W" * 121},
    "one-word": {"headline": "W" * 120},
    "body": {"body": "ﷺ" * 240, "language": "ar"},
    "wide-body": {"body": "W" * 240},
    "marks": {"headline": "a" + "\u0301" * 119},
    "price": {"layout": "product", "price": "9" * 33},
    "qr": {"layout": "offer", "qr": "x" * 301},
    "badges": {"badges": [{"number": 1, "colour": "blue", "shape": "star", "label": "Star"}] * 5},
    "controls": {"headline": "\x00\x01\u202e\u2066\ufeff\ufffe"},
    "empty": {"headline": ""},
}


def test_absurd_scenes_are_refused_or_fit(unit_with_loop: Unit, agent: Agent, make_scene: MakeScene) -> None:
    unit_with_loop.start()
    joined(agent)
    for name, changes in LONG.items():
        fields = {"message_id": name, "minimum_s": 0, "layout": "group"} | changes
        scene = make_scene().model_dump(mode="json") | fields
        agent.send_raw(json.dumps({"type": "show", "scene": scene, "permit_until_s": permit()}).encode())
        answer = agent.receive()
        while answer.get("message_id") != name or answer["type"] == "proof_of_play":
            answer = agent.receive()
        assert answer["type"] == "shown" or answer["reason"], name
    still_works(unit_with_loop, agent, make_scene("last", layout="group"))


def test_a_scene_whose_picture_is_missing_is_told_when_it_is_prepared(
    unit_with_loop: Unit, agent: Agent, make_scene: MakeScene
) -> None:
    unit_with_loop.start()
    joined(agent)
    agent.send(Prepare(scene=make_scene("absent", layout="product", picture="a" * 64)))
    assert "without the picture aaaaaaaaaaaa" in agent.wait_for("refused")["reason"]
    still_works(unit_with_loop, agent, make_scene("last"))


def test_an_agent_that_never_reads_stalls_nothing(unit_with_loop: Unit, agent: Agent, make_scene: MakeScene) -> None:
    """A thousand answers that nobody takes: the display drops the oldest and goes on."""
    process = unit_with_loop.start()
    agent.take()
    agent.send(State(content_version="v1"))
    wait_until(lambda: unit_with_loop.on_screen() == ON_SCREEN, "the loop")
    before_mb = resident_mb(process.pid)
    for _ in range(3000):
        agent.send_raw(b"nonsense")
    scene = make_scene("after", mode="generic", maximum_s=600)
    agent.send(Show(scene=scene))
    wait_until(lambda: unit_with_loop.on_screen() != ON_SCREEN, "the scene")
    assert resident_mb(process.pid) - before_mb < GROWTH_MAX_MB
    agent.hang_up()
    assert agent.accept()["showing"] == "after"


def test_a_storm_of_connections(unit_with_loop: Unit, agent: Agent, make_scene: MakeScene) -> None:
    """An agent that hangs up on every hello is asked ever more slowly, one that answers at once; nothing stays open."""
    process = unit_with_loop.start()
    joined(agent)
    still_works(unit_with_loop, agent, make_scene("first"))
    before_mb, before_files = resident_mb(process.pid), open_files(process.pid)
    for _ in range(4):
        agent.hang_up()
        agent.take()
    agent.send(State(content_version="v1"))
    for number in range(30):  # one that answers is found at once each time
        agent.hang_up()
        agent.accept()
        agent.send(State(content_version="v1"))
        if number % 10 == 0:
            agent.send(Show(scene=make_scene(f"m{number}"), permit_until_s=permit()))
    still_works(unit_with_loop, agent, make_scene("last"))
    assert resident_mb(process.pid) - before_mb < GROWTH_MAX_MB
    assert open_files(process.pid) <= before_files + 1
    assert len(unit_with_loop.log().splitlines()) < 150


def test_something_else_listens_on_the_socket(unit_with_loop: Unit) -> None:
    """A stream socket where packets are expected, then nothing, then a plain file."""
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(unit_with_loop.socket))
    listener.listen(1)
    process = unit_with_loop.start()
    wait_until(lambda: unit_with_loop.on_screen() == ON_SCREEN, "the loop")
    listener.close()
    unit_with_loop.socket.unlink()
    unit_with_loop.socket.write_text("not a socket")
    wait_until(lambda: "no agent at" in unit_with_loop.log(), "the warning")
    unit_with_loop.socket.unlink()
    agent = Agent(unit_with_loop.socket)
    assert agent.accept()["type"] == "hello"
    agent.close()
    assert process.poll() is None
