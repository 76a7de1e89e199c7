"""A display without a screen, in virtual time: it shows what it is told, as long as it may and its panel is on."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edge_agent.contracts.screen import (
    Clear,
    Panel,
    PanelState,
    Prepare,
    ProofOfPlay,
    Refused,
    Renew,
    Scene,
    Show,
    Shown,
    State,
    ToDisplay,
)
from edge_agent.events import ScreenReport

FIRST_FRAME_S = 0.03
"""From the command to the first frame: what a prepared card takes on a real screen."""

COMPOSING_S = 0.08
"""What a card takes longer that was not prepared."""


@dataclass(slots=True)
class _Showing:
    show: Show
    since_s: float
    since_at: datetime
    permit_until_s: float
    composed_s: float
    told: bool = False

    @property
    def first_frame_s(self) -> float:
        return max(self.since_s, self.composed_s) + FIRST_FRAME_S


class SimulatedDisplay:
    """Answers as the display process does: ``shown`` after the first frame, a proof of play at the end."""

    def __init__(self) -> None:
        self.panel: PanelState = "on"
        """Whether anybody can see it; change it with :meth:`turn`."""
        self.prepared: dict[Scene, float] = {}
        """Scenes that are composed and not shown yet, with the second from which they are ready."""
        self._showing: _Showing | None = None
        self._said: list[ScreenReport] = []

    @property
    def showing(self) -> Show | None:
        """What is on the screen; ``None``: the loop."""
        return None if self._showing is None else self._showing.show

    def turn(self, panel: PanelState, now_s: float) -> None:
        """Switch the panel, cover it, or pull its plug: what it shows ends, and the agent hears of it."""
        self.panel = panel
        self._say(Panel(state=panel))
        if panel != "on":
            self._end("stopped", now_s)

    def tell(self, message: ToDisplay, now_s: float, utc: datetime) -> None:
        """Take one message of the agent."""
        current = None if self._showing is None else self._showing.show.scene.message_id
        if isinstance(message, State):
            self.prepared.clear()
            self._say(Panel(state=self.panel))
        match message:
            case Show():
                self._put_up(message, now_s, utc)
            case Prepare(scene=scene):
                ready_s = self.prepared.get(scene, now_s + COMPOSING_S)
                self._forget(scene.message_id)  # it has other words now
                self.prepared[scene] = ready_s
            case State(show=Show() as show) if show.scene.message_id == current and self._showing:
                self._showing.permit_until_s = _permit_until_s(show)
            case State(show=show):
                self._end("cleared", now_s)
                if show is not None:
                    self._put_up(show, now_s, utc)
            case Renew(message_id=message_id, permit_until_s=until_s) if message_id == current and self._showing:
                self._showing.permit_until_s = until_s
            case Clear(message_id=message_id):
                self._forget(message_id)
                if message_id == current:
                    self._end("cleared", now_s)
            case _:
                pass  # about a scene that is over, or about what has no loop and no file

    def answers(self, now_s: float) -> list[ScreenReport]:
        """Return what the display says at this time."""
        answers: list[ScreenReport] = []
        showing = self._showing
        if showing is not None and not showing.told and now_s >= showing.first_frame_s:
            showing.told = True
            answers.append(
                Shown(
                    message_id=showing.show.scene.message_id,
                    first_frame_s=showing.first_frame_s,
                    received_s=showing.since_s,
                    composed_s=showing.composed_s,
                )
            )
        if showing is not None and now_s >= self._until_s(showing):
            self._end("permit" if showing.permit_until_s <= self._maximum_s(showing) else "maximum", now_s)
        answers += self._said
        self._said = []
        return answers

    def next_deadline(self) -> float | None:
        """When to ask for :meth:`answers`, monotonic second."""
        if self._said:
            return 0.0
        if self._showing is None:
            return None
        until_s = self._until_s(self._showing)
        return until_s if self._showing.told else min(until_s, self._showing.first_frame_s)

    def _put_up(self, show: Show, now_s: float, utc: datetime) -> None:
        if self.panel != "on":
            self._say(Refused(message_id=show.scene.message_id, reason=f"the screen is {self.panel}"))
            return
        self._end("replaced", now_s)
        composed_s = self.prepared.get(show.scene, now_s + COMPOSING_S)
        self._forget(show.scene.message_id)
        self._showing = _Showing(show, now_s, utc, _permit_until_s(show), composed_s)

    def _forget(self, message_id: str) -> None:
        self.prepared = {scene: at_s for scene, at_s in self.prepared.items() if scene.message_id != message_id}

    def _until_s(self, showing: _Showing) -> float:
        return min(showing.permit_until_s, self._maximum_s(showing))

    def _maximum_s(self, showing: _Showing) -> float:
        return showing.first_frame_s + showing.show.scene.maximum_s

    def _say(self, report: ScreenReport) -> None:
        self._said.append(report)

    def _end(self, ended: Literal["maximum", "cleared", "permit", "replaced", "stopped"], now_s: float) -> None:
        showing, self._showing = self._showing, None
        if showing is None:
            return
        if not showing.told:
            reason = f"it was never shown: {ended}"
            self._say(Refused(message_id=showing.show.scene.message_id, reason=reason))
            return
        self._say(
            ProofOfPlay(
                message_id=showing.show.scene.message_id,
                first_frame_at=showing.since_at,
                on_screen_s=max(0.0, now_s - showing.first_frame_s),
                ended=ended,
            )
        )


def _permit_until_s(show: Show) -> float:
    return float("inf") if show.permit_until_s is None else show.permit_until_s
