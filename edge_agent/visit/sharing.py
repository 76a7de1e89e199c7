"""Which visits this unit serves: all, where it is alone; those that the coordinator assigns, where there is one."""

from typing import Final

from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.contracts.ownership import CAMPAIGNS_MAX, Assignments, HeardCustomer, UnitSightings, VisitState
from edge_agent.events import EpochRow, ToUnits
from edge_agent.presence.tracker import PresenceTracker
from edge_agent.visit.journey import Journey, State
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.membership import Member
from edge_agent.visit.ownership import Coordinator
from edge_agent.visit.roster import Roster

HEARD_S: Final = 6.0
"""Somebody who is not near is heard as long as her last advertisement is not older: no shorter than the silence that
ends a scene (presence.screen_silence_s), or a phone that advertises seldom would wander from unit to unit."""


class Sharing:
    """With nobody: the only unit of its store serves whom it hears. What serving a customer asks about."""

    def start(self, run: Identifier, epoch: int) -> None:
        """Begin. ``run``: an id of this start; ``epoch``: that of the last start, 0 where there was none."""

    def may_begin(self, customer: CustomerId) -> bool:  # noqa: ARG002 (nobody else knows her)
        """Whether this unit may greet her, or send her card, now."""
        return True

    def in_reach(self) -> bool | None:
        """Whether the coordinator answers; ``None``: there is none."""
        return None

    def until_s(self) -> float:
        """Until when whatever it begins now may come up on a screen, monotonic second."""
        return float("inf")

    def lost(self, customer: CustomerId) -> bool:  # noqa: ARG002 (nobody else knows her)
        """Whether another unit shall serve her."""
        return False

    def known(self, customer: CustomerId) -> VisitState | None:  # noqa: ARG002 (nobody else knows her)
        """Return what other units have told of her visit."""
        return None

    def left(self, customer: CustomerId) -> tuple[VisitState, float] | None:  # noqa: ARG002 (nobody else knows her)
        """Return how far her last visit at another unit had come, and the monotonic second at which it ended."""
        return None

    def given(self) -> tuple[CustomerId, ...]:
        """Return whose visits this unit shall serve, where somebody gives it any."""
        return ()

    def let_go(self, journey: Journey) -> None:
        """Another unit continues her visit."""

    def heard(self, customer: CustomerId) -> None:
        """She was heard now."""

    def forget(self, customer: CustomerId, ended: Journey | None = None) -> None:
        """She is not heard any more, or her visit ``ended`` here."""

    def withdrawn(self, customer: CustomerId) -> None:
        """She withdrew: nobody shall go on with a visit of hers."""

    def hurry(self) -> None:
        """Something happened that the coordinator should hear of at once."""

    def unit_asked(self, question: UnitSightings, arrived_s: float) -> None:
        """A unit asks; answer, where this unit is the coordinator."""

    def answered(self, answer: Assignments) -> None:
        """The coordinator answered."""

    def time_passed(self) -> None:
        """Ask, if it is time."""

    def next_deadline(self) -> float | None:
        """When to call :meth:`time_passed`, monotonic second."""
        return None


