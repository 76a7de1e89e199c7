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
from edge_agent.contracts.event import CardWithdrawn, ClerkEvent, ClerkOutcome
from edge_agent.contracts.slice import Profile
from edge_agent.decide.cards import compose_card
from edge_agent.decide.decision import speakable_product
from edge_agent.decide.eligibility import complained, consents
from edge_agent.decide.knowledge import Knowledge
from edge_agent.events import CardRow, ToClerks
from edge_agent.identify.badges import badge
from edge_agent.presence.tracker import PresenceTracker
from edge_agent.visit.desk import Change, Desk, Entry, Happened
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
        self._desk = Desk()
        self._zone = ZoneInfo(config.timezone)

    def restore(self, rows: Iterable[CardRow]) -> None:
        """Take over the open cards of an earlier run."""
        self._desk.restore(rows)

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
                self._roster.contacted(journey.customer, campaign.campaign, "clerk")
                self._roster.tell("card", journey.customer, journey.badge, text=card.department)
        self._roster.put(journey)

    def reply(self, reply: Reply) -> Change | None:
        """Apply a clerk's reply; ``None`` where it changes nothing and needs no answer."""
        change = self._desk.reply(reply, self._ledger.now.utc)
        if change is None:
            return None
        self._apply(change)
        base = self._base(change.entry)
        if change.happened is Happened.CLAIMED:
            self._ledger.report("clerk.claimed", ClerkEvent(**base))
            self._tell("claimed", change)
        elif change.happened is Happened.DONE and reply.outcome is not None:
            self._ledger.report("clerk.outcome", ClerkOutcome(**base, outcome=reply.outcome))
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

    def customers(self) -> set[CustomerId]:
        """Return everybody about whom a card is open, also those who have left."""
        return self._desk.customers()

    def expire(self) -> None:
        """End the cards whose time is over."""
        for change in self._desk.expire(self._ledger.now.utc):
            self._end(change, "expired")

    def publish(self, departments: Iterable[str] | None) -> None:
        """Publish the open cards again."""
        self._ledger.do(*(ToClerks(card) for card in self._desk.cards(departments)))

    def next_deadline(self) -> float | None:
        """When the next card expires, monotonic second."""
        expires_at = self._desk.next_deadline()
        if expires_at is None:
            return None
        now = self._ledger.now
        return now.monotonic_s + max(0.0, (expires_at - now.utc).total_seconds())

    def _offer(self, journey: Journey, campaign: Campaign, profile: Profile) -> Card | None:
        utc = self._ledger.now.utc
        if campaign.card == "none" or not consents(profile, "clerk", utc):
            return None
        language = self._config.screen.languages[0]
        card = compose_card(
            campaign,
            speakable_product(campaign, profile, self._knowledge, utc),
            profile,
            None if journey.badge is None else badge(journey.badge, language),
            self._new_id(),
            self._config.unit,
            self._config.zone,
            language,
            self._zone,
            utc,
            self._until(campaign, profile),
        )
        change = self._desk.open(Entry(card, journey.customer, journey.visit, campaign.campaign))
        self._apply(change)
        self._ledger.report("clerk.notified", ClerkEvent(**self._base(change.entry)))
        return card

    def _until(self, campaign: Campaign, profile: Profile) -> datetime:
        """Return when the card ends: by its kind, but never after a consent, the profile or the lease that it needs."""
        utc, cards = self._ledger.now.utc, self._config.cards
        lasts_s = cards.obligation_s if campaign.card == "obligation" else cards.opportunity_s
        needed = [consent.expires_at for consent in profile.consents if consent.purpose in ("clerk", "clerk_name")]
        needed += [] if self._roster.lease_until is None else [self._roster.lease_until]
        return min(utc + timedelta(seconds=lasts_s), profile.valid_until, *(at for at in needed if at > utc))

    def _end(self, change: Change, reason: str) -> None:
        self._apply(change)
        self._ledger.report("clerk.withdrawn", CardWithdrawn(**self._base(change.entry), reason=reason))

    def _apply(self, change: Change) -> None:
        """Keep and publish a card, and let its visit go on; the visit may be over by now."""
        self._ledger.keep(change.entry.row())
        self._ledger.do(*(ToClerks(card) for card in change.publish))
        journey = self._roster.get(change.entry.customer)
        signal = _SIGNALS.get(change.happened)
        if signal is None or journey is None or journey.visit != change.entry.visit:
            return
        if journey.may(signal):  # not when an unclaimed card moves, nor where a damaged journal lost a part
            self._roster.put(journey.on(signal))

    def _tell(self, kind: Literal["claimed", "outcome"], change: Change) -> None:
        journey = self._roster.get(change.entry.customer)
        outcome = None if change.reply is None else change.reply.outcome
        self._roster.tell(kind, change.entry.customer, None if journey is None else journey.badge, outcome=outcome)

    def _base(self, entry: Entry) -> dict[str, Any]:
        return {
            "customer": entry.customer,
            "visit": entry.visit,
            "zone": entry.card.zone,
            "card": entry.card.card,
            "department": entry.card.department,
            "campaign": entry.campaign,
        }
