"""What is left of a personal scene when it has ended: no word of it in a file, a frame, a log, or the memory."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from edge_agent.contracts.screen import Clear, Scene, Show, State
from tests.display.units import Agent, Unit, permit, wait_until

MakeScene = Callable[..., Scene]

pytestmark = pytest.mark.integration

HEADLINE = "Zuzana, your size 38 is back"
SPELLINGS = [HEADLINE.encode(), HEADLINE.encode("utf-16-le"), HEADLINE.encode("utf-32-le")]


def memory_of(pid: int) -> Iterator[tuple[str, bytes]]:
    """Yield every readable and writable map of a process, with what it holds."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            found = re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line)
            if found is None:
                continue
            begin, end = (int(text, 16) for text in found.groups())
            try:
                memory.seek(begin)
                yield line, memory.read(end - begin)
            except OSError:  # a device's
                continue


def traces(unit: Unit) -> list[str]:
    """Return the files of the unit that hold her headline."""
    files = [path for path in unit.folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(spelling in path.read_bytes() for spelling in SPELLINGS)]


def test_no_file_and_no_log_holds_her_words(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    unit.start()
    agent.accept()
    agent.send(State())
    agent.send(Show(scene=make_scene("hers", headline=HEADLINE), permit_until_s=permit()))
    agent.wait_for("shown")
    agent.send_raw(b'{"type":"show","scene":{"message_id":"bad","headline":"' + HEADLINE.encode() + b'"}}')
    assert HEADLINE not in agent.wait_for("refused")["reason"]
    assert traces(unit) == []
    agent.send(Clear(message_id="hers", reason="away"))
    agent.wait_for("proof_of_play")
    assert traces(unit) == []


def test_outside_the_demo_the_frame_file_never_shows_her_scene(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    """She is on the screen, and in the file is the loop."""
    config = unit.folder / "agent.toml"
    config.write_text(config.read_text().replace('live_view = "demo"', 'live_view = "admin"'))
    unit.publish("v1", unit.add_colour((255, 0, 0)))
    unit.start()
    agent.accept()
    agent.send(State(content_version="v1"))
    wait_until(lambda: unit.on_screen() == (4, 0, 0), "the loop")
    agent.send(Show(scene=make_scene("hers", headline=HEADLINE), permit_until_s=permit()))
    agent.wait_for("shown")
    seen = set()
    agent.wait_for("proof_of_play", keep_alive=lambda: seen.add(unit.on_screen()))
    assert seen == {(4, 0, 0)}
