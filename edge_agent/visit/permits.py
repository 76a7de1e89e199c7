"""What stands on the screen, for whom, and until when: a personal scene lives on short permits."""

from dataclasses import dataclass, replace
from typing import Literal

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.screen import Clear, Renew, Scene, Show

FIRST_FRAME_S = 1.0
"""A scene's time counts from its first frame, and the display ends it then. Its last permit lasts so much longer, so
that the proof of play tells a scene that had its time from one whose agent has died."""

_EVER = float("inf")
_RENEWALS = 3  # per permit: two may be late before the scene fades

ClearReason = Literal["away", "consent", "expired", "replaced", "group", "done", "ownership"]


@dataclass(frozen=True, slots=True)
class OnScreen:
    """One scene and whom it speaks to."""

    scene: Scene
    customers: tuple[CustomerId, ...]
    until_s: float
    """Monotonic second at which its time is over, whatever the display says."""
    permit_until_s: float
    renew_s: float
    """When the permit must be renewed."""


class Permits:
    """The one personal scene of a screen."""

    def __init__(self, permit_s: float) -> None:
        self._permit_s = permit_s
        self.current: OnScreen | None = None

    def show(self, scene: Scene, customers: tuple[CustomerId, ...], now_s: float, first_until_s: float = _EVER) -> Show:
        """Put up a scene; the one before it is replaced. Its first permit ends at ``first_until_s`` at the latest."""
        until_s = now_s + FIRST_FRAME_S + scene.maximum_s
        permit_until_s = min(now_s + self._permit_s, until_s, first_until_s)
        renew_s = min(self._renew_s(now_s, until_s), now_s + (first_until_s - now_s) / _RENEWALS)
        self.current = OnScreen(scene, customers, until_s, permit_until_s, renew_s)
        return Show(scene=scene, permit_until_s=permit_until_s)

    def renew(self, now_s: float) -> Renew | None:
        """Extend the permit, up to the scene's longest time; ``None`` where that is over."""
        if self.current is None or now_s >= self.current.until_s:
            self.current = None
            return None
        permit_until_s = min(now_s + self._permit_s, self.current.until_s)
        renew_s = self._renew_s(now_s, self.current.until_s)
        self.current = replace(self.current, permit_until_s=permit_until_s, renew_s=renew_s)
        return Renew(message_id=self.current.scene.message_id, permit_until_s=permit_until_s)

    def again(self, now_s: float) -> Show | None:
        """Return what a display that has just connected should show."""
        if self.current is None or now_s >= self.current.permit_until_s:
            return None
        return Show(scene=self.current.scene, permit_until_s=self.current.permit_until_s)

    def clear(self, reason: ClearReason) -> Clear | None:
        """Take the scene down; ``None`` where there is none."""
        if self.current is None:
            return None
        message_id = self.current.scene.message_id
        self.current = None
        return Clear(message_id=message_id, reason=reason)

    def ended(self, message_id: str) -> None:
        """The display says that a scene is over."""
        if self.current is not None and self.current.scene.message_id == message_id:
            self.current = None

    def next_deadline(self) -> float | None:
        """When to call :meth:`renew`."""
        return None if self.current is None else self.current.renew_s

    def _renew_s(self, now_s: float, until_s: float) -> float:
        return min(now_s + self._permit_s / _RENEWALS, until_s)
