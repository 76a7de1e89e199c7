"""Cards for clerks: when one goes out, what it says, how it is answered and reported."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.clerk import Card, Reply
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import CardWithdrawn, ClerkEscalated, ClerkEvent, ClerkOutcome
from edge_agent.contracts.slice import Profile, Purpose
from edge_agent.decide.cards import compose_card
from edge_agent.decide.decision import speakable_product
from edge_agent.decide.eligibility import complained, consents
from edge_agent.decide.knowledge import Knowledge
from edge_agent.events import CardRow, ToClerks
from edge_agent.identify.badges import badge
from edge_agent.presence.tracker import PresenceTracker
from edge_agent.visit.desk import Change, Desk, Happened
from edge_agent.visit.entry import Entry
from edge_agent.visit.greeter import Greeter
from edge_agent.visit.journey import Journey, Signal
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.roster import Roster

_SIGNALS: Final = {
    Happened.CLAIMED: Signal.CLAIMED,
    Happened.RELEASED: Signal.RELEASED,
    Happened.MOVED: Signal.RELEASED,
    Happened.DONE: Signal.CARD_CLOSED,
    Happened.NOT_HERE: Signal.CARD_CLOSED,
    Happened.OPTED_OUT: Signal.CARD_CLOSED,
    Happened.PAUSED: Signal.CARD_CLOSED,
    Happened.EXPIRED: Signal.CARD_CLOSED,
    Happened.WITHDRAWN: Signal.CARD_CLOSED,
}
_WITHOUT_OUTCOME: Final = {
    Happened.NOT_HERE: "not_here",
    Happened.OPTED_OUT: "consent",
    Happened.PAUSED: "consent",
}


class Counter:
    """Where the unit and its clerks meet."""

    def __init__(
        self,
        config: AgentConfig,
        knowledge: Knowledge,
        tracker: PresenceTracker,
        roster: Roster,
        greeter: Greeter,
        ledger: Ledger,
        new_id: Callable[[], str],
    ) -> None:
        self._config = config
        self._knowledge = knowledge
        self._tracker = tracker
        self._roster = roster
        self._greeter = greeter
        self._ledger = ledger
        self._new_id = new_id
        self._desk = Desk(config.cards)
        self._zone = ZoneInfo(config.timezone)

    def restore(self, rows: Iterable[CardRow]) -> None:
        """Take over the open cards of an earlier run."""
        self._desk.restore(rows, self._ledger.now)

    def due_s(self, journey: Journey) -> float | None:
        """Return the monotonic second at which the card of a visit goes out; ``None`` while nothing says when.

        An obligation goes at once. An opportunity waits until she has stayed, and until she has
        seen what the screen is about to say to her; a scene that never came up keeps nobody waiting.
        """
        if journey.card_kind is None:
            return None
        if journey.card_kind == "obligation":
            return journey.started_s
        near_since_s = self._tracker.near_since_s(journey.customer)
        if near_since_s is None:
            return None
        due_s = near_since_s + self._config.presence.card_dwell_s
        if journey.shown_s is not None:
            return max(due_s, journey.shown_s + self._config.screen.minimum_s)
        return None if self._greeter.awaits(journey.message_id) else due_s

    def send_if_due(self, journey: Journey) -> None:
        """Send the card of a visit if its time has come: one card per visit, and one try."""
        due_s = self.due_s(journey)
        if due_s is None or self._ledger.now.monotonic_s < due_s:
            return
        journey = replace(journey, card_kind=None)
        profile = self._knowledge.profile(journey.customer)
        campaign = self._roster.campaign(journey.campaign)
        silenced = self._roster.silence(journey.customer) is not None
        if campaign is not None and profile is not None and not silenced and not complained(campaign, profile):
            card = self._offer(journey, campaign, profile)
            if card is not None:
                journey = replace(journey.on(Signal.CARD_SENT), card=card.card)
                self._roster.contacted(journey, campaign.campaign, "clerk")
                self._roster.tell("card", journey.customer, journey.badge, text=card.department)
        self._roster.put(journey)

    def reply(self, reply: Reply) -> Change | None:
        """Apply a clerk's reply; ``None`` where it changes nothing and needs no answer."""
        entry = self._desk.get(reply.card)
        may_until = None if entry is None else self._permitted_until(entry.customer, entry.row.needs)
        change = self._desk.reply(reply, self._ledger.now, may_until)
        if change is None:
            return None
        self._apply(change)
        base = self._base(change.entry)
        if change.happened is Happened.CLAIMED:
            self._ledger.report("clerk.claimed", ClerkEvent(**base))
            self._tell("claimed", change)
        elif change.happened is Happened.DONE and reply.outcome is not None:
            order_id = reply.order_id if reply.outcome == "sold" else None
            outcome = ClerkOutcome(
                **base, outcome=reply.outcome, order_id=order_id, product_id=change.entry.row.product
            )
            self._ledger.report("clerk.outcome", outcome)
            self._tell("outcome", change)
        elif change.happened in _WITHOUT_OUTCOME and change.publish:
            self._ledger.report("clerk.withdrawn", CardWithdrawn(**base, reason=_WITHOUT_OUTCOME[change.happened]))
        return change

    def withdraw(
        self,
        customer: CustomerId,
        reason: Literal["left", "consent"],
        *,
        claimed_too: bool,
        obligations_too: bool = True,
    ) -> None:
        """Take back her cards: she left, or withdrew."""
        for change in self._desk.withdraw(customer, claimed_too, obligations_too):
            self._end(change, reason)

    def check(self, customer: CustomerId) -> None:
        """What a customer's cards need may have changed: take back what may not stay, end sooner what must."""
        for entry in self._desk.of_customer(customer):
            until = self._permitted_until(customer, entry.row.needs)
            if until is None:
                self._end(self._desk.take_back(entry), "consent")
                continue
            change = self._desk.shorten(entry, until, self._ledger.now)
            if change is not None:
                self._apply(change)

    def customers(self) -> set[CustomerId]:
        """Return everybody about whom a card is open, also those who have left."""
        return self._desk.customers()

    def time_passed(self) -> None:
        """End the cards whose time is over, and show the lead what nobody has taken."""
        now = self._ledger.now
        if self._desk.notice(now):
            self._ledger.keep(*(entry.row for entry in self._desk.entries()))
            for customer in sorted(self.customers()):
                self.check(customer)  # consents and leases end by the wall clock
        for change in self._desk.expire(now):
            self._end(change, "expired")
        for change in self._desk.escalate(now):
            self._apply(change)
            self._ledger.report("clerk.escalated", ClerkEscalated(**self._base(change.entry)))
            self._tell("escalated", change)

    def publish(self, departments: Iterable[str] | None) -> None:
        """Publish the open cards again."""
        self._ledger.do(*(ToClerks(card) for card in self._desk.cards(departments)))

    def next_deadline(self) -> float | None:
        """When the next card escalates or expires, monotonic second."""
        return self._desk.next_deadline()

    def _offer(self, journey: Journey, campaign: Campaign, profile: Profile) -> Card | None:
        utc, cards = self._ledger.now.utc, self._config.cards
        named = profile.salutation is not None and consents(profile, "clerk_name", utc)
        needs: tuple[Purpose, ...] = ("clerk", "clerk_name") if named else ("clerk",)
        permitted_until = self._permitted_until(journey.customer, needs)
        if campaign.card == "none" or permitted_until is None:
            return None
        lasts_s = cards.obligation_s if campaign.card == "obligation" else cards.opportunity_s
        product = speakable_product(campaign, profile, self._knowledge, utc)
        language = self._config.screen.languages[0]
        card = compose_card(
            campaign,
            product,
            profile,
            None if journey.badge is None else badge(journey.badge, language),
            self._new_id(),
            self._config.unit,
            self._config.zone,
            language,
            self._zone,
            utc,
            min(utc + timedelta(seconds=lasts_s), permitted_until),
        )
        product_id = None if product is None else product.product
        row = CardRow(card, journey.customer, journey.visit, campaign.campaign, product_id, needs)
        change = self._desk.open(row, self._ledger.now)
        self._apply(change)
        self._ledger.report("clerk.notified", ClerkEvent(**self._base(change.entry)))
        return card

    def _permitted_until(self, customer: CustomerId, needs: tuple[Purpose, ...]) -> datetime | None:
        """Return when a card must end for lack of a consent, the profile or the lease; ``None``: it may not be."""
        utc, lease_until = self._ledger.now.utc, self._roster.lease_until
        profile = self._knowledge.profile(customer)
        if profile is None or lease_until is None or self._roster.silence(customer) is not None:
            return None
        if not all(consents(profile, purpose, utc) for purpose in needs):
            return None
        ends = [consent.expires_at for consent in profile.consents if consent.purpose in needs]
        return min(profile.valid_until, lease_until, *ends)

    def _end(self, change: Change, reason: str) -> None:
        self._apply(change)
        self._ledger.report("clerk.withdrawn", CardWithdrawn(**self._base(change.entry), reason=reason))

    def _apply(self, change: Change) -> None:
        """Keep and publish a card, and let its visit go on; the visit may be over by now."""
        self._ledger.keep(change.entry.row)
        self._ledger.do(*(ToClerks(card) for card in change.publish))
        journey = self._roster.get(change.entry.customer)
        signal = _SIGNALS.get(change.happened)
        if signal is None or journey is None or journey.visit != change.entry.row.visit:
            return
        if journey.may(signal):  # not when an unclaimed card moves, nor where a damaged journal lost a part
            self._roster.put(journey.on(signal))

    def _tell(self, kind: Literal["escalated", "claimed", "outcome"], change: Change) -> None:
        journey = self._roster.get(change.entry.customer)
        outcome = None if change.reply is None else change.reply.outcome
        self._roster.tell(kind, change.entry.customer, None if journey is None else journey.badge, outcome=outcome)

    def _base(self, entry: Entry) -> dict[str, Any]:
        return {
            "customer": entry.customer,
            "visit": entry.row.visit,
            "zone": entry.card.zone,
            "card": entry.card.card,
            "department": entry.card.department,
            "campaign": entry.row.campaign,
        }
