"""Fade and slide cards over each other, at the pace of a 60 Hz screen and as fast as it goes; prints figures as JSON.

Its own process, since the way to the screen is chosen in the environment: ``surfaces``, or ``gpu``, which is OpenGL ES
emulated by the processor where there is no graphics card.
"""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pygame
from pygame._sdl2.video import Renderer

from display.motion import Entrance
from display.panel.canvas import Canvas, Placed, SurfaceCanvas, TextureCanvas
from display.scenes.compose import Composer
from display.scenes.samples import copy_pictures, sample_scene
from display.text.faces import open_typesetter
from display.themes import theme_or_house

SIZE = (1920, 1080)
FRAME_S = 1 / 60
ENTRANCES = Entrance("fade", 0.6), Entrance("slide", 0.6)
"""One after the other; each to its end, where the upper card covers the lower one."""

FRAMES = 36
"""Of one entrance."""


def main(way: str, folder: Path) -> None:
    """Print the figures of one way."""
    copy_pictures(folder)
    theme = theme_or_house(None)
    composer = Composer(SIZE, theme, open_typesetter(theme.fonts), folder, "Northline")
    pygame.display.init()
    window = pygame.Window("bench", SIZE)
    canvas: Canvas
    if way == "gpu":
        canvas = TextureCanvas(Renderer(window, accelerated=1, vsync=False), SIZE, 0)
    else:
        canvas = SurfaceCanvas(window.get_surface, window.flip, 0, SIZE)
    cards = [canvas.upload(composer.compose(sample_scene(layout, "en"))) for layout in ("product", "offer")]

    def frame(number: int) -> tuple[float, float, float]:
        """Draw one; return milliseconds: to give it away, until it is presented, and of this thread's processor."""
        turns, part = divmod(number, FRAMES)
        below, above = cards if turns % 2 == 0 else cards[::-1]
        entrance = ENTRANCES[turns % 2]
        progress = entrance.progress((part + 1) * FRAME_S)
        over = Placed(above, entrance.opacity(progress), entrance.source(progress), entrance.at(progress))
        began_s, cpu_s = time.perf_counter(), time.thread_time()
        canvas.draw([Placed(below), over])
        drawn_s = time.perf_counter()
        canvas.flip()
        done_s = time.perf_counter()
        pygame.event.pump()
        return 1000 * (drawn_s - began_s), 1000 * (done_s - began_s), 1000 * (time.thread_time() - cpu_s)

    for number in range(30):
        frame(number)
    print(json.dumps({"driver": pygame.display.get_driver(), "paced": paced(frame), "free": free(frame)}))


def paced(frame: Callable[[int], tuple[float, float, float]]) -> dict[str, float]:
    """Five seconds at 60 frames a second: what a frame takes, and how many came after their time."""
    taken, late, due_s = [], 0, time.perf_counter()
    for number in range(300):
        due_s += FRAME_S
        taken.append(frame(number))
        if time.perf_counter() > due_s:
            late += 1
            due_s = time.perf_counter()
        else:
            time.sleep(due_s - time.perf_counter() if due_s > time.perf_counter() else 0)
    return {**figures(taken), "late": late}


def free(frame: Callable[[int], tuple[float, float, float]]) -> dict[str, float]:
    """As fast as it goes."""
    began_s = time.perf_counter()
    taken = [frame(number) for number in range(200)]
    return {**figures(taken), "fps": 200 / (time.perf_counter() - began_s)}


def figures(taken: list[tuple[float, float, float]]) -> dict[str, float]:
    """Return median and 99th percentile of each column."""
    found = {}
    for name, column in zip(("submit", "frame", "cpu"), zip(*taken, strict=True), strict=True):
        cuts = statistics.quantiles(column, n=100, method="inclusive")
        found |= {f"{name}_p50": cuts[49], f"{name}_p99": cuts[98]}
    return found


if __name__ == "__main__":
    os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"
    main(sys.argv[1], Path(sys.argv[2]))
