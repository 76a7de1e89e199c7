"""The same loop of cards here and in Chromium in kiosk mode, which is what most players are. Run by ``make bench``.

Each has an X server of 1920x1080 for itself, without a graphics card, shows three pictures with a headline, six seconds
each, and cross-fades; measured are whole process trees for the same time. What the X server spends is told apart.
"""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import pytest

from edge_agent.contracts.catalogue import ContentItem, LoopItem
from edge_agent.contracts.screen import Playlist
from tests.bench.weight import Weight, cpu_s, weigh
from tests.display.units import Unit
from tests.display.xserver import XServer, x_server

PICTURES = Path(__file__).parents[2] / "edge_agent/simulator/scenarios/flagship/pictures"
CARDS = {
    "loop-mountains.png": "Made for the long way up",
    "loop-camp.png": "Nights outside begin here",
    "loop-repair.png": "We mend what we sell",
}
CARD_S = 6
SETTLE_S = 12
MEASURED_S = 54
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--kiosk",
    "--no-sandbox",
    "--no-first-run",
    "--window-size=1920,1080",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
]


@dataclass(frozen=True, slots=True)
class Result:
    """What one player took."""

    weight: Weight
    cpu: float
    """Share of one core."""
    x_server_cpu: float


Player = Callable[[Path, XServer], subprocess.Popen[bytes]]


def edge_display(folder: Path, server: XServer) -> subprocess.Popen[bytes]:
    unit = Unit(folder, "1920x1080", offscreen=False, frames=False)
    digests = {unit.add((PICTURES / name).read_bytes()): headline for name, headline in CARDS.items()}
    playlist = Playlist(
        version="v1",
        items=tuple(
            LoopItem(picture=digest, duration_s=CARD_S, headline={"en": headline})
            for digest, headline in digests.items()
        ),
        files=tuple(
            ContentItem(
                sha256=digest,
                size_bytes=(unit.content / digest).stat().st_size,
                media_type="image/png",
                content_class="public",
            )
            for digest in digests
        ),
    )
    (unit.content / "playlist.json").write_text(playlist.model_dump_json())
    return unit.start(DISPLAY=server.display)


def chromium(folder: Path, server: XServer) -> subprocess.Popen[bytes]:
    cards = [{"picture": (PICTURES / name).as_uri(), "headline": headline} for name, headline in CARDS.items()]
    page = Path(__file__).with_name("kiosk.html").as_uri()
    hash_ = quote(json.dumps({"cards": cards, "seconds": CARD_S}))
    command = [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder}/profile", f"{page}#{hash_}"]
    log = subprocess.DEVNULL
    return subprocess.Popen(command, env={**os.environ, "DISPLAY": server.display}, stdout=log, stderr=log)


@contextmanager
def running(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)


def measured(player: Player, folder: Path) -> Result:
    folder.mkdir()
    with x_server("1920x1080") as server, running(player(folder, server)) as process:
        time.sleep(SETTLE_S)
        before, x_before_s = weigh(process.pid), cpu_s(server.process.pid)
        time.sleep(MEASURED_S)
        after, x_after_s = weigh(process.pid), cpu_s(server.process.pid)
        assert process.poll() is None, "it has ended"
    return Result(after, (after.cpu_s - before.cpu_s) / MEASURED_S, (x_after_s - x_before_s) / MEASURED_S)


def test_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt install chromium")
    results = {
        "edge-display": measured(edge_display, tmp_path / "display"),
        "Chromium, kiosk": measured(chromium, tmp_path / "chromium"),
    }
    with capsys.disabled():
        print(f"\nloop of {len(CARDS)} cards, 1920x1080, a cross-fade every {CARD_S} s, {MEASURED_S} s, no GPU")
        print(f"  {'':<18}{'processes':>10}{'PSS MB':>10}{'RSS MB':>10}{'CPU':>14}{'X server':>14}")
        for name, result in results.items():
            weight = result.weight
            print(
                f"  {name:<18}{weight.processes:>10}{weight.pss_mb:>10.0f}{weight.rss_mb:>10.0f}"
                f"{100 * result.cpu:>12.1f} %{100 * result.x_server_cpu:>12.1f} %"
            )
