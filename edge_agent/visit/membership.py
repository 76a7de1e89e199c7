"""Who owns which visit: a unit's side. It asks the coordinator, obeys, and serves its own zone when nobody answers.

=============================  ====================  ==========================================
it is                          it serves             it becomes the next
=============================  ====================  ==========================================
waiting (has just started)     nobody yet            in reach: answered; alone: after LEASE_S
in reach                       whom it was assigned  alone: LEASE_S after an answered question
alone                          whom it hears         in reach: answered
=============================  ====================  ==========================================
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.contracts.ownership import HEARD_MAX, Assignments, HeardCustomer, UnitSightings, VisitState
from edge_agent.visit.ownership import LEASE_S, VISITS_MAX, continued

ASK_S: Final = 1.0
"""A unit asks so often."""

RETRY_S: Final = 0.5
"""And so often while somebody near waits for an owner, or the question before was not answered."""

ASK_GAP_S: Final = 0.1
"""Never more often, whatever happens."""

BEGIN_S: Final = 1.0
"""An owner greets only while its lease lasts for so much longer: time for the first frame, and for its word about
it to reach the coordinator before anybody else can be appointed. Less than LEASE_S - ASK_S."""

ENDED_MAX: Final = HEARD_MAX // 2
"""Ended visits that are told in one question; while nobody answers the older ones are forgotten."""

_QUESTIONS_KEPT = 64  # more than can be asked within a lease


@dataclass(frozen=True, slots=True)
class _Asked:
    at_s: float
    held: frozenset[CustomerId]
    customers: frozenset[CustomerId]


@dataclass(frozen=True, slots=True)
class _Ended:
    visit: Identifier
    by: int
    """By which question."""
    left: VisitState | None


class Member:
    """What one unit was assigned. All seconds are its own CLOCK_MONOTONIC."""

    def __init__(self, unit: Identifier, run: Identifier, now_s: float) -> None:
        """``run``: an id of this start of the agent."""
        self._unit = unit
        self._run = run
        self._number = 0
        self._answered = 0
        self._term: tuple[int, Identifier] = (0, "")
        self._asked: dict[int, _Asked] = {}
        """Questions that may still be answered."""
        self._reach_until_s = now_s + LEASE_S
        self._mine: frozenset[CustomerId] = frozenset()
        self._lost: frozenset[CustomerId] = frozenset()
        self._known: dict[CustomerId, VisitState] = {}
        self._over: dict[CustomerId, int] = {}
        """Whose visit was over by which question. Until she is heard again no answer brings it back."""
        self._ended: dict[CustomerId, _Ended] = {}
        """Whose visit ended here; said until a later question is answered."""
        self._left: dict[CustomerId, tuple[VisitState, float]] = {}
        """How far her last visit had come, and when it ended: whoever receives her again goes on with it."""
        self._asked_s = float("-inf")
        self._ask_s = now_s

    @property
    def epoch(self) -> int:
        """The epoch that it obeys; never goes back."""
        return self._term[0]

    @property
    def reach_until_s(self) -> float:
        """Until when the last answer counts."""
        return self._reach_until_s

    def in_reach(self, now_s: float) -> bool:
        """Whether the coordinator's last answer still counts, or a unit that has just started still waits for one."""
        return now_s < self._reach_until_s

    def may_begin(self, customer: CustomerId, now_s: float) -> bool:
        """Whether this unit may greet her, or send her card, now."""
        if not self.in_reach(now_s):
            return True
        return customer in self._mine and now_s <= self._reach_until_s - BEGIN_S

    def mine(self, now_s: float) -> tuple[CustomerId, ...]:
        """Return whose visits it was assigned."""
        return tuple(self._mine) if self.in_reach(now_s) else ()

    def lost(self, customer: CustomerId, now_s: float) -> bool:
        """Whether another unit shall serve her, so that this one must let go."""
        return self.in_reach(now_s) and customer in self._lost

    def known(self, customer: CustomerId) -> VisitState | None:
        """Return what is known of her visit from elsewhere."""
        return self._known.get(customer)

    def let_go(self, customer: CustomerId, visit: VisitState) -> None:
        """Another unit continues her visit; what was done here is not forgotten, should it come back."""
        known = self._known.get(customer, visit)
        self._known[customer] = continued(known, visit)

    def left(self, customer: CustomerId) -> tuple[VisitState, float] | None:
        """Return how far her last visit in the store had come, and the monotonic second at which it ended."""
        return self._left.get(customer)

    def forget(self, customer: CustomerId, ended: Identifier | None = None, left: VisitState | None = None) -> None:
        """She is not heard here any more, or her visit ``ended`` here: then the others must not continue it.

        ``left``: how far that had come, for whichever unit she comes back to.
        """
        if ended is not None:
            self._ended[customer] = _Ended(ended, self._number, left)
            _drop_oldest(self._ended, ENDED_MAX)
        self._left.pop(customer, None)
        self._mine -= {customer}
        self._lost -= {customer}
        self._known.pop(customer, None)
        self._over[customer] = self._number
        _drop_oldest(self._over, VISITS_MAX)

    def withdrawn(self, customer: CustomerId) -> None:
        """She withdrew: no other unit shall go on with a visit of hers."""
        ended = self._ended.get(customer)
        if ended is not None:
            self._ended[customer] = replace(ended, left=None)
        self._left.pop(customer, None)

    def _with(self, visit: VisitState, customer: CustomerId) -> VisitState:
        """Return what was said of a visit; news that were long on their way undo nothing that is known."""
        known = self._known.get(customer)
        return visit if known is None or known.visit != visit.visit else continued(visit, known)

    # --- asking -------------------------------------------------------------------------------

    @property
    def ask_s(self) -> float:
        """When to ask next, monotonic second."""
        return self._ask_s

    def hurry(self, now_s: float) -> None:
        """Something happened that the coordinator should hear of at once."""
        self._ask_s = min(self._ask_s, max(now_s, self._asked_s + ASK_GAP_S))

    def ask(
        self,
        heard: Mapping[CustomerId, HeardCustomer],
        visits: Mapping[CustomerId, VisitState],
        now_s: float,
    ) -> UnitSightings:
        """Return the question. ``heard``: everybody heard; ``visits``: those under way here, heard or not."""
        in_reach = self.in_reach(now_s)
        held = frozenset(visits) | (self._mine & heard.keys() if in_reach else frozenset())
        customers = {**self._ended, **visits, **heard}
        entries = sorted((self._entry(customer, heard, visits, customer in held) for customer in customers), key=_rank)
        unanswered = self._answered < self._number
        self._number += 1
        self._asked[self._number] = _Asked(now_s, held, frozenset({**visits, **heard}))
        if len(self._asked) > _QUESTIONS_KEPT:
            del self._asked[min(self._asked)]
        waiting = any(entry.near and not entry.holds for entry in entries)
        self._asked_s = now_s
        self._ask_s = now_s + (RETRY_S if in_reach and (waiting or unanswered) else ASK_S)
        epoch, coordinator = self._term
        return UnitSightings(
            unit=self._unit,
            run=self._run,
            number=self._number,
            answered=self._answered,
            epoch=epoch,
            coordinator=coordinator or None,
            in_reach=in_reach and self._answered > 0,
            heard=tuple(entries[:HEARD_MAX]),
        )

    def _entry(
        self,
        customer: CustomerId,
        heard: Mapping[CustomerId, HeardCustomer],
        visits: Mapping[CustomerId, VisitState],
        holds: bool,
    ) -> HeardCustomer:
        entry = heard.get(customer, HeardCustomer(customer=customer))
        visit = visits.get(customer) or self._known.get(customer)
        update: dict[str, Any] = {"holds": holds, "visit": visit}
        ended = self._ended.get(customer)
        if ended is not None:
            update |= {"ended": ended.visit, "left": ended.left if visit is None else None}
        return entry.model_copy(update=update)

    # --- the answer ---------------------------------------------------------------------------

    def accept(self, answer: Assignments, visits: Collection[CustomerId], now_s: float) -> bool:
        """Take an answer, unless it is another's, older than what is known, or of a lower epoch."""
        term = answer.epoch, answer.coordinator
        asked = self._asked.get(answer.answers)
        if (answer.unit, answer.run) != (self._unit, self._run) or asked is None:
            return False
        if term < self._term or (answer.answers, term) <= (self._answered, self._term):
            return False
        over = {
            customer
            for customer, number in self._over.items()
            if answer.answers <= number or customer not in asked.customers
        }
        told = [assigned for assigned in answer.customers if assigned.customer not in over]
        yours = frozenset(assigned.customer for assigned in told if assigned.yours)
        if answer.recovering:  # it may have read a question that is older than its own start: only what is still held
            yours &= frozenset(visits) | (self._mine if self.in_reach(now_s) else frozenset())
        self._term, self._answered, self._reach_until_s = term, answer.answers, asked.at_s + LEASE_S
        self._mine, self._lost = yours, asked.held - yours
        self._ended = {c: ended for c, ended in self._ended.items() if answer.answers <= ended.by}
        for assigned in told:
            known = self._known.get(assigned.customer)
            if known is not None and known.visit == assigned.ended:
                del self._known[assigned.customer]
            if assigned.visit is not None:
                self._known[assigned.customer] = self._with(assigned.visit, assigned.customer)
            if assigned.left is not None:
                self._left[assigned.customer] = assigned.left, now_s - assigned.left_ago_s
        _drop_oldest(self._known, VISITS_MAX)
        _drop_oldest(self._left, VISITS_MAX)
        self._asked = {number: sent for number, sent in self._asked.items() if number >= answer.answers}
        given = {assigned.customer for assigned in answer.customers if assigned.yours}
        self._over = {c: number for c, number in self._over.items() if answer.answers <= number or c in over & given}
        return True


def _drop_oldest(kept: dict[CustomerId, Any], at_most: int) -> None:
    for customer in list(kept)[: max(0, len(kept) - at_most)]:
        del kept[customer]


def _rank(entry: HeardCustomer) -> tuple[bool, bool, bool, float, CustomerId]:
    return entry.ended is None, not entry.holds, not entry.near, entry.distance_m or 0.0, entry.customer
