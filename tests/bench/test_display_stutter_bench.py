"""Frames of a fade at 1920x1080 while the words of a scene are set. Run by ``make bench``.

The display's own parts in this process, on surfaces that nobody sees, 60 frames a second. Beside the time between two
frames stands what the drawing thread computed meanwhile: on a busy machine only that tells something.
"""

import select
import statistics
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from display.app import build, rehearsal, watch_panel
from display.director import Director
from display.panel.canvas import Placed
from display.panel.window import Offscreen
from display.text.faces import open_faces
from display.themes import theme_or_house
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.screen import Badge, Clear, Prepare, Scene, Show, State
from tests.display.units import WAIT_S, Agent, Unit

SIZE = (1920, 1080)
ROUNDS = 5
PART_S = 0.15
"""So far has the fade come when the message arrives."""

CALM_S = 2.1
"""The display lets so much time pass between the begins of two scenes."""

BADGE = Badge(number=0, colour="blue", shape="diamond", label="Blue diamond")


class Timed(Offscreen):
    """Notes when each frame was presented."""

    frame_s = 1 / 60

    def __init__(self) -> None:
        super().__init__(SIZE)
        self.frames: list[tuple[float, float, int]] = []
        """Second, processor second of this thread, and how many posters."""

    def present(self, layers: Sequence[Placed]) -> None:
        """Blend the posters."""
        super().present(layers)
        self.frames.append((time.monotonic(), time.thread_time(), len(layers)))

    @property
    def fading(self) -> bool:
        """Whether the last frame was one of a fade."""
        return bool(self.frames) and self.frames[-1][2] > 1

    def longest_ms(self) -> tuple[float, float]:
        """Return the longest time between two frames of a fade, and the most that was computed."""
        gaps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(self.frames) if a[2] > 1 and b[2] > 1]
        return 1000 * max(gap for gap, _ in gaps), 1000 * max(computed for _, computed in gaps)


class Shop:
    """A display whose loop fades every four seconds, and the agent's end of its socket."""

    def __init__(self, folder: Path) -> None:
        unit = Unit(folder, f"{SIZE[0]}x{SIZE[1]}", frames=False)
        loop = [unit.add_colour((80 * number, 90, 120), SIZE) for number in range(3)]
        unit.publish("v1", *loop, duration_s=4)
        config = AgentConfig.model_validate(tomllib.loads((folder / "agent.toml").read_text()))
        theme = theme_or_house(None)
        typesetter = open_faces(theme.fonts, theme.headline_fonts)
        self.screen = Timed()
        panel = watch_panel(config)
        panel.open = lambda: self.screen
        self.agent = Agent(unit.socket)
        self.director: Director = build(config, panel, theme, typesetter)
        self.director.turn()
        for _ in rehearsal(config, panel, theme, typesetter):
            pass
        self.agent.accept()
        self.agent.send(State(content_version="v1"))
        self.until(lambda: self.director.program.entry is not None)

    def until(self, condition: Callable[[], bool]) -> None:
        """Let the display turn until something has happened."""
        deadline_s = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < deadline_s
            self.director.turn()
            readers = [socket for socket in (self.director.link.socket, *self.director.children) if socket is not None]
            select.select(readers, [], [], max(0.0, min(0.5, self.director.next_deadline() - time.monotonic())))

    def wait(self, seconds: float) -> None:
        """Let the display turn for a while."""
        until_s = time.monotonic() + seconds
        self.until(lambda: time.monotonic() >= until_s)

    def show(self, scene: Scene) -> None:
        """Have a scene shown as soon as may be."""
        self.agent.send(Show(scene=scene, permit_until_s=time.monotonic() + 20))

    def clear(self, scene: Scene) -> None:
        """Take a scene off."""
        self.agent.send(Clear(message_id=scene.message_id, reason="done"))


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path)
    yield shop
    shop.director.close()
    shop.agent.close()


def card(name: str) -> Scene:
    return Scene(
        message_id=name,
        layout="product",
        mode="badge",
        language="en",
        headline=f"The trail jacket is here {name}",
        body="Waterproof, 340 g, and it packs into its own pocket.",
        badges=(BADGE,),
        product_name="Ridgeline trail jacket",
        price="€179.00",
        place="Rack 4",
        minimum_s=0,
    )


def test_no_stutter(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{'frames of a fade, 1920x1080, surfaces':<52}{'longest, ms':>14}{'computed, ms':>14}")
        row("the loop alone", [in_fade_of_the_loop(shop, lambda: None) for _ in range(ROUNDS)])
        row("a scene is prepared", [prepared(shop, card(f"p{n}")) for n in range(ROUNDS)])
        row("a second scene waits for its turn", [waiting(shop, card(f"a{n}"), card(f"b{n}")) for n in range(ROUNDS)])
        row("a scene that nobody prepared is shown at once", [urgent(shop, card(f"u{n}")) for n in range(ROUNDS)])


def in_fade_of_the_loop(shop: Shop, act: Callable[[], None]) -> tuple[float, float]:
    """Do something within a fade of the loop; return what :meth:`Timed.longest_ms` does, once all fades are over."""
    shop.until(lambda: not shop.screen.fading)
    shop.screen.frames.clear()
    shop.until(lambda: shop.screen.fading)
    shop.wait(PART_S)
    act()
    shop.until(lambda: not shop.screen.fading)
    return shop.screen.longest_ms()


def prepared(shop: Shop, scene: Scene) -> tuple[float, float]:
    found = in_fade_of_the_loop(shop, lambda: shop.agent.send(Prepare(scene=scene)))
    shop.until(lambda: shop.director.posters.has(scene))
    shop.clear(scene)
    return found


def urgent(shop: Shop, scene: Scene) -> tuple[float, float]:
    shop.wait(CALM_S)
    found = in_fade_of_the_loop(shop, lambda: shop.show(scene))
    end(shop, scene)
    return found


def waiting(shop: Shop, first: Scene, second: Scene) -> tuple[float, float]:
    shop.wait(CALM_S)
    shop.agent.send(Prepare(scene=first))
    shop.until(lambda: shop.director.posters.has(first) and not shop.screen.fading)
    shop.screen.frames.clear()
    shop.show(first)
    shop.until(lambda: shop.screen.fading)
    shop.wait(PART_S)
    shop.show(second)
    shop.until(lambda: shop.director.posters.has(second) and not shop.screen.fading)
    found = shop.screen.longest_ms()
    end(shop, second)
    return found


def end(shop: Shop, scene: Scene) -> None:
    """Let a scene come up, and take it off."""
    shop.until(lambda: shop.director.stage.showing == scene.message_id and not shop.screen.fading)
    shop.clear(scene)
    shop.until(lambda: not shop.director.stage.covered and not shop.screen.fading)
    shop.agent.drain()


def row(name: str, found: list[tuple[float, float]]) -> None:
    longest_ms, computed_ms = (statistics.median(column) for column in zip(*found, strict=True))
    print(f"  {name:<50}{longest_ms:>14.1f}{computed_ms:>14.1f}", flush=True)
