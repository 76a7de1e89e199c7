"""What is visible at which moment: the ground, which is what the loop shows, and the scene of the agent above it.

Pure: time is an argument, reports are return values. A personal scene stays only while its permit
lives; what was personal is out of sight ``fade_s`` after its end, however many messages arrive meanwhile.

::

    ground ──show──► scene ──permit lapsed, cleared, maximum reached──► ground
                       └────show of another────► that one (after the minimum, unless it is urgent)

A scene waits until its poster is ready, and for the one before it. During an emergency the ground is alone.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from display.items import Item
from display.layers import Frame, Stack
from display.motion import Entrance
from display.play import Ending, Play
from edge_agent.contracts.screen import ProofOfPlay, Refused, Renew, Scene, Show, Shown

Report = Shown | ProofOfPlay | Refused

CALM_S: Final = 2.0
"""Two scenes begin at least so far apart, so that a storm of commands does not flicker; urgent ones excepted."""

_URGENT = frozenset({"group", "emergency"})  # layouts that replace another before its minimum: privacy, safety
_ALONE = "an emergency is on the screen: nothing else is shown"
_NO_QUEUE = "another customer's scene is on the screen: personal scenes do not queue"


class Stage:
    """Decides what the screen shows."""

    def __init__(self, ground: Item, entrance_of: Callable[[Item], Entrance], fade_s: float, now_s: float) -> None:
        """``entrance_of`` says how an item comes; ``fade_s``: how long what is personal takes to leave."""
        self.content_version = ""
        """Version of the playlist, for the proofs of play."""
        self._ground = ground
        self._fade_s = fade_s
        self._stack = Stack(ground, entrance_of, fade_s, now_s)
        self._alone = False
        self._play: Play | None = None
        self._waiting: Play | None = None
        self._leaving: list[Play] = []
        self._began_s = now_s - CALM_S
        self._unseen_since_s: float | None = None
        self._unseen_s = 0.0

    @property
    def showing(self) -> str | None:
        """Id of the scene that is up, for the hello after a reconnect."""
        return self._play.scene.message_id if self._play else None

    @property
    def covered(self) -> bool:
        """Whether a scene is up."""
        return self._play is not None

    @property
    def ground(self) -> Item:
        """What the loop shows, or would."""
        return self._ground

    @property
    def awaited(self) -> Scene | None:
        """The scene that waits for its poster or its turn: tell with :meth:`ready` that it can be drawn."""
        return self._waiting.scene if self._waiting is not None else None

    @property
    def awaited_since_s(self) -> float:
        """When the agent told of the awaited scene; infinity: there is none."""
        return self._waiting.arrived_s if self._waiting is not None else float("inf")

    @property
    def awaited_from_s(self) -> float:
        """From when on the awaited scene may begin; infinity: there is none."""
        return self._may_begin_s(self._waiting.scene) if self._waiting is not None else float("inf")

    def seen(self, visible: bool, now_s: float) -> None:
        """Tell whether anybody can see the screen; the time in which nobody can is no time on screen."""
        if visible and self._unseen_since_s is not None:
            self._unseen_s += now_s - self._unseen_since_s
            self._unseen_since_s = None
        elif not visible and self._unseen_since_s is None:
            self._unseen_since_s = now_s

    def set_ground(self, item: Item, now_s: float, alone: bool = False) -> list[Report]:
        """Tell what the loop shows now. ``alone``: no scene may be above it, and none comes."""
        self._ground, self._alone = item, alone
        reports = self.clear_all(now_s) if alone else []
        if self._play is None:
            self._stack.lay(item, now_s)
        return reports

    def show(self, message: Show, now_s: float) -> list[Report]:
        """Show a scene, once it is :meth:`ready`. A repeat of the present one only renews its permit."""
        reports = self.advance(now_s)
        arrived = Play(message.scene, message.permit_until_s, now_s)
        if arrived.lapsed(now_s):
            return [*reports, arrived.unseen("permit")]
        for known in (self._play, self._waiting):
            if known is not None and known.scene.message_id == message.scene.message_id:
                if message.permit_until_s is not None:  # what began as personal stays so
                    known.permit_until_s = message.permit_until_s
                return reports
        refusal = self._refusal(arrived.scene, now_s)
        if refusal is not None:
            return [*reports, Refused(message_id=arrived.scene.message_id, reason=refusal)]
        if self._waiting is not None:
            reports.append(self._waiting.unseen("replaced"))
        self._waiting = arrived
        return reports

    def ready(self, composed_s: float, now_s: float) -> list[Report]:
        """Tell since when the awaited scene can be drawn: it is shown now, or in its turn."""
        if self._waiting is not None:
            self._waiting.composed_s = composed_s
        return self.advance(now_s)

    def refuse(self, message_id: str, reason: str, now_s: float) -> list[Report]:
        """Take off a scene that cannot be drawn."""
        if self._waiting is not None and self._waiting.scene.message_id == message_id:
            self._waiting = None
            return [Refused(message_id=message_id, reason=reason)]
        return self.clear(message_id, now_s)

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
            reports.append(self._waiting.unseen("cleared"))
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
            reports.append(self._waiting.unseen("stopped"))
            self._waiting = None
        if self._play is not None:
            reports += self._retire("stopped", now_s)
        self._stack.reset(self._ground, now_s)
        return reports + self._prove(now_s)

    def begin_anew(self, ground: Item, now_s: float) -> None:
        """Show an item, or the scene that is up, at once: another screen has come, and nothing was ever shown on it."""
        self._ground = ground
        self._stack.reset(ground, now_s)
        if self._play is not None:
            self._stack.reset(self._play.scene, now_s, self._play)

    def advance(self, now_s: float) -> list[Report]:
        """Do what is due by ``now_s``."""
        reports: list[Report] = []
        if self._waiting is not None and self._waiting.lapsed(now_s):
            reports.append(self._waiting.unseen("permit"))
            self._waiting = None
        if self._play is not None:
            if self._play.lapsed(now_s):
                reports += self._end("permit", now_s)
            elif now_s >= self._play.began_s + self._play.scene.maximum_s:
                reports += self._end("maximum", now_s)
        reports += self._begin_waiting(now_s)
        self._stack.drop(now_s)
        return reports

    def frame(self, now_s: float) -> Frame:
        """Return what to draw at ``now_s``. Call :meth:`advance` before it."""
        return self._stack.frame(now_s)

    def presented(self, now_s: float, utc: datetime) -> list[Report]:
        """Tell that the frame of ``now_s`` was presented. Returns first frames and proofs of play."""
        reports: list[Report] = []
        if self._play is not None and self._play.first_frame_s is None:
            reports.append(self._play.presented(now_s, utc, self._unseen_until(now_s)))
        return reports + self._prove(now_s)

    def next_deadline(self, now_s: float) -> float:
        """Return when to call :meth:`advance` and draw at the latest; infinity for a static stage."""
        if self._stack.moving(now_s):
            return now_s
        times: list[float | None] = []
        if self._play is not None:
            times += [self._play.lapses_s(), self._play.began_s + self._play.scene.maximum_s]
        if self._waiting is not None:
            times.append(self._waiting.lapses_s())
            if self._waiting.composed_s is not None:
                times.append(self._may_begin_s(self._waiting.scene))
        return min((time for time in times if time is not None), default=float("inf"))

    def _refusal(self, scene: Scene, now_s: float) -> str | None:
        """Return why a scene may not even wait."""
        if self._alone:
            return _ALONE
        up = self._play
        if up is None or not (up.scene.personal and scene.personal) or scene.layout in _URGENT:
            return None
        return _NO_QUEUE if up.scene.badges != scene.badges and now_s < self._may_begin_s(scene) else None

    def _may_begin_s(self, scene: Scene) -> float:
        """Return when a scene may begin: at once, if it is urgent; else when the present one had its minimum."""
        up = self._play
        if scene.layout == "emergency" or (up is not None and up.scene.personal and scene.layout in _URGENT):
            return 0.0
        calm_s = self._began_s + CALM_S
        return calm_s if up is None else max(calm_s, up.began_s + up.scene.minimum_s)

    def _begin_waiting(self, now_s: float) -> list[Report]:
        play = self._waiting
        if play is None or play.composed_s is None or now_s < self._may_begin_s(play.scene):
            return []
        reports = self._retire("replaced", now_s)
        self._play, self._waiting, self._began_s = play, None, now_s
        self._stack.lay(play.scene, now_s, play)
        return reports

    def _end(self, ending: Ending, now_s: float) -> list[Report]:
        reports = self._retire(ending, now_s) + self._begin_waiting(now_s)
        if self._play is None:
            self._stack.lay(self._ground, now_s)
        return reports

    def _retire(self, ending: Ending, now_s: float) -> list[Report]:
        """Take the present scene's right to be up. Lay something over it afterwards."""
        play, self._play = self._play, None
        if play is None:
            return []
        if play.first_frame_at is None:
            self._stack.remove(play)
            return [play.unseen(ending)]
        play.ended = ending
        lapses_s = play.lapses_s()
        if lapses_s is not None:
            # After a stall the fade is shorter or none: it counts from the permit, not from when we woke up.
            self._stack.leave_by(play, min(now_s, lapses_s) + self._fade_s)
        self._leaving.append(play)
        return []

    def _prove(self, now_s: float) -> list[Report]:
        visible = {id(play) for play in self._stack.plays}
        gone = [play for play in self._leaving if id(play) not in visible]
        self._leaving = [play for play in self._leaving if id(play) in visible]
        return [play.proof(now_s, self._unseen_until(now_s), self.content_version) for play in gone]

    def _unseen_until(self, now_s: float) -> float:
        return self._unseen_s + (now_s - self._unseen_since_s if self._unseen_since_s is not None else 0.0)
