"""Real window systems: Xvfb, and Weston without a head."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageGrab

WAIT_S = 60
SIZE = (640, 360)
Colour = tuple[int, ...]


def wait_until(condition: Callable[[], bool]) -> None:
    """Wait until something has happened; AssertionError after WAIT_S."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


class XServer:
    """An X server without a screen, which can be killed and started again under its number."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.display = ""

    def start(self) -> None:
        """Start it; the first time under any free number."""
        number = [self.display] if self.display else []
        read, write = os.pipe()
        command = [
            "Xvfb",
            *number,
            "-displayfd",
            str(write),
            "-screen",
            "0",
            f"{SIZE[0]}x{SIZE[1]}x24",
            "-nolisten",
            "tcp",
        ]
        self._process = subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as answer:
            self.display = f":{answer.readline().strip()}"
        assert self.display != ":", "Xvfb did not start"

    def kill(self) -> None:
        """Kill it, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            for file in (f"/tmp/.X11-unix/X{self.display[1:]}", f"/tmp/.X{self.display[1:]}-lock"):
                Path(file).unlink(missing_ok=True)

    def screenshot(self) -> Image.Image:
        """Return what a person would see."""
        return ImageGrab.grab(xdisplay=self.display)


@pytest.fixture
def x_server() -> Iterator[XServer]:
    if shutil.which("Xvfb") is None:
        pytest.skip("no Xvfb: apt install xvfb")
    server = XServer()
    server.start()
    yield server
    server.kill()


class Compositor:
    """Weston without a head."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.environment = {"XDG_RUNTIME_DIR": str(folder), "WAYLAND_DISPLAY": "shop"}

    def start(self) -> None:
        """Start it and wait for its socket."""
        size = [f"--width={SIZE[0]}", f"--height={SIZE[1]}"]
        command = ["weston", "--backend=headless-backend.so", *size, "--socket=shop", "--idle-time=0", "--no-config"]
        with (self._folder / "weston.log").open("wb") as log:
            environment = os.environ | self.environment
            self._process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        wait_until((self._folder / "shop").exists)

    def kill(self) -> None:
        """Kill it, as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
            (self._folder / "shop").unlink(missing_ok=True)


@pytest.fixture
def compositor(tmp_path: Path) -> Iterator[Compositor]:
    if shutil.which("weston") is None:
        pytest.skip("no Weston: apt install weston")
    folder = tmp_path / "wayland"
    folder.mkdir(mode=0o700)
    running = Compositor(folder)
    running.start()
    yield running
    running.kill()


class RunningDisplay:
    """``edge-display run`` as a process, with its log and the file of its frames."""

    def __init__(self, folder: Path, settings: str, environment: dict[str, str]) -> None:
        folder.mkdir(exist_ok=True)
        (folder / "content").mkdir(exist_ok=True)
        self._log = folder / "display.log"
        self.frame = folder / "frame.jpg"
        config = folder / "agent.toml"
        config.write_text(
            f"""
            store = "store-1"
            unit = "unit-1"
            zone = "Outdoor"
            folder = "{folder}"
            timezone = "UTC"
            [screen]
            socket = "{folder}/display.sock"
            [display]
            brand = "Northline"
            frame_file = "{self.frame}"
            {settings}
            [web]
            live_view = "admin"
            """
        )
        clean = {
            name: value for name, value in os.environ.items() if not name.startswith(("SDL_", "WAYLAND", "DISPLAY"))
        }
        command = [sys.executable, "-m", "display", "run", "--config", str(config)]
        with self._log.open("w") as log:
            self.process = subprocess.Popen(command, env=clean | environment, stderr=log)

    @property
    def log(self) -> str:
        """What it has said so far."""
        return self._log.read_text()

    def wait_for(self, words: str, times: int = 1) -> None:
        """Wait until it has said something so often."""
        wait_until(lambda: self.log.count(words) >= times or self.process.poll() is not None)
        assert self.log.count(words) >= times, self.log

    def stop(self) -> int:
        """Ask it to stop; return its status."""
        self.process.terminate()
        return self.process.wait(WAIT_S)


@pytest.fixture
def start_display(tmp_path: Path) -> Iterator[Callable[..., RunningDisplay]]:
    """Return a function that starts a display with lines for ``[display]`` and environment variables."""
    running: list[RunningDisplay] = []

    def start(settings: str = "", **environment: str) -> RunningDisplay:
        running.append(RunningDisplay(tmp_path / "unit", settings, environment))
        return running[-1]

    yield start
    for display in running:
        display.process.kill()
        display.process.wait()
