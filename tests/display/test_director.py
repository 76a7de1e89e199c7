"""The display's parts together, in this process: what reaches the screen, and what the agent is told."""

import hashlib
import json
import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from datetime import time as day_time
from functools import partial
from pathlib import Path

import pygame
import pytest
from PIL import Image

from display.app import build, watch_panel
from display.panel.hours import Hours
from display.panel.window import Offscreen
from display.scenes.apart import Apart
from display.scenes.player import Player
from display.text.faces import open_faces
from display.themes import theme_or_house
from edge_agent.contracts.base import Contract
from edge_agent.contracts.catalogue import ContentItem, Emergency, LoopItem
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.dayparts import Daypart
from edge_agent.contracts.screen import Capture, Clear, ContentChanged, Playlist, Prepare, Scene, Show, State
from tests.display.film import make_film

MakeScene = Callable[..., Scene]

WAIT_S = 30
RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


class Unit:
    """A display without a screen, its content folder, and the agent's end of its socket."""

    def __init__(self, folder: Path, live_view: str = "admin") -> None:
        self._folder = folder
        self.content = folder / "content"
        self.content.mkdir()
        tree = {"store": "s", "unit": "u", "zone": "z", "folder": folder, "screen": {"socket": folder / "socket"}}
        display = {"offscreen": True, "size": "480x270", "brand": "Northline", "frame_file": folder / "frame.jpg"}
        display["video"] = True
        config = AgentConfig.model_validate({**tree, "display": display, "web": {"live_view": live_view}})
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(str(folder / "socket"))
        self._listener.listen(1)
        theme = theme_or_house(None)
        self._panel = watch_panel(config)
        self.director = build(config, self._panel, theme, open_faces(theme.fonts, theme.headline_fonts))
        self.heard: list[dict[str, object]] = []
        self.director.turn()
        self._agent, _ = self._listener.accept()
        self._agent.setblocking(False)
        self.send(State())

    def send(self, message: Contract) -> None:
        self._agent.send(message.model_dump_json().encode())

    def add(self, colour: tuple[int, int, int], **changes: object) -> ContentItem:
        """Put a picture into the content folder."""
        path = self.content / "new.png"
        Image.new("RGB", (480, 270), colour).save(path)
        content = path.read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        path.rename(self.content / digest)
        fields = {"sha256": digest, "size_bytes": len(content), "media_type": "image/png", "content_class": "public"}
        return ContentItem.model_validate(fields | changes)

    def add_film(self, content: bytes) -> ContentItem:
        """Put a film into the content folder."""
        digest = hashlib.sha256(content).hexdigest()
        (self.content / digest).write_bytes(content)
        return ContentItem(sha256=digest, size_bytes=len(content), media_type="video/mp4", content_class="public")

    def publish(self, version: str, files: tuple[ContentItem, ...], *items: LoopItem, **more: object) -> None:
        playlist = Playlist.model_validate({"version": version, "files": files, "items": items, **more})
        (self.content / "playlist.json").write_text(playlist.model_dump_json())
        self.send(ContentChanged(version=version))

    def play_until(self, condition: Callable[[], bool]) -> None:
        """Let the display turn until something has happened."""
        deadline_s = time.monotonic() + WAIT_S
        while not condition():
            assert time.monotonic() < deadline_s, f"it did not happen; heard {self.heard}"
            self.director.turn()
            self._listen()
            pause_s = self.director.next_deadline() - time.monotonic()
            readers: list[socket.socket | Apart | Player] = [self._agent, *self.director.children]
            select.select(readers, [], [], max(0.0, min(pause_s, 0.05)))

    def colour(self) -> tuple[int, ...]:
        """Return the colour in the middle of the last frame that was written, roughly."""
        with suppress(FileNotFoundError), Image.open(self._folder / "frame.jpg") as frame:
            pixel = frame.convert("RGB").getpixel((240, 60))
            assert isinstance(pixel, tuple)
            return tuple(255 if value > 200 else 0 if value < 50 else round(value) for value in pixel)
        return ()

    def hears(self, kind: str, **fields: object) -> bool:
        """Whether the agent was told so."""
        return any(
            said["type"] == kind and all(said.get(name) == value for name, value in fields.items())
            for said in self.heard
        )

    def close_shop(self) -> None:
        """Have it be night."""
        self._panel.hours = Hours.of((Daypart(begins=day_time(9), ends=day_time(20)),))
        self._panel.store_time = lambda: datetime(2026, 11, 23, 22, tzinfo=UTC)

    def panel_shows(self, colour: tuple[int, int, int]) -> bool:
        """Whether something on the panel has this colour."""
        screen = self.director.screen
        assert isinstance(screen, Offscreen)
        return pygame.mask.from_threshold(screen.panel, colour, (8, 8, 8, 255)).count() > 1000

    def average_of_panel(self) -> tuple[int, ...]:
        """Return what the panel itself shows, as one colour."""
        screen = self.director.screen
        assert isinstance(screen, Offscreen)
        return pygame.transform.average_color(screen.panel)[:3]

    def panel_is_black(self) -> bool:
        """Whether the panel itself shows nothing."""
        return self.average_of_panel() == (0, 0, 0)

    def close(self) -> None:
        self.director.close()
        self._listen()
        self._panel.close()
        self._agent.close()
        self._listener.close()

    def _listen(self) -> None:
        with suppress(BlockingIOError):
            while content := self._agent.recv(1 << 17):
                self.heard.append(json.loads(content))


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Unit]:
    unit = Unit(tmp_path)
    yield unit
    unit.close()


