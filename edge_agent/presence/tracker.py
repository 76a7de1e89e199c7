"""Near, settled, away and gone: one presence per customer at one unit.

Two absences: *away* (far, or silent for some seconds) only ends personal scenes; *gone*
follows the rhythm of her own phone and ends the visit. Both stand still while the scanner
is ill, and neither needs any advertisement to arrive.

Two sources: the radio, and her app, which reports through the hub that it hears the unit's
beacon. The radio is the better witness; :meth:`PresenceTracker.observe_report` says what a report may do.
"""

from dataclasses import dataclass, field
from enum import Enum

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import PresenceConfig
from edge_agent.presence.ranging import DEVICE_KEEP_S, Ranging, RangingRules
from edge_agent.presence.rhythm import SLOWEST_GAP_S, Rhythm

REPORT_KEEP_S = 30.0
"""An app's report that is older says nothing any more: she may have crossed the shop since."""

REPORT_FRESH_S = 5.0
"""An older report may keep her visit, but not bring her near: her screen would speak to an empty place."""

_NEVER = float("inf")


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
    since_s: float
    """Heard first, or expected since; no silence is older."""
    distance_m: float = float("inf")
    near_since_s: float | None = None
    settled: bool = False
    radio: Rhythm = field(default_factory=lambda: Rhythm(new_gap_s=SLOWEST_GAP_S))
    reports: Rhythm = field(default_factory=Rhythm)
    within_s: float = -_NEVER
    """When the radio last measured her within ``leave_m``."""
    reported_within_s: float = -_NEVER
    """When her app last did, and the radio did not contradict."""

    def deaf(self, from_s: float, until_s: float) -> None:
        """Nobody listened in between: that is neither silence nor dwell, unless she was heard all the same."""
        heard_s = max(self.radio.last_s, self.reports.last_s)
        if self.near_since_s is not None:
            self.near_since_s += until_s - max(from_s, heard_s)
        self.radio.deaf(from_s, until_s)
        self.reports.deaf(from_s, until_s)
        self.since_s += until_s - max(from_s, self.since_s)
        self.within_s += until_s - max(from_s, self.within_s)
        self.reported_within_s += until_s - max(from_s, self.reported_within_s)


