"""Contacts of the whole store: what is said here is told to its other units, and what they say counts as said here.

Told as it happens, and once more, from the journal, when a unit has come (back) to the broker: by whoever comes first,
for all of them hear it. Nothing waits for it: a unit that is cut off counts what it knows. While nothing personal may
be said here (the clock is not set, the profiles are locked or past their lease), nobody can tell who may be known and
how long ago something was: what is heard then waits in memory, and nothing is told.
"""

from collections import deque
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from zlib import crc32

from edge_agent.constants import CONTACT_KEEP_S
from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.contracts.campaign import Channel
from edge_agent.contracts.ownership import SPOKEN_AGE_MAX_S, SPOKEN_MAX, Contact, Spoken
from edge_agent.events import ContactRow, ToUnits
from edge_agent.visit.journey import Journey
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.roster import Roster

REPEATED_MAX: Final = 500
"""A unit that was away is told so many contacts, the newest: a busy day of a store."""

REPEAT_S: Final = 1.0
"""Between two messages in which it is told; the first comes within two of these, at each unit a little later."""

UNJUDGED_MAX: Final = 1000
"""Contacts that wait for clock and profiles; the oldest go first."""

TAKEN_MAX: Final = 10_000
"""Contacts that are believed in a day, all units together; more would be somebody who floods the broker."""

_DAY_S: Final = 86_400.0

_Name = tuple[CustomerId, str, Channel]
"""Customer, decision and channel: which contact it is."""


class StoreContacts:
    """Counts the contacts that caps look at. Each counts once, however often and in whatever order it is told."""

    def __init__(self, unit: Identifier, roster: Roster, ledger: Ledger) -> None:
        self._unit = unit
        self._roster = roster
        self._ledger = ledger
        self._others = False
        """Whether the store has other units: else nobody is told anything."""
        self._again: dict[_Name, ContactRow] = {}
        """What is to be told again, the newest first, as far as no other unit has done so."""
        self._again_s: float | None = None
        """When to go on telling it, monotonic second."""
        self._turn_s = REPEAT_S * crc32(unit.encode()) / 2**32
        """How much later than at the others its turn comes: if all told at once, each would tell the same."""
        self._unjudged: deque[tuple[Contact, float]] = deque(maxlen=UNJUDGED_MAX)
        """With the monotonic second in which each was heard."""
        self._taken = 0
        self._day_ends_s = 0.0

    def made(self, journey: Journey, campaign: str, channel: Channel) -> None:
        """Count one contact that was made here, and tell the other units."""
        known = self._roster.campaign(campaign)
        row = ContactRow(
            journey.customer,
            campaign,
            channel,
            self._ledger.now.utc,
            journey.stay,
            journey.decision or "",
            "offer" if known is None else known.message_class,
        )
        self._count([row])
        if self._others:
            self._tell([row])

    def heard(self, spoken: Spoken) -> None:
        """Another unit tells of contacts: count those that are news, with whom may be known here."""
        self._others = True
        for contact in spoken.contacts:
            self._again.pop(_name(contact), None)
        self._unjudged.extend((contact, self._ledger.now.monotonic_s) for contact in spoken.contacts)
        self._judge()

    def unit_joined(self) -> None:
        """Another unit has come to the broker: soon tell all of them what was said lately."""
        self._others = True
        self.repeat()

    def repeat(self) -> None:
        """Tell the other units again what was said lately, where there are any: they may have missed it."""
        if self._others:
            self._again = {_name(row): row for row in self._roster.contacts.newest(REPEATED_MAX) if row.decision}
            if self._again_s is None:
                self._again_s = self._ledger.now.monotonic_s + REPEAT_S + self._turn_s

    def forget(self, customer: CustomerId) -> None:
        """Drop what was counted about a customer: she withdrew."""
        self._roster.contacts.forget(customer)
        waiting = [(contact, heard_s) for contact, heard_s in self._unjudged if contact.customer != customer]
        self._unjudged = deque(waiting, UNJUDGED_MAX)
        self._again = {name: row for name, row in self._again.items() if row.customer != customer}

    def time_passed(self) -> None:
        """Judge what waits for that, and tell the next of what is told again."""
        now_s = self._ledger.now.monotonic_s
        self._judge()
        if self._again_s is None or now_s < self._again_s or self._roster.unit_silence() is not None:
            return
        rows = [self._again.pop(name) for name in list(islice(self._again, SPOKEN_MAX))]
        self._tell(filter(self._roster.may_count, rows))
        self._again_s = now_s + REPEAT_S if self._again else None

    def next_deadline(self) -> float | None:
        """When to call :meth:`time_passed`, monotonic second."""
        return None if self._again_s is None or self._roster.unit_silence() is not None else self._again_s

    def _count(self, rows: Iterable[ContactRow]) -> None:
        news = False
        for row in rows:
            self._roster.contacts.add(row)
            self._ledger.keep(row)
            news = True
        if news:  # it looks at every customer: not for what all have told already
            self._roster.contacts.forget_before(self._ledger.now.utc - timedelta(seconds=CONTACT_KEEP_S))

    def _tell(self, rows: Iterable[ContactRow]) -> None:
        """Tell of contacts that have a name: without one nobody could tell whether they are news."""
        utc = self._ledger.now.utc
        aged = ((row, max(0.0, (utc - row.at).total_seconds())) for row in rows if row.decision)
        contacts = tuple(_contact(row, age_s) for row, age_s in aged if age_s <= SPOKEN_AGE_MAX_S)
        if contacts:
            self._ledger.do(ToUnits(Spoken(unit=self._unit, contacts=contacts)))

    def _judge(self) -> None:
        if not self._unjudged or self._roster.unit_silence() in ("clock_untrusted", "lease_expired"):
            return
        now = self._ledger.now
        if now.monotonic_s >= self._day_ends_s:
            self._taken, self._day_ends_s = 0, now.monotonic_s + _DAY_S
        told = (
            _row(contact, now.utc - timedelta(seconds=contact.age_s + now.monotonic_s - heard_s))
            for contact, heard_s in self._unjudged
        )
        self._count(row for row in told if self._believes(row))  # one by one: of two that are equal one is news
        self._unjudged.clear()

    def _believes(self, row: ContactRow) -> bool:
        """Whether a contact of which another unit tells is news, and one that may be known."""
        if self._taken >= TAKEN_MAX or not self._roster.contacts.lacks(row):
            return False
        counts = self._roster.may_count(row)
        self._taken += counts
        return counts


def _name(contact: Contact | ContactRow) -> _Name:
    return contact.customer, contact.decision, contact.channel


def _contact(row: ContactRow, age_s: float) -> Contact:
    return Contact(
        customer=row.customer,
        campaign=row.campaign,
        channel=row.channel,
        message_class=row.message_class,
        decision=row.decision,
        visit=row.visit or None,
        age_s=age_s,
    )


def _row(contact: Contact, at: datetime) -> ContactRow:
    return ContactRow(
        contact.customer,
        contact.campaign,
        contact.channel,
        at,
        contact.visit or "",
        contact.decision,
        contact.message_class,
    )