def permit(scene: Scene) -> Show:
    return Show(scene=scene, permit_until_s=time.monotonic() + 3)


def test_only_what_is_listed_public_and_whole_reaches_the_screen(unit: Unit, caplog: pytest.LogCaptureFixture) -> None:
    good, tampered = unit.add(GREEN), unit.add(RED)
    path = unit.content / tampered.sha256
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    unlisted, discreet = unit.add((255, 0, 255)), unit.add((255, 255, 0), content_class="discreet")
    lying = unit.add((0, 255, 255), media_type="image/jpeg")
    files = (good, tampered, discreet, lying)
    unit.publish("v1", files, *(LoopItem(picture=file.sha256, duration_s=3) for file in (*files[::-1], unlisted)))
    seen: set[tuple[int, ...]] = set()

    def noted() -> bool:
        seen.add(unit.colour())
        return "digest differs" in caplog.text and "as listed" in caplog.text and GREEN in seen

    unit.play_until(noted)
    ends_s = time.monotonic() + 0.5
    unit.play_until(lambda: noted() and time.monotonic() > ends_s)
    assert not seen & {RED, (255, 0, 255), (255, 255, 0), (0, 255, 255)}
    assert caplog.text.count(f"{unlisted.sha256[:12]} is left out") == 1
    assert caplog.text.count(f"{discreet.sha256[:12]} is left out") == 1
    assert caplog.text.count("digest differs") == 1


def test_what_expires_while_it_is_up_leaves_though_nobody_says_so(unit: Unit) -> None:
    short = unit.add(RED, valid_until=datetime.now(UTC) + timedelta(seconds=2))
    unit.publish("v1", (short, unit.add(BLUE)), LoopItem(picture=short.sha256, duration_s=600))
    unit.play_until(lambda: unit.colour() == RED)
    unit.play_until(lambda: unit.colour() != RED)
    assert datetime.now(UTC) >= short.valid_until  # type: ignore[operator]


def test_an_emergency_goes_before_everything_and_leaves_by_itself(unit: Unit, make_scene: MakeScene) -> None:
    unit.send(permit(make_scene()))
    unit.play_until(lambda: unit.hears("shown", message_id="m1"))
    until = datetime.now(UTC) + timedelta(seconds=3)
    unit.publish("v1", (), emergency=Emergency(headline={"en": "Please leave now"}, valid_until=until))
    unit.play_until(lambda: unit.hears("proof_of_play", message_id="m1"))
    unit.send(permit(make_scene("m2")))
    unit.play_until(lambda: unit.hears("refused", message_id="m2"))
    assert not unit.hears("shown", message_id="m2")
    unit.play_until(lambda: datetime.now(UTC) > until and not unit.director.program.emergency)
    unit.send(permit(make_scene("m3")))
    unit.play_until(lambda: unit.hears("shown", message_id="m3"))


def test_at_night_nothing_is_presented_again(unit: Unit, make_scene: MakeScene) -> None:
    """The watchdog has the last frame presented again: at night that is black, not what was up in the evening."""
    unit.send(permit(make_scene()))
    unit.play_until(lambda: unit.hears("shown", message_id="m1"))
    assert not unit.panel_is_black()
    unit.close_shop()
    unit.play_until(lambda: unit.hears("panel", state="off") and unit.hears("proof_of_play", message_id="m1"))
    assert unit.panel_is_black()
    unit.director.present_again()
    assert unit.panel_is_black()


