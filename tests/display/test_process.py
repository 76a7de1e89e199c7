"""The whole display as a process, with a test in the agent's place."""

import time
from collections.abc import Callable

import pytest

from edge_agent.contracts.screen import Clear, ContentChanged, Renew, Scene, Show, State
from tests.display.units import Agent, Unit, permit, stop, wait_until

MakeScene = Callable[..., Scene]

pytestmark = pytest.mark.integration


def test_a_personal_scene_from_command_to_proof(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    process = unit.start()
    hello = agent.accept()
    assert (hello["type"], hello["width_px"], hello["height_px"], hello["showing"]) == ("hello", 480, 270, None)
    agent.send(State())
    asked_s = time.monotonic()
    agent.send(Show(scene=make_scene(), permit_until_s=permit()))
    shown = agent.wait_for("shown")
    assert shown["message_id"] == "m1"
    assert asked_s <= float(str(shown["first_frame_s"])) <= time.monotonic()
    agent.send(Renew(message_id="m1", permit_until_s=permit()))
    proof = agent.wait_for("proof_of_play")
    assert (proof["message_id"], proof["ended"]) == ("m1", "permit")
    assert float(str(proof["on_screen_s"])) > 0
    assert stop(process) == 0


def test_a_scene_vanishes_when_the_agent_dies(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    unit.start()
    agent.accept()
    agent.send(State())
    until_s = permit()
    agent.send(Show(scene=make_scene(), permit_until_s=until_s))
    agent.wait_for("shown")
    agent.hang_up()
    # It comes back and hears what is still up; the permit is not its to forget.
    assert agent.accept()["showing"] == "m1"
    proof = agent.wait_for("proof_of_play")
    assert proof["ended"] == "permit"
    first_frame_s = until_s - 3
    assert first_frame_s + float(str(proof["on_screen_s"])) <= until_s + 1


def test_a_restarted_agent_that_says_nothing_is_up_clears_the_screen(
    unit: Unit, agent: Agent, make_scene: MakeScene
) -> None:
    unit.start()
    agent.accept()
    agent.send(State(show=Show(scene=make_scene(mode="generic"))))
    agent.wait_for("shown")
    agent.hang_up()
    agent.accept()
    agent.send(State())
    assert agent.wait_for("proof_of_play")["ended"] == "cleared"


def test_garbage_is_refused_and_the_display_goes_on(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    unit.start()
    agent.accept()
    agent.send(State())
    for garbage in (b"\x00\xff\xfe", b"[]", b'{"type":"dance"}', b"{" * 5000, b'{"type":"clear"}'):
        agent.send_raw(garbage)
        assert agent.wait_for("refused")["reason"]
    agent.send_raw(b'{"type":"show","scene":{"message_id":"m7","layout":"welcome"}}')
    refused = agent.wait_for("refused")
    assert refused["message_id"] == "m7"
    agent.send_raw(b'"' + b"x" * 70_000 + b'"')
    assert "65536" in str(agent.wait_for("refused")["reason"])
    agent.send(Show(scene=make_scene("m8"), permit_until_s=permit()))
    assert agent.wait_for("shown")["message_id"] == "m8"


def test_another_protocol_is_told_and_shows_the_loop_only(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    unit.start()
    agent.accept()
    agent.send(State(protocol=99))
    assert "protocol 99" in str(agent.wait_for("refused")["reason"])
    agent.send(Show(scene=make_scene(), permit_until_s=permit()))
    for _ in range(2):  # by the second answer a first frame would have been reported
        agent.send_raw(b"garbage")
        assert agent.receive()["type"] == "refused"


def test_a_scene_whose_picture_is_missing_is_shown_without(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    unit.start()
    agent.accept()
    agent.send(State())
    agent.send(Show(scene=make_scene("m2", layout="product", picture="a" * 64), permit_until_s=permit()))
    refused = agent.wait_for("refused")
    assert (
        refused["reason"] == "scenes are shown without the picture aaaaaaaaaaaa: is not listed, or may not be shown now"
    )
    assert refused.get("message_id") is None  # the scene itself is not refused
    assert agent.wait_for("shown")["message_id"] == "m2"


def test_cleared_and_stopped_scenes_are_proved(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    process = unit.start()
    agent.accept()
    agent.send(State())
    agent.send(Show(scene=make_scene("m1"), permit_until_s=permit()))
    agent.wait_for("shown")
    agent.send(Clear(message_id="m1", reason="away"))
    assert agent.wait_for("proof_of_play")["ended"] == "cleared"
    agent.send(Show(scene=make_scene("m2"), permit_until_s=permit()))
    agent.wait_for("shown")
    assert stop(process) == 0
    assert agent.wait_for("proof_of_play")["ended"] == "stopped"


def test_the_loop_follows_the_playlist_and_survives_a_broken_one(unit: Unit, agent: Agent) -> None:
    process = unit.start()
    agent.accept()
    agent.send(State())
    unit.publish("v1", unit.add_colour((255, 0, 0)))
    agent.send(ContentChanged(version="v1"))
    wait_until(lambda: unit.on_screen() == (4, 0, 0))
    (unit.content / "playlist.json").write_text('{"version": "v2", "items": [{}]}')
    agent.send(ContentChanged(version="v2"))
    wait_until(lambda: "items.0.picture: Field required; the last good" in unit.log())
    assert unit.on_screen() == (4, 0, 0)
    unit.publish("v3", unit.add(b"not a picture"), "c" * 64, unit.add_colour((0, 0, 255)))
    agent.send(ContentChanged(version="v3"))
    wait_until(lambda: unit.on_screen() == (0, 0, 4))
    assert stop(process) == 0


def test_it_runs_without_agent_and_content(unit: Unit) -> None:
    process = unit.start()
    wait_until(lambda: unit.frame_file.exists())
    assert stop(process) == 0
    assert unit.log().count("no agent at") == 1
