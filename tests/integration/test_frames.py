"""Pictures of the screen: nothing personal leaves the display, by whatever way, unless it is the demo."""

import io
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
from PIL import Image, ImageChops

from tests.admin.units import Unit, at_work, make_unit
from tests.integration.processes import Process, call, running, until

pytestmark = [pytest.mark.integration, pytest.mark.timeout(240)]

COMES_S = 6.0
"""She comes when the loop has been seen, and stays."""

WALK = [(0, 60.0), (COMES_S - 0.1, 60.0), (COMES_S, 1.0), (3599.0, 1.0)]
ALIKE = 12
"""JPEG of the same picture may differ by so much in a channel of a pixel."""


@dataclass
class Shop:
    unit: Unit
    frame: Path
    display: Process
    site: httpx2.Client
    """One for all questions, since each new one reads every authority's certificate; no connection is kept."""

    def panel(self) -> str | None:
        screen = self.unit.snapshot().screen
        return None if screen is None else screen.panel

    def scene_is_up(self) -> bool:
        scene = self.unit.snapshot().scene
        return scene is not None and scene.shown_s is not None

    def screenshot(self, out: Path, status: int = 0) -> str:
        done = call("edge-agent", "screenshot", str(out), "--socket", str(self.unit.socket), status=status)
        return done.stdout + done.stderr

    def live(self) -> bytes:
        return self.site.get("/live/frame.jpg").content


@contextmanager
def opened(folder: Path, live_view: str, written: bool = True) -> Iterator[Shop]:
    """Run agent and display of a unit."""
    file = folder / ("frame.jpg" if written else "missing/frame.jpg")
    display: dict[str, Any] = {"offscreen": True, "size": "640x360", "frame_file": str(file)}
    screen = {"socket": str(folder / "display.sock"), "minimum_s": 1.0, "maximum_s": 20.0}
    unit = make_unit(
        folder,
        {"c-anna": WALK},
        display=display,
        screen=screen,
    )
    text = unit.config.read_text()
    unit.config.write_text(text.replace("[web]", f'[web]\nlive_view = "{live_view}"'))
    port = re.search(r"^port = (\d+)", text, re.MULTILINE)
    assert port is not None
    with ExitStack() as stack:
        shown = stack.enter_context(
            running("edge-display", "run", "--config", str(unit.config), log=folder / "display.log")
        )
        shown.wait_for("no agent at")
        stack.enter_context(at_work(unit))
        url, limits = f"http://127.0.0.1:{port[1]}", httpx2.Limits(max_keepalive_connections=0)
        site = stack.enter_context(httpx2.Client(base_url=url, limits=limits, trust_env=False))
        yield Shop(unit, file, shown, site)


def picture(jpeg: bytes) -> Image.Image:
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


def alike(one: Image.Image, other: Image.Image) -> bool:
    extremes = ImageChops.difference(one, other).getextrema()
    return all(highest <= ALIKE for _, highest in extremes)


def watched(shop: Shop) -> tuple[Image.Image, list[Image.Image]]:
    """Return the picture before she comes, and every different one that could be had until her scene was over."""
    until(lambda: shop.frame.exists(), "the first frame")
    before = picture(shop.live() if shop.live() else shop.frame.read_bytes())
    seen: dict[bytes, Image.Image] = {}

    def look() -> bool:
        for jpeg in (shop.frame.read_bytes(), shop.live()):
            if jpeg.startswith(b"\xff\xd8") and jpeg not in seen:
                seen[jpeg] = picture(jpeg)
        return shop.unit.snapshot().ended is not None

    until(look, "the end of her scene")
    return before, list(seen.values())


def test_outside_the_demo_nobody_can_get_at_a_personal_scene(tmp_path: Path) -> None:
    with opened(tmp_path, "admin") as shop:
        until(shop.scene_is_up, "her scene")
        assert "not in the picture" in shop.screenshot(tmp_path / "during.jpg")
        before, seen = watched(shop)
        seen.append(picture((tmp_path / "during.jpg").read_bytes()))
        assert "not in the picture" not in shop.screenshot(tmp_path / "after.jpg")
        seen.append(picture((tmp_path / "after.jpg").read_bytes()))
        assert all(alike(before, one) for one in seen)
        assert shop.site.get("/live").status_code == 200
        assert shop.site.get("/story").status_code == 404


def test_in_the_demo_it_is_seen(tmp_path: Path) -> None:
    """The same, so that the test above is known to see what it looks for."""
    with opened(tmp_path, "demo") as shop:
        before, seen = watched(shop)
        assert not all(alike(before, one) for one in seen)
        metrics = shop.site.get("/metrics").text
        composing = 'edge_agent_scene_seconds_sum{stretch="received_composed"}'
        [took_s] = [float(line.split()[1]) for line in metrics.splitlines() if line.startswith(composing)]
        assert took_s == 0, "her scene had been prepared during her dwell"


def test_without_pictures_it_is_said_what_to_do(tmp_path: Path) -> None:
    with opened(tmp_path, "off", written=False) as shop:
        until(lambda: shop.panel() == "on", "the display")
        assert "cannot be written" in shop.screenshot(tmp_path / "shot.jpg", status=1)
        shop.display.kill()
        assert shop.site.get("/live").status_code == 404
        assert shop.site.get("/live/frame.jpg").status_code == 404


def test_a_picture_that_cannot_be_had_or_kept_is_said(tmp_path: Path) -> None:
    with opened(tmp_path, "off") as shop:
        until(lambda: shop.panel() == "on", "the display")
        assert "a folder that you may write" in shop.screenshot(tmp_path / "missing" / "shot.jpg", status=1)
        shop.screenshot(tmp_path / "shot.jpg")
        assert picture((tmp_path / "shot.jpg").read_bytes()).size == (640, 360)
        shop.display.kill()
        until(lambda: shop.panel() is None, "its end")
        assert "no display is connected" in shop.screenshot(tmp_path / "shot.jpg", status=1)
