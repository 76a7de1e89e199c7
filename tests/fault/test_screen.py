"""The screen when its agent dies or hangs in the middle of a personal scene: real processes, and what was presented."""

import io
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from display.panel.frames import PERIOD_S
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import load_unit_key
from tests.fault.lone_unit import started, write_unit

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

WAIT_S = 40
LOOK_S = 0.02
GONE_MAX_S = 4.0
"""From the agent's death until nothing of her is on the screen."""


class Watcher:
    """Looks at the presented frames."""

    def __init__(self, frame_file: Path) -> None:
        self._file = frame_file
        self._loop = b""
        self.longest_look_s = 0.0
        """How long this machine has kept us from looking: so much may be added to what we saw."""
        self.black = 0

    def remember_the_loop(self) -> None:
        """Take the frame of a screen that nobody stands before."""
        self._wait(lambda content: bool(content), "a first frame")
        time.sleep(1)
        self._loop = self._file.read_bytes()

    def wait_for_a_scene(self) -> None:
        self._wait(lambda content: not self._is_loop(content), "a scene")
        time.sleep(1)  # until it has come up wholly

    def wait_for_the_loop(self) -> float:
        """Return the monotonic second at which the scene was seen to be gone."""
        return self._wait(self._is_loop, "the return of the loop")

    def watch(self, seconds: float) -> None:
        """Look for a while, for black frames alone."""
        until_s = time.monotonic() + seconds
        self._wait(lambda _: time.monotonic() >= until_s, "the end of a while")

    def _wait(self, condition: Callable[[bytes], bool], what: str) -> float:
        began_s = seen_s = time.monotonic()
        while True:
            content = self._file.read_bytes() if self._file.exists() else b""
            self.black += bool(content) and _brightest(content) < 40
            if condition(content):
                return time.monotonic()
            now_s = time.monotonic()
            assert now_s < began_s + WAIT_S, f"no sign of {what}"
            self.longest_look_s = max(self.longest_look_s, now_s - seen_s)
            seen_s = now_s
            time.sleep(LOOK_S)

    def _is_loop(self, content: bytes) -> bool:
        difference = ImageChops.difference(_picture(content), _picture(self._loop))
        return max(high for _, high in difference.getextrema()) < 48  # type: ignore[union-attr, misc]


def _picture(content: bytes) -> Image.Image:
    return Image.open(io.BytesIO(content)).convert("RGB").resize((96, 54))


def _brightest(content: bytes) -> float:
    return max(ImageStat.Stat(_picture(content)).mean)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "frames").mkdir()
    write_unit(
        tmp_path,
        datetime.now(UTC),
        {"shopper": ((6, 0.8), (90, 0.8))},
        {
            "display": {"offscreen": True, "size": "960x540", "frame_file": str(tmp_path / "frames/frame.jpg")},
            "web": {"live_view": "demo"},
            "presence": {"screen_dwell_s": 1.0},
        },
    )
    return tmp_path


@pytest.fixture
def display(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], Watcher]]:
    with started("edge-display", folder / "agent.toml", folder) as (process, _):
        watcher = Watcher(folder / "frames/frame.jpg")
        watcher.remember_the_loop()
        yield process, watcher


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_her_scene_is_gone_four_seconds_after_the_agent(
    folder: Path, display: tuple[subprocess.Popen[bytes], Watcher], how: signal.Signals
) -> None:
    process, watcher = display
    with ExitStack() as cleanup:
        agent, _ = cleanup.enter_context(started("edge-agent", folder / "agent.toml", folder))
        cleanup.callback(agent.send_signal, signal.SIGCONT)
        watcher.wait_for_a_scene()
        watcher.longest_look_s = 0.0
        dead_s = time.monotonic()
        agent.send_signal(how)
        gone_s = watcher.wait_for_the_loop()
        assert gone_s - dead_s <= GONE_MAX_S + PERIOD_S + watcher.longest_look_s
        assert process.poll() is None
        assert watcher.black == 0


def test_an_agent_that_restarts_greets_nobody_twice_and_blacks_nothing(
    folder: Path, display: tuple[subprocess.Popen[bytes], Watcher]
) -> None:
    process, watcher = display
    with started("edge-agent", folder / "agent.toml", folder) as (agent, _):
        watcher.wait_for_a_scene()
        agent.kill()
        agent.wait()
    with started("edge-agent", folder / "agent.toml", folder):
        watcher.watch(12)  # she comes anew after six seconds, to the eye of the radio
    assert process.poll() is None
    assert watcher.black == 0
    stores = open_stores(folder, "bench", load_unit_key(folder, None))
    shown = [out.event for out in stores.journal.outbox(10_000) if out.event.type == "content.shown"]
    stores.close()
    assert len(shown) == 1