class PresenceTracker:
    """Turn sightings into arrivals and departures. Call :meth:`expire` at :meth:`next_deadline`."""

    def __init__(self, config: PresenceConfig) -> None:
        self._config = config
        self._rules = RangingRules(config.path_loss_exponent, config.calibration_db, config.smoothing_s)
        self._presences: dict[CustomerId, _Presence] = {}
        self._ill_since_s: float | None = None
        self._calm_s = min(config.screen_silence_s, config.visit_silence_min_s, DEVICE_KEEP_S)
        """Nothing becomes due so soon after somebody was heard, unless she is about to settle."""
        self._due_s = _NEVER
        """No deadline is earlier. It may be too early, never too late: so a sighting costs the same in a full shop."""

    def observe(
        self, customer: CustomerId, device: str, rssi_dbm: int, measured_power_dbm: int, now_s: float
    ) -> list[PresenceEvent]:
        """Feed one sighting, heard at monotonic second ``now_s``."""
        events = self.expire(now_s)
        presence = self._presence(customer, now_s)
        presence.radio.heard(now_s)
        distance_m = presence.ranging.observe(device, rssi_dbm, measured_power_dbm, now_s)
        if distance_m <= self._config.leave_m:
            presence.within_s = now_s
        else:
            presence.reported_within_s = -_NEVER
        return events + self._judge(customer, presence, distance_m, now_s, now_s)

    def observe_report(
        self, customer: CustomerId, distance_m: float | None, heard_at_s: float, now_s: float
    ) -> list[PresenceEvent]:
        """Feed a report of her app: at ``heard_at_s`` it heard this unit's beacon, ``distance_m`` away.

        ``distance_m`` is the phone's own estimate, ``None`` where it only knows that it hears the beacon.
        Both times are monotonic seconds of this unit. What a report is worth, being relayed and late:

        - from the future, older than :data:`REPORT_KEEP_S`, or out of order: nothing;
        - otherwise it keeps her visit, like a sighting, in the rhythm of the reports;
        - where it is younger than :data:`REPORT_FRESH_S` and near, it holds off the screen absence as well;
          but the radio that hears her far away wins;
        - where the radio does not hear her at all, a fresh report also brings her near or away, and the dwell
          runs from ``heard_at_s``. As with the radio, one is not enough: a second one, half the dwell later,
          must confirm it before the screen speaks.
        """
        events = self.expire(now_s)
        if not now_s - REPORT_KEEP_S <= heard_at_s <= now_s:
            return events
        presence = self._presence(customer, now_s)
        if heard_at_s <= presence.reports.last_s:
            return events
        presence.reports.heard(heard_at_s)
        if distance_m is not None and now_s - heard_at_s <= REPORT_FRESH_S:
            presence.reported_within_s = heard_at_s if distance_m <= self._config.leave_m else -_NEVER
            if not self._heard_by_radio(presence, now_s):
                events += self._judge(customer, presence, distance_m, heard_at_s, now_s)
        self._due_s = min(self._due_s, self._deadline_s(presence))
        return events

    def expect(self, customer: CustomerId, now_s: float) -> None:
        """Somebody whose visit was open before a restart: give her the time to be heard again."""
        presence = self._presence(customer, now_s)
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

        ``since_s``: the second since when it has been deaf, where that was noticed only now. Of a radio that is known
        to be down: it has been so for longer than was known.
        """
        if not healthy:
            known_s = now_s if self._ill_since_s is None else self._ill_since_s
            self._ill_since_s = known_s if since_s is None else min(since_s, known_s)
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

    def _presence(self, customer: CustomerId, now_s: float) -> _Presence:
        presence = self._presences.get(customer)
        if presence is None:
            presence = self._presences[customer] = _Presence(Ranging(self._rules), now_s)
        return presence

    def _judge(
        self, customer: CustomerId, presence: _Presence, distance_m: float, at_s: float, now_s: float
    ) -> list[PresenceEvent]:
        """Compare a distance, true at ``at_s``, with the limits."""
        events: list[PresenceEvent] = []
        presence.distance_m = distance_m
        if presence.near_since_s is None:
            if distance_m <= self._config.enter_m:
                presence.near_since_s = at_s
                events.append(self._event(Change.NEAR, customer))
        elif distance_m > self._config.leave_m and not presence.settled:
            presence.near_since_s = at_s  # she only passes, or it was an echo: the dwell begins again
        events += self._settle(customer, now_s)
        here = presence.settled and presence.within_s == now_s
        calm = presence.radio.last_s == now_s and (here or presence.near_since_s is None)
        if not calm or self._due_s > now_s + self._calm_s:
            self._due_s = min(self._due_s, self._deadline_s(presence))
        return events

    def _heard_by_radio(self, presence: _Presence, now_s: float) -> bool:
        # What it said longer ago is older than any fresh report.
        return self._ill_since_s is None and now_s < presence.radio.last_s + REPORT_FRESH_S

    def _deadline_s(self, presence: _Presence) -> float:
        deadline_s = presence.ranging.forget_at_s()
        if self._ill_since_s is not None:
            return deadline_s
        deadline_s = min(deadline_s, self._gone_at_s(presence))
        if presence.near_since_s is not None:
            deadline_s = min(deadline_s, self._away_at_s(presence))
            if not presence.settled and self._stays(presence):
                deadline_s = min(deadline_s, presence.near_since_s + self._config.screen_dwell_s)
        return deadline_s

    def _settle(self, customer: CustomerId, now_s: float) -> list[PresenceEvent]:
        presence = self._presences[customer]
        if presence.near_since_s is None or presence.settled or not self._stays(presence):
            return []
        if now_s < presence.near_since_s + self._config.screen_dwell_s:
            return []
        presence.settled = True
        return [self._event(Change.SETTLED, customer)]

    def _stays(self, presence: _Presence) -> bool:
        # One stray advertisement is no dwell: she must be heard again well into it, and still be near.
        assert presence.near_since_s is not None
        within_s = max(presence.within_s, presence.reported_within_s)
        heard_again = within_s - presence.near_since_s >= self._config.screen_dwell_s / 2
        return heard_again and presence.distance_m <= self._config.enter_m

    def _step_away(self, customer: CustomerId) -> PresenceEvent:
        presence = self._presences[customer]
        presence.near_since_s, presence.settled = None, False
        return self._event(Change.AWAY, customer)

    def _event(self, change: Change, customer: CustomerId) -> PresenceEvent:
        return PresenceEvent(change, customer, self._presences[customer].distance_m)

    def _away_at_s(self, presence: _Presence) -> float:
        # Being far and being silent are the same: a body that turns hides her for seconds either way.
        away_at_s = max(
            presence.within_s + self._away_patience_s(presence.radio),
            presence.reported_within_s + self._away_patience_s(presence.reports),
        )
        if presence.settled or presence.near_since_s is None:
            return away_at_s
        # No screen speaks yet, and the rhythm of a slow controller is still to be learned.
        return max(away_at_s, presence.near_since_s + self._config.visit_silence_min_s)

    def _away_patience_s(self, source: Rhythm) -> float:
        return source.patience_s(self._config.screen_silence_s, self._config.visit_silence_max_s)

    def _gone_at_s(self, presence: _Presence) -> float:
        shortest_s, longest_s = self._config.visit_silence_min_s, self._config.visit_silence_max_s
        return max(
            presence.since_s + shortest_s,
            presence.radio.last_s + presence.radio.patience_s(shortest_s, longest_s),
            presence.reports.last_s + presence.reports.patience_s(shortest_s, longest_s),
            self._away_at_s(presence),  # so that a visit cannot end while its scene is up
        )