class Shared(Sharing):
    """A unit of a store that has a coordinator, which may be this very unit: then it needs no broker for an answer."""

    def __init__(
        self,
        unit: Identifier,
        coordinator: Identifier,
        tracker: PresenceTracker,
        roster: Roster,
        ledger: Ledger,
    ) -> None:
        self._unit = unit
        self._coordinates = coordinator == unit
        self._tracker = tracker
        self._roster = roster
        self._ledger = ledger
        self._member: Member
        self._coordinator: Coordinator | None = None
        self._kept_epoch = 0
        self._heard_s: dict[CustomerId, float] = {}
        """When each was last heard."""

    def start(self, run: Identifier, epoch: int) -> None:
        """Begin to ask; a coordinator begins a new epoch, and keeps it."""
        self._member = Member(self._unit, run, self._now_s)
        if self._coordinates:
            self._coordinator = Coordinator(self._unit, epoch + 1, self._now_s)
            self._kept_epoch = epoch + 1
            self._ledger.keep(EpochRow(epoch + 1))

    def may_begin(self, customer: CustomerId) -> bool:
        """While it was assigned the visit, or nobody answers."""
        return self._member.may_begin(customer, self._now_s)

    def in_reach(self) -> bool:
        """Whether its last answer still counts."""
        return self._member.in_reach(self._now_s)

    def until_s(self) -> float:
        """Not after the lease: a unit that has stalled may think that it is earlier, but its display does not."""
        return self._member.reach_until_s if self._member.in_reach(self._now_s) else float("inf")

    def lost(self, customer: CustomerId) -> bool:
        """When the coordinator said so."""
        return self._member.lost(customer, self._now_s)

    def known(self, customer: CustomerId) -> VisitState | None:
        """Return what the coordinator said of her visit."""
        return self._member.known(customer)

    def left(self, customer: CustomerId) -> tuple[VisitState, float] | None:
        """Return what the coordinator said of her last visit."""
        return self._member.left(customer)

    def given(self) -> tuple[CustomerId, ...]:
        """Return whose visits it was assigned."""
        return self._member.mine(self._now_s)

    def let_go(self, journey: Journey) -> None:
        """Remember how far her visit came here, and say so."""
        self._member.let_go(journey.customer, self._state(journey))
        self._member.hurry(self._now_s)

    def heard(self, customer: CustomerId) -> None:
        """Remember when."""
        self._heard_s[customer] = self._now_s

    def forget(self, customer: CustomerId, ended: Journey | None = None) -> None:
        """Say nothing more of her than that her visit has ended."""
        self._heard_s.pop(customer, None)
        if ended is None:
            self._member.forget(customer)
        else:
            self._member.forget(customer, ended.visit, self._state(ended))

    def withdrawn(self, customer: CustomerId) -> None:
        """Neither here nor at any other unit, where this one coordinates."""
        self.forget(customer)
        self._member.withdrawn(customer)
        if self._coordinator is not None:
            self._coordinator.withdrawn(customer)

    def hurry(self) -> None:
        """Ask at the next opportunity."""
        self._member.hurry(self._now_s)

    def unit_asked(self, question: UnitSightings, arrived_s: float) -> None:
        """Answer it. The lease counts from its arrival: after a stall this unit's own time is far behind that."""
        answer = self._answer(question, max(arrived_s, self._now_s))
        if answer is not None:
            self._ledger.do(ToUnits(answer))

    def answered(self, answer: Assignments) -> None:
        """Obey it."""
        visits = {journey.customer for journey in self._roster.all()}
        self._member.accept(answer, visits, self._now_s)

    def time_passed(self) -> None:
        """Ask, if it is time: over the broker, and the coordinator in this unit at once.

        A coordinator's unit asks aloud too, so that two that were set up by mistake find each other.
        """
        if self._now_s < self._member.ask_s:
            return
        visits = {journey.customer: self._state(journey) for journey in self._roster.all()}
        question = self._member.ask(self._hearing(), visits, self._now_s)
        self._ledger.do(ToUnits(question))
        answer = self._answer(question, self._now_s)
        if answer is not None:
            self.answered(answer)

    def next_deadline(self) -> float | None:
        """When to ask, or when nobody has answered for too long."""
        in_reach = self._member.in_reach(self._now_s)
        return min(self._member.ask_s, self._member.reach_until_s) if in_reach else self._member.ask_s

    @property
    def _now_s(self) -> float:
        return self._ledger.now.monotonic_s

    def _answer(self, question: UnitSightings, now_s: float) -> Assignments | None:
        if self._coordinator is None:
            return None
        answer = self._coordinator.answer(question, now_s)
        if self._coordinator.epoch != self._kept_epoch:
            self._kept_epoch = self._coordinator.epoch
            self._ledger.keep(EpochRow(self._kept_epoch))
        return answer

    def _hearing(self) -> dict[CustomerId, HeardCustomer]:
        """Return everybody of whom the other units may know: nobody without a consent is among them."""
        hearing: dict[CustomerId, HeardCustomer] = {}
        for customer, heard_s in list(self._heard_s.items()):
            distance_m = self._tracker.distance_m(customer)
            near = self._tracker.near_since_s(customer) is not None
            if distance_m is None or not (near or self._now_s < heard_s + HEARD_S):
                del self._heard_s[customer]
            elif self._roster.may_be_known(customer):
                metres = round(min(max(distance_m, 0.01), 1000.0), 2)
                hearing[customer] = HeardCustomer(customer=customer, distance_m=metres, near=near)
        return hearing

    def _state(self, journey: Journey) -> VisitState:
        return VisitState(
            visit=journey.visit,
            age_s=max(0.0, self._now_s - journey.started_s),
            badge=journey.badge,
            campaign=journey.campaign,
            decision=journey.decision,
            greeted=journey.shown_s is not None or journey.state is State.GREETED,
            card=journey.card,
            continues=journey.continues,
            met=journey.met[-CAMPAIGNS_MAX:],
            owed=journey.owed[:CAMPAIGNS_MAX],
            held_out=journey.held_out,
            bought=journey.bought,
        )
