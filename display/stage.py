"""What is visible at which moment: the idle loop, the scene of the agent, and the fades between them.

Pure: time is an argument, reports are return values. A personal scene stays only while its permit
lives; whatever ended is out of sight ``fade_s`` later, however many messages arrive meanwhile.

::

    loop ──show──► scene ──permit lapsed, cleared, maximum reached──► loop
                     └────show of another────► that one (after the minimum, unless it is urgent)
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from display.items import WHOLE, Area, Brand, Item, LoopPicture
from display.loop.playlist import Loop
from edge_agent.contracts.screen import ProofOfPlay, Refused, Renew, Scene, Show, Shown

Ending = Literal["maximum", "cleared", "permit", "replaced", "stopped"]
Report = Shown | ProofOfPlay | Refused

_URGENT = frozenset({"group", "emergency"})  # layouts that replace another before its minimum: privacy, safety
_UNSEEN: dict[Ending, str] = {
    "maximum": "its time was over before it could be shown",
    "cleared": "it was cleared before it could be shown",
    "permit": "its permit lapsed before it could be shown",
    "replaced": "another scene replaced it before it could be shown",
    "stopped": "the display stopped before it could be shown",
}


@dataclass(frozen=True, slots=True)
class Layer:
    """One poster of a frame, over those before it."""

    item: Item
    opacity: float
    """Above 0, at most 1."""
    source: Area = WHOLE
    """Which part of the poster ..."""
    at: Area = WHOLE
    """... is drawn where on the screen."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What to draw, from the bottom up; the lowest layer is opaque, so that no frame is black."""

    layers: tuple[Layer, ...]

    @property
    def moving(self) -> bool:
        """Whether the next frame looks different."""
        return len(self.layers) > 1


@dataclass(slots=True)
class _Play:
    """One scene from its command to its proof."""

    scene: Scene
    permit_until_s: float | None
    arrived_s: float
    first_frame_s: float | None = None
    first_frame_at: datetime | None = None
    ended: Ending | None = None

    @property
    def began_s(self) -> float:
        return self.arrived_s if self.first_frame_s is None else self.first_frame_s

    def lapses_s(self) -> float | None:
        """When its permit ends; never, for a scene that is not personal."""
        return self.permit_until_s if self.scene.personal else None


@dataclass(slots=True)
class _Laid:
    """An item on the stage, since when, and how far it had come when another began to cover it."""

    item: Item
    from_s: float
    play: _Play | None = None
    held: float | None = None
    gone_by_s: float | None = None

    def opacity(self, now_s: float, fade_s: float) -> float:
        if self.held is not None:
            return self.held
        part = min(1.0, max(0.02, (now_s - self.from_s) / fade_s))
        return part * part * (3 - 2 * part)


