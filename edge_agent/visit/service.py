"""Serve the customers of one unit: who is greeted, who is carded, and how each visit ends."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Literal

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.clerk import Reply
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import ConsentRevoked, ContentPlayed, ContentShown, VisitEnded
from edge_agent.contracts.explanation import Explanation
from edge_agent.contracts.ownership import Withdrawal
from edge_agent.contracts.screen import Hello, ProofOfPlay, Refused, Shown
from edge_agent.decide.decision import decide
from edge_agent.decide.knowledge import Knowledge
from edge_agent.events import CardRow, ContactRow, Forget, ToUnits, VisitRow, WithdrawalRow
from edge_agent.presence.tracker import Change, PresenceEvent, PresenceTracker
from edge_agent.visit.counter import Counter
from edge_agent.visit.desk import Happened
from edge_agent.visit.greeter import Greeter
from edge_agent.visit.journey import Journey, Signal
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.reception import Reception
from edge_agent.visit.roster import Roster
from edge_agent.visit.sharing import Shared, Sharing
from edge_agent.visit.view import View, look


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
        coordinator = config.units.coordinator
        self.sharing = (
            Sharing() if coordinator is None else Shared(config.unit, coordinator, tracker, self._roster, ledger)
        )
        """Which visits are this unit's to serve."""
        self._reception = Reception(
            config, knowledge, tracker, self._roster, self._greeter, self.sharing, ledger, new_id
        )
        self._counter = Counter(config, knowledge, tracker, self._roster, self._greeter, ledger, new_id)

    def restore(
        self,
        visits: Iterable[VisitRow],
        cards: Iterable[CardRow],
        contacts: Iterable[ContactRow],
        withdrawals: Iterable[WithdrawalRow],
        lease_until: datetime | None,
        epoch: int,
    ) -> None:
        """Go on where an earlier run stopped: greet nobody twice, forget no open card."""
        self._roster.restore(visits, contacts, withdrawals)
        self._roster.lease_until = lease_until
        self._counter.restore(cards)
        for journey in self._roster.all():
            self._tracker.expect(journey.customer, self._ledger.now.monotonic_s)
        self.sharing.start(self._new_id(), epoch)

    def left_alone(self, customer: CustomerId, utc: datetime) -> bool:
        """Whether she withdrew or paused here: then she is not even measured."""
        return self._roster.withdrawals.in_force(customer, utc)

    def view(self, badges: Mapping[CustomerId, int | None], at_most: int) -> View:
        """Return who is here, the nearest ``at_most`` of those whose badges these are."""
        return look(badges, self._roster.may_be_known, at_most, self._tracker, self._roster, self._greeter.current)

    def explain(self, customer: CustomerId, at: datetime) -> Explanation:
        """Return why this, why not that would be said to her at a UTC time, as if it were decided anew."""
        withdrawn = self._roster.withdrawals.in_force(customer, at)
        situation = replace(self._roster.situation(customer), utc=at, withdrawn=withdrawn)
        return decide(customer, self._knowledge, situation).explanation

    # --- presence ---------------------------------------------------------------------------

    def presence_changed(self, event: PresenceEvent, badge: int | None) -> None:
        """Somebody came, settled, went away or has left. ``badge``: the one that her app shows now."""
        journey = self._roster.get(event.customer)
        number = badge if journey is None else journey.badge
        match event.change:
            case Change.NEAR if self._roster.may_be_known(event.customer):
                self._roster.tell("near", event.customer, number, distance_m=event.distance_m)
                self.sharing.hurry()  # so that she has an owner by the time that she has stayed
            case Change.SETTLED:
                self._reception.settled(event.customer, badge)
                self._send_card(event.customer)
            case Change.AWAY:
                self._reception.stepped_away(event.customer)
                self._greeter.clear_for(event.customer, "away")
                if journey is not None:
                    self._roster.tell("away", event.customer, number)
            case Change.GONE if journey is not None:
                self._leave(journey, "left")
            case Change.GONE:  # passed by, or served elsewhere by now; an obligation is still to be met there
                self._counter.withdraw(event.customer, "left", claimed_too=False, obligations_too=False)
                self.sharing.forget(event.customer)
            case _:
                pass  # nothing may be known of her

    def _leave(self, journey: Journey, reason: Literal["left", "consent"]) -> None:
        self._greeter.clear_for(journey.customer, "consent" if reason == "consent" else "away")
        self._counter.withdraw(journey.customer, reason, claimed_too=reason == "consent")
        self._roster.end(replace(journey.on(Signal.LEFT), ended_at=self._ledger.now.utc))
        duration_s = max(0.0, self._ledger.now.monotonic_s - journey.started_s)
        self._ledger.report("visit.ended", VisitEnded(**self._roster.base(journey), duration_s=duration_s))
        self._roster.tell("left", journey.customer, journey.badge)
        self.sharing.forget(journey.customer, ended=journey)

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
                self._roster.contacted(journey, campaign, "screen")
            shown = ContentShown(**self._roster.base(journey), decision=message_id, campaign=campaign)
            self._ledger.report("content.shown", shown)
            due_s = self._counter.due_s(journey)
            wait_s = None if due_s is None else max(0.0, due_s - self._ledger.now.monotonic_s)
            self._roster.tell("shown", journey.customer, journey.badge, due_s=wait_s)
            self.sharing.hurry()

    def _played(self, journey: Journey, proof: ProofOfPlay) -> ContentPlayed:
        return ContentPlayed(
            **self._roster.base(journey),
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
            if not self._roster.may_be_known(customer):
                self._drop(customer)
                continue
            if not self._reception.may_be_addressed(customer):
                self._greeter.clear_for(customer, "consent")
            self._counter.check(customer)

    def withdrawn_elsewhere(self, withdrawal: Withdrawal) -> None:
        """It was said at another unit of the store, which reports it. A repeated word changes nothing."""
        customer, scope = withdrawal.customer, withdrawal.scope
        if not self._roster.withdrawals.covers(customer, scope, self._ledger.now.utc):
            self._obey(customer, scope)

    def repeat_withdrawals(self) -> None:
        """Tell the other units again what was said lately: one of them was away and has come back."""
        for row in self._roster.withdrawals.lately(self._ledger.now.utc):
            self._tell_units(row.customer, row.scope)

    def _withdraw(self, customer: CustomerId, scope: Literal["all", "today"]) -> None:
        self._ledger.report("consent.revoked", ConsentRevoked(customer=customer, scope=scope, source="clerk"))
        self._tell_units(customer, scope)
        self._obey(customer, scope)

    def _tell_units(self, customer: CustomerId, scope: Literal["all", "today"]) -> None:
        self._ledger.do(ToUnits(Withdrawal(unit=self._config.unit, customer=customer, scope=scope)))

    def _obey(self, customer: CustomerId, scope: Literal["all", "today"]) -> None:
        self._ledger.keep(self._roster.withdrawals.add(customer, scope, self._ledger.now.utc))
        self._roster.tell("withdrawn", customer, None)
        self._drop(customer)
        if scope == "all":
            self._roster.forget_contacts(customer)
            self._ledger.do(Forget(customer))

    def _drop(self, customer: CustomerId) -> None:
        self._reception.stepped_away(customer)
        self._greeter.clear_for(customer, "consent")
        journey = self._roster.get(customer)
        if journey is not None:
            self._leave(journey, "consent")
        else:
            self._counter.withdraw(customer, "consent", claimed_too=True)
        self._tracker.forget(customer)
        self.sharing.forget(customer)

    # --- time -------------------------------------------------------------------------------

    def time_passed(self) -> None:
        """Do what is due: visits that change hands, cards that expire or go out, permits that are renewed."""
        self.sharing.time_passed()
        self._reception.share()
        self._counter.time_passed()
        for journey in self._roster.all():
            self._send_card(journey.customer)
        if self._greeter.renew_due():
            if all(self._reception.may_be_addressed(customer) for customer in self._greeter.addressed):
                self._greeter.renew()
            else:
                self._greeter.clear("expired")

    def _send_card(self, customer: CustomerId) -> None:
        journey = self._roster.get(customer)
        if journey is None or not self.sharing.may_begin(customer):
            return
        known = self.sharing.known(customer)
        if known is not None and known.card is not None:
            return  # another unit has sent it
        self._counter.send_if_due(journey)
        if self._roster.get(customer) is not journey:
            self.sharing.hurry()

    def next_deadline(self) -> float | None:
        """When to call :meth:`time_passed`, monotonic second."""
        mine = [journey for journey in self._roster.all() if self.sharing.may_begin(journey.customer)]
        deadlines_s = [*map(self._counter.due_s, mine)]
        deadlines_s += [self._greeter.next_deadline(), self._counter.next_deadline(), self.sharing.next_deadline()]
        return min((deadline_s for deadline_s in deadlines_s if deadline_s is not None), default=None)


def _said(journey: Journey) -> str | None:
    """Return the campaign that her scene speaks of."""
    return None if journey.in_group else journey.campaign
