"""The display's composition root and its one loop: wait, listen, advance, draw."""

import logging
import os
import select
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from importlib.metadata import version
from pathlib import Path
from types import FrameType
from typing import NoReturn
from zoneinfo import ZoneInfo

import sdnotify

from display import clock
from display.director import Director
from display.errors import PlaylistError
from display.items import Brand, Item
from display.link import Link
from display.loop.playlist import Loop, left_out, parse_playlist
from display.loop.plays import Plays
from display.loop.program import Program
from display.memory import give_back_large_blocks
from display.motion import Entrance
from display.panel.connectors import plugged_in
from display.panel.frames import FrameFile
from display.panel.hours import Hours
from display.panel.television import Television
from display.panel.watch import SCREEN_UNKNOWN, PanelWatch
from display.panel.window import Closed, Offscreen, Screen, open_screen
from display.panel.x11 import when_server_dies
from display.scenes.apart import Apart
from display.scenes.canvas import Viewing
from display.scenes.compose import Composer
from display.scenes.films import available as films_available
from display.scenes.player import Player, Projector
from display.scenes.posters import Posters
from display.scenes.rehearsal import rehearse
from display.settings import parse_size
from display.stage import Stage
from display.text.faces import open_faces
from display.text.scripts import is_right_to_left
from display.text.typeset import Typesetter
from display.text.warm import warm
from display.theme import Theme
from display.themes import theme_or_house
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.screen import Hello, Layout, Refused, Scene

log = logging.getLogger(__name__)

QUIET_S = 0.1
"""Nothing is rehearsed unless there is nothing to do for so long."""

PLAYLIST_MAX_BYTES = 4 * 1024 * 1024


class Stopped(Exception):
    """SIGTERM or SIGINT arrived."""


class Waker:
    """Turns signals into something that ``select`` sees, so that none is missed and none interrupts a drawing."""

    def __init__(self) -> None:
        self.reader, self._writer = socket.socketpair()
        self.reader.setblocking(False)
        self._writer.setblocking(False)
        self._stopped = False
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._stop)

    def check(self) -> None:
        """Raise Stopped if a signal arrived."""
        if self._stopped:
            raise Stopped

    def _stop(self, _number: int, _frame: FrameType | None) -> None:
        self._stopped = True


