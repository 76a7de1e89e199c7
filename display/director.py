"""Brings stage, posters, screen and link together, one turn at a time."""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from display import clock
from display.errors import PosterError, ScreenAbsent
from display.items import Item, LoopPicture
from display.link import Link
from display.loop.playlist import Loop
from display.panel.frames import FrameFile, reduced
from display.panel.watch import PanelWatch
from display.panel.window import Placed, Screen
from display.scenes.posters import Posters
from display.stage import Frame, Report, Stage
from edge_agent.contracts.screen import (
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
    frames: FrameFile | None
    read_loop: Callable[[Loop], Loop]
    """Reads the playlist anew; is given the last good one, and returns that where the file is broken."""
    loop: Loop
    posters: Posters = field(init=False)
    _drawn: Frame | None = None
    _frame_at_s: float = 0.0
    _early: bool = False  # the last frame of a fade waits for its turn, though nothing moves after it
    _wanted: Scene | None = None  # to be composed when nothing moves

    def __post_init__(self) -> None:
        self.posters = self.new_posters(self.panel.screen)

    @property
    def screen(self) -> Screen:
        """What is drawn on at present."""
        return self.panel.screen

    def turn(self) -> None:
        """Listen, draw if something changed, and prepare what comes next."""
        try:
            self._look_at_panel()
            for message in self.link.turn(clock.monotonic_s()):
                self._obey(message)
            if not self.panel.lit:
                self._look_at_panel()  # an emergency may have arrived
            if self.panel.lit:
                self._draw()
            if self.frames is not None and clock.monotonic_s() >= self.frames.next_deadline():
                self._write_frame(self.frames)
        except ScreenAbsent as error:
            self.panel.lose(error)
            self._look_at_panel()

    def present_again(self) -> None:
        """Present the last frame once more: proof that the way to the screen works."""
        try:
            if self._drawn is not None:
                self.screen.present(self._placed(self._drawn))
        except ScreenAbsent as error:
            self.panel.lose(error)

    def next_deadline(self) -> float:
        """Return the monotonic second of the next turn, if no message arrives before."""
        now_s = clock.monotonic_s()
        times = [self.link.next_deadline(), self.panel.next_deadline(now_s)]
        if self.panel.lit:
            stage_s = max(self.stage.next_deadline(now_s), self._frame_at_s)
            times.append(self._frame_at_s if self._early else stage_s)
        else:
            times.append(now_s + DARK_TURN_S)
        if self.frames is not None:
            times.append(self.frames.next_deadline())
        return min(times)

    def close(self) -> None:
        """End what is showing, tell the agent, and leave."""
        self._report(self.stage.stop(clock.monotonic_s()))
        self.link.close()

    def _look_at_panel(self) -> None:
        """Take note of what happened to the panel, and tell the agent."""
        now_s = clock.monotonic_s()
        self._report(self.stage.advance(now_s))
        news = self.panel.turn(now_s, emergency=_is_emergency(self.stage.frame(now_s).layers[-1].item))
        if news.screen:
            self.posters = self.new_posters(self.panel.screen)
            self.link.reconnect(now_s)  # the agent learns the size, and says what should be up
        if news.state:
            self.link.send(Panel(state=self.panel.state))
            if not self.panel.lit:
                self._report(self.stage.stop(now_s))
                if self.frames is not None:
                    self.frames.changed()
        if news.redraw or news.screen:
            self._drawn = None

    def _draw(self) -> None:
        frame = self._ready_frame()
        now_s = clock.monotonic_s()
        changed = frame != self._drawn
        self._early = changed and now_s < self._frame_at_s
        if changed and not self._early:
            self._present(frame)
            self._frame_at_s = now_s + self.screen.frame_s
        if not frame.moving:
            self._prepare()

    def _write_frame(self, frames: FrameFile) -> None:
        layers = self._placed(self._drawn) if self._drawn is not None and self.panel.lit else []
        frames.write(self.screen.picture(layers, reduced(self.screen.size)), clock.monotonic_s())

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
            case Prepare():
                self._wanted = message.scene
            case ContentChanged():
                pass
        if isinstance(message, State | ContentChanged):
            self._reload(message)
        if isinstance(message, State):
            self.link.send(Panel(state=self.panel.state))

    def _show(self, message: Show) -> None:
        if not self.panel.seen and not _is_emergency(message.scene):
            reason = f"nobody can see it: the screen is {self.panel.state}"
            self.link.send(Refused(message_id=message.scene.message_id, reason=reason))
            return
        # Composed before it is on stage: what the stage holds can be drawn.
        try:
            self.posters.get(message.scene)
        except PosterError as error:
            log.warning("a scene was refused: %s", error)
            self.link.send(Refused(message_id=message.scene.message_id, reason=str(error)[:200]))
            return
        self._report(self.stage.show(message, clock.monotonic_s()))

    def _reload(self, message: State | ContentChanged) -> None:
        version = message.content_version if isinstance(message, State) else message.version
        if version and version != self.loop.version:
            self.loop = self.read_loop(self.loop)
            self.stage.set_loop(self.loop, clock.monotonic_s())

    def _ready_frame(self) -> Frame:
        """Return what to draw now, with all its posters composed."""
        while True:
            # Anew after each composing, which takes time: a permit may have lapsed meanwhile.
            now_s = clock.monotonic_s()
            self._report(self.stage.advance(now_s))
            frame = self.stage.frame(now_s)
            missing = [layer.item for layer in frame.layers if not self.posters.has(layer.item)]
            if not missing:
                return frame
            for item in missing:
                self._compose(item)

    def _present(self, frame: Frame) -> None:
        self.screen.present(self._placed(frame))
        self._drawn = frame
        self._report(self.stage.presented(clock.monotonic_s(), clock.utc_now()))
        if self.frames is not None:
            self.frames.changed()

    def _placed(self, frame: Frame) -> list[Placed]:
        return [Placed(self.posters.get(layer.item), layer.opacity, layer.source, layer.at) for layer in frame.layers]

    def _prepare(self) -> None:
        """Compose what is likely to be shown next, while nothing moves."""
        wanted, self._wanted = self._wanted, None
        if wanted is not None:
            try:
                self.posters.get(wanted)
            except PosterError as error:
                log.warning("a scene that was to be prepared was refused: %s", error)
                self.link.send(Refused(message_id=wanted.message_id, reason=str(error)[:200]))
        coming = self.stage.coming()
        if not self.posters.has(coming):
            self._compose(coming)

    def _compose(self, item: Item) -> None:
        """Compose a poster; what cannot be drawn leaves the stage."""
        try:
            self.posters.get(item)
        except PosterError as error:
            match item:
                case LoopPicture():
                    log.warning("a picture leaves the loop: %s", error)
                    self.stage.discard(item, clock.monotonic_s())
                case Scene():
                    log.warning("a scene can no longer be drawn: %s", error)
                    self._report(self.stage.clear(item.message_id, clock.monotonic_s()))

    def _report(self, reports: Iterable[Report]) -> None:
        for report in reports:
            if isinstance(report, ProofOfPlay):
                self.posters.forget(report.message_id)
            self.link.send(report)


def _is_emergency(item: Item) -> bool:
    return isinstance(item, Scene) and item.layout == "emergency"