def test_a_panel_that_fell_asleep_does_not_wake_up_with_what_was_on_it(unit: Unit, make_scene: MakeScene) -> None:
    unit.send(permit(make_scene()))
    unit.play_until(lambda: unit.hears("shown", message_id="m1"))
    screen = unit.director.screen
    assert isinstance(screen, Offscreen)
    screen.asleep = True
    unit.play_until(lambda: unit.hears("panel", state="off"))
    assert unit.panel_is_black()
    screen.asleep = False
    unit.play_until(lambda: not unit.panel_is_black())


def test_without_a_live_view_a_frame_is_written_when_it_is_asked_for(tmp_path: Path) -> None:
    unit = Unit(tmp_path, "off")
    picture = unit.add(GREEN)
    unit.publish("v1", (picture,), LoopItem(picture=picture.sha256))
    unit.play_until(lambda: unit.average_of_panel() == GREEN)
    assert unit.colour() == ()
    unit.send(Capture(request="r1"))
    unit.play_until(lambda: unit.hears("captured", request="r1", redacted=False))
    assert unit.colour() == GREEN
    unit.close()


@pytest.mark.parametrize(("live_view", "redacted"), [("admin", True), ("demo", False)])
def test_outside_the_demo_no_frame_holds_a_personal_scene(
    tmp_path: Path, make_scene: MakeScene, live_view: str, redacted: bool
) -> None:
    unit = Unit(tmp_path, live_view)
    picture = unit.add(GREEN)
    unit.publish("v1", (picture,), LoopItem(picture=picture.sha256))
    unit.play_until(lambda: unit.colour() == GREEN)
    unit.send(permit(make_scene()))
    unit.play_until(lambda: unit.hears("shown", message_id="m1"))
    unit.send(Capture(request="r1"))
    unit.play_until(lambda: unit.hears("captured", request="r1", redacted=redacted))
    if redacted:
        unit.send(Clear(message_id="m1", reason="away"))

        def gone() -> bool:
            assert unit.colour() == GREEN  # while it is up, and while it fades
            return unit.hears("proof_of_play", message_id="m1")

        unit.play_until(gone)
    else:
        unit.play_until(lambda: unit.colour() != GREEN)
    unit.send(Capture(request="r2"))
    unit.play_until(lambda: unit.hears("captured", request="r2", redacted=redacted and not unit.hears("proof_of_play")))
    unit.close()


def test_a_product_picture_that_was_tampered_with_is_left_out_of_its_scene(
    unit: Unit, make_scene: MakeScene, caplog: pytest.LogCaptureFixture
) -> None:
    good, bad = unit.add(GREEN), unit.add(RED)
    (unit.content / bad.sha256).write_bytes((unit.content / good.sha256).read_bytes())
    unit.publish("v1", (good, bad))
    unit.send(permit(make_scene("m1", layout="product", mode="generic", picture=bad.sha256, maximum_s=3)))
    unit.play_until(lambda: unit.hears("proof_of_play", message_id="m1"))
    assert f"without the picture {bad.sha256[:12]}" in caplog.text
    caplog.clear()
    unit.send(permit(make_scene("m2", layout="product", picture=good.sha256)))
    unit.play_until(lambda: unit.hears("shown", message_id="m2"))
    assert "without" not in caplog.text


def test_a_prepared_scene_is_ready_before_its_command(unit: Unit, make_scene: MakeScene) -> None:
    picture = unit.add(GREEN)
    unit.publish("v1", (picture,))
    scene = make_scene(layout="product", picture=picture.sha256)
    unit.send(Prepare(scene=scene))
    unit.play_until(lambda: unit.director.posters.has(scene))
    unit.send(permit(scene))
    unit.play_until(lambda: unit.hears("shown"))
    (shown,) = [said for said in unit.heard if said["type"] == "shown"]
    assert shown["composed_s"] < shown["received_s"] <= shown["first_frame_s"]  # type: ignore[operator]


def test_the_words_of_a_scene_that_never_came_up_are_not_kept(unit: Unit, make_scene: MakeScene) -> None:
    scene = make_scene(message_id="late", picture=None)
    unit.send(Prepare(scene=scene))
    unit.play_until(lambda: unit.director.posters.has(scene))
    unit.send(Show(scene=scene, permit_until_s=time.monotonic() - 1))
    unit.play_until(lambda: unit.hears("refused", message_id="late"))
    assert not unit.director.posters.has(scene)


