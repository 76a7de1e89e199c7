"""Fades and slides of cards at 1920x1080: what a frame takes, with textures and surfaces. Run by ``make bench``.

Without a graphics card OpenGL is emulated by the processor (llvmpipe): the whole frame then says nothing about a Pi,
but what it costs to give a frame away does. The display itself takes surfaces on such a machine.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.display.xserver import XServer, x_server

TARGET = "p99 <= 16.7"


@pytest.fixture
def screen() -> Iterator[XServer]:
    with x_server("1920x1080") as server:
        yield server


@pytest.mark.parametrize(("way", "name"), [("surfaces", "surfaces, X11"), ("gpu", "textures, OpenGL ES")])
def test_cross_fade(screen: XServer, tmp_path: Path, capsys: pytest.CaptureFixture[str], way: str, name: str) -> None:
    environment = {
        **os.environ,
        "DISPLAY": screen.display,
        "SDL_VIDEODRIVER": "x11",
        "SDL_FRAMEBUFFER_ACCELERATION": "0",
        "SDL_RENDER_DRIVER": "opengles2" if way == "gpu" else "",
    }
    command = [sys.executable, "-m", "tests.bench.fading", way, str(tmp_path)]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode != 0 and way == "gpu":
        pytest.skip(f"no OpenGL ES here: apt install libegl1 libgles2 libgl1-mesa-dri ({ran.stderr.strip()[-120:]})")
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout.splitlines()[-1])
    emulated = "" if any(Path("/dev/dri").glob("renderD*")) or way != "gpu" else ", emulated by the processor"
    with capsys.disabled():
        print(f"\nfades and slides of two cards, 1920x1080, {name}{emulated}     p50 ms   p99 ms   target")
        paced, free = found["paced"], found["free"]
        row("whole frame, at 60 frames/s", paced["frame_p50"], paced["frame_p99"], TARGET)
        row("  giving it away (before the flip)", paced["submit_p50"], paced["submit_p99"])
        row("  processor time of the drawing thread", paced["cpu_p50"], paced["cpu_p99"])
        print(f"  {'  later than its sixtieth of a second':<48} {paced['late']:3.0f} of 300")
        row("whole frame, as fast as it goes", free["frame_p50"], free["frame_p99"], f"{free['fps']:.0f} frames/s")


def row(name: str, p50_ms: float, p99_ms: float, more: str = "") -> None:
    print(f"  {name:<48} {p50_ms:8.2f} {p99_ms:8.2f}   {more}")
