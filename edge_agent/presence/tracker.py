"""Near, settled, away and gone: one presence per customer at one unit.

Two absences: *away* (far, or silent for some seconds) only ends personal scenes; *gone*
follows the rhythm of her own phone and ends the visit. Both stand still while the scanner
is ill, and neither needs any advertisement to arrive.
"""

from collections import deque
from dataclasses import dataclass, field
from enum import Enum
from statistics import median

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import PresenceConfig
from edge_agent.presence.ranging import Ranging, RangingRules

_GAPS_MAX = 16
_SCREEN_GAPS = 4  # design: silent for four of her own intervals
_NEVER = float("inf")
_VISIT_GAPS = 12  # three times as patient: a visit is cheap to keep and embarrassing to split


class Change(Enum):
    """What happened to a presence."""

    NEAR = "near"
    """She came nearer than ``enter_m``."""
    SETTLED = "settled"
    """She has been near for the screen's dwell."""
    AWAY = "away"
    """She went farther than ``leave_m``, or fell silent."""
    GONE = "gone"
    """She has left; nothing of her presence is kept."""


@dataclass(frozen=True, slots=True)
class PresenceEvent:
    """One change of one customer's presence."""

    change: Change
    customer: CustomerId
    distance_m: float


@dataclass(slots=True)
class _Presence:
    ranging: Ranging
    last_heard_s: float
    distance_m: float = float("inf")
    near_since_s: float | None = None
    settled: bool = False
    gaps_s: deque[float] = field(default_factory=lambda: deque(maxlen=_GAPS_MAX))
    interval_s: float = 1.0
    """Her phone's own rhythm: the median of its last gaps."""

    def deaf(self, from_s: float, until_s: float) -> None:
        """Nobody listened in between: that is neither silence nor dwell."""
        self.last_heard_s += until_s - max(from_s, self.last_heard_s)
        if self.near_since_s is not None:
            self.near_since_s += until_s - max(from_s, self.near_since_s)

    def heard(self, now_s: float) -> None:
        if now_s > self.last_heard_s:
            self.gaps_s.append(now_s - self.last_heard_s)
            self.interval_s = median(self.gaps_s)
        self.last_heard_s = now_s


