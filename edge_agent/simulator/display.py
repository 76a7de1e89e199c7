"""A display without a screen, in virtual time: it shows what it is told, for as long as it may."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edge_agent.contracts.screen import Clear, ProofOfPlay, Renew, Show, Shown, State, ToDisplay

FIRST_FRAME_S = 0.03
"""From the command to the first frame: what a prepared card takes on a real screen."""


@dataclass(slots=True)
class _Showing:
    show: Show
    since_s: float
    since_at: datetime
    permit_until_s: float
    told: bool = False


class SimulatedDisplay:
    """Answers as the display process does: ``shown`` after the first frame, a proof of play at the end."""

    def __init__(self) -> None:
        self._showing: _Showing | None = None
        self._ended: list[ProofOfPlay] = []

    @property
    def showing(self) -> Show | None:
        """What is on the screen; ``None``: the loop."""
        return None if self._showing is None else self._showing.show

    def tell(self, message: ToDisplay, now_s: float, utc: datetime) -> None:
        """Take one message of the agent."""
        current = None if self._showing is None else self._showing.show.scene.message_id
        match message:
            case Show():
                self._put_up(message, now_s, utc)
            case State(show=Show() as show) if show.scene.message_id == current and self._showing:
                self._showing.permit_until_s = _permit_until_s(show)
            case State(show=show):
                self._end("cleared", now_s)
                if show is not None:
                    self._put_up(show, now_s, utc)
            case Renew(message_id=message_id, permit_until_s=until_s) if message_id == current and self._showing:
                self._showing.permit_until_s = until_s
            case Clear(message_id=message_id) if message_id == current:
                self._end("cleared", now_s)
            case _:
                pass  # about a scene that is over, or only to prepare for one

    def answers(self, now_s: float) -> list[Shown | ProofOfPlay]:
        """Return what the display says at this time."""
        answers: list[Shown | ProofOfPlay] = []
        showing = self._showing
        if showing is not None and not showing.told and now_s >= showing.since_s + FIRST_FRAME_S:
            showing.told = True
            first_frame_s = showing.since_s + FIRST_FRAME_S
            answers.append(Shown(message_id=showing.show.scene.message_id, first_frame_s=first_frame_s))
        if showing is not None and now_s >= self._until_s(showing):
            self._end("permit" if showing.permit_until_s <= self._maximum_s(showing) else "maximum", now_s)
        answers += self._ended
        self._ended = []
        return answers

    def next_deadline(self) -> float | None:
        """When to ask for :meth:`answers`, monotonic second."""
        if self._ended:
            return 0.0
        if self._showing is None:
            return None
        until_s = self._until_s(self._showing)
        return until_s if self._showing.told else min(until_s, self._showing.since_s + FIRST_FRAME_S)

    def _put_up(self, show: Show, now_s: float, utc: datetime) -> None:
        self._end("replaced", now_s)
        self._showing = _Showing(show, now_s, utc, _permit_until_s(show))

    def _until_s(self, showing: _Showing) -> float:
        return min(showing.permit_until_s, self._maximum_s(showing))

    def _maximum_s(self, showing: _Showing) -> float:
        return showing.since_s + showing.show.scene.maximum_s

    def _end(self, ended: Literal["maximum", "cleared", "permit", "replaced"], now_s: float) -> None:
        showing, self._showing = self._showing, None
        if showing is None or not showing.told:
            return
        self._ended.append(
            ProofOfPlay(
                message_id=showing.show.scene.message_id,
                first_frame_at=showing.since_at,
                on_screen_s=max(0.0, now_s - showing.since_s - FIRST_FRAME_S),
                ended=ended,
            )
        )


def _permit_until_s(show: Show) -> float:
    return float("inf") if show.permit_until_s is None else show.permit_until_s
