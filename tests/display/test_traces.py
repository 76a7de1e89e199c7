"""What is left of a personal scene when it has ended: no word of it in a file, a frame, a log, or a live object.

What the process has freed is overwritten by what comes next; its service writes no core file and does not swap.
"""

import gc
import time
from collections.abc import Callable

import pytest

from display.app import build, watch_panel
from display.settings import load_config
from display.text.faces import open_faces
from display.themes import theme_or_house
from edge_agent.contracts.screen import Clear, Scene, Show, State
from tests.display.units import WAIT_S, Agent, Unit, permit, wait_until

MakeScene = Callable[..., Scene]

pytestmark = pytest.mark.integration

HEADLINE = "Zuzana, your size 38 is back"
SPELLINGS = [HEADLINE.encode(), HEADLINE.encode("utf-16-le"), HEADLINE.encode("utf-32-le")]


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


def holders() -> list[object]:
    """Return the live objects of this process that hold her headline, as it came over the socket."""
    gc.collect()
    ours = id(HEADLINE)
    return [held for held in gc.get_objects() if any(text == HEADLINE and id(text) != ours for text in texts_of(held))]


def texts_of(held: object) -> list[str]:
    parts: list[object] = []
    if type(held) is dict:
        parts = [*held.keys(), *held.values()]
    elif type(held) in (list, tuple, set, frozenset):
        parts = list(held)  # type: ignore[call-overload]
    return [part for part in parts if type(part) is str]


def test_no_live_object_keeps_her_words(unit: Unit, agent: Agent, make_scene: MakeScene) -> None:
    """In this process, so that its objects can be looked at."""
    config = load_config(unit.folder / "agent.toml")
    theme = theme_or_house(None)
    faces = open_faces(theme.fonts, theme.headline_fonts)
    director = build(config, watch_panel(config), theme, faces)
    director.turn()
    agent.take()

    def play(until: str) -> None:
        deadline_s = time.monotonic() + WAIT_S
        while agent.peek() != until:
            assert time.monotonic() < deadline_s, f"no {until}"
            director.turn()
            time.sleep(0.01)

    agent.send(State())
    message = Show(scene=make_scene("hers", headline=HEADLINE), permit_until_s=permit())
    agent.send(message)
    del message
    play("shown")
    assert holders(), "the search must find her while she is up"
    agent.send(Clear(message_id="hers", reason="away"))
    play("proof_of_play")
    director.turn()
    assert not holders()
    director.close()
