"""Many scene changes on a real display process, and what it holds after each thousand of them."""

import itertools
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from edge_agent.contracts.screen import Clear, ContentChanged, Prepare, Scene, Show
from tests.display.units import Agent, Unit, open_files, resident_mb

LAYOUTS = ("welcome", "product", "offer", "order_ready", "service")
CONTENT_EVERY = 250
"""Scenes between two changes of the playlist."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the process holds at one moment."""

    scenes: int
    memory_mb: float
    files: int


def soak(
    unit: Unit,
    agent: Agent,
    process: subprocess.Popen[bytes],
    make_scene: Callable[..., Scene],
    scenes: int,
    every: int,
) -> Iterator[Held]:
    """Change the scene so many times; yield what the process holds after every so many of them.

    Each has words of its own. Most are group scenes, which follow each other at once; every hundredth is another one,
    with a picture, for which the screen calms down first. Some are prepared, and the playlist changes meanwhile.
    """
    pictures = [unit.add_colour((25 * number, 80, 120)) for number in range(10)]
    layouts = itertools.cycle(LAYOUTS)
    for number in range(1, scenes + 1):
        if number % CONTENT_EVERY == 1:
            turn = number // CONTENT_EVERY % 6
            unit.publish(f"v{number}", *pictures[turn : turn + 4], duration_s=3, more=pictures)
            agent.send(ContentChanged(version=f"v{number}"))
        other = number % 100 == 50
        scene = make_scene(
            f"m{number}",
            layout=next(layouts) if other else "group",
            headline=f"Scene {number} of a day",
            picture=pictures[number % 10] if other else None,
            minimum_s=0,
        )
        if other or number % 3 == 0:
            agent.send(Prepare(scene=scene))
        agent.send(Show(scene=scene, permit_until_s=time.monotonic() + 20))
        _wait_for(agent, "shown", scene.message_id)
        if number % 100 == 0:
            agent.send(Clear(message_id=scene.message_id, reason="away"))
            _wait_for(agent, "proof_of_play", scene.message_id)
        if number % every == 0:
            yield Held(number, resident_mb(process.pid), open_files(process.pid))


def _wait_for(agent: Agent, kind: str, message_id: str) -> None:
    """Return with what the display says of a scene. It has no reason to refuse any: each has time, and its turn.

    That a scene goes without its picture is no refusal: a busy machine may not decode it in time.
    """
    while True:
        said = agent.receive()
        if said["type"] == "refused":
            assert said["message_id"] is None, f"{said['message_id']} was refused: {said['reason']}"
            assert "is not decoded" in said["reason"], said["reason"]
        if said["type"] == kind and said["message_id"] == message_id:
            return