def run_display(config: AgentConfig) -> None:
    """Show the loop and the agent's scenes until SIGTERM, SIGINT, or until the window is closed."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    give_back_large_blocks()
    waker = Waker()
    notifier = sdnotify.SystemdNotifier()
    if notifier.socket is not None:
        notifier.socket.setblocking(False)  # a systemd that does not read must not stop the screen
    theme = theme_or_house(config.display.theme)
    typesetter = open_faces(theme.fonts, theme.headline_fonts)
    warm(typesetter, config.screen.languages)
    try:
        with ExitStack() as cleanup:
            panel = watch_panel(config)
            cleanup.callback(panel.close)
            director = build(config, panel, theme, typesetter)
            cleanup.callback(director.close)
            when_server_dies(lambda: begin_anew(director))
            loop(director, waker, notifier, rehearsal(config, panel, theme, typesetter))
    except Stopped:
        log.info("stopped")
    except Closed:
        log.info("the window was closed")
    notifier.notify("STOPPING=1")


def begin_anew(director: Director) -> NoReturn:
    """Become a new process under the same number: Xlib cannot live without the server that it had."""
    log.warning("the X server has gone: beginning anew")
    director.close()
    os.execv(sys.executable, sys.orig_argv)  # noqa: S606


def watch_panel(config: AgentConfig) -> PanelWatch:
    """Return what looks after the screen; it opens it at its first turn."""
    display = config.display
    size = parse_size(display.size) if display.size else None
    zone = ZoneInfo(config.timezone)

    def open_it() -> Screen:
        if display.offscreen:
            return Offscreen(size or SCREEN_UNKNOWN, display.rotate)
        return open_screen(size, display.rotate, display.brand)

    return PanelWatch(
        open=open_it,
        plugged_in=lambda: None if display.offscreen else plugged_in(),
        hours=Hours.of(display.hours),
        store_time=lambda: clock.utc_now().astimezone(zone),
        television=Television() if display.cec else None,
    )


def build(config: AgentConfig, panel: PanelWatch, theme: Theme, typesetter: Typesetter) -> Director:
    """Put the parts together."""
    content = config.content_folder
    languages, films = config.screen.languages, config.display.video and films_available()
    now_s = clock.monotonic_s()
    program = Program(read_loop(content, languages, films, Loop()), ZoneInfo(config.timezone), languages)
    stage = Stage(Brand(), lambda item: entrance_of(item, theme), theme.fade_s, now_s)
    stage.content_version = program.loop.version

    def new_posters(screen: Screen) -> Posters:
        composer = new_composer(config, screen, theme, typesetter)
        return Posters(composer, screen, content, lambda digest: program.loop.file(digest, clock.utc_now()), complain)

    def complain(problem: str) -> None:
        log.warning("%s", problem)
        link.send(Refused(reason=problem[:200]))

    def hello() -> Hello:
        width, height = panel.screen.size
        return Hello(version=version("edge-agent"), width_px=width, height_px=height, showing=stage.showing)

    link = Link(config.screen.socket, hello)
    return Director(
        stage=stage,
        panel=panel,
        new_posters=new_posters,
        link=link,
        frames=FrameFile(config.display.frame_file, live=config.web.live_view != "off"),
        read_loop=lambda last_good: read_loop(content, languages, films, last_good),
        program=program,
        plays=Plays(now_s),
        projector=Projector(content),
        whole_frames=config.web.live_view == "demo",
    )


def new_composer(config: AgentConfig, screen: Screen, theme: Theme, typesetter: Typesetter) -> Composer:
    """Return what draws posters for a screen."""
    display = config.display
    viewing = Viewing(display.diagonal_inch, display.viewing_distance_m, display.overscan_percent)
    return Composer(screen.size, theme, typesetter, config.content_folder, display.brand, viewing)


def rehearsal(config: AgentConfig, panel: PanelWatch, theme: Theme, typesetter: Typesetter) -> Iterator[Layout]:
    """Return the examples that are composed while there is nothing else to do."""
    yield from rehearse(new_composer(config, panel.screen, theme, typesetter), config.screen.languages)


def entrance_of(item: Item, theme: Theme) -> Entrance:
    """Return how an item comes onto the screen."""
    motion = theme.transition(item.layout if isinstance(item, Scene) else "loop")
    language = "" if isinstance(item, Brand) else item.language
    return Entrance(motion.kind, motion.length_s, from_left=is_right_to_left(language))


def loop(director: Director, waker: Waker, notifier: sdnotify.SystemdNotifier, rehearsal: Iterator[Layout]) -> None:
    """Turn until a signal arrives. systemd's watchdog is petted after a frame was really presented."""
    watchdog_s = int(os.environ.get("WATCHDOG_USEC", "0")) / 2e6 or float("inf")
    pet_at_s = 0.0
    told = ""
    while True:
        waker.check()
        director.turn()
        if told != director.panel.state:
            told = director.panel.state
            notifier.notify(f"READY=1\nSTATUS=the screen is {told}")
        now_s = clock.monotonic_s()
        if now_s >= pet_at_s:
            director.present_again()
            notifier.notify("WATCHDOG=1")
            pet_at_s = now_s + watchdog_s
        sleep_s = min(director.next_deadline(), pet_at_s) - clock.monotonic_s()
        readers: list[socket.socket | Apart | Player] = [waker.reader, *director.children]
        writers: list[socket.socket] = []
        if director.link.socket is not None:
            readers.append(director.link.socket)
            if director.link.blocked:
                writers.append(director.link.socket)
        if sleep_s > QUIET_S and next(rehearsal, None):
            sleep_s = 0.0
        select.select(readers, writers, [], None if sleep_s == float("inf") else max(0.0, sleep_s))


def read_loop(content: Path, languages: tuple[str, ...], films: bool, last_good: Loop) -> Loop:
    """Return the playlist of the content folder; the last good one where it is missing or broken."""
    path = content / "playlist.json"
    try:
        with path.open("rb") as file:
            text = file.read(PLAYLIST_MAX_BYTES + 1)
        if len(text) > PLAYLIST_MAX_BYTES:
            raise PlaylistError(f"more than {PLAYLIST_MAX_BYTES} bytes")
        loop = parse_playlist(text, languages, films)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not last_good.version:
            log.info("no playlist in %s yet: the brand's name is shown", content)
        else:
            log.warning("%s: %s; the last good playlist stays", path, error.strerror)
    except PlaylistError as error:
        log.warning("%s: %s; the last good playlist stays", path, error)
    else:
        for digest, reason in left_out(text, loop).items():
            log.warning("%s is left out of the loop: %s", digest[:12], reason)
        return loop
    return last_good
