"""A unit's folder, a display process that runs in it, and a test in the agent's place."""

import hashlib
import io
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from edge_agent.contracts.base import Contract
from edge_agent.contracts.catalogue import ContentItem, LoopItem, MediaType
from edge_agent.contracts.screen import Playlist

WAIT_S = 30

Colour = tuple[int, int, int]


class Agent:
    """The agent's end: listens, and talks to one display at a time."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.settimeout(WAIT_S)
        self._display: socket.socket | None = None

    def accept(self) -> dict[str, Any]:
        """Wait for a display; return its hello."""
        self.take()
        return self.receive()

    def take(self) -> None:
        """Wait for a display, and read nothing."""
        self._display, _ = self._listener.accept()
        self._display.settimeout(WAIT_S)

    def send(self, message: Contract) -> None:
        self.send_raw(message.model_dump_json().encode())

    def send_raw(self, content: bytes) -> None:
        assert self._display is not None
        self._display.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._display.send(content)

    def receive(self) -> dict[str, Any]:
        """Return the next message of the display."""
        assert self._display is not None
        return json.loads(self._display.recv(1 << 17))  # type: ignore[no-any-return]

    def wait_for(self, kind: str, keep_alive: Callable[[], None] = lambda: None) -> dict[str, Any]:
        """Return the next message of a kind; call ``keep_alive`` every half second meanwhile."""
        assert self._display is not None
        deadline = time.monotonic() + WAIT_S
        while time.monotonic() < deadline:
            readable, _, _ = select.select([self._display], [], [], 0.5)
            if not readable:
                keep_alive()
                continue
            message = self.receive()
            if message["type"] == kind:
                return message
        raise AssertionError(f"no {kind} within {WAIT_S} s")

    def peek(self) -> str:
        """Return the kind of the next message of the display, if it has one for us already."""
        assert self._display is not None
        return self.receive()["type"] if select.select([self._display], [], [], 0)[0] else ""

    def drain(self) -> None:
        """Throw away what the display has said so far."""
        assert self._display is not None
        while select.select([self._display], [], [], 0)[0]:
            self.receive()

    def hang_up(self) -> None:
        if self._display is not None:
            self._display.close()
            self._display = None

    def close(self) -> None:
        self.hang_up()
        self._listener.close()


class Unit:
    """A folder with a configuration for a small display without a screen, and its content."""

    def __init__(self, folder: Path, size: str = "480x270", *, offscreen: bool = True, frames: bool = True) -> None:
        self.folder = folder
        self.content = folder / "content"
        self.content.mkdir()
        self.socket = folder / "display.sock"
        self.frame_file = folder / "frame.jpg"
        self.log_file = folder / "display.log"
        self._running: list[subprocess.Popen[bytes]] = []
        (folder / "agent.toml").write_text(
            f"""
            store = "store-1"
            unit = "unit-1"
            zone = "Outdoor"
            folder = "{folder}"
            [web]
            live_view = "{"demo" if frames else "off"}"
            [screen]
            socket = "{self.socket}"
            [display]
            brand = "Northline"
            size = "{size}"
            offscreen = {str(offscreen).lower()}
            frame_file = "{self.frame_file}"
            """
        )

    def start(self, **environment: str) -> subprocess.Popen[bytes]:
        """Start ``edge-display run``."""
        command = [sys.executable, "-m", "display", "run", "--config", str(self.folder / "agent.toml")]
        with self.log_file.open("ab") as log:
            self._running.append(subprocess.Popen(command, stderr=log, env={**os.environ, **environment}))
        return self._running[-1]

    def end(self) -> None:
        """Kill what still runs."""
        for process in self._running:
            process.kill()
            process.wait()

    def log(self) -> str:
        """Return what the display has logged."""
        return self.log_file.read_text(errors="replace")

    def add(self, content: bytes) -> str:
        """Put a file into the content folder, named by its digest; return that."""
        digest = hashlib.sha256(content).hexdigest()
        part = self.content / f".{digest}.part"
        part.write_bytes(content)
        part.replace(self.content / digest)
        return digest

    def add_colour(self, colour: Colour, size: tuple[int, int] = (480, 270)) -> str:
        """Put a picture of one colour into the content folder."""
        return self.add(png(colour, size))

    def publish(self, version: str, *pictures: str, duration_s: float = 600, more: Sequence[str] = ()) -> None:
        """Write a playlist of these pictures; ``more`` are files that may be shown as well."""
        playlist = Playlist(
            version=version,
            items=tuple(LoopItem(picture=picture, duration_s=duration_s) for picture in pictures),
            files=tuple(self._listed(digest) for digest in dict.fromkeys((*pictures, *more))),
        )
        part = self.content / ".playlist.part"
        part.write_text(playlist.model_dump_json())
        part.replace(self.content / "playlist.json")

    def on_screen(self) -> Colour | None:
        """Return the colour in the middle of the presented frame, in steps of 64; None before the first frame."""
        try:
            with Image.open(self.frame_file) as frame:
                red, green, blue = frame.convert("RGB").getpixel((frame.width // 2, frame.height // 2))  # type: ignore[misc]
        except FileNotFoundError:
            return None
        return round(red / 64), round(green / 64), round(blue / 64)

    def _listed(self, digest: str) -> ContentItem:
        path = self.content / digest
        size_bytes = path.stat().st_size if path.exists() else 1
        return ContentItem(
            sha256=digest,
            size_bytes=max(1, size_bytes),
            media_type=media_type(path.read_bytes()[:16] if path.exists() else b""),
            content_class="public",
        )


def png(colour: Colour, size: tuple[int, int] = (480, 270)) -> bytes:
    """Return a picture of one colour."""
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def media_type(begin: bytes) -> MediaType:
    """Return what a file says it is."""
    if b"ftyp" in begin:
        return "image/avif"
    if begin.startswith(b"RIFF"):
        return "image/webp"
    if begin.startswith(b"<"):
        return "image/svg+xml"
    return "image/jpeg" if begin.startswith(b"\xff\xd8") else "image/png"


def permit() -> float:
    """As long a permit as the agent gives."""
    return time.monotonic() + 3


def stop(process: subprocess.Popen[bytes]) -> int:
    """End a process as systemd does; return its status."""
    process.send_signal(signal.SIGTERM)
    return process.wait(WAIT_S)


def wait_until(condition: Callable[[], bool], what: str = "it") -> None:
    """Return once it is true; fail where it never is."""
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        time.sleep(0.05)


def resident_mb(pid: int, field: str = "VmRSS") -> float:
    """Return the memory of a process, megabytes; ``VmHWM`` for its peak."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1000
    raise AssertionError(f"no {field}")


def open_files(pid: int) -> int:
    """Return how many files a process holds open."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def children(pid: int) -> list[int]:
    """Return the children of a process."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
