"""Who is received at this unit: greeted, continued from another unit, or left to another one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import DecisionEvent, DecisionSuppressed, VisitEnded, VisitStarted
from edge_agent.contracts.ownership import VisitState
from edge_agent.decide.decision import Decision, decide
from edge_agent.decide.eligibility import consents
from edge_agent.decide.knowledge import Knowledge
from edge_agent.presence.tracker import PresenceTracker
from edge_agent.visit.greeter import Greeter, lookalikes
from edge_agent.visit.journey import Journey, State
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.roster import UNTRACKED, Roster
from edge_agent.visit.sharing import Sharing

FIRST_FRAME_S: Final = 0.5
"""The first frame of a scene may come up so long after the command, also when that was taken back meanwhile."""


class Reception:
    """Begins visits, takes them over from other units, and hands them over."""

    def __init__(
        self,
        config: AgentConfig,
        knowledge: Knowledge,
        tracker: PresenceTracker,
        roster: Roster,
        greeter: Greeter,
        sharing: Sharing,
        ledger: Ledger,
        new_id: Callable[[], str],
    ) -> None:
        self._config = config
        self._knowledge = knowledge
        self._tracker = tracker
        self._roster = roster
        self._greeter = greeter
        self._sharing = sharing
        self._ledger = ledger
        self._new_id = new_id
        self._waiting: dict[CustomerId, int | None] = {}
        """Who has stayed here and is not this unit's, with her badge."""

    def settled(self, customer: CustomerId, badge: int | None) -> None:
        """She has stayed for the screen's dwell: receive her as soon as this unit may."""
        journey = self._roster.get(customer)
        if (journey is None or journey.undecided) and self._roster.may_be_known(customer):
            self._waiting[customer] = badge
            if lookalikes(badge, self._others(customer)):
                self._greeter.clear("group")
            self._receive_waiting()

    def stepped_away(self, customer: CustomerId) -> None:
        """She waits no longer."""
        self._waiting.pop(customer, None)

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

    def may_be_addressed(self, customer: CustomerId) -> bool:
        """Whether the screen may speak to her now."""
        profile = self._knowledge.profile(customer)
        allowed = profile is not None and consents(profile, "screen", self._ledger.now.utc)
        return allowed and not self._roster.silence(customer) and self._tracker.near_since_s(customer) is not None

    # --- beginning --------------------------------------------------------------------------

    def _receive_waiting(self) -> None:
        for customer, badge in list(self._waiting.items()):
            if self._sharing.may_begin(customer):
                del self._waiting[customer]
                self._receive(customer, badge, self._sharing.known(customer))

    def _receive(self, customer: CustomerId, badge: int | None, known: VisitState | None) -> None:
        decision = decide(customer, self._knowledge, self._roster.situation(customer))
        if decision.silent in UNTRACKED:
            return
        now = self._ledger.now
        journey = self._roster.get(customer)
        if known is not None and (journey is None or known.greeted or known.card):
            journey = self._continued(customer, known)
        elif journey is None:
            journey = Journey(self._new_id(), customer, now.utc, now.monotonic_s)
            self._ledger.report("visit.started", VisitStarted(**self._roster.base(journey)))
        if journey.badge is None:
            journey = replace(journey, badge=badge)
        if journey.state is State.ARRIVED:
            journey = self._decided(replace(journey, undecided=False), decision)
        if journey.message_id is None and lookalikes(journey.badge, self._others(customer)):
            self._greeter.clear("group")
        self._roster.put(journey)

    def _decided(self, journey: Journey, decision: Decision) -> Journey:
        if decision.silent is not None:
            base: dict[str, Any] = self._roster.base(journey)
            suppressed = DecisionSuppressed(**base, reason=decision.silent, explanation=decision.explanation)
            self._ledger.report("decision.suppressed", suppressed)
            self._roster.tell("silent", journey.customer, journey.badge, text=decision.silent)
        elif decision.campaign is not None:
            journey = self._speak(journey, decision)
        return journey

    def _speak(self, journey: Journey, decision: Decision) -> Journey:
        campaign, product = decision.campaign, decision.product
        assert campaign is not None
        scene = None
        if not decision.holdout:
            served = self._served(journey.customer)
            addressable = [other for other in served if other.message_id and self.may_be_addressed(other.customer)]
            others = self._others(journey.customer)
            until_s = self._sharing.until_s()
            scene = self._greeter.greet(journey.customer, journey.badge, decision, others, addressable, until_s)
            journey = replace(
                journey,
                campaign=campaign.campaign,
                message_id=None if scene is None else scene.message_id,
                spoken_s=None if scene is None else self._ledger.now.monotonic_s,
                in_group=scene is not None and scene.layout == "group",
                card_kind=campaign.card if decision.card and campaign.card != "none" else None,
            )
        self._ledger.report(
            "decision.holdout" if decision.holdout else "decision.made",
            DecisionEvent(
                **self._roster.base(journey),
                decision=self._new_id() if scene is None else scene.message_id,
                campaign=campaign.campaign,
                message_class=campaign.message_class,
                mode="generic" if scene is None else scene.mode,
                product_id=None if product is None else product.product,
                explanation=decision.explanation,
            ),
        )
        if scene is not None:
            self._roster.tell("screen", journey.customer, journey.badge, text=scene.product_name or scene.headline)
        else:
            why = "she is in the control group" if decision.holdout else "the screen stays general"
            self._roster.tell("silent", journey.customer, journey.badge, text=why)
        return journey

    def _others(self, customer: CustomerId) -> list[int | None]:
        """Return the badges of the other known customers who are near, whoever serves them."""
        served = {journey.customer: journey.badge for journey in self._served(customer)}
        waiting = {other: badge for other, badge in self._waiting.items() if other != customer}
        return list({**waiting, **served}.values())

    def _served(self, customer: CustomerId) -> list[Journey]:
        """Return the visits of the others who are near and served here."""
        here = map(self._roster.get, self._tracker.settled())
        return [other for other in here if other is not None and other.customer != customer]

    # --- sharing ----------------------------------------------------------------------------

    def _continued(self, customer: CustomerId, known: VisitState) -> Journey:
        """Return a visit that another unit began. Nothing that was done is done again; cards wait, never hurry."""
        now = self._ledger.now
        done = known.greeted or known.card is not None
        campaign = self._roster.campaign(known.campaign) if done and known.card is None else None
        state = State.CARDED if known.card else State.GREETED if known.greeted else State.ARRIVED
        return Journey(
            known.visit,
            customer,
            now.utc - timedelta(seconds=known.age_s),
            now.monotonic_s - known.age_s,
            state=state,
            badge=known.badge,
            campaign=known.campaign if done else None,
            shown_s=now.monotonic_s if known.greeted else None,
            card_kind=None if campaign is None or campaign.card == "none" else campaign.card,
            card=known.card,
            undecided=not done,
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
            self._ledger.report("visit.ended", VisitEnded(**self._roster.base(journey), duration_s=duration_s))
        self._roster.end(replace(journey, ended_at=now.utc))
        if journey.customer in self._tracker.settled():
            self._waiting[journey.customer] = journey.badge
        self._sharing.let_go(journey)
