"""Serve the customers of one unit: who is greeted, who is carded, and how each visit ends."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from math import inf
from typing import Literal

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.clerk import Reply
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import ConsentRevoked, VisitEnded
from edge_agent.contracts.explanation import Explanation
from edge_agent.contracts.ownership import Withdrawal
from edge_agent.contracts.screen import Hello
from edge_agent.decide.decision import decide
from edge_agent.decide.knowledge import Knowledge
from edge_agent.events import (
    CardRow,
    ContactRow,
    Forget,
    Instant,
    ScreenReport,
    ToUnits,
    VisitRow,
    WithdrawalRow,
)
from edge_agent.presence.tracker import Change, PresenceEvent, PresenceTracker
from edge_agent.visit.company import Company
from edge_agent.visit.composing import Composer
from edge_agent.visit.contacts import StoreContacts
from edge_agent.visit.desk import Happened
from edge_agent.visit.greeter import Greeter
from edge_agent.visit.journey import Journey
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.liaison import Liaison
from edge_agent.visit.reception import Reception
from edge_agent.visit.rehearsal import Rehearsal
from edge_agent.visit.roster import Roster
from edge_agent.visit.screening import Screening
from edge_agent.visit.sharing import Shared, Sharing
from edge_agent.visit.speaker import Speaker
from edge_agent.visit.view import View, look
from edge_agent.visit.withdrawals import REPEAT_S


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
        self._repeated_s = -inf
        """When the other units were told again who withdrew, monotonic second."""
        self._repeat_s: float | None = None
        """When they are to be told once more."""
        roster = self._roster = Roster(config, knowledge, ledger)
        greeter = self._greeter = Greeter(config, ledger)
        coordinator = config.units.coordinator
        sharing = self.sharing = (
            Sharing() if coordinator is None else Shared(config.unit, coordinator, tracker, roster, ledger)
        )
        """Which visits are this unit's to serve."""
        contacts = self.contacts = StoreContacts(config.unit, roster, ledger)
        """What was said in the store, for the caps."""
        company = self._company = Company(knowledge, tracker, roster, ledger, config.presence.enter_m)
        composer = Composer(config)
        self._rehearsal = Rehearsal(knowledge, company, roster, greeter, composer, sharing, ledger, new_id)
        self._speaker = Speaker(
            config, knowledge, company, roster, greeter, composer, self._rehearsal, sharing, ledger, new_id
        )
        self._reception = Reception(config, tracker, company, roster, greeter, self._speaker, sharing, ledger, new_id)
        self._liaison = Liaison(config, knowledge, tracker, roster, greeter, contacts, ledger, new_id)
        self._screening = Screening(config, roster, greeter, self._speaker, self._liaison, contacts, sharing, ledger)

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
        given_away = self._roster.restore(visits, contacts, withdrawals)
        self._roster.lease.grant(lease_until)
        self._liaison.restore(cards)
        for journey in self._roster.all():
            self._tracker.expect(journey.customer, self._ledger.now.monotonic_s)
        self.sharing.start(self._new_id(), epoch)
        for journey in given_away:
            self.sharing.let_go(journey)  # cut off from all others, it would greet again whom it had given away

    def restore_cards(self, cards: Iterable[CardRow]) -> None:
        """Take over open cards of an earlier run that could not be read before, and publish them."""
        self._liaison.restore(cards)
        self._liaison.publish(None)

    def left_alone(self, customer: CustomerId, now: Instant) -> bool:
        """Whether she withdrew or paused here: then she is not even measured."""
        return self._roster.withdrawals.in_force(customer, now.utc, now.monotonic_s)

    def view(self, badges: Mapping[CustomerId, int | None], at_most: int) -> View:
        """Return who is here, the nearest ``at_most`` of those whose badges these are."""
        current, screening = self._greeter.current, self._screening
        shown_s = None if current is None else screening.shown_s(current.scene.message_id)
        known, roster = self._roster.may_be_known, self._roster
        return look(badges, known, at_most, self._tracker, roster, current, shown_s, screening.ended)

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
                self._rehearsal.comes(event.customer, number)
            case Change.SETTLED:
                self._reception.settled(event.customer, badge)
                self._send_card(event.customer)
            case Change.AWAY:
                self._rehearsal.leaves(event.customer, "away")
                self._reception.stepped_away(event.customer)
                self._greeter.clear_for(event.customer, "away")
                if journey is not None:
                    self._roster.tell("away", event.customer, number)
            case Change.GONE if journey is not None:
                self._leave(journey, "left")
            case Change.GONE:  # passed by, or served elsewhere by now; an obligation is still to be met there
                self._liaison.withdraw(event.customer, "left", claimed_too=False, obligations_too=False)
                self.sharing.forget(event.customer)
            case _:
                pass  # nothing may be known of her
        self._rehearsal.look()

    def _leave(self, journey: Journey, reason: Literal["left", "consent"]) -> None:
        self._greeter.clear_for(journey.customer, "consent" if reason == "consent" else "away")
        taken_back = self._liaison.withdraw(journey.customer, reason, claimed_too=reason == "consent")
        journey = self._roster.get(journey.customer) or journey  # as it stands without those cards
        owed = [row.campaign for row in taken_back if row.card.kind == "obligation" and row.campaign is not None]
        open_yet = journey.card_kind is not None or any(
            row.card.kind == "opportunity" and row.card.card == journey.card for row in taken_back
        )
        ended = journey.over(self._ledger.now.utc, owed, open_yet=open_yet)
        self._roster.end(ended)
        duration_s = max(0.0, self._ledger.now.monotonic_s - journey.started_s)
        base = self._roster.base(journey.customer, journey.visit)
        self._ledger.report("visit.ended", VisitEnded(**base, duration_s=duration_s), journey.customer)
        self._roster.tell("left", journey.customer, journey.badge)
        self.sharing.forget(journey.customer, ended=ended)

    # --- screen -----------------------------------------------------------------------------

    def display_joined(self, hello: Hello) -> None:
        """A display connected and said what it is showing."""
        self._screening.joined(hello)
        self._rehearsal.display_joined()
        self._rehearsal.look()

    def display_lost(self) -> None:
        """The display is gone."""
        self._screening.lost()
        self._rehearsal.look()

    def screen_said(self, message: ScreenReport) -> None:
        """The display reports on a scene, on the loop, or on its panel."""
        self._screening.said(message)
        self._rehearsal.look()

    # --- clerks -----------------------------------------------------------------------------

    def publish_cards(self, departments: Iterable[str] | None) -> None:
        """Publish the open cards again: of the departments of a tablet, or all."""
        self._liaison.publish(departments)

    def clerk_said(self, reply: Reply) -> None:
        """A clerk answered a card."""
        change = self._liaison.reply(reply)
        if change is None:
            return
        if change.happened is Happened.OPTED_OUT:
            self._withdraw(change.entry.customer, "all")
        elif change.happened is Happened.PAUSED:
            self._withdraw(change.entry.customer, "today")
        elif change.happened is Happened.DONE and reply.outcome == "sold":
            self._speaker.thank(change.entry.customer)

    # --- consent ----------------------------------------------------------------------------

    def slice_changed(
        self, changed: frozenset[CustomerId] | None, lease_until: datetime, gone: frozenset[CustomerId]
    ) -> None:
        """A checkpoint was applied: whoever may no longer be spoken to is dropped at once, who is gone forgotten."""
        self._roster.lease.grant(lease_until)
        for customer in sorted(gone):
            self._drop(customer)
            self.contacts.forget(customer)
            self._ledger.do(Forget(customer))
        here = {journey.customer for journey in self._roster.all()}
        concerned = here | self._liaison.customers() | self._roster.past.customers()
        concerned = concerned if changed is None else concerned & changed
        for customer in sorted(concerned):
            if not self._roster.may_be_known(customer):
                self._drop(customer)
                continue
            if not self._company.may_be_addressed(customer):
                self._greeter.clear_for(customer, "consent")
            self._liaison.check(customer)
        self._say_anew(concerned)

    def knowledge_changed(self) -> None:
        """Catalogue or campaigns were replaced."""
        self._say_anew({journey.customer for journey in self._roster.all()})

    def _say_anew(self, customers: Iterable[CustomerId]) -> None:
        """Take down what may not be said any more, and see what may be said now."""
        self._speaker.take_down_what_fell()
        self._liaison.take_back_what_fell()
        self._roster.review(customers)
        self._rehearsal.look()

    def withdrawn_elsewhere(self, withdrawal: Withdrawal) -> None:
        """It was said at another unit of the store, which reports it. A repeated word changes nothing."""
        customer, scope = withdrawal.customer, withdrawal.scope
        if not self._roster.withdrawals.covers(customer, scope, self._ledger.now.utc):
            self._obey(customer, scope)

    def repeat_withdrawals(self) -> None:
        """Tell the other units again what was said lately: one of them was away and has come back.

        At once; when others come within a second, they are told all together at its end.
        """
        now_s = self._ledger.now.monotonic_s
        if now_s < self._repeated_s + REPEAT_S:
            self._repeat_s = self._repeated_s + REPEAT_S
            return
        self._repeated_s, self._repeat_s = now_s, None
        for row in self._roster.withdrawals.lately(self._ledger.now.utc):
            self._tell_units(row.customer, row.scope)

    def _withdraw(self, customer: CustomerId, scope: Literal["all", "today"]) -> None:
        revoked = ConsentRevoked(customer=customer, scope=scope, source="clerk")
        self._ledger.report("consent.revoked", revoked, customer)
        self._tell_units(customer, scope)
        self._obey(customer, scope)

    def _tell_units(self, customer: CustomerId, scope: Literal["all", "today"]) -> None:
        self._ledger.do(ToUnits(Withdrawal(unit=self._config.unit, customer=customer, scope=scope)))

    def _obey(self, customer: CustomerId, scope: Literal["all", "today"]) -> None:
        self._ledger.keep(self._roster.withdrawals.add(customer, scope, self._ledger.now))
        self._roster.tell("withdrawn", customer, None)
        self._drop(customer)
        if scope == "all":
            self.contacts.forget(customer)
            self._ledger.do(Forget(customer))

    def _drop(self, customer: CustomerId) -> None:
        self._reception.stepped_away(customer)
        self._speaker.forget(customer)
        self._rehearsal.leaves(customer, "consent")
        self._greeter.clear_for(customer, "consent")
        journey = self._roster.get(customer)
        if journey is not None:
            self._leave(journey, "consent")
        else:
            self._liaison.withdraw(customer, "consent", claimed_too=True)
        self._roster.past.forget(customer)
        self._tracker.forget(customer)
        self.sharing.withdrawn(customer)

    # --- time -------------------------------------------------------------------------------

    def time_passed(self) -> None:
        """Do what is due: visits that change hands, cards that expire or go out, permits that are renewed."""
        self._ledger.keep(*self._roster.withdrawals.settle(self._ledger.now))
        if self._repeat_s is not None and self._ledger.now.monotonic_s >= self._repeat_s:
            self.repeat_withdrawals()
        self.sharing.time_passed()
        self.contacts.time_passed()
        self._roster.past.expire(self._ledger.now.monotonic_s)
        self._reception.share()
        self._rehearsal.time_passed()
        self._speaker.time_passed()
        self._liaison.time_passed()
        for journey in self._roster.all():
            self._send_card(journey.customer)
        if self._greeter.renew_due():
            self._speaker.take_down_what_fell()
            if all(self._company.may_be_addressed(customer) for customer in self._greeter.addressed):
                self._greeter.renew()
            else:
                self._greeter.clear("expired")

    def _send_card(self, customer: CustomerId) -> None:
        journey = self._roster.get(customer)
        if journey is None or not self.sharing.may_begin(customer):
            return
        known = self.sharing.known(customer)
        elsewhere = known is not None and known.card not in (None, journey.card)
        if known is not None and elsewhere and journey.campaign in (known.campaign, *known.met):
            if journey.card_kind is not None:  # both had begun; what another unit has sent is not sent again
                self._roster.put(replace(journey.done(journey.campaign), card_kind=None))
            return
        self._liaison.send_if_due(journey)
        if self._roster.get(customer) is not journey:
            self.sharing.hurry()

    def next_deadline(self) -> float | None:
        """When to call :meth:`time_passed`, monotonic second."""
        mine = [journey for journey in self._roster.all() if self.sharing.may_begin(journey.customer)]
        deadlines_s = [self._repeat_s, *map(self._liaison.due_s, mine)]
        parts = (
            self._greeter,
            self._rehearsal,
            self._speaker,
            self._liaison,
            self.contacts,
            self._roster.past,
            self.sharing,
        )
        deadlines_s += [part.next_deadline() for part in parts]
        return min((deadline_s for deadline_s in deadlines_s if deadline_s is not None), default=None)
