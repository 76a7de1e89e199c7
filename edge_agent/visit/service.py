"""Serve the customers of one unit: who is greeted, who is carded, and how each visit ends."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.clerk import Reply
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import (
    ConsentRevoked,
    ContentPlayed,
    ContentShown,
    DecisionEvent,
    DecisionSuppressed,
    VisitEnded,
    VisitStarted,
)
from edge_agent.contracts.screen import Hello, ProofOfPlay, Refused, Shown
from edge_agent.decide.decision import Decision, decide
from edge_agent.decide.eligibility import consents
from edge_agent.decide.knowledge import Knowledge
from edge_agent.events import CardRow, ContactRow, Forget, VisitRow, WithdrawalRow
from edge_agent.presence.tracker import Change, PresenceEvent, PresenceTracker
from edge_agent.visit.counter import Counter
from edge_agent.visit.desk import Happened
from edge_agent.visit.greeter import Greeter, lookalikes
from edge_agent.visit.journey import Journey, Signal
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.roster import Roster
from edge_agent.visit.view import View, look

UNTRACKED = frozenset(
    {"no_notice", "clock_untrusted", "lease_expired", "profile_expired", "withdrawn", "age", "no_consent"}
)
"""For these reasons of silence there is no visit at all: nothing is decided, written or reported about her."""


class Service:
    """The visits of one unit, from arrival to departure."""

    def __init__(
        self,
        config: AgentConfig,
        knowledge: Knowledge,
        tracker: PresenceTracker,
        ledger: Ledger,
        new_id: Callable[[], str],
    ) -> None:
        self._config = config
        self._knowledge = knowledge
        self._tracker = tracker
        self._ledger = ledger
        self._new_id = new_id
        self._roster = Roster(config, knowledge, ledger)
        self._greeter = Greeter(config, ledger, new_id)
        self._counter = Counter(config, knowledge, tracker, self._roster, self._greeter, ledger, new_id)

    def restore(
        self,
        visits: Iterable[VisitRow],
        cards: Iterable[CardRow],
        contacts: Iterable[ContactRow],
        withdrawals: Iterable[WithdrawalRow],
        lease_until: datetime | None,
    ) -> None:
        """Go on where an earlier run stopped: greet nobody twice, forget no open card."""
        self._roster.restore(visits, contacts, withdrawals)
        self._roster.lease_until = lease_until
        self._counter.restore(cards)
        for journey in self._roster.all():
            self._tracker.expect(journey.customer, self._ledger.now.monotonic_s)

    def left_alone(self, customer: CustomerId, utc: datetime) -> bool:
        """Whether she withdrew or paused here: then she is not even measured."""
        return self._roster.withdrawals.in_force(customer, utc)

    def view(self, badges: Mapping[CustomerId, int | None], at_most: int) -> View:
        """Return who is here, the nearest ``at_most`` of those whose badges these are."""
        return look(badges, self._may_be_known, at_most, self._tracker, self._roster, self._greeter.current)

    # --- presence ---------------------------------------------------------------------------

    def presence_changed(self, event: PresenceEvent, badge: int | None) -> None:
        """Somebody came, settled, went away or has left. ``badge``: the one that her app shows now."""
        journey = self._roster.get(event.customer)
        number = badge if journey is None else journey.badge
        match event.change:
            case Change.NEAR if self._roster.silence(event.customer) not in UNTRACKED:
                self._roster.tell("near", event.customer, number, distance_m=event.distance_m)
            case Change.SETTLED if journey is None:
                self._arrive(event.customer, badge)
            case Change.AWAY:
                self._greeter.clear_for(event.customer, "away")
                if journey is not None:
                    self._roster.tell("away", event.customer, number)
            case Change.GONE if journey is not None:
                self._leave(journey, "left")
            case _:
                pass  # she is back within her visit, or passed by: nothing to say

    def _arrive(self, customer: CustomerId, badge: int | None) -> None:
        decision = decide(customer, self._knowledge, self._roster.situation(customer))
        if decision.silent in UNTRACKED:
            return
        now = self._ledger.now
        journey = Journey(self._new_id(), customer, now.utc, now.monotonic_s, badge=badge)
        base = self._base(journey)
        self._ledger.report("visit.started", VisitStarted(**base))
        if decision.silent is not None:
            self._ledger.report(
                "decision.suppressed", DecisionSuppressed(**base, reason=decision.silent, reasons=decision.reasons)
            )
            self._roster.tell("silent", customer, badge, text=decision.silent)
        elif decision.campaign is not None:
            journey = self._speak(journey, decision)
        if journey.message_id is None and lookalikes(journey.badge, self._others(journey)):
            self._greeter.clear("group")
        self._roster.put(journey)
        self._counter.send_if_due(journey)

    def _speak(self, journey: Journey, decision: Decision) -> Journey:
        campaign, product = decision.campaign, decision.product
        assert campaign is not None
        scene = None
        if not decision.holdout:
            others = self._others(journey)
            addressable = [other for other in others if other.message_id and self._may_be_addressed(other.customer)]
            scene = self._greeter.greet(journey.customer, journey.badge, decision, others, addressable)
            journey = replace(
                journey,
                campaign=campaign.campaign,
                message_id=None if scene is None else scene.message_id,
                in_group=scene is not None and scene.layout == "group",
                card_kind=campaign.card if decision.card and campaign.card != "none" else None,
            )
        self._ledger.report(
            "decision.holdout" if decision.holdout else "decision.made",
            DecisionEvent(
                **self._base(journey),
                decision=self._new_id() if scene is None else scene.message_id,
                campaign=campaign.campaign,
                message_class=campaign.message_class,
                mode="generic" if scene is None else scene.mode,
                product_id=None if product is None else product.product,
                reasons=decision.reasons,
            ),
        )
        if scene is not None:
            self._roster.tell("screen", journey.customer, journey.badge, text=scene.product_name or scene.headline)
        else:
            why = "she is in the control group" if decision.holdout else "the screen stays general"
            self._roster.tell("silent", journey.customer, journey.badge, text=why)
        return journey

    def _others(self, journey: Journey) -> list[Journey]:
        """Return the other known customers who are near."""
        here = map(self._roster.get, self._tracker.settled())
        return [other for other in here if other is not None and other.customer != journey.customer]

    def _leave(self, journey: Journey, reason: Literal["left", "consent"]) -> None:
        self._greeter.clear_for(journey.customer, "consent" if reason == "consent" else "away")
        self._counter.withdraw(journey.customer, reason, claimed_too=reason == "consent")
        self._roster.end(replace(journey.on(Signal.LEFT), ended_at=self._ledger.now.utc))
        duration_s = max(0.0, self._ledger.now.monotonic_s - journey.started_s)
        self._ledger.report("visit.ended", VisitEnded(**self._base(journey), duration_s=duration_s))
        self._roster.tell("left", journey.customer, journey.badge)

    # --- screen -----------------------------------------------------------------------------

    def display_joined(self, hello: Hello) -> None:
        """A display connected and said what it is showing."""
        self._roster.screen_connected = True
        self._greeter.joined()
        if hello.showing is not None:  # the word that it was shown was lost in a restart
            self._shown(hello.showing)

    def display_lost(self) -> None:
        """The display is gone. Its scene goes on when it is back in time, and fades by itself if it is not."""
        self._roster.screen_connected = False

    def screen_said(self, message: Shown | ProofOfPlay | Refused) -> None:
        """The display reports on a scene."""
        match message:
            case Shown():
                self._shown(message.message_id)
            case ProofOfPlay():
                self._greeter.ended(message.message_id)
                for journey in self._roster.showing(message.message_id):
                    self._ledger.report("content.played", self._played(journey, message))
            case Refused(message_id=str() as message_id):
                self._greeter.ended(message_id)
            case Refused():
                pass  # it could not even read which scene was meant; the link logs it

    def _shown(self, message_id: str) -> None:
        for journey in self._roster.showing(message_id):
            if journey.shown_s is not None:
                continue
            journey = replace(journey.on(Signal.SHOWN), shown_s=self._ledger.now.monotonic_s)
            self._roster.put(journey)
            campaign = _said(journey)
            if campaign is not None:
                self._roster.contacted(journey.customer, campaign, "screen")
            shown = ContentShown(**self._base(journey), decision=message_id, campaign=campaign)
            self._ledger.report("content.shown", shown)
            due_s = self._counter.due_s(journey)
            wait_s = None if due_s is None else max(0.0, due_s - self._ledger.now.monotonic_s)
            self._roster.tell("shown", journey.customer, journey.badge, due_s=wait_s)

    def _played(self, journey: Journey, proof: ProofOfPlay) -> ContentPlayed:
        return ContentPlayed(
            **self._base(journey),
            decision=proof.message_id,
            campaign=_said(journey),
            first_frame_at=proof.first_frame_at,
            on_screen_s=proof.on_screen_s,
            ended=proof.ended,
        )

    # --- clerks -----------------------------------------------------------------------------

    def publish_cards(self, departments: Iterable[str] | None) -> None:
        """Publish the open cards again: of the departments of a tablet, or all."""
        self._counter.publish(departments)

    def clerk_said(self, reply: Reply) -> None:
        """A clerk answered a card."""
        change = self._counter.reply(reply)
        if change is None:
            return
        if change.happened is Happened.OPTED_OUT:
            self._withdraw(change.entry.customer, "all")
        elif change.happened is Happened.PAUSED:
            self._withdraw(change.entry.customer, "today")

    # --- consent ----------------------------------------------------------------------------

    def slice_changed(self, changed: frozenset[CustomerId] | None, lease_until: datetime) -> None:
        """A checkpoint was applied: whoever may no longer be spoken to is dropped at once."""
        self._roster.lease_until = lease_until
        concerned = {journey.customer for journey in self._roster.all()} | self._counter.customers()
        for customer in sorted(concerned if changed is None else concerned & changed):
            if self._roster.silence(customer) in UNTRACKED:
                self._drop(customer)
                continue
            if not self._may_be_addressed(customer):
                self._greeter.clear_for(customer, "consent")
            if not self._may_be_carded(customer):
                self._counter.withdraw(customer, "consent", claimed_too=True)

    def _withdraw(self, customer: CustomerId, scope: Literal["all", "today"]) -> None:
        self._ledger.keep(self._roster.withdrawals.add(customer, scope, self._ledger.now.utc))
        self._ledger.report("consent.revoked", ConsentRevoked(customer=customer, scope=scope, source="clerk"))
        self._roster.tell("withdrawn", customer, None)
        self._drop(customer)
        if scope == "all":
            self._roster.forget_contacts(customer)
            self._ledger.do(Forget(customer))

    def _drop(self, customer: CustomerId) -> None:
        self._greeter.clear_for(customer, "consent")
        journey = self._roster.get(customer)
        if journey is not None:
            self._leave(journey, "consent")
        else:
            self._counter.withdraw(customer, "consent", claimed_too=True)
        self._tracker.forget(customer)

    def _may_be_known(self, customer: CustomerId) -> bool:
        return self._roster.silence(customer) not in UNTRACKED

    def _may_be_addressed(self, customer: CustomerId) -> bool:
        profile = self._knowledge.profile(customer)
        allowed = profile is not None and consents(profile, "screen", self._ledger.now.utc)
        return allowed and not self._roster.silence(customer) and self._tracker.near_since_s(customer) is not None

    def _may_be_carded(self, customer: CustomerId) -> bool:
        profile = self._knowledge.profile(customer)
        allowed = profile is not None and consents(profile, "clerk", self._ledger.now.utc)
        return allowed and not self._roster.silence(customer)

    # --- time -------------------------------------------------------------------------------

    def time_passed(self) -> None:
        """Do what is due: cards that expire, cards that go out, permits that are renewed."""
        self._counter.expire()
        for journey in self._roster.all():
            self._counter.send_if_due(journey)
        if self._greeter.renew_due():
            if all(self._may_be_addressed(customer) for customer in self._greeter.addressed):
                self._greeter.renew()
            else:
                self._greeter.clear("expired")

    def next_deadline(self) -> float | None:
        """When to call :meth:`time_passed`, monotonic second."""
        deadlines_s = [*map(self._counter.due_s, self._roster.all())]
        deadlines_s += [self._greeter.next_deadline(), self._counter.next_deadline()]
        return min((deadline_s for deadline_s in deadlines_s if deadline_s is not None), default=None)

    def _base(self, journey: Journey) -> dict[str, Any]:
        return {"customer": journey.customer, "visit": journey.visit, "zone": self._config.zone}


def _said(journey: Journey) -> str | None:
    """Return the campaign that her scene speaks of."""
    return None if journey.in_group else journey.campaign
