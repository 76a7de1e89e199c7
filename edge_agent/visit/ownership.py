"""Who owns which visit: the coordinator's side. It alone assigns; units ask it once a second (contracts/ownership.py).

An assignment is a lease. It counts from the moment in which the unit *asked*, on that unit's own clock, and so ends
before the coordinator, which starts to count when it *answers*, gives the visit to anybody else. Nothing compares
clocks of different units. The other way to end it is that its owner lets go and says so.
"""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Final

from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.contracts.ownership import (
    CAMPAIGNS_MAX,
    EPOCH_MAX,
    HEARD_MAX,
    Assigned,
    Assignments,
    HeardCustomer,
    UnitSightings,
    VisitState,
)

LEASE_S: Final = 3.0
"""How long an answer counts: three questions. A unit whose last answered question is older serves its own zone."""

NEARER_AT_ONCE: Final = 0.30
NEARER_FOR_A_WHILE: Final = 0.15
A_WHILE_S: Final = 3.0
"""An owner stays until another unit is nearer by the first share of her distance, or by the second for A_WHILE_S."""

VISIT_KEPT_S: Final = 90.0
"""A visit of which no unit speaks is remembered for so long: the longest silence of somebody who is still here."""

ENDED_KEPT_S: Final = 3600.0
"""That a visit has ended is remembered for longer: a unit that was down may still have it in its journal."""

VISITS_MAX: Final = 2000
UNITS_MAX: Final = 64
"""More than any store has. Of visits the least recently heard go first; a unit too many gets no answer."""

_RUNS_KEPT = 8  # of one unit; a message of an earlier run may still be on its way
_NEVER = float("-inf")


