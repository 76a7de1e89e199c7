"""The whole display as a process, with a test in the agent's place."""

import hashlib
import json
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from edge_agent.contracts.base import Contract
from edge_agent.contracts.catalogue import ContentItem, LoopItem
from edge_agent.contracts.screen import Clear, ContentChanged, Playlist, Renew, Scene, Show, State

Start = Callable[[], subprocess.Popen[str]]
MakeScene = Callable[..., Scene]

pytestmark = pytest.mark.integration

WAIT_S = 30


class Agent:
    """The agent's end: listens, and talks to one display at a time."""

    def __init__(self, path: Path) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(path))
        self._listener.listen(1)
        self._listener.settimeout(WAIT_S)
        self._display: socket.socket | None = None

    def accept(self) -> dict[str, object]:
        """Wait for a display; return its hello."""
        self._display, _ = self._listener.accept()
        self._display.settimeout(WAIT_S)
        return self.receive()

    def send(self, message: Contract) -> None:
        self.send_raw(message.model_dump_json().encode())

    def send_raw(self, content: bytes) -> None:
        assert self._display is not None
        self._display.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self._display.send(content)

    def receive(self) -> dict[str, object]:
        """Return the next message of the display."""
        assert self._display is not None
        return json.loads(self._display.recv(1 << 17))  # type: ignore[no-any-return]

    def wait_for(self, kind: str, keep_alive: Callable[[], None] = lambda: None) -> dict[str, object]:
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

    def hang_up(self) -> None:
        if self._display is not None:
            self._display.close()
            self._display = None

    def close(self) -> None:
        self.hang_up()
        self._listener.close()


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A unit's folder with a configuration for a small offscreen display."""
    (tmp_path / "content").mkdir()
    (tmp_path / "agent.toml").write_text(
        f"""
        store = "store-1"
        unit = "unit-1"
        zone = "Outdoor"
        folder = "{tmp_path}"
        [screen]
        socket = "{tmp_path}/display.sock"
        [display]
        brand = "Northline"
        size = "480x270"
        frame_file = "{tmp_path}/frame.jpg"
        """
    )
    return tmp_path


@pytest.fixture
def agent(shop: Path) -> Iterator[Agent]:
    agent = Agent(shop / "display.sock")
    yield agent
    agent.close()


