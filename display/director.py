"""Brings stage, posters, screen and link together, one turn at a time."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import pygame

from display import clock
from display.errors import PosterError, ScreenAbsent
from display.items import Brand, Item, LoopPicture
from display.layers import Frame
from display.link import Link
from display.loop.playlist import Loop
from display.loop.plays import Plays
from display.loop.program import Program
from display.panel.frames import FrameFile, reduced
from display.panel.watch import PanelWatch
from display.panel.window import Placed, Screen
from display.scenes.apart import Apart
from display.scenes.player import Player, Projector
from display.scenes.posters import PICTURE_WAIT_S, Posters
from display.stage import Report, Stage
from edge_agent.contracts.screen import (
    Capture,
    Captured,
    Clear,
    ContentChanged,
    Panel,
    Prepare,
    ProofOfPlay,
    Refused,
    Renew,
    Scene,
    Show,
    State,
    ToDisplay,
)

log = logging.getLogger(__name__)


DARK_TURN_S = 1.0
"""While the panel is dark, what the stage holds is looked at so often: an emergency may begin."""


@dataclass(slots=True)
class Director:
    """Everything between two waits of the display."""

    stage: Stage
    panel: PanelWatch
    new_posters: Callable[[Screen], Posters]
    """Returns an empty store of posters for a screen."""
    link: Link
    frames: FrameFile
    read_loop: Callable[[Loop], Loop]
    """Reads the playlist anew; is given the last good one, and returns that where the file is broken."""
    program: Program
    plays: Plays
    projector: Projector
    whole_frames: bool = False
    """Whether personal scenes are left in the frames that are written: in the demo only."""
    posters: Posters = field(init=False)
    _drawn: Frame | None = None
    _stale: bool = False  # what was drawn looks different now, or is no longer there
    _frame_at_s: float = 0.0
    _early: bool = False  # the last frame of a fade waits for its turn, though nothing moves after it
    _wanted: Scene | None = None  # to be composed when nothing moves

    def __post_init__(self) -> None:
        self.posters = self.new_posters(self.panel.screen)

    @property
    def screen(self) -> Screen:
        """What is drawn on at present."""
        return self.panel.screen

    @property
    def _fading(self) -> bool:
        """Whether the last frame that was presented was one of a change: what takes longer than a frame holds it up."""
        return self._drawn is not None and self._drawn.changing

    def turn(self) -> None:
        """Listen, draw if something changed, and prepare what comes next."""
        self.posters.begin_turn()
        try:
            self._look_at_panel()
            for message in self.link.turn(clock.monotonic_s()):
                self._obey(message)
            if not self.panel.lit:
                self._look_at_panel()  # an emergency may have arrived
            if self.panel.lit:
                self._draw()
            if clock.monotonic_s() >= self.frames.next_deadline():
                self.frames.write(self._frame_for_file()[0], clock.monotonic_s())
            self._tell_plays()
        except ScreenAbsent as error:
            self.panel.lose(error)
            self._look_at_panel()

    def present_again(self) -> None:
        """Present the last frame once more, black in the dark: proof that the way to the screen works."""
        try:
            if self._drawn is not None:
                self.screen.present(self._placed(self._drawn))
            elif not self.panel.lit:
                self.screen.present(())
        except ScreenAbsent as error:
            self.panel.lose(error)

    def next_deadline(self) -> float:
        """Return the monotonic second of the next turn, if no message arrives before."""
        now_s = clock.monotonic_s()
        times = [self.link.next_deadline(), self.panel.next_deadline(now_s)]
        if self.link.socket is not None:
            times.append(self.plays.next_deadline())
        if self.panel.lit:
            times += [self.program.next_deadline(now_s, clock.utc_now()), self.posters.next_deadline()]
            if self.projector.player is not None:
                times.append(max(self._frame_at_s, self.projector.player.next_deadline()))
            stage_s = max(self.stage.next_deadline(now_s), self._frame_at_s)
            times.append(self._frame_at_s if self._early else stage_s)
        else:
            times.append(now_s + DARK_TURN_S)
        times.append(self.frames.next_deadline())
        return min(times)

    @property
    def children(self) -> list[Apart | Player]:
        """What to wait for beside the link: readable when a picture has been decoded that is wanted now."""
        player = self.projector.player
        return [*self.posters.children, *([player] if player is not None else [])]

    def close(self) -> None:
        """End what is showing, tell the agent, and leave."""
        now_s, utc = clock.monotonic_s(), clock.utc_now()
        self._report(self.stage.stop(now_s))
        for played in self.plays.collect(now_s, utc):
            self.link.send(played)
        self.posters.close()
        self.projector.close()
        self.link.close()

    def _look_at_panel(self) -> None:
        """Take note of what happened to the panel, and tell the agent."""
        now_s = self._advance()
        news = self.panel.turn(now_s, emergency=_is_emergency(self.stage.frame(now_s).layers[-1].item))
        if news.screen:
            self.posters.close()
            self.posters = self.new_posters(self.panel.screen)
            self._drawn = None
            self.program.begin_anew()
            self.stage.begin_anew(Brand(), now_s)
            self.link.reconnect(now_s)  # the agent learns the size, and says what should be up
        if news.state:
            self.stage.seen(self.panel.seen, now_s)
            self.link.send(Panel(state=self.panel.state))
            if not self.panel.lit:
                self._report(self.stage.stop(now_s))
                self._drawn = None
                self.projector.close()
                self.posters.close()
                self.present_again()  # also where it only sleeps: it shall not wake up with what was on it
                self.frames.changed()
        self._stale |= news.redraw or news.screen

    def _draw(self) -> None:
        frame = self._ready_frame()
        now_s = clock.monotonic_s()
        up = None if frame.changing or self.stage.covered else self.stage.ground
        self._stale |= self.projector.turn(up, self.program, self.posters, now_s, clock.utc_now())
        changed = self._stale or frame != self._drawn
        self._early = changed and now_s < self._frame_at_s
        if changed and not self._early:
            self._present(frame)
            self._frame_at_s = now_s + self.screen.frame_s
        if not (frame.changing or self._fading):
            self._prepare()
        self.posters.give_up(now_s)

    def _frame_for_file(self) -> tuple[pygame.Surface, bool]:
        """Return what is on the screen, reduced, and whether a personal scene was left out of it."""
        drawn = self._drawn  # the stage may be ahead of it
        layers = [] if drawn is None else self._placed(drawn)
        redacted = drawn is not None and drawn.personal and not self.whole_frames
        if redacted:
            ground = self.stage.ground
            layers = [Placed(self.posters.get(ground if self.posters.has(ground) else Brand()))]
        return self.screen.picture(layers, reduced(self.screen.size)), redacted

    def _capture(self, request: str) -> None:
        picture, redacted = self._frame_for_file()
        if self.frames.write_now(picture):
            self.link.send(Captured(request=request, redacted=redacted))
        else:
            reason = "the frame cannot be written: the log of the display says why"
            self.link.send(Refused(message_id=request, reason=reason))

    def _tell_plays(self) -> None:
        """Count what is up, and tell the agent every quarter of an hour; while it is away, go on counting."""
        now_s = clock.monotonic_s()
        entry = None if self.stage.covered else self.program.entry
        self.plays.showing(entry, self.program.loop.version, self.panel.seen, now_s)
        if self.link.socket is not None and now_s >= self.plays.next_deadline():
            for played in self.plays.collect(now_s, clock.utc_now()):
                self.link.send(played)

    def _obey(self, message: ToDisplay) -> None:
        now_s = clock.monotonic_s()
        match message:
            case Show():
                self._show(message)
            case State(show=Show() as show):
                self._show(show)
            case State():
                self._report(self.stage.clear_all(now_s))
            case Renew():
                self._report(self.stage.renew(message, now_s))
            case Clear():
                self._report(self.stage.clear(message.message_id, now_s))
                if self._wanted is not None and self._wanted.message_id == message.message_id:
                    self._wanted = None
                if message.message_id not in self._on_stage(now_s):  # it was only prepared
                    self.posters.forget(message.message_id)
            case Prepare():
                self._wanted = message.scene
            case Capture():
                self._capture(message.request)
            case ContentChanged():
                pass
        if isinstance(message, State | ContentChanged):
            self._reload(message)
        if isinstance(message, State):
            self.link.send(Panel(state=self.panel.state))
            self._wanted = None  # of an agent that may have forgotten for whom it was
            self.posters.forget_scenes(but=self._on_stage(now_s))

    def _on_stage(self, now_s: float) -> set[str]:
        """Return which scenes are up, on their way there, or leaving."""
        items = [layer.item for layer in self.stage.frame(now_s).layers]
        return {item.message_id for item in (*items, self.stage.awaited) if isinstance(item, Scene)}

    def _show(self, message: Show) -> None:
        if not self.panel.seen and not _is_emergency(message.scene):
            reason = f"nobody can see it: the screen is {self.panel.state}"
            self._report([Refused(message_id=message.scene.message_id, reason=reason)])
            return
        if self._wanted is not None and self._wanted.message_id == message.scene.message_id:
            self._wanted = None
        self._report(self.stage.show(message, clock.monotonic_s()))

    def _reload(self, message: State | ContentChanged) -> None:
        version = message.content_version if isinstance(message, State) else message.version
        if version and version != self.program.loop.version:
            loop = self.read_loop(self.program.loop)
            self.program.follow(loop, clock.monotonic_s())
            self.stage.content_version = loop.version

    def _advance(self) -> float:
        """Bring the stage up to now; return the monotonic second."""
        now_s = clock.monotonic_s()
        item = self.program.turn(now_s, clock.utc_now(), self.stage.covered, self._has)
        self._report(self.stage.set_ground(self._here(item), now_s, alone=self.program.emergency))
        awaited = self.stage.awaited
        # Until then a scene that waits for its turn also waits for the end of a fade, which its words would hold up.
        urgent_s = max(self.stage.awaited_since_s, self.stage.awaited_from_s - PICTURE_WAIT_S)
        if awaited is not None and (now_s >= urgent_s or not self._fading):
            composed_s = self._prepared(awaited, urgent_s + PICTURE_WAIT_S)
            if composed_s is not None:
                now_s = clock.monotonic_s()  # composing takes time: a permit may have lapsed meanwhile
                self._report(self.stage.ready(composed_s, now_s))
        self._report(self.stage.advance(now_s))
        return now_s

    def _here(self, item: Item) -> Item:
        """Return what of an item can be shown on this screen: without a GPU nothing glides."""
        return item.at_rest() if isinstance(item, LoopPicture) and not self.screen.scales else item

    def _has(self, item: Item) -> bool:
        return self.posters.has(self._here(item))

    def _ready_frame(self) -> Frame:
        """Return what to draw now, with all its posters composed."""
        frame = self.stage.frame(self._advance())
        missing = [layer.item for layer in frame.layers if not self.posters.has(layer.item)]
        for item in missing:
            self.posters.get(item)
        # Anew after composing, which takes time: a permit may have lapsed meanwhile.
        return self.stage.frame(self._advance()) if missing else frame

    def _present(self, frame: Frame) -> None:
        self.screen.present(self._placed(frame))
        self._drawn, self._stale = frame, False
        self._report(self.stage.presented(clock.monotonic_s(), clock.utc_now()))
        self.frames.changed()

    def _placed(self, frame: Frame) -> list[Placed]:
        return [Placed(self.posters.get(layer.item), layer.opacity, layer.source, layer.at) for layer in frame.layers]

    def _prepare(self) -> None:
        """Compose what is likely to be shown next, while no poster takes another's place."""
        now_s = self._advance()  # the scene that waits for its turn goes first
        # One scene at a time: the posters that are kept are no more than what is up, what waits, and two of the loop.
        wanted = self._wanted if self.stage.awaited is None else None
        for item in (self.stage.ground, self.program.coming(now_s, clock.utc_now()), wanted):
            if item is not None:
                here = self._here(item)
                self._prepared(here)
                if isinstance(here, LoopPicture) and here.caption is not None:
                    self._prepared(here.caption)
        if self._wanted is not None and self.posters.has(self._wanted):
            self._wanted = None

    def _prepared(self, item: Item, by_s: float = float("inf")) -> float | None:
        """Return since when a poster is ready; None: not yet, or never: what cannot be drawn leaves the stage."""
        try:
            return self.posters.prepare(item, clock.monotonic_s(), by_s)
        except PosterError as error:
            self._leave_out(item, error)
            return None

    def _leave_out(self, item: Item, error: PosterError) -> None:
        now_s, reason = clock.monotonic_s(), str(error)[:200]
        match item:
            case LoopPicture():
                self.program.discard(item, now_s)
                log.warning("%s; the loop goes on without it", error)
            case Scene() if item == self.stage.ground:
                self.program.discard(item, now_s)
                log.error("part of an emergency cannot be shown: %s", error)
            case Scene() if item == self._wanted:
                self._wanted = None
                self.link.send(Refused(message_id=item.message_id, reason=reason))
            case Scene():
                log.warning("a scene was refused: %s", error)
                self._report(self.stage.refuse(item.message_id, reason, now_s))

    def _report(self, reports: Iterable[Report]) -> None:
        for report in reports:
            if isinstance(report, (ProofOfPlay, Refused)) and report.message_id is not None:
                self.posters.forget(report.message_id)  # it is over, or will not come up
            self.link.send(report)


def _is_emergency(item: Item) -> bool:
    return isinstance(item, Scene) and item.layout == "emergency"