class Stage:
    """Decides what the screen shows."""

    def __init__(self, loop: Loop, fade_s: float, now_s: float) -> None:
        self._loop = loop
        self._fade_s = fade_s
        self._position = 0
        self._layers = [_Laid(loop.first(), now_s - fade_s)]
        self._item_until_s = self._loop_end_s(now_s)
        self._play: _Play | None = None
        self._waiting: _Play | None = None
        self._leaving: list[_Play] = []

    @property
    def showing(self) -> str | None:
        """Id of the scene that is up, for the hello after a reconnect."""
        return self._play.scene.message_id if self._play else None

    def show(self, message: Show, now_s: float) -> list[Report]:
        """Show a scene now. A repeat of the present one only renews its permit."""
        reports = self.advance(now_s)
        arrived = _Play(message.scene, message.permit_until_s, now_s)
        if _lapsed(arrived, now_s):
            return [*reports, _unseen(arrived.scene, "permit")]
        if self._waiting is not None and self._waiting.scene.message_id == message.scene.message_id:
            self._waiting.permit_until_s = message.permit_until_s
            return reports
        if self._waiting is not None:
            reports.append(_unseen(self._waiting.scene, "replaced"))
            self._waiting = None
        if self._play is not None and self._play.scene.message_id == message.scene.message_id:
            self._play.permit_until_s = message.permit_until_s
            return reports
        if self._play is not None and now_s < self._may_yield_s(self._play) and arrived.scene.layout not in _URGENT:
            self._waiting = arrived
            return reports
        return reports + self._begin(arrived, now_s)

    def renew(self, message: Renew, now_s: float) -> list[Report]:
        """Prolong a permit. Unknown ids are ignored."""
        reports = self.advance(now_s)  # first: a permit that lapsed is not revived
        for play in (self._play, self._waiting):
            if play is not None and play.scene.message_id == message.message_id:
                play.permit_until_s = message.permit_until_s
        return reports

    def clear(self, message_id: str, now_s: float) -> list[Report]:
        """Begin to fade a scene. Unknown ids are ignored."""
        reports = self.advance(now_s)
        if self._waiting is not None and self._waiting.scene.message_id == message_id:
            reports.append(_unseen(self._waiting.scene, "cleared"))
            self._waiting = None
        if self._play is not None and self._play.scene.message_id == message_id:
            reports += self._end("cleared", now_s)
        return reports

    def clear_all(self, now_s: float) -> list[Report]:
        """Begin to fade whatever scene is up: the agent says that there is none."""
        reports = self.advance(now_s)
        for play in (self._waiting, self._play):
            if play is not None:
                reports += self.clear(play.scene.message_id, now_s)
        return reports

    def stop(self, now_s: float) -> list[Report]:
        """End everything at once: the process or the screen goes. Returns the proofs that are due."""
        reports: list[Report] = []
        if self._waiting is not None:
            reports.append(_unseen(self._waiting.scene, "stopped"))
            self._waiting = None
        if self._play is not None:
            reports += self._end("stopped", now_s)
        self._layers = [_Laid(self._loop.at(self._position), now_s - self._fade_s)]
        return reports + self._prove(now_s)

    def set_loop(self, loop: Loop, now_s: float) -> None:
        """Take over a new playlist; a picture that is no longer in it leaves at once."""
        self._loop = loop
        current = self._layers[-1].item
        if isinstance(current, Scene):
            self._position = len(loop.pictures)  # so that the next one is the first
        elif current in loop.pictures:
            self._position = loop.pictures.index(current)
        else:
            self._position = 0
            self._lay(loop.first(), now_s)
        self._item_until_s = self._loop_end_s(now_s)

    def discard(self, item: LoopPicture, now_s: float) -> None:
        """Take a picture that cannot be drawn out of the loop."""
        self.set_loop(self._loop.without(item.picture), now_s)

    def advance(self, now_s: float) -> list[Report]:
        """Do what is due by ``now_s``."""
        reports: list[Report] = []
        if self._waiting is not None and _lapsed(self._waiting, now_s):
            reports.append(_unseen(self._waiting.scene, "permit"))
            self._waiting = None
        if self._play is not None:
            if _lapsed(self._play, now_s):
                reports += self._end("permit", now_s)
            elif now_s >= self._play.began_s + self._play.scene.maximum_s:
                reports += self._end("maximum", now_s)
            elif self._waiting is not None and now_s >= self._may_yield_s(self._play):
                waiting, self._waiting = self._waiting, None
                reports += self._begin(waiting, now_s)
        elif self._item_until_s is not None and now_s >= self._item_until_s:
            self._next_picture(now_s)
        self._drop_covered(now_s)
        return reports

    def frame(self, now_s: float) -> Frame:
        """Return what to draw at ``now_s``. Call :meth:`advance` before it."""
        self._drop_covered(now_s)
        layers = [Layer(laid.item, laid.opacity(now_s, self._fade_s)) for laid in self._layers]
        layers[0] = Layer(layers[0].item, 1.0)
        return Frame(tuple(layers))

    def presented(self, now_s: float, utc: datetime) -> list[Report]:
        """Tell that the frame of ``now_s`` was presented. Returns first frames and proofs of play."""
        reports: list[Report] = []
        play = self._play
        if play is not None and play.first_frame_s is None:
            play.first_frame_s, play.first_frame_at = now_s, utc
            reports.append(Shown(message_id=play.scene.message_id, first_frame_s=now_s))
        return reports + self._prove(now_s)

    def coming(self) -> LoopPicture | Brand:
        """Return what the loop will show next, so that it can be prepared."""
        return self._loop.at(self._loop.after(self._position))

    def next_deadline(self, now_s: float) -> float:
        """Return when to call :meth:`advance` and draw at the latest; infinity for a static stage."""
        if len(self._layers) > 1:
            return now_s
        times = [self._item_until_s if self._play is None else None]
        if self._play is not None:
            times += [self._play.lapses_s(), self._play.began_s + self._play.scene.maximum_s]
        if self._waiting is not None:
            times += [self._waiting.lapses_s(), self._may_yield_s(self._play) if self._play else None]
        return min((time for time in times if time is not None), default=float("inf"))

    def _begin(self, play: _Play, now_s: float) -> list[Report]:
        reports = self._retire("replaced", now_s)
        self._play = play
        self._lay(play.scene, now_s, play)
        return reports

    def _end(self, ending: Ending, now_s: float) -> list[Report]:
        reports = self._retire(ending, now_s)
        waiting, self._waiting = self._waiting, None
        if waiting is not None and ending != "stopped" and not _lapsed(waiting, now_s):
            return reports + self._begin(waiting, now_s)
        self._next_picture(now_s)
        return reports

    def _retire(self, ending: Ending, now_s: float) -> list[Report]:
        play, self._play = self._play, None
        if play is None:
            return []
        if play.first_frame_at is None:
            self._layers = [laid for laid in self._layers if laid.play is not play]
            return [_unseen(play.scene, ending)]
        play.ended = ending
        lapses_s = play.lapses_s()
        # After a stall the fade is shorter or none: it counts from the permit, not from when we woke up.
        ended_s = now_s if lapses_s is None else min(now_s, lapses_s)
        for laid in self._layers:
            if laid.play is play:
                laid.gone_by_s = ended_s + self._fade_s
        self._leaving.append(play)
        return []

    def _next_picture(self, now_s: float) -> None:
        self._position = self._loop.after(self._position)
        self._lay(self._loop.at(self._position), now_s)
        self._item_until_s = self._loop_end_s(now_s)

    def _lay(self, item: Item, now_s: float, play: _Play | None = None) -> None:
        if not self._layers:
            self._layers = [_Laid(item, now_s - self._fade_s, play)]
            return
        top = self._layers[-1]
        if top.item == item and play is None:
            top.held = None
            return
        top.held = top.opacity(now_s, self._fade_s)
        self._layers.append(_Laid(item, now_s, play))
        self._drop_covered(now_s)

    def _drop_covered(self, now_s: float) -> None:
        """Forget what is fully covered, and what must be gone by now."""
        if now_s >= self._layers[-1].from_s + self._fade_s:
            del self._layers[:-1]
        self._layers = [laid for laid in self._layers if laid.gone_by_s is None or now_s < laid.gone_by_s]
        del self._layers[:-3]  # a storm of messages must not pile up posters

    def _prove(self, now_s: float) -> list[Report]:
        visible = {id(laid.play) for laid in self._layers if laid.play is not None}
        reports: list[Report] = []
        for play in [play for play in self._leaving if id(play) not in visible]:
            self._leaving.remove(play)
            assert play.first_frame_at is not None
            assert play.first_frame_s is not None
            assert play.ended is not None
            reports.append(
                ProofOfPlay(
                    message_id=play.scene.message_id,
                    first_frame_at=play.first_frame_at,
                    on_screen_s=round(now_s - play.first_frame_s, 3),
                    ended=play.ended,
                    content_version=self._loop.version,
                )
            )
        return reports

    def _may_yield_s(self, play: _Play) -> float:
        return play.began_s + play.scene.minimum_s

    def _loop_end_s(self, now_s: float) -> float | None:
        """When the present picture of the loop ends; never, where there is no other."""
        current = self._loop.at(self._position)
        if isinstance(current, Brand) or len(self._loop.pictures) < 2:
            return None
        return now_s + current.duration_s


def _lapsed(play: _Play, now_s: float) -> bool:
    lapses_s = play.lapses_s()
    return lapses_s is not None and now_s >= lapses_s


def _unseen(scene: Scene, ending: Ending) -> Refused:
    return Refused(message_id=scene.message_id, reason=_UNSEEN[ending])
