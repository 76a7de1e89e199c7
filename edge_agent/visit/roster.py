"""The visits under way at one unit, and what is remembered of those who make them."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from edge_agent.constants import CONTACT_KEEP_S
from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign, Channel
from edge_agent.contracts.clerk import Outcome
from edge_agent.contracts.config import AgentConfig
from edge_agent.decide.contacts import ContactLog
from edge_agent.decide.eligibility import silence, unit_silence
from edge_agent.decide.knowledge import Knowledge, Situation
from edge_agent.events import ContactRow, Fact, FactKind, VisitRow, WithdrawalRow
from edge_agent.identify.badges import badge
from edge_agent.visit.journey import STATES, Journey, restored
from edge_agent.visit.ledger import Ledger
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
        self._contacts = ContactLog()
        self._timezone = ZoneInfo(config.timezone)
        self.withdrawals = Withdrawals(config.timezone)
        self.lease_until: datetime | None = None
        """End of the slice's lease."""
        self.screen_connected = False
        """Whether there is a display to speak through."""

    def restore(
        self, visits: Iterable[VisitRow], contacts: Iterable[ContactRow], withdrawals: Iterable[WithdrawalRow]
    ) -> None:
        """Go on where an earlier run stopped."""
        now_s = self._ledger.now.monotonic_s
        for row in visits:
            if row.ended_at is not None or row.state not in STATES:
                continue  # of a newer version, before it was rolled back; the caps remember whom it greeted
            campaign = self.campaign(row.campaign)
            coming = None if campaign is None or row.card or campaign.card == "none" else campaign.card
            self._journeys[row.customer] = restored(row, coming, now_s)
        self._contacts = ContactLog(contacts)
        self.withdrawals.restore(withdrawals)

    def get(self, customer: CustomerId) -> Journey | None:
        """Return the visit of a customer."""
        return self._journeys.get(customer)

    def all(self) -> tuple[Journey, ...]:
        """Return every visit under way."""
        return tuple(self._journeys.values())

    def showing(self, message_id: str) -> tuple[Journey, ...]:
        """Return the visits that a scene was decided for."""
        return tuple(journey for journey in self._journeys.values() if journey.message_id == message_id)

    def put(self, journey: Journey) -> None:
        """Keep a visit as it stands now."""
        self._journeys[journey.customer] = journey
        self._ledger.keep(journey.row())

    def end(self, journey: Journey) -> None:
        """Keep a visit that is over, and forget it here."""
        del self._journeys[journey.customer]
        self._ledger.keep(journey.row())

    def contacted(self, journey: Journey, campaign: str, channel: Channel) -> None:
        """Count one contact for the caps."""
        utc = self._ledger.now.utc
        known = self.campaign(campaign)
        row = ContactRow(
            journey.customer,
            campaign,
            channel,
            utc,
            journey.visit,
            journey.message_id or "",
            "offer" if known is None else known.message_class,
        )
        self._contacts.add(row)
        self._contacts.forget_before(utc - timedelta(seconds=CONTACT_KEEP_S))
        self._ledger.keep(row)

    def forget_contacts(self, customer: CustomerId) -> None:
        """Drop what was counted about a customer: she withdrew."""
        self._contacts.forget(customer)

    def campaign(self, campaign: str | None) -> Campaign | None:
        """Return a campaign as it stands now."""
        return next((known for known in self._knowledge.campaigns() if known.campaign == campaign), None)

    def situation(self, customer: CustomerId) -> Situation:
        """Return the circumstances of a decision about a customer."""
        now = self._ledger.now
        journey = self._journeys.get(customer)
        return Situation(
            utc=now.utc,
            utc_trusted=now.utc_trusted,
            lease_until=self.lease_until,
            notice=self._config.notice.version is not None,
            mode=self._config.screen.mode,
            screen=self.screen_connected,
            withdrawn=self.withdrawals.in_force(customer, now.utc),
            zone=self._config.zone,
            timezone=self._timezone,
            visit="" if journey is None else journey.visit,
            limits=self._config.limits.caps,
            contacts=self._contacts,
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

    def base(self, journey: Journey) -> dict[str, Any]:
        """Return what every event of a visit carries."""
        return {"customer": journey.customer, "visit": journey.visit, "zone": self._config.zone}

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