def test_a_scene_keeps_its_picture_while_it_waits_for_its_turn(unit: Unit, make_scene: MakeScene) -> None:
    """Whatever else is prepared meanwhile, and although the agent says anew what should be up."""
    pictures = [unit.add(colour) for colour in (GREEN, RED, (9, 9, 99), (99, 9, 9), (9, 99, 9))]
    first, scene, later = (
        make_scene(f"m{number}", layout="product", picture=picture.sha256, minimum_s=2)
        for number, picture in enumerate(pictures[:3])
    )
    unit.publish("v1", tuple(pictures), *(LoopItem(picture=picture.sha256, duration_s=60) for picture in pictures[3:]))
    unit.send(permit(first))
    unit.play_until(lambda: unit.hears("shown", message_id="m0"))
    unit.send(permit(scene))
    unit.play_until(lambda: unit.director.posters.has(scene))
    unit.send(State(show=permit(scene)))
    unit.send(Prepare(scene=later))
    unit.play_until(lambda: unit.hears("proof_of_play", message_id="m0"))
    assert unit.panel_shows(RED)
    unit.play_until(lambda: unit.director.posters.has(later))


def test_the_words_of_a_scene_that_waits_for_its_turn_do_not_hold_up_a_fade(unit: Unit, make_scene: MakeScene) -> None:
    first, second = make_scene("m1", minimum_s=10), make_scene("m2")
    unit.send(permit(first))
    unit.play_until(lambda: unit.hears("shown", message_id="m1"))
    unit.send(permit(second))
    unit.play_until(lambda: unit.director.posters.has(second))
    assert not unit.director.stage.frame(time.monotonic()).changing
    assert unit.director.stage.awaited == second
    unit.send(Clear(message_id="m1", reason="away"))
    unit.play_until(lambda: unit.hears("shown", message_id="m2"))


def test_a_scene_waits_for_its_picture_no_longer_when_the_loop_wants_two(unit: Unit, make_scene: MakeScene) -> None:
    """Pictures of the loop that so many scenes have driven out are decoded anew while hers still is."""
    loop = [unit.add((red, 80, 120)) for red in (1, 2)]
    endless = loop[0].model_copy(update={"sha256": "ab" * 32})
    os.mkfifo(unit.content / endless.sha256)
    unit.publish("v1", (*loop, endless), *(LoopItem(picture=file.sha256) for file in loop))
    unit.play_until(lambda: unit.director.program.entry is not None)
    for number in range(8):
        unit.send(permit(make_scene(f"m{number}", layout="group", minimum_s=0)))
        unit.play_until(partial(unit.hears, "shown", message_id=f"m{number}"))
    unit.send(permit(make_scene("slow", layout="offer", picture=endless.sha256)))
    unit.play_until(lambda: unit.hears("shown", message_id="slow") or unit.hears("refused", message_id="slow"))
    assert unit.hears("shown", message_id="slow")


def test_the_loop_is_proved_when_the_display_stops(tmp_path: Path) -> None:
    unit = Unit(tmp_path)
    picture = unit.add(GREEN)
    unit.publish("v1", (picture,), LoopItem(picture=picture.sha256, item="summer"))
    unit.play_until(lambda: unit.colour() == GREEN)
    unit.close()
    (played,) = [said for said in unit.heard if said["type"] == "loop_played"]
    assert (played["item"], played["plays"], played["content_version"]) == ("summer", 1, "v1")
    assert played["on_screen_s"] > 0  # type: ignore[operator]


def test_a_film_plays_and_makes_way_at_its_end(unit: Unit, make_scene: MakeScene, tmp_path: Path) -> None:
    film, picture = unit.add_film(make_film(tmp_path, pictures=60)), unit.add(BLUE)
    items = [LoopItem(picture=file.sha256, duration_s=600) for file in (film, picture)]
    unit.publish("v1", (film, picture), *items)
    seen: list[tuple[int, ...]] = []

    def over() -> bool:
        seen.append(unit.colour())
        return BLUE in seen

    unit.play_until(over)
    reds = {colour[0] for colour in seen if colour and colour[1:] == (0, 0)}
    assert len(reds) > 2  # it moved
    unit.send(permit(make_scene()))
    unit.play_until(lambda: unit.hears("shown", message_id="m1"))


def test_a_broken_film_is_left_out_and_said_once(unit: Unit, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    content = make_film(tmp_path)
    film, picture = unit.add_film(content[: len(content) // 2]), unit.add(GREEN)
    items = [LoopItem(picture=file.sha256, duration_s=3) for file in (film, picture)]
    unit.publish("v1", (film, picture), *items)
    unit.play_until(lambda: unit.colour() == GREEN and "goes on without it" in caplog.text)
    assert caplog.text.count("goes on without it") == 1
