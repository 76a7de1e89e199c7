"""A day of a busy shop in minutes: ten thousand scene changes through the real display. Memory and files must not grow.

``SOAK_SCENES=1000`` makes it shorter. Real are process, socket, posters, children and frames; the screen is small and
nobody sees it, so that the time goes into changes rather than into pixels.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.contracts.screen import Badge, Scene, State
from tests.display.soaking import soak
from tests.display.units import Agent, Unit, children

SCENES = int(os.environ.get("SOAK_SCENES", "10000"))
EVERY = max(100, SCENES // 10)
GROWTH_MAX_MB = 12
"""From the first tenth to the last: what fragmentation takes."""


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    unit = Unit(tmp_path)
    yield unit
    unit.end()


def make_scene(message_id: str, **changes: object) -> Scene:
    badge = Badge(number=0, colour="blue", shape="diamond", label="Blue diamond")
    fields = {"message_id": message_id, "mode": "badge", "language": "en", "badges": (badge,)}
    return Scene.model_validate(fields | changes)


@pytest.mark.timeout(1800)
def test_a_day_of_scenes(unit: Unit) -> None:
    agent = Agent(unit.socket)
    process = unit.start()
    agent.accept()
    agent.send(State())
    began_s = time.monotonic()
    print()
    figures = []
    for held in soak(unit, agent, process, make_scene, SCENES, EVERY):
        figures.append(held)
        print(f"scene {held.scenes:6}: {held.memory_mb:6.1f} MB resident, {held.files:3} files", flush=True)
    print(f"{1000 * (time.monotonic() - began_s) / SCENES:.0f} ms each")
    agent.close()
    assert figures[-1].memory_mb - figures[0].memory_mb < GROWTH_MAX_MB
    assert figures[-1].files <= figures[0].files + 4  # a child that decodes has two ends of a pipe
    assert len(children(process.pid)) <= 2