@dataclass(slots=True)
class _Unit:
    run: str
    past_runs: deque[str] = field(default_factory=lambda: deque(maxlen=_RUNS_KEPT))
    number: int = 0
    asked_s: float = _NEVER
    heard: dict[CustomerId, HeardCustomer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Ended:
    visit: Identifier
    at_s: float
    left: VisitState | None
    """How far it had come, should she come back."""


@dataclass(slots=True)
class _Visit:
    heard_s: float
    """When a unit last spoke of her."""
    state: VisitState | None = None
    state_s: float = 0.0
    """When its age was right."""
    owner: Identifier | None = None
    granted_in: int | None = None
    """The owner's question that was last answered with yes; ``None``: it has not been told yet."""
    granted_until_s: float = _NEVER
    """By then its lease is over, whether the answer arrived or not."""
    successor: Identifier | None = None
    """Who gets it once the owner has let go."""
    challenger: Identifier | None = None
    """Who is nearer, though not by so much."""
    challenged_s: float = 0.0


class Coordinator:
    """Appoints the owner of every visit in the store. In memory: what it knew, the units tell it again."""

    def __init__(self, unit: Identifier, epoch: int, now_s: float) -> None:
        """``epoch``: higher than that of every earlier start, as far as that is known."""
        self.epoch = epoch
        """The present epoch; it also grows when a unit remembers a higher one. Keep it for the next start."""
        self._unit = unit
        self._appoints_from_s = now_s + LEASE_S
        """Until then leases of an earlier start may still run: it confirms owners in reach, and appoints none."""
        self._silent_until_s = _NEVER
        self._units: dict[Identifier, _Unit] = {}
        self._visits: dict[CustomerId, _Visit] = {}
        self._ended: dict[CustomerId, _Ended] = {}
        """Whose last visit ended when, the oldest first: an echo from a unit that still carries it revives nothing."""

    def answer(self, question: UnitSightings, now_s: float) -> Assignments | None:
        """Answer a unit; ``None`` where it is an old question, or another coordinator leads."""
        if not self._leads(question, now_s) or not self._note(question, now_s):
            return None
        for heard in question.heard:
            self._learn(question.unit, heard, now_s)
        self._released(question)
        recovering = now_s < self._appoints_from_s
        if recovering and not question.in_reach and any(heard.holds for heard in question.heard):
            return None  # it serves alone; somebody else may own her visit by a lease that still runs
        customers = tuple(self._assigned(question, heard, now_s) for heard in self._concerning(question))
        self._forget(now_s)
        return Assignments(
            unit=question.unit,
            run=question.run,
            answers=question.number,
            coordinator=self._unit,
            epoch=self.epoch,
            recovering=recovering,
            customers=customers,
        )

    def withdrawn(self, customer: CustomerId) -> None:
        """She withdrew: nobody goes on with a visit of hers. That it has ended is all that is still known."""
        ended = self._ended.get(customer)
        if ended is not None:
            self._ended[customer] = replace(ended, left=None)

    # --- which coordinator --------------------------------------------------------------------

    def _leads(self, question: UnitSightings, now_s: float) -> bool:
        """Yield to a coordinator with a higher epoch while it is heard; take over, above it, when it is gone."""
        if (question.epoch, question.coordinator or "") > (self.epoch, self._unit):
            if question.coordinator != self._unit and question.in_reach:
                self._silent_until_s = now_s + LEASE_S
            elif now_s >= self._silent_until_s:  # gone, or it was this unit, whose epoch got lost
                self.epoch = min(question.epoch + 1, EPOCH_MAX)
                self._appoints_from_s = now_s + LEASE_S
        return now_s >= self._silent_until_s

    # --- what the units say -------------------------------------------------------------------

    def _note(self, question: UnitSightings, now_s: float) -> bool:
        """Keep what a unit hears; return whether it is news."""
        unit = self._units.get(question.unit)
        if unit is None:
            if len(self._units) >= UNITS_MAX:
                return False
            unit = self._units[question.unit] = _Unit(question.run)
        if question.run != unit.run:
            if question.run in unit.past_runs:
                return False
            unit.past_runs.append(unit.run)
            unit.run, unit.number = question.run, 0
        if question.number <= unit.number:
            return False
        unit.number, unit.asked_s = question.number, now_s
        unit.heard = {heard.customer: heard for heard in question.heard}
        return True

    def _learn(self, unit: Identifier, heard: HeardCustomer, now_s: float) -> None:
        """Note her visit as a unit knows it. Whoever hears her carries it, so it outlives a crash of any unit."""
        visit = self._visits.setdefault(heard.customer, _Visit(now_s))
        visit.heard_s = now_s
        if heard.ended is not None:
            self._end(unit, heard.customer, _Ended(heard.ended, now_s, heard.left))
        told, known = heard.visit, visit.state
        if told is None or self._is_over(heard):
            return
        if known is None or (visit.owner == unit and heard.holds and told.visit != known.visit):
            visit.state, visit.state_s = told if known is None else continued(told, known), now_s
        elif told.visit == known.visit or heard.holds:  # two that met after a split know of each other's greeting
            visit.state = continued(known, told)

    def _end(self, unit: Identifier, customer: CustomerId, ended: _Ended) -> None:
        if self._last_ended(customer) != ended.visit:
            self._ended.pop(customer, None)
            self._ended[customer] = ended
        visit = self._visits[customer]
        if visit.owner in (unit, None) and visit.state is not None and visit.state.visit == ended.visit:
            visit.state = None
            self._appoint(visit, None)

    def _last_ended(self, customer: CustomerId) -> Identifier | None:
        ended = self._ended.get(customer)
        return None if ended is None else ended.visit

    def _is_over(self, heard: HeardCustomer) -> bool:
        """Whether a unit speaks of a visit that has ended. Only one that serves and hears her knows better."""
        here = heard.holds and heard.distance_m is not None
        return not here and heard.visit is not None and heard.visit.visit == self._last_ended(heard.customer)

    def _released(self, question: UnitSightings) -> None:
        """Find what the unit has let go of, since it was told to or by itself."""
        held = {heard.customer for heard in question.heard if heard.holds}
        listed = {heard.customer for heard in question.heard}
        complete = len(question.heard) < HEARD_MAX
        for customer, visit in self._visits.items():
            if visit.owner != question.unit or customer in held or not (complete or customer in listed):
                continue
            if visit.granted_in is not None and question.answered >= visit.granted_in:
                # It has seen the last yes, so none is on its way to it.
                self._appoint(visit, visit.successor)

    # --- the rules ----------------------------------------------------------------------------

    def _concerning(self, question: UnitSightings) -> tuple[HeardCustomer, ...]:
        """Return whom the answer is about: also those of whom the unit does not speak, but whose visit it shall end."""
        listed = {heard.customer for heard in question.heard}
        given = [c for c, v in self._visits.items() if v.owner == question.unit and v.state is not None]
        more = tuple(HeardCustomer(customer=customer) for customer in given if customer not in listed)
        return (question.heard + more)[:HEARD_MAX]

    def _assigned(self, question: UnitSightings, heard: HeardCustomer, now_s: float) -> Assigned:
        visit = self._visits[heard.customer]
        if visit.owner is not None:
            self._challenge(heard.customer, visit, now_s)
        if visit.owner is None and heard.holds and visit.successor is None and not self._is_over(heard):
            self._appoint(visit, question.unit)  # it serves her already: alone, or by an earlier epoch
        elif visit.owner is None and now_s >= self._appoints_from_s:
            there = self._listens(visit.successor, now_s)
            self._appoint(visit, visit.successor if there else self._nearest(heard.customer, now_s))
        yours = visit.owner == question.unit and visit.successor is None
        if yours:
            visit.granted_in, visit.granted_until_s = question.number, now_s + LEASE_S
        state = _aged(visit.state, now_s - visit.state_s)
        told = Assigned(customer=heard.customer, yours=yours, visit=state)
        ended = self._ended.get(heard.customer)
        if ended is None:
            return told
        left = ended.left if state is None else None
        return told.model_copy(update={"ended": ended.visit, "left": left, "left_ago_s": now_s - ended.at_s})

    def _challenge(self, customer: CustomerId, visit: _Visit, now_s: float) -> None:
        """See whether the owner stays the owner."""
        over = now_s >= visit.granted_until_s
        if over and not self._listens(visit.owner, now_s):
            visit.owner = None  # it crashed, or is cut off
            return
        if visit.successor is None:
            visit.successor = self._better(customer, visit, now_s)
        if over and visit.successor is not None:
            visit.owner = None

    def _better(self, customer: CustomerId, visit: _Visit, now_s: float) -> Identifier | None:
        """Return the unit to which the visit should go, or ``None``."""
        hearing = self._hearing(customer, now_s)
        mine = hearing.pop(visit.owner, None) if visit.owner is not None else None
        best = min(hearing, key=lambda unit: _rank(unit, hearing[unit]), default=None)
        if best is None:
            return None
        other = hearing[best]
        if mine is None or other.near > mine.near:
            return best
        if other.near < mine.near or _metres(other) > (1 - NEARER_FOR_A_WHILE) * _metres(mine):
            visit.challenger = None
            return None
        if _metres(other) <= (1 - NEARER_AT_ONCE) * _metres(mine):
            return best
        if visit.challenger != best:
            visit.challenger, visit.challenged_s = best, now_s
        return best if now_s - visit.challenged_s >= A_WHILE_S else None

    def _nearest(self, customer: CustomerId, now_s: float) -> Identifier | None:
        """Return the nearest unit; for a visit that has not begun, of those to which she is near."""
        begun = self._visits[customer].state is not None
        units = {unit: heard for unit, heard in self._hearing(customer, now_s).items() if heard.near or begun}
        return min(units, key=lambda unit: _rank(unit, units[unit]), default=None)

    def _hearing(self, customer: CustomerId, now_s: float) -> dict[Identifier, HeardCustomer]:
        """Return what the units that listen say of her distance."""
        entries = {name: unit.heard.get(customer) for name, unit in self._units.items() if self._listens(name, now_s)}
        return {name: entry for name, entry in entries.items() if entry is not None and entry.distance_m is not None}

    def _listens(self, name: Identifier | None, now_s: float) -> bool:
        unit = None if name is None else self._units.get(name)
        return unit is not None and now_s < unit.asked_s + LEASE_S

    @staticmethod
    def _appoint(visit: _Visit, unit: Identifier | None) -> None:
        visit.owner, visit.granted_in, visit.granted_until_s = unit, None, _NEVER
        visit.successor = visit.challenger = None

    def _forget(self, now_s: float) -> None:
        for customer in [c for c, visit in self._visits.items() if now_s >= visit.heard_s + VISIT_KEPT_S]:
            del self._visits[customer]
        excess = max(0, len(self._visits) - VISITS_MAX)
        for customer in sorted(self._visits, key=lambda c: self._visits[c].heard_s)[:excess]:
            del self._visits[customer]
        for customer in [c for c, ended in self._ended.items() if now_s >= ended.at_s + ENDED_KEPT_S]:
            del self._ended[customer]
        for customer in list(self._ended)[: max(0, len(self._ended) - VISITS_MAX)]:
            del self._ended[customer]
        for name in [name for name, unit in self._units.items() if now_s >= unit.asked_s + VISIT_KEPT_S]:
            del self._units[name]


def continued(known: VisitState, told: VisitState) -> VisitState:
    """Return a visit with what somebody else knows of it; it keeps its id, and nothing that was done is undone.

    Campaign and card are those that came last, however long the news were on their way; what was said before, or at
    the same time elsewhere, does not come up again.
    """
    last, other = (told, known) if _follows(told, known) else (known, told)
    campaign = other.campaign if last.campaign is None else last.campaign
    decisions = (one.decision for one in (last, other) if one.campaign == campaign and one.decision is not None)
    said = (other.campaign,) if other.campaign not in (None, campaign) and (other.greeted or other.card) else ()
    return known.model_copy(
        update={
            "badge": told.badge if known.badge is None else known.badge,
            "campaign": campaign,
            "decision": next(decisions, None),
            "greeted": known.greeted or told.greeted,
            "card": other.card if last.card is None else last.card,
            "continues": told.continues if known.continues is None else known.continues,
            "met": tuple(dict.fromkeys((*other.met, *said, *last.met)))[-CAMPAIGNS_MAX:],
            "owed": tuple(campaign for campaign in known.owed if campaign in told.owed),
            "held_out": known.held_out or told.held_out,
            "bought": known.bought or told.bought,
        }
    )


def _follows(told: VisitState, known: VisitState) -> bool:
    """Whether something was said since: a visit is done with what it spoke of before (Journey.met)."""
    return known.campaign in told.met and told.campaign not in (None, known.campaign, *known.met)


def _aged(state: VisitState | None, by_s: float) -> VisitState | None:
    return None if state is None else state.model_copy(update={"age_s": state.age_s + by_s})


def _metres(heard: HeardCustomer) -> float:
    return float("inf") if heard.distance_m is None else heard.distance_m


def _rank(unit: Identifier, heard: HeardCustomer) -> tuple[bool, float, Identifier]:
    return not heard.near, _metres(heard), unit
