"""A walk on an ideal channel: the tests say the distance, and keep what the tracker said."""

import math

from edge_agent.contracts.config import PresenceConfig
from edge_agent.presence.ranging import LEAN_DB
from edge_agent.presence.tracker import Change, PresenceTracker

CONFIG = PresenceConfig(smoothing_s=0)
POWER_DBM = -59
NEAR, SETTLED, AWAY, GONE = Change.NEAR, Change.SETTLED, Change.AWAY, Change.GONE


def rssi_dbm(distance_m: float) -> int:
    """What makes the unit measure ``distance_m``, to the nearest dB."""
    return round(POWER_DBM - LEAN_DB - 10 * CONFIG.path_loss_exponent * math.log10(distance_m))


class Walk:
    """Feeds a tracker and keeps what it said, with the time."""

    def __init__(self, config: PresenceConfig = CONFIG) -> None:
        self.tracker = PresenceTracker(config)
        self.now_s = 0.0
        self.said: list[tuple[float, Change, float]] = []

    def hear(self, distance_m: float, customer: str = "anna", device: str = "phone") -> None:
        self._note(self.tracker.observe(customer, device, rssi_dbm(distance_m), POWER_DBM, self.now_s))

    def wait(self, seconds: float) -> None:
        """Only deadlines move time on: no traffic."""
        end_s = self.now_s + seconds
        while (due_s := self.tracker.next_deadline()) is not None and due_s <= end_s:
            self.now_s = max(self.now_s, due_s)
            self._note(self.tracker.expire(self.now_s))
            following_s = self.tracker.next_deadline()
            assert following_s is None or following_s > due_s, "a deadline that does not move on is a busy loop"
        self.now_s = end_s

    def report(self, distance_m: float | None, age_s: float = 0, customer: str = "anna") -> None:
        """Her app reports through the hub."""
        heard_at_s = self.now_s - age_s
        self._note(self.tracker.observe_report(customer, distance_m, heard_at_s, self.now_s))

    def stay(self, seconds: float, distance_m: float = 1.0, interval_s: float = 0.5, device: str = "phone") -> None:
        for _ in range(round(seconds / interval_s)):
            self.hear(distance_m, device=device)
            self.wait(interval_s)

    @property
    def changes(self) -> list[Change]:
        return [change for _, change, _ in self.said]

    def at_s(self, change: Change) -> float:
        return next(at_s for at_s, said, _ in self.said if said is change)

    def _note(self, events) -> None:
        self.said += [(self.now_s, event.change, event.distance_m) for event in events]
