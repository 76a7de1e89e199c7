"""Who is received at this unit: greeted, gone on with, or left to another one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import VisitEnded, VisitStarted
from edge_agent.contracts.ownership import VisitState
from edge_agent.presence.tracker import PresenceTracker
from edge_agent.visit.company import Company
from edge_agent.visit.composing import lookalikes
from edge_agent.visit.greeter import Greeter
from edge_agent.visit.journey import Journey, State, returned
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.roster import Roster
from edge_agent.visit.sharing import Sharing
from edge_agent.visit.speaker import Speaker

FIRST_FRAME_S: Final = 0.5
"""The first frame of a scene may come up so long after the command, also when that was taken back meanwhile."""


class Reception:
    """Begins visits, goes on with those that ended minutes ago, takes them over from other units, hands them over."""

    def __init__(
        self,
        config: AgentConfig,
        tracker: PresenceTracker,
        company: Company,
        roster: Roster,
        greeter: Greeter,
        speaker: Speaker,
        sharing: Sharing,
        ledger: Ledger,
        new_id: Callable[[], str],
    ) -> None:
        self._config = config
        self._tracker = tracker
        self._company = company
        self._roster = roster
        self._greeter = greeter
        self._speaker = speaker
        self._sharing = sharing
        self._ledger = ledger
        self._new_id = new_id

    def settled(self, customer: CustomerId, badge: int | None) -> None:
        """She has stayed for the screen's dwell: receive her as soon as this unit may."""
        journey = self._roster.get(customer)
        if (journey is None or journey.undecided) and self._roster.may_be_known(customer):
            self._company.waiting[customer] = badge
            if lookalikes(badge, self._company.others(customer)):
                self._greeter.clear("group")
            self._receive_waiting()

    def stepped_away(self, customer: CustomerId) -> None:
        """She waits no longer."""
        self._company.waiting.pop(customer, None)

    def share(self) -> None:
        """Let go of what was given to others, continue what others gave, receive who waits."""
        for journey in self._roster.all():
            if self._sharing.lost(journey.customer):
                self._let_go(journey)
        for customer in self._sharing.given():
            known = self._sharing.known(customer)
            if known is not None and self._roster.get(customer) is None and self._roster.may_be_known(customer):
                self._roster.put(self._continued(customer, known))
                self._tracker.expect(customer, self._ledger.now.monotonic_s)  # its end is this unit's to see
        self._receive_waiting()

    # --- beginning --------------------------------------------------------------------------

    def _receive_waiting(self) -> None:
        for customer, badge in list(self._company.waiting.items()):
            if self._sharing.may_begin(customer):
                del self._company.waiting[customer]
                if self._roster.may_be_known(customer):
                    self._receive(customer, badge, self._sharing.known(customer))

    def _receive(self, customer: CustomerId, badge: int | None, known: VisitState | None) -> None:
        journey = self._roster.get(customer)
        if known is not None and (journey is None or known.greeted or known.card):
            journey = self._continued(customer, known)
        elif journey is None:
            journey = self._begun(customer)
        if journey.badge is None:
            journey = replace(journey, badge=badge)
        journey = replace(journey, undecided=False)
        if journey.state is State.ARRIVED:
            journey = self._speaker.decide(journey)
        if journey.message_id is None and lookalikes(journey.badge, self._company.others(customer)):
            self._greeter.clear("group")
        self._roster.put(journey)

    def _begun(self, customer: CustomerId) -> Journey:
        """Begin a visit, or go on with the one that she left minutes ago."""
        now = self._ledger.now
        past, visit = self._past(customer), self._new_id()
        if past is None:
            journey = Journey(visit, customer, now.utc, now.monotonic_s)
        else:
            journey = returned(past, visit, now.utc, now.monotonic_s, self._roster.card_kind(past.campaign))
        self._roster.past.forget(customer)
        started = VisitStarted(**self._roster.base(customer, visit), continues=journey.continues)
        self._ledger.report("visit.started", started, customer)
        return journey

    def _past(self, customer: CustomerId) -> Journey | None:
        """Return her visit that ended last, here or at another unit, if that was so lately that she goes on with it."""
        now = self._ledger.now
        here, elsewhere = self._roster.past.of(customer, now.monotonic_s), self._sharing.left(customer)
        if elsewhere is None or (here is not None and here[1] >= elsewhere[1]):
            return None if here is None else here[0]
        left, ended_s = elsewhere
        if now.monotonic_s >= ended_s + self._config.visit.reentry_s:
            return None
        state = State.CLOSED if left.card else State.GREETED if left.greeted else State.ARRIVED
        return Journey(
            left.visit,
            customer,
            now.utc,
            now.monotonic_s,
            state=State.ENDED,
            left_in=state,
            badge=left.badge,
            campaign=left.campaign,
            decision=left.decision,
            card=left.card,
            met=left.met,
            owed=left.owed,
            held_out=left.held_out,
            bought=left.bought,
            continues=left.continues,
        )

    # --- sharing ----------------------------------------------------------------------------

    def _continued(self, customer: CustomerId, known: VisitState) -> Journey:
        """Return a visit that another unit began. Nothing that was done is done again; cards wait, never hurry."""
        now = self._ledger.now
        done = known.greeted or known.card is not None
        pending = done and known.card is None and known.campaign not in known.met
        state = State.CARDED if known.card else State.GREETED if known.greeted else State.ARRIVED
        return Journey(
            known.visit,
            customer,
            now.utc - timedelta(seconds=known.age_s),
            now.monotonic_s - known.age_s,
            state=state,
            badge=known.badge,
            campaign=known.campaign if done else None,
            decision=known.decision if done else None,
            shown_s=now.monotonic_s if known.greeted else None,
            card_kind=self._roster.card_kind(known.campaign) if pending else None,
            card=known.card,
            met=known.met,
            owed=known.owed,
            held_out=known.held_out,
            bought=known.bought,
            review_s=now.monotonic_s,
            undecided=not done,
            continues=known.continues,
        )

    def _let_go(self, journey: Journey) -> None:
        """Another unit continues her visit. Her card stays here until it is closed: its clerk must not lose it."""
        now = self._ledger.now
        self._greeter.clear_for(journey.customer, "ownership")
        under_way = journey.spoken_s is not None and now.monotonic_s < journey.spoken_s + FIRST_FRAME_S
        if under_way and journey.shown_s is None:
            return  # the display may have shown it before it was told: hold on to her until that is known
        known = self._sharing.known(journey.customer)
        if known is not None and known.visit != journey.visit:  # both began one while they could not meet
            duration_s = max(0.0, now.monotonic_s - journey.started_s)
            base = self._roster.base(journey.customer, journey.visit)
            self._ledger.report("visit.ended", VisitEnded(**base, duration_s=duration_s), journey.customer)
        self._roster.give_away(replace(journey, ended_at=now.utc))
        if self._company.is_here(journey.customer):
            self._company.waiting[journey.customer] = journey.badge
        self._sharing.let_go(journey)
