"""The visits under way at one unit, and what is remembered of those who make them."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final
from zoneinfo import ZoneInfo

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.clerk import Outcome
from edge_agent.contracts.config import AgentConfig
from edge_agent.decide.contacts import ContactLog
from edge_agent.decide.eligibility import consents, silence, unit_silence
from edge_agent.decide.knowledge import Knowledge, Situation
from edge_agent.events import ContactRow, VisitRow, WithdrawalRow
from edge_agent.identify.badges import badge
from edge_agent.telling import Fact, FactKind
from edge_agent.visit.journey import STATES, CardKind, Journey, restored
from edge_agent.visit.lease import Lease
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.past import PastVisits
from edge_agent.visit.withdrawals import Withdrawals

UNTRACKED: Final = frozenset(
    {"no_notice", "clock_untrusted", "lease_expired", "profile_expired", "withdrawn", "age", "no_consent"}
)
"""For these reasons of silence there is no visit at all: nothing is decided, written or reported about her."""

_NOBODY: Final = ""


class Roster:
    """Who is here on which visit; whatever changes in it is kept in the journal."""

    def __init__(self, config: AgentConfig, knowledge: Knowledge, ledger: Ledger) -> None:
        self._config = config
        self._knowledge = knowledge
        self._ledger = ledger
        self._journeys: dict[CustomerId, Journey] = {}
        self.past = PastVisits(config.visit.reentry_s)
        """Whose visit ended minutes ago."""
        self.contacts = ContactLog()
        """What was said in this store lately."""
        self._timezone = ZoneInfo(config.timezone)
        self.withdrawals = Withdrawals(config.timezone)
        self.lease = Lease()
        """How long the slice may be used."""
        self.screen_works = False
        """Whether there is a display to speak through, and anybody can see it."""

    def restore(
        self, visits: Iterable[VisitRow], contacts: Iterable[ContactRow], withdrawals: Iterable[WithdrawalRow]
    ) -> tuple[Journey, ...]:
        """Go on where an earlier run stopped. Returns the visits that another unit went on with lately."""
        now = self._ledger.now
        given_away = []
        for row in visits:
            if row.state not in STATES:
                continue  # of a newer version, before it was rolled back; the caps remember whom it greeted
            coming = None if row.card or row.campaign in row.met else self.card_kind(row.campaign)
            journey = restored(row, coming, now.monotonic_s)
            if row.ended_at is None:
                self._journeys[row.customer] = journey
            elif self.past.recall(journey, now.utc, now.monotonic_s) and journey.left_in is None:
                self.past.forget(row.customer)
                given_away.append(journey)
        self.contacts = ContactLog(contacts)
        self.withdrawals.restore(withdrawals, self._ledger.now)
        return tuple(given_away)

    def get(self, customer: CustomerId) -> Journey | None:
        """Return the visit of a customer."""
        return self._journeys.get(customer)

    def all(self) -> tuple[Journey, ...]:
        """Return every visit under way."""
        return tuple(self._journeys.values())

    def showing(self, message_id: str) -> tuple[Journey, ...]:
        """Return the visits that a scene was decided for, also one that another scene has just replaced."""
        return tuple(
            journey
            for journey in self._journeys.values()
            if message_id == journey.message_id or (journey.before is not None and message_id == journey.before[0])
        )

    def put(self, journey: Journey) -> None:
        """Keep a visit as it stands now."""
        self._journeys[journey.customer] = journey
        self._ledger.keep(journey.row())

    def note(self, journey: Journey) -> None:
        """Take over what the journal need not keep of a visit."""
        self._journeys[journey.customer] = journey

    def end(self, journey: Journey) -> None:
        """Keep a visit that is over, for whoever comes back within minutes."""
        self.give_away(journey)
        self.past.add(journey, self._ledger.now.monotonic_s)

    def give_away(self, journey: Journey) -> None:
        """Keep how far a visit had come with which another unit goes on."""
        del self._journeys[journey.customer]
        self._ledger.keep(journey.row())

    def review(self, customers: Iterable[CustomerId]) -> None:
        """Something has changed about these: see whether there is something new to say to those who are here."""
        for customer in customers:
            journey = self._journeys.get(customer)
            if journey is not None:
                self.note(replace(journey, review_s=self._ledger.now.monotonic_s))

    def campaign(self, campaign: str | None) -> Campaign | None:
        """Return a campaign as it stands now."""
        return next((known for known in self._knowledge.campaigns() if known.campaign == campaign), None)

    def card_kind(self, campaign: str | None) -> CardKind | None:
        """Return which card a campaign sends, as it stands now."""
        known = self.campaign(campaign)
        return None if known is None or known.card == "none" else known.card

    def stands(self, campaign: str | None, product: str | None) -> bool:
        """Whether what was decided may still be said: the campaign goes on, and the product is public."""
        known, utc = self.campaign(campaign), self._ledger.now.utc
        if known is None or (known.ends_at is not None and utc >= known.ends_at):
            return False
        held = None if product is None else self._knowledge.product(product)
        return product is None or (held is not None and held.content_class == "public")

    def situation(self, customer: CustomerId, journey: Journey | None = None) -> Situation:
        """Return the circumstances of a decision about a customer. ``journey``: her visit, if it is not kept yet."""
        now = self._ledger.now
        journey = journey or self._journeys.get(customer)
        return Situation(
            utc=now.utc,
            utc_trusted=now.utc_trusted,
            lease_until=self.lease.until(now),
            notice=self._config.notice.version is not None,
            mode=self._config.screen.mode,
            screen=self.screen_works,
            withdrawn=self.withdrawals.in_force(customer, now.utc, now.monotonic_s),
            zone=self._config.zone,
            timezone=self._timezone,
            visit="" if journey is None else journey.stay,
            met=frozenset() if journey is None else frozenset(journey.met),
            bought=journey is not None and journey.bought,
            limits=self._config.limits.caps,
            contacts=self.contacts,
        )

    def silence(self, customer: CustomerId) -> str | None:
        """Return why nothing may be said to a customer now, or ``None``."""
        return silence(self._knowledge.profile(customer), self.situation(customer))

    def unit_silence(self) -> str | None:
        """Return why nothing personal may be said here to anybody, or ``None``."""
        return unit_silence(self.situation(_NOBODY))

    def may_be_known(self, customer: CustomerId) -> bool:
        """Whether there may be a visit of a customer at all."""
        return self.silence(customer) not in UNTRACKED

    def may_count(self, contact: ContactRow) -> bool:
        """Whether a contact of which units tell each other may be counted: with her consent of today it was made.

        What is older was erased with the consent that she had then, and a unit that was off has not heard of that.
        """
        profile = self._knowledge.profile(contact.customer)
        reason = silence(profile, self.situation(contact.customer))
        return profile is not None and reason not in UNTRACKED and consents(profile, contact.channel, contact.at)

    def base(self, customer: CustomerId, visit: str) -> dict[str, Any]:
        """Return what every event of a visit carries; whose it is only where she consents to ``analytics`` now."""
        profile = self._knowledge.profile(customer)
        named = profile is not None and consents(profile, "analytics", self._ledger.now.utc)
        return {"visit": visit, "zone": self._config.zone} | ({"customer": customer} if named else {})

    def tell(
        self,
        kind: FactKind,
        customer: CustomerId,
        number: int | None,
        *,
        text: str = "",
        distance_m: float | None = None,
        due_s: float | None = None,
        outcome: Outcome | None = None,
    ) -> None:
        """Add a line to the story of the demo."""
        label = "" if number is None else badge(number, self._config.screen.languages[0]).label
        self._ledger.tell(Fact(kind, customer, label, self._config.zone, distance_m, text, due_s, outcome))
