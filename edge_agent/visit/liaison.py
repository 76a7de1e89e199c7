"""Cards for clerks: when one goes out, what it says, how it is answered and reported."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Literal
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
from edge_agent.visit.contacts import StoreContacts
from edge_agent.visit.desk import CardChange, Desk, Happened
from edge_agent.visit.desk_entry import DeskEntry
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
_ANSWERS: Final = frozenset({Signal.CLAIMED, Signal.CARD_CLOSED})
"""After these the same does not come up again in this stay."""
_GIVEN_BACK: Final = frozenset({Happened.RELEASED, Happened.MOVED})
_WITHOUT_OUTCOME: Final = {
    Happened.NOT_HERE: "not_here",
    Happened.OPTED_OUT: "consent",
    Happened.PAUSED: "consent",
}


class Liaison:
    """Where the unit and its clerks meet."""

    def __init__(
        self,
        config: AgentConfig,
        knowledge: Knowledge,
        tracker: PresenceTracker,
        roster: Roster,
        greeter: Greeter,
        contacts: StoreContacts,
        ledger: Ledger,
        new_id: Callable[[], str],
    ) -> None:
        self._config = config
        self._knowledge = knowledge
        self._tracker = tracker
        self._roster = roster
        self._greeter = greeter
        self._contacts = contacts
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
            return max(due_s, journey.shown_s + self._greeter.minimum_s(journey.message_id))
        awaited = self._roster.screen_works and self._greeter.awaits(journey.message_id)
        return None if awaited else due_s

    def send_if_due(self, journey: Journey) -> None:
        """Send the card of a visit if its time has come: one card per visit, and one try."""
        due_s = self.due_s(journey)
        if due_s is None or self._ledger.now.monotonic_s < due_s:
            return
        journey, unsent = replace(journey, card_kind=None), True
        profile = self._knowledge.profile(journey.customer)
        campaign = self._roster.campaign(journey.campaign)
        silenced = self._roster.silence(journey.customer) is not None
        if campaign is not None and profile is not None and not silenced and not complained(campaign, profile):
            card = self._offer(journey, campaign, profile)
            if card is not None:
                # What else there is to say may follow now.
                sent = journey.on(Signal.CARD_SENT)
                journey, unsent = replace(sent, card=card.card, review_s=self._ledger.now.monotonic_s), False
                self._contacts.made(journey, campaign.campaign, "clerk")
                self._roster.tell("card", journey.customer, journey.badge, text=card.department)
        self._roster.put(journey.done(journey.campaign) if unsent else journey)

    def reply(self, reply: Reply) -> CardChange | None:
        """Apply a clerk's reply; ``None`` where it changes nothing and needs no answer."""
        known = self._desk.get(reply.card)
        may_until = None if known is None else self._permitted_until(known.customer, known.row.needs)
        change = self._desk.reply(reply, self._ledger.now, may_until)
        if change is None:
            return None
        self._apply(change)
        entry, happened = change.entry, change.happened
        if happened is Happened.CLAIMED:
            self._report("clerk.claimed", ClerkEvent, entry)
            self._tell("claimed", change)
        elif happened is Happened.DONE and reply.outcome is not None:
            order_id = reply.order_id if reply.outcome == "sold" else None
            more = {"outcome": reply.outcome, "order_id": order_id, "product_id": entry.row.product}
            self._report("clerk.outcome", ClerkOutcome, entry, **more)
            self._tell("outcome", change)
            if reply.outcome == "sold":
                self._sold(entry)
        elif happened in _WITHOUT_OUTCOME and change.publish:
            self._report("clerk.withdrawn", CardWithdrawn, entry, reason=_WITHOUT_OUTCOME[happened])
        elif happened in _GIVEN_BACK and entry.card.kind == "opportunity" and self._has_left(entry.customer):
            self._end(self._desk.take_back(entry), "left")  # nobody shall look for her
        return change

    def _has_left(self, customer: CustomerId) -> bool:
        return self._roster.get(customer) is None and self._tracker.distance_m(customer) is None

    def _sold(self, entry: DeskEntry) -> None:
        """She has bought: thanks may follow, and no offer."""
        journey = self._roster.get(entry.customer)
        if journey is not None:  # she may have come back since: then the card is of an earlier visit
            self._roster.put(replace(journey, bought=True, review_s=self._ledger.now.monotonic_s))

    def withdraw(
        self,
        customer: CustomerId,
        reason: Literal["left", "consent"],
        *,
        claimed_too: bool,
        obligations_too: bool = True,
    ) -> tuple[CardRow, ...]:
        """Take back her cards: she left, or withdrew. Return them."""
        changes = self._desk.withdraw(customer, claimed_too, obligations_too)
        for change in changes:
            self._end(change, reason)
        return tuple(change.entry.row for change in changes)

    def take_back_what_fell(self) -> None:
        """Take back opportunities of campaigns that were withdrawn or are over, or whose product is not public now.

        A clerk who has taken one goes on with it, unless its product may be mentioned nowhere any more.
        """
        for entry in self._desk.entries():
            row, card = entry.row, entry.card
            product = None if row.product is None else self._knowledge.product(row.product)
            unmentionable = product is not None and product.content_class == "sensitive"
            unclaimed = card.kind == "opportunity" and card.holder is None
            if unmentionable or (unclaimed and not self._roster.stands(row.campaign, row.product)):
                self._end(self._desk.take_back(entry), "campaign")

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
            if self._roster.lease.until(now) is not None:  # else there is no slice to judge by yet, or no card any more
                for customer in sorted(self.customers()):
                    self.check(customer)  # consents and leases end by the wall clock
        for change in self._desk.expire(now):
            self._end(change, "expired")
        for change in self._desk.escalate(now):
            self._apply(change)
            self._report("clerk.escalated", ClerkEscalated, change.entry)
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
        self._report("clerk.notified", ClerkEvent, change.entry)
        return card

    def _permitted_until(self, customer: CustomerId, needs: tuple[Purpose, ...]) -> datetime | None:
        """Return when a card must end for lack of a consent, the profile or the lease; ``None``: it may not be."""
        utc, lease_until = self._ledger.now.utc, self._roster.lease.until(self._ledger.now)
        profile = self._knowledge.profile(customer)
        if profile is None or lease_until is None or self._roster.silence(customer) is not None:
            return None
        if not all(consents(profile, purpose, utc) for purpose in needs):
            return None
        ends = [consent.expires_at for consent in profile.consents if consent.purpose in needs]
        return min(profile.valid_until, lease_until, *ends)

    def _end(self, change: CardChange, reason: str) -> None:
        self._apply(change, unanswered=reason == "left")
        self._report("clerk.withdrawn", CardWithdrawn, change.entry, reason=reason)

    def _apply(self, change: CardChange, *, unanswered: bool = False) -> None:
        """Keep and publish a card, and let its visit go on; the visit may be over by now.

        ``unanswered``: it is taken back because she left, and may come up again when she comes back.
        """
        self._ledger.keep(change.entry.row)
        self._ledger.do(*(ToClerks(card) for card in change.publish))
        journey = self._roster.get(change.entry.customer)
        signal = _SIGNALS.get(change.happened)
        if journey is None or journey.card != change.entry.card.card:  # the visit follows the card that was sent last
            return
        declined = change.reply is not None and change.reply.action == "decline"
        may = signal is not None and journey.may(signal)  # not when an unclaimed card moves
        after = journey.on(signal) if signal is not None and may else journey
        if declined or (signal in _ANSWERS and not unanswered):
            after = after.done(journey.campaign)
        if signal is Signal.CARD_CLOSED:
            after = replace(after, review_s=self._ledger.now.monotonic_s)
        if after is not journey:
            self._roster.put(after)

    def _tell(self, kind: Literal["escalated", "claimed", "outcome"], change: CardChange) -> None:
        journey = self._roster.get(change.entry.customer)
        outcome = None if change.reply is None else change.reply.outcome
        self._roster.tell(kind, change.entry.customer, None if journey is None else journey.badge, outcome=outcome)

    def _report(self, event_type: str, payload: type[ClerkEvent], entry: DeskEntry, **more: str | None) -> None:
        """Tell the platform what became of a card: its department, never who of it."""
        card = entry.card
        about = {"zone": card.zone, "card": card.card, "department": card.department, "campaign": entry.row.campaign}
        base = self._roster.base(entry.customer, entry.row.visit)
        self._ledger.report(event_type, payload(**{**base, **about, **more}), entry.customer)
