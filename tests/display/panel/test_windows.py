"""The display on real window systems: what is seen, and what happens when they die."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from PIL import Image, ImageChops, ImageStat

from tests.display.panel.conftest import SIZE, Compositor, RunningDisplay, XServer, wait_until

Start = Callable[..., RunningDisplay]

pytestmark = pytest.mark.integration

GPU = {"SDL_RENDER_DRIVER": "opengles2"}  # emulated here, yet by the way that a Pi's GPU is spoken to
DRAWN = pytest.mark.parametrize("drawn", [{}, GPU], ids=["surfaces", "textures"])

COVER = """
import pygame, sys
window = pygame.Window("cover", (640, 360), position=(0, 0), borderless=True)
window.get_surface().fill((255, 255, 255))
window.flip()
print("up", flush=True)
sys.stdin.read()
"""


def alike(one: Image.Image, other: Image.Image) -> bool:
    """Whether two pictures look the same, but for what JPEG and scaling do to edges."""
    difference = ImageChops.difference(one.convert("RGB"), other.convert("RGB").resize(one.size))
    return max(ImageStat.Stat(difference).mean) < 6


def something(picture: Image.Image) -> bool:
    """Whether there is more on it than one colour."""
    return max(ImageStat.Stat(picture.convert("RGB")).stddev) > 5


def read(display: RunningDisplay) -> Image.Image:
    with Image.open(display.frame) as frame:
        return frame.convert("RGB")


@DRAWN
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_x11_shows_the_picture_turned_over_the_whole_screen(
    x_server: XServer, start_display: Start, rotation: int, drawn: dict[str, str]
) -> None:
    display = start_display(f"rotate = {rotation}", DISPLAY=x_server.display, **drawn)
    display.wait_for("the screen is on")
    wait_until(display.frame.exists)
    upright = read(display)
    assert (upright.width > upright.height) == (rotation in (0, 180))
    turned = upright.rotate(-rotation, expand=True)
    wait_until(lambda: alike(x_server.screenshot(), turned))
    assert something(turned)
    assert not alike(x_server.screenshot(), turned.rotate(180))
    assert display.stop() == 0


def test_x11_tells_when_the_window_is_covered(x_server: XServer, start_display: Start) -> None:
    display = start_display(DISPLAY=x_server.display)
    display.wait_for("the screen is on")
    environment = os.environ | {"DISPLAY": x_server.display, "SDL_VIDEODRIVER": "x11"}
    command = [sys.executable, "-c", COVER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, **pipes) as cover:  # type: ignore[call-overload]
        display.wait_for("the screen is covered")
        cover.kill()
    display.wait_for("the screen is on", times=2)
    wait_until(lambda: alike(x_server.screenshot(), read(display)))  # the hole was drawn again
    assert display.stop() == 0


@DRAWN
def test_it_outlives_its_x_server(x_server: XServer, start_display: Start, drawn: dict[str, str]) -> None:
    display = start_display(DISPLAY=x_server.display, **drawn)
    display.wait_for("the screen is on")
    x_server.kill()
    display.wait_for("no screen by way of x11")
    x_server.start()
    display.wait_for("the screen is on", times=2)
    wait_until(lambda: something(x_server.screenshot()))
    assert display.process.poll() is None
    assert display.log.count("no screen by way of") == 1
    assert display.stop() == 0


def test_it_waits_for_an_x_server(x_server: XServer, start_display: Start) -> None:
    x_server.kill()
    display = start_display(DISPLAY=x_server.display)
    display.wait_for("no screen by way of x11")
    x_server.start()
    display.wait_for("the screen is on")
    assert display.stop() == 0


def test_outside_its_hours_the_screen_is_black(x_server: XServer, start_display: Start) -> None:
    noon_or_midnight = "00:00" if 6 <= datetime.now(UTC).hour < 18 else "12:00"  # whichever is far from now
    hours = f'hours = [{{begins = "{noon_or_midnight}", ends = "{noon_or_midnight[:4]}1"}}]'
    display = start_display(hours, DISPLAY=x_server.display)
    display.wait_for("the screen is off")
    wait_until(lambda: not something(x_server.screenshot()))
    assert x_server.screenshot().size == SIZE
    assert display.stop() == 0


@DRAWN
def test_wayland_shows_the_picture_and_may_die(
    compositor: Compositor, start_display: Start, drawn: dict[str, str]
) -> None:
    display = start_display(**compositor.environment, **drawn)
    display.wait_for("through wayland")
    display.wait_for("the screen is on")
    wait_until(lambda: display.frame.exists() and something(read(display)))
    compositor.kill()
    display.wait_for("the screen is absent")
    compositor.start()
    display.wait_for("the screen is on", times=2)
    assert display.stop() == 0