class PresenceTracker:
    """Turn sightings into arrivals and departures. Call :meth:`expire` at :meth:`next_deadline`."""

    def __init__(self, config: PresenceConfig) -> None:
        self._config = config
        self._rules = RangingRules(config.path_loss_exponent, config.calibration_db, config.smoothing_s)
        self._presences: dict[CustomerId, _Presence] = {}
        self._ill_since_s: float | None = None
        self._due_s = _NEVER
        """No deadline is earlier. It may be too early, never too late: so a sighting costs the same in a full shop."""

    def observe(
        self, customer: CustomerId, device: str, rssi_dbm: int, measured_power_dbm: int, now_s: float
    ) -> list[PresenceEvent]:
        """Feed one sighting, heard at monotonic second ``now_s``."""
        events = self.expire(now_s)
        presence = self._presences.get(customer)
        if presence is None:
            presence = self._presences[customer] = _Presence(Ranging(self._rules), now_s)
        presence.heard(now_s)
        presence.distance_m = presence.ranging.observe(device, rssi_dbm, measured_power_dbm, now_s)
        if presence.near_since_s is None:
            if presence.distance_m <= self._config.enter_m:
                presence.near_since_s = now_s
                events.append(self._event(Change.NEAR, customer))
        elif presence.distance_m > self._config.leave_m:
            events.append(self._step_away(customer))
        events += self._settle(customer, now_s)
        self._due_s = min(self._due_s, self._deadline_s(presence))
        return events

    def expect(self, customer: CustomerId, now_s: float) -> None:
        """Somebody whose visit was open before a restart: give her the time to be heard again."""
        presence = self._presences.setdefault(customer, _Presence(Ranging(self._rules), now_s))
        self._due_s = min(self._due_s, self._deadline_s(presence))

    def forget(self, customer: CustomerId) -> None:
        """Drop a presence without an event: she withdrew."""
        self._presences.pop(customer, None)

    def near_since_s(self, customer: CustomerId) -> float | None:
        """Since which monotonic second she is near; ``None`` while she is not."""
        presence = self._presences.get(customer)
        return None if presence is None else presence.near_since_s

    def distance_m(self, customer: CustomerId) -> float | None:
        """Her last distance in metres."""
        presence = self._presences.get(customer)
        return None if presence is None else presence.distance_m

    def settled(self) -> list[CustomerId]:
        """Everybody who is near and has been for the screen's dwell."""
        return [customer for customer, presence in self._presences.items() if presence.settled]

    def radio(self, healthy: bool, now_s: float, since_s: float | None = None) -> None:
        """The scanner came up or went down. Time without ears does not count as silence.

        ``since_s``: the second since when it has been deaf, where that was noticed only now.
        """
        if not healthy:
            if self._ill_since_s is None:
                self._ill_since_s = now_s if since_s is None else min(since_s, now_s)
        elif self._ill_since_s is not None:
            for presence in self._presences.values():
                presence.deaf(self._ill_since_s, now_s)
            self._ill_since_s = None
        self._due_s = now_s

    def expire(self, now_s: float) -> list[PresenceEvent]:
        """Return what time alone has changed."""
        if now_s < self._due_s:
            return []
        events: list[PresenceEvent] = []
        for customer, presence in list(self._presences.items()):
            presence.ranging.forget(now_s)
            if self._ill_since_s is not None:
                continue
            if presence.near_since_s is not None and now_s >= self._away_at_s(presence):
                events.append(self._step_away(customer))
            if now_s >= self._gone_at_s(presence):
                events.append(self._event(Change.GONE, customer))
                del self._presences[customer]
            else:
                events.extend(self._settle(customer, now_s))
        self._due_s = min(map(self._deadline_s, self._presences.values()), default=_NEVER)
        return events

    def next_deadline(self) -> float | None:
        """When to call :meth:`expire`, so that no change needs radio traffic."""
        return None if self._due_s == _NEVER else self._due_s

    def _deadline_s(self, presence: _Presence) -> float:
        deadline_s = presence.ranging.forget_at_s()
        if self._ill_since_s is not None:
            return deadline_s
        deadline_s = min(deadline_s, self._gone_at_s(presence))
        if presence.near_since_s is not None:
            deadline_s = min(deadline_s, self._away_at_s(presence))
            if not presence.settled and self._steady(presence):
                deadline_s = min(deadline_s, presence.near_since_s + self._config.screen_dwell_s)
        return deadline_s

    def _settle(self, customer: CustomerId, now_s: float) -> list[PresenceEvent]:
        presence = self._presences[customer]
        if presence.near_since_s is None or presence.settled or not self._steady(presence):
            return []
        if now_s < presence.near_since_s + self._config.screen_dwell_s:
            return []
        presence.settled = True
        return [self._event(Change.SETTLED, customer)]

    def _steady(self, presence: _Presence) -> bool:
        # One stray advertisement is no dwell: she must be heard again well into it.
        assert presence.near_since_s is not None
        return presence.last_heard_s - presence.near_since_s >= self._config.screen_dwell_s / 2

    def _step_away(self, customer: CustomerId) -> PresenceEvent:
        presence = self._presences[customer]
        presence.near_since_s, presence.settled = None, False
        return self._event(Change.AWAY, customer)

    def _event(self, change: Change, customer: CustomerId) -> PresenceEvent:
        return PresenceEvent(change, customer, self._presences[customer].distance_m)

    def _away_at_s(self, presence: _Presence) -> float:
        patience_s = max(self._config.screen_silence_s, _SCREEN_GAPS * presence.interval_s)
        return presence.last_heard_s + min(patience_s, self._config.visit_silence_max_s)

    def _gone_at_s(self, presence: _Presence) -> float:
        patience_s = max(_VISIT_GAPS * presence.interval_s, self._config.visit_silence_min_s)
        # Never before she is away, so that a visit cannot end while its scene is up.
        return max(presence.last_heard_s + min(patience_s, self._config.visit_silence_max_s), self._away_at_s(presence))
