"""One scene from its command to its proof. Pure."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from edge_agent.contracts.screen import ProofOfPlay, Refused, Scene, Shown

Ending = Literal["maximum", "cleared", "permit", "replaced", "stopped"]

_UNSEEN: dict[Ending, str] = {
    "maximum": "its time was over before it could be shown",
    "cleared": "it was cleared before it could be shown",
    "permit": "its permit lapsed before it could be shown",
    "replaced": "another scene replaced it before it could be shown",
    "stopped": "the display stopped before it could be shown",
}


@dataclass(slots=True)
class Play:
    """One scene from its command to its proof. Seconds are monotonic."""

    scene: Scene
    permit_until_s: float | None
    arrived_s: float
    composed_s: float | None = None
    """From when on its poster was ready; None: it is not yet."""
    first_frame_s: float | None = None
    first_frame_at: datetime | None = None
    unseen_before_s: float = 0.0
    """How long the screen could not be seen before the first frame."""
    ended: Ending | None = None

    @property
    def began_s(self) -> float:
        """When it was first seen, or else told of."""
        return self.arrived_s if self.first_frame_s is None else self.first_frame_s

    def lapses_s(self) -> float | None:
        """When its permit ends; never, for a scene that is not personal."""
        return self.permit_until_s if self.scene.personal else None

    def lapsed(self, now_s: float) -> bool:
        """Whether its permit has ended."""
        lapses_s = self.lapses_s()
        return lapses_s is not None and now_s >= lapses_s

    def presented(self, now_s: float, utc: datetime, unseen_s: float) -> Shown:
        """Note the first frame. ``unseen_s``: how long the screen could not be seen until now."""
        self.first_frame_s, self.first_frame_at, self.unseen_before_s = now_s, utc, unseen_s
        return Shown(
            message_id=self.scene.message_id,
            first_frame_s=now_s,
            received_s=self.arrived_s,
            composed_s=self.composed_s,
        )

    def proof(self, now_s: float, unseen_s: float, content_version: str) -> ProofOfPlay:
        """Return the proof of a play that has been presented, has ended, and is out of sight."""
        assert self.first_frame_s is not None
        assert self.first_frame_at is not None
        assert self.ended is not None
        on_screen_s = now_s - self.first_frame_s - (unseen_s - self.unseen_before_s)
        return ProofOfPlay(
            message_id=self.scene.message_id,
            first_frame_at=self.first_frame_at,
            on_screen_s=round(max(0.0, on_screen_s), 3),
            ended=self.ended,
            content_version=content_version,
        )

    def unseen(self, ending: Ending) -> Refused:
        """Return why it was never shown."""
        return Refused(message_id=self.scene.message_id, reason=_UNSEEN[ending])
