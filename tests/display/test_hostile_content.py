"""Whatever lies in the content folder: what can be shown is shown, and the process neither swells nor ends."""

import resource
import shutil
from collections.abc import Callable

import pytest

from edge_agent.contracts.screen import Clear, ContentChanged, Scene, Show, State
from tests.display import bombs
from tests.display.units import Agent, Colour, Unit, children, permit, png, resident_mb, wait_until

MakeScene = Callable[..., Scene]

pytestmark = pytest.mark.integration

RED: Colour = (255, 0, 0)
BLUE: Colour = (0, 0, 255)
SEEN: dict[Colour, Colour] = {RED: (4, 0, 0), BLUE: (0, 0, 4)}


def joined(agent: Agent, version: str) -> None:
    agent.accept()
    agent.send(State(content_version=version))


def shows(unit: Unit, colour: Colour) -> None:
    wait_until(lambda: unit.on_screen() == SEEN[colour], f"the picture of {colour}")


def test_bombs_in_the_loop_leave_it_and_memory_stays(unit: Unit, agent: Agent) -> None:
    unit.publish("v1", unit.add_colour(RED))
    process = unit.start()
    joined(agent, "v1")
    shows(unit, RED)
    before_mb = resident_mb(process.pid, "VmHWM")
    hostile = [
        bombs.png_of_zeros(10_000, 10_000),
        bombs.png_cut(),
        bombs.png_with_long_text(),
        bombs.encoded("AVIF", (7_000, 6_000)),
        bombs.encoded("WEBP", (5_000, 5_000), frames=2),
        bombs.svg("<g>" * 100_000)[:-50],
        b"\x89PNG\r\n\x1a\n" + bytes(1000),
        bytes(100),
    ]
    unit.publish("v2", *map(unit.add, hostile), unit.add_colour(BLUE), duration_s=3)
    agent.send(ContentChanged(version="v2"))
    shows(unit, BLUE)
    assert resident_mb(process.pid, "VmHWM") - before_mb < 60
    assert children(process.pid) == []
    assert unit.log().count("the loop goes on without it") >= 1
    assert process.poll() is None


def test_a_scene_with_a_bomb_is_shown_without_and_the_agent_hears_why(
    unit: Unit, agent: Agent, make_scene: MakeScene
) -> None:
    good, bomb = unit.add_colour(RED), unit.add(bombs.png_of_zeros(10_000, 10_000))
    laughs = unit.add(bombs.billion_laughs())
    unit.publish("v1", good, more=[bomb, laughs])
    unit.start()
    joined(agent, "v1")
    agent.send(Show(scene=make_scene("bomb", layout="product", picture=bomb), permit_until_s=permit()))
    assert "10000x10000 pixels" in agent.wait_for("refused")["reason"]
    assert agent.wait_for("shown")["message_id"] == "bomb"
    agent.send(Clear(message_id="bomb", reason="done"))
    agent.wait_for("proof_of_play")
    agent.send(Show(scene=make_scene("laughs", layout="product", picture=laughs), permit_until_s=permit()))
    assert agent.wait_for("shown")["message_id"] == "laughs"  # what it asked for is not there


def test_a_picture_that_is_not_the_one_that_was_promised_never_shows(unit: Unit, agent: Agent) -> None:
    """Its name is its digest: a file that was changed on the disk, or cut by a power loss, is another one."""
    changed = unit.add_colour(BLUE)
    (unit.content / changed).write_bytes(png((0, 255, 0)))
    unit.publish("v1", changed, unit.add_colour(RED))
    unit.start()
    joined(agent, "v1")
    shows(unit, RED)


BROKEN_PLAYLISTS = {
    "empty": b"",
    "cut": b'{"version":"v2","items":[{"picture":"',
    "zeros": bytes(4096),
    "another type": b"[]",
    "nothing in it": b"{}",
    "wrong field": b'{"version":"v2","items":[{"picture":"../../etc/passwd"}]}',
    "deep": b"[" * 1_000_000,
    "not UTF-8": b'{"version":"\xff"}',
    "huge": b'{"version":"v2","language":"en","x":"' + b"x" * 5_000_000 + b'"}',
}


def test_the_last_good_playlist_stays(unit: Unit, agent: Agent) -> None:
    unit.publish("v1", unit.add_colour(RED))
    process = unit.start()
    joined(agent, "v1")
    shows(unit, RED)
    for number, (name, content) in enumerate(BROKEN_PLAYLISTS.items()):
        (unit.content / "playlist.json").write_bytes(content)
        agent.send(ContentChanged(version=f"broken-{number}"))
        told = number + 1
        wait_until(lambda told=told: unit.log().count("the last good") >= told, f"the warning about {name}")  # type: ignore[misc]
        assert unit.on_screen() == SEEN[RED], name
    unit.publish("v3", unit.add_colour(BLUE))
    agent.send(ContentChanged(version="v3"))
    shows(unit, BLUE)
    assert process.poll() is None


def test_playlists_that_change_in_the_middle_of_a_fade(unit: Unit, agent: Agent) -> None:
    pictures = [unit.add_colour((number, 40, 90)) for number in range(0, 250, 25)]
    unit.publish("v0", *pictures, duration_s=3)
    process = unit.start()
    joined(agent, "v0")
    wait_until(lambda: unit.on_screen() is not None, "the first frame")
    for number in range(20):  # a fade lasts longer than the time between two of these
        unit.publish(f"v{number + 1}", *pictures[number % 7 :], duration_s=3)
        agent.send(ContentChanged(version=f"v{number + 1}"))
        wait_until(lambda: unit.on_screen() not in (None, (0, 0, 0)), "a frame that is not black")
    unit.publish("last", unit.add_colour(RED))
    agent.send(ContentChanged(version="last"))
    shows(unit, RED)
    assert process.poll() is None


def test_the_content_folder_vanishes_and_returns(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    red = unit.add_colour(RED)
    unit.publish("v1", red, unit.add_colour(RED, (481, 270)), duration_s=3)
    process = unit.start()
    joined(agent, "v1")
    shows(unit, RED)
    shutil.rmtree(unit.content)
    agent.send(ContentChanged(version="v2"))
    agent.send(Show(scene=make_scene("words", layout="product", picture=red), permit_until_s=permit()))
    assert "No such file" in agent.wait_for("refused")["reason"]
    assert agent.wait_for("shown")["message_id"] == "words"
    agent.wait_for("proof_of_play")
    unit.content.mkdir()
    unit.publish("v3", unit.add_colour(BLUE))
    agent.send(ContentChanged(version="v3"))
    shows(unit, BLUE)
    assert process.poll() is None


def test_frames_that_find_no_room_are_said_once(unit: Unit, agent: Agent) -> None:
    unit.publish("v1", unit.add_colour(RED))
    process = unit.start()
    joined(agent, "v1")
    shows(unit, RED)
    whole = unit.frame_file.stat().st_size
    room = unit.log_file.stat().st_size + 600
    assert room < whole, "the log must fit where a frame does not"
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))
    for number in range(3):
        unit.publish(f"full-{number}", unit.add_colour(BLUE, (480, 271 + number)))
        agent.send(ContentChanged(version=f"full-{number}"))
        wait_until(lambda: "cannot write frames" in unit.log(), "the warning")
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    unit.publish("v2", unit.add_colour(BLUE))
    agent.send(ContentChanged(version="v2"))
    shows(unit, BLUE)
    assert unit.log().count("cannot write frames") == 1