@pytest.fixture
def start_display(shop: Path) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Return a function that starts ``edge-display run --offscreen``."""
    running: list[subprocess.Popen[str]] = []

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "display", "run", "--config", str(shop / "agent.toml"), "--offscreen"]
        log = (shop / "display.log").open("w")
        running.append(subprocess.Popen(command, stderr=log, text=True))
        log.close()
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def permit() -> float:
    return time.monotonic() + 3


def stop(process: subprocess.Popen[str]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(WAIT_S)


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)


def test_a_personal_scene_from_command_to_proof(agent: Agent, start_display: Start, make_scene: MakeScene) -> None:
    process = start_display()
    hello = agent.accept()
    assert (hello["type"], hello["width_px"], hello["height_px"], hello["showing"]) == ("hello", 480, 270, None)
    agent.send(State())
    asked_s = time.monotonic()
    agent.send(Show(scene=make_scene(), permit_until_s=permit()))
    shown = agent.wait_for("shown")
    assert shown["message_id"] == "m1"
    assert asked_s <= float(str(shown["first_frame_s"])) <= time.monotonic()
    agent.send(Renew(message_id="m1", permit_until_s=permit()))
    proof = agent.wait_for("proof_of_play")
    assert (proof["message_id"], proof["ended"]) == ("m1", "permit")
    assert float(str(proof["on_screen_s"])) > 0
    assert stop(process) == 0


def test_a_scene_vanishes_when_the_agent_dies(agent: Agent, start_display: Start, make_scene: MakeScene) -> None:
    start_display()
    agent.accept()
    agent.send(State())
    until_s = permit()
    agent.send(Show(scene=make_scene(), permit_until_s=until_s))
    agent.wait_for("shown")
    agent.hang_up()
    # It comes back and hears what is still up; the permit is not its to forget.
    assert agent.accept()["showing"] == "m1"
    proof = agent.wait_for("proof_of_play")
    assert proof["ended"] == "permit"
    first_frame_s = until_s - 3
    assert first_frame_s + float(str(proof["on_screen_s"])) <= until_s + 1


def test_a_restarted_agent_that_says_nothing_is_up_clears_the_screen(
    agent: Agent, start_display: Start, make_scene: MakeScene
) -> None:
    start_display()
    agent.accept()
    agent.send(State(show=Show(scene=make_scene(mode="generic"))))
    agent.wait_for("shown")
    agent.hang_up()
    agent.accept()
    agent.send(State())
    assert agent.wait_for("proof_of_play")["ended"] == "cleared"


def test_garbage_is_refused_and_the_display_goes_on(agent: Agent, start_display: Start, make_scene: MakeScene) -> None:
    start_display()
    agent.accept()
    agent.send(State())
    for garbage in (b"\x00\xff\xfe", b"[]", b'{"type":"dance"}', b"{" * 5000, b'{"type":"clear"}'):
        agent.send_raw(garbage)
        assert agent.wait_for("refused")["reason"]
    agent.send_raw(b'{"type":"show","scene":{"message_id":"m7","layout":"welcome"}}')
    refused = agent.wait_for("refused")
    assert refused["message_id"] == "m7"
    agent.send_raw(b'"' + b"x" * 70_000 + b'"')
    assert "65536" in str(agent.wait_for("refused")["reason"])
    agent.send(Show(scene=make_scene("m8"), permit_until_s=permit()))
    assert agent.wait_for("shown")["message_id"] == "m8"


def test_another_protocol_is_told_and_shows_the_loop_only(
    agent: Agent, start_display: Start, make_scene: MakeScene
) -> None:
    start_display()
    agent.accept()
    agent.send(State(protocol=99))
    assert "protocol 99" in str(agent.wait_for("refused")["reason"])
    agent.send(Show(scene=make_scene(), permit_until_s=permit()))
    for _ in range(2):  # by the second answer a first frame would have been reported
        agent.send_raw(b"garbage")
        assert agent.receive()["type"] == "refused"


def test_a_scene_whose_picture_is_missing_is_shown_without(
    agent: Agent, start_display: Start, shop: Path, make_scene: MakeScene
) -> None:
    start_display()
    agent.accept()
    agent.send(State())
    agent.send(Show(scene=make_scene("m2", layout="product", picture="a" * 64), permit_until_s=permit()))
    assert agent.wait_for("shown")["message_id"] == "m2"
    wait_until(lambda: "without its picture aaaaaaaaaaaa: is not listed" in (shop / "display.log").read_text())


def test_cleared_and_stopped_scenes_are_proved(agent: Agent, start_display: Start, make_scene: MakeScene) -> None:
    process = start_display()
    agent.accept()
    agent.send(State())
    agent.send(Show(scene=make_scene("m1"), permit_until_s=permit()))
    agent.wait_for("shown")
    agent.send(Clear(message_id="m1", reason="away"))
    assert agent.wait_for("proof_of_play")["ended"] == "cleared"
    agent.send(Show(scene=make_scene("m2"), permit_until_s=permit()))
    agent.wait_for("shown")
    assert stop(process) == 0
    assert agent.wait_for("proof_of_play")["ended"] == "stopped"


def test_the_loop_follows_the_playlist_and_survives_a_broken_one(
    agent: Agent, start_display: Start, shop: Path
) -> None:
    content = shop / "content"

    def add_picture(colour: tuple[int, int, int]) -> str:
        path = content / "new.png"
        Image.new("RGB", (480, 270), colour).save(path)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        path.rename(content / digest)
        return digest

    def listed(digest: str) -> ContentItem:
        path = content / digest
        size_bytes = path.stat().st_size if path.exists() else 1
        return ContentItem(sha256=digest, size_bytes=size_bytes, media_type="image/png", content_class="public")

    def on_screen() -> tuple[int, ...]:
        try:
            with Image.open(shop / "frame.jpg") as frame:
                return tuple(round(value / 64) for value in frame.convert("RGB").getpixel((240, 135)))  # type: ignore[arg-type, union-attr]
        except FileNotFoundError:
            return ()

    def publish(version: str, *pictures: str) -> None:
        items = tuple(LoopItem(picture=picture, duration_s=600) for picture in pictures)
        playlist = Playlist(version=version, items=items, files=tuple(map(listed, pictures)))
        (content / "playlist.json").write_text(playlist.model_dump_json())
        agent.send(ContentChanged(version=version))

    process = start_display()
    agent.accept()
    agent.send(State())
    publish("v1", add_picture((255, 0, 0)))
    wait_until(lambda: on_screen() == (4, 0, 0))
    (content / "playlist.json").write_text('{"version": "v2", "items": [{}]}')
    agent.send(ContentChanged(version="v2"))
    wait_until(lambda: "items.0.picture: Field required; the last good" in (shop / "display.log").read_text())
    assert on_screen() == (4, 0, 0)
    (content / ("b" * 64)).write_bytes(b"not a picture")
    publish("v3", "b" * 64, "c" * 64, add_picture((0, 0, 255)))
    wait_until(lambda: on_screen() == (0, 0, 4))
    assert stop(process) == 0


def test_it_runs_without_agent_and_content(start_display: Start, shop: Path) -> None:
    process = start_display()
    wait_until(lambda: (shop / "frame.jpg").exists())
    assert stop(process) == 0
    log = (shop / "display.log").read_text()
    assert log.count("no agent at") == 1
