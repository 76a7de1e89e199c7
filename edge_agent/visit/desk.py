"""The desk of one unit: its open cards, and who holds them. The first valid claim wins."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.clerk import Card, CardState, Reply
from edge_agent.events import CardRow

_ENDED_KEPT = 64  # cards that a late word about consent can still be about
_REPLIES_KEPT = 64  # per card: a broker repeats a message within seconds, and a card gets few replies


class Happened(Enum):
    """What a reply, or time, did to a card."""

    CLAIMED = "claimed"
    RELEASED = "released"
    DONE = "done"
    MOVED = "moved"
    NOT_HERE = "not_here"
    OPTED_OUT = "opted_out"
    PAUSED = "paused"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    NOTHING = "nothing"
    """The reply came too late, or concerns one tablet only (decline, snooze); it is told how the card stands."""


_CONSENT: Final = {"opted_out": Happened.OPTED_OUT, "pause_today": Happened.PAUSED}


@dataclass(frozen=True, slots=True)
class Change:
    """A card after a change, and what must be published."""

    happened: Happened
    entry: "Entry"
    publish: tuple[Card, ...]
    """In this order."""
    reply: Reply | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One card with what must not leave the unit."""

    card: Card
    customer: CustomerId
    visit: str
    campaign: str | None
    replies: tuple[str, ...] = ()

    def row(self) -> CardRow:
        """Return what the journal keeps."""
        return CardRow(self.card, self.customer, self.visit, self.campaign)


class Desk:
    """Holds the open cards of the visits that this unit owns."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._ended: deque[Entry] = deque(maxlen=_ENDED_KEPT)

    def open(self, entry: Entry) -> Change:
        """Put up a new card."""
        self._entries[entry.card.card] = entry
        return Change(Happened.NOTHING, entry, (entry.card,))

    def restore(self, rows: Iterable[CardRow]) -> None:
        """Take over the open cards of an earlier run."""
        for row in rows:
            self._entries[row.card.card] = Entry(row.card, row.customer, row.visit, row.campaign)

    def cards(self, departments: Iterable[str] | None = None) -> tuple[Card, ...]:
        """Return the open and taken cards of these departments; of all without an argument."""
        wanted = None if departments is None else set(departments)
        return tuple(e.card for e in self._entries.values() if wanted is None or e.card.department in wanted)

    def customers(self) -> set[CustomerId]:
        """Return everybody who has a card."""
        return {entry.customer for entry in self._entries.values()}

    def of_customer(self, customer: CustomerId) -> tuple[Entry, ...]:
        """Return a customer's cards."""
        return tuple(entry for entry in self._entries.values() if entry.customer == customer)

    def reply(self, reply: Reply, utc: datetime) -> Change | None:
        """Apply a clerk's reply; ``None`` where the card is unknown or the reply is a repeat."""
        entry = self._entries.get(reply.card)
        if entry is None:
            return self._late(reply)
        if reply.reply in entry.replies:
            return None
        entry = replace(entry, replies=(*entry.replies, reply.reply)[-_REPLIES_KEPT:])
        self._entries[reply.card] = entry
        holder = entry.card.holder
        if reply.action in _CONSENT:  # what a customer says about her consent counts, whoever is told
            return self._end(entry, _CONSENT[reply.action], "withdrawn", reply)
        theirs = holder not in (None, reply.tablet)
        if utc >= entry.card.expires_at or theirs or (reply.action == "done" and reply.outcome is None):
            return Change(Happened.NOTHING, entry, (entry.card,), reply)
        match reply.action:
            case "claim" if holder is None:
                return self._update(entry, Happened.CLAIMED, reply, state="taken", holder=reply.tablet)
            case "release" if holder == reply.tablet:
                return self._update(entry, Happened.RELEASED, reply, state="open", holder=None)
            case "done" if holder == reply.tablet:
                return self._end(entry, Happened.DONE, "closed", reply)
            case "hand_over" if reply.department not in (None, entry.card.department):
                return self._move(entry, reply)
            case "not_here":
                return self._end(entry, Happened.NOT_HERE, "withdrawn", reply)
        return Change(Happened.NOTHING, entry, (entry.card,), reply)

    def withdraw(self, customer: CustomerId, claimed_too: bool, obligations_too: bool = True) -> list[Change]:
        """Take back a customer's cards; a claimed one only where nobody may go on with it."""
        return [
            self._end(entry, Happened.WITHDRAWN, "withdrawn")
            for entry in self.of_customer(customer)
            if (claimed_too or entry.card.holder is None) and (obligations_too or entry.card.kind == "opportunity")
        ]

    def expire(self, utc: datetime) -> list[Change]:
        """End the cards whose time is over."""
        over = [entry for entry in self._entries.values() if utc >= entry.card.expires_at]
        return [self._end(entry, Happened.EXPIRED, "expired") for entry in over]

    def next_deadline(self) -> datetime | None:
        """When to call :meth:`expire`."""
        return min((entry.card.expires_at for entry in self._entries.values()), default=None)

    def _late(self, reply: Reply) -> Change | None:
        """Her word about consent counts also when the card ended while the clerk was tapping."""
        entry = next((entry for entry in self._ended if entry.card.card == reply.card), None)
        if entry is None or reply.action not in _CONSENT:
            return None
        self._ended.remove(entry)
        return Change(_CONSENT[reply.action], entry, (), reply)

    def _move(self, entry: Entry, reply: Reply) -> Change:
        left = _blank(entry.card, "withdrawn")
        change = self._update(entry, Happened.MOVED, reply, state="open", holder=None, department=reply.department)
        # The old department first: a tablet that shows both keeps the higher revision.
        moved = change.entry.card.model_copy(update={"revision": left.revision + 1})
        entry = replace(change.entry, card=moved)
        self._entries[moved.card] = entry
        return Change(Happened.MOVED, entry, (left, moved), reply)

    def _update(self, entry: Entry, happened: Happened, reply: Reply, **fields: object) -> Change:
        card = entry.card.model_copy(update={**fields, "revision": entry.card.revision + 1})
        entry = replace(entry, card=card)
        self._entries[card.card] = entry
        return Change(happened, entry, (card,), reply)

    def _end(self, entry: Entry, happened: Happened, state: CardState, reply: Reply | None = None) -> Change:
        del self._entries[entry.card.card]
        entry = replace(entry, card=_blank(entry.card, state))
        if happened not in _CONSENT.values():
            self._ended.append(entry)
        return Change(happened, entry, (entry.card,), reply)


def _blank(card: Card, state: CardState) -> Card:
    """Return the card's last revision: it says that it is over, and nothing about her."""
    return card.model_copy(
        update={
            "revision": card.revision + 1,
            "state": state,
            "holder": None,
            "title": "",
            "badge": "",
            "badge_colour": None,
            "badge_shape": None,
            "facts": (),
            "opening": "",
            "why": "",
        }
    )
