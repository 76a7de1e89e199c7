"""The desk of one unit: its open cards, and who holds them. The first valid claim wins.

An obligation that nobody holds escalates once: from then on the lead's tablets show it too, until it is over.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.clerk import Card, CardState, Reply
from edge_agent.contracts.config import CardConfig
from edge_agent.events import CardRow, Instant
from edge_agent.visit.desk_entry import DeskEntry

_ENDED_KEPT: Final = 64  # cards that a late word about consent can still be about
_REPLIES_KEPT: Final = 64  # per card: a broker repeats a message within seconds, and a card gets few replies
_CLOCK_SET: Final = timedelta(seconds=2)  # less than this is a clock that is being slewed


class Happened(Enum):
    """What a reply, or time, did to a card."""

    CLAIMED = "claimed"
    RELEASED = "released"
    DONE = "done"
    MOVED = "moved"
    NOT_HERE = "not_here"
    OPTED_OUT = "opted_out"
    PAUSED = "paused"
    ESCALATED = "escalated"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    SHORTENED = "shortened"
    NOTHING = "nothing"
    """The reply came too late, or concerns one tablet only (decline, snooze); it is told how the card stands."""


_CONSENT: Final = {"opted_out": Happened.OPTED_OUT, "pause_today": Happened.PAUSED}


@dataclass(frozen=True, slots=True)
class CardChange:
    """A card after a change, and what must be published."""

    happened: Happened
    entry: DeskEntry
    publish: tuple[Card, ...]
    """In this order."""
    reply: Reply | None = None


class Desk:
    """Holds the open cards of the visits that this unit owns."""

    def __init__(self, config: CardConfig) -> None:
        self._config = config
        self._entries: dict[str, DeskEntry] = {}
        self._ended: deque[DeskEntry] = deque(maxlen=_ENDED_KEPT)
        self._seen: Instant | None = None
        self._restored = False

    def open(self, row: CardRow, now: Instant) -> CardChange:
        """Put up a new card."""
        made = DeskEntry.of(row, now)
        self._entries[made.card.card] = made
        return CardChange(Happened.NOTHING, made, (made.card,))

    def restore(self, rows: Iterable[CardRow], now: Instant) -> None:
        """Take over the open cards of an earlier run, with who holds them and since when they wait."""
        self._seen, self._restored = now, True
        for row in rows:
            self._entries[row.card.card] = DeskEntry.of(row, now)

    def entries(self) -> tuple[DeskEntry, ...]:
        """Return every card that is not over."""
        return tuple(self._entries.values())

    def cards(self, departments: Iterable[str] | None = None) -> tuple[Card, ...]:
        """Return the open and taken cards that tablets of these departments show; all without an argument."""
        cards = tuple(entry.card for entry in self._entries.values())
        if departments is None:
            return cards
        wanted = set(departments)
        escalated_too = self._config.lead in wanted
        return tuple(card for card in cards if card.department in wanted or (card.escalated and escalated_too))

    def get(self, card: str) -> DeskEntry | None:
        """Return a card that is not over."""
        return self._entries.get(card)

    def customers(self) -> set[CustomerId]:
        """Return everybody who has a card."""
        return {entry.customer for entry in self._entries.values()}

    def of_customer(self, customer: CustomerId) -> tuple[DeskEntry, ...]:
        """Return a customer's cards."""
        return tuple(entry for entry in self._entries.values() if entry.customer == customer)

    # --- replies ----------------------------------------------------------------------------

    def reply(self, reply: Reply, now: Instant, may_until: datetime | None = None) -> CardChange | None:
        """Apply a clerk's reply; ``None`` where the card is unknown or the reply is a repeat.

        ``may_until``: until when somebody may hold it at most; ``None``: until it ends anyway.
        """
        entry = self._entries.get(reply.card)
        if entry is None:
            return self._late(reply)
        if reply.reply in entry.row.replies:
            return None
        entry = self._entries[reply.card] = entry.heard(reply.reply, _REPLIES_KEPT)
        holder = entry.card.holder
        if reply.action in _CONSENT:  # what a customer says about her consent counts, whoever is told
            return self._end(entry, _CONSENT[reply.action], "withdrawn", reply)
        theirs = holder not in (None, reply.tablet)
        over = now.monotonic_s >= entry.expires_s
        if over or theirs or (reply.action == "done" and reply.outcome is None):
            return CardChange(Happened.NOTHING, entry, (entry.card,), reply)
        match reply.action:
            case "claim" if holder is None:
                return self._put(self._longer(entry.held(reply.tablet), may_until, now), Happened.CLAIMED, reply)
            case "release" if holder == reply.tablet:
                return self._put(self._waiting(entry, now), Happened.RELEASED, reply)
            case "done" if holder == reply.tablet:
                return self._end(entry, Happened.DONE, "closed", reply)
            case "hand_over" if reply.department not in (None, entry.card.department):
                return self._move(entry, reply, now)
            case "not_here":
                return self._end(entry, Happened.NOT_HERE, "withdrawn", reply)
        return CardChange(Happened.NOTHING, entry, (entry.card,), reply)

    def withdraw(self, customer: CustomerId, claimed_too: bool, obligations_too: bool = True) -> list[CardChange]:
        """Take back a customer's cards; a claimed one only where nobody may go on with it."""
        return [
            self.take_back(entry)
            for entry in self.of_customer(customer)
            if (claimed_too or entry.card.holder is None) and (obligations_too or entry.card.kind == "opportunity")
        ]

    def take_back(self, entry: DeskEntry) -> CardChange:
        """End a card that may not stay."""
        return self._end(entry, Happened.WITHDRAWN, "withdrawn")

    def shorten(self, entry: DeskEntry, until: datetime, now: Instant) -> CardChange | None:
        """Let a card end sooner than it says; ``None`` where it ends by then anyway."""
        if until >= entry.card.expires_at:
            return None
        return self._put(entry.changed().ending(until, now), Happened.SHORTENED)

    # --- time -------------------------------------------------------------------------------

    def notice(self, now: Instant) -> bool:
        """Return whether the wall clock was set, or is believed for the first time; then the cards go by it.

        What is left of their time stays, unless no earlier clock was to be believed. True as well for cards that were
        just restored: what they need may have changed meanwhile.
        """
        before, self._seen = self._seen, now
        if not now.utc_trusted:
            return False
        restored, self._restored = self._restored, False
        if before is None or not before.utc_trusted:
            for card, old in self._entries.items():
                self._entries[card] = replace(old, expires_s=DeskEntry.of(old.row, now).expires_s)
            return True
        jump = (now.utc - before.utc) - timedelta(seconds=now.monotonic_s - before.monotonic_s)
        if abs(jump) < _CLOCK_SET:
            return restored
        self._entries = {card: old.retold(jump) for card, old in self._entries.items()}
        return True

    def expire(self, now: Instant) -> list[CardChange]:
        """End the cards whose time is over."""
        over = [entry for entry in self._entries.values() if now.monotonic_s >= entry.expires_s]
        return [self._end(entry, Happened.EXPIRED, "expired") for entry in over]

    def escalate(self, now: Instant) -> list[CardChange]:
        """Show the lead what nobody has held for too long."""
        due = [entry for entry in self._entries.values() if now.monotonic_s >= self._escalates_s(entry)]
        return [self._put(entry.changed(escalated=True), Happened.ESCALATED) for entry in due]

    def next_deadline(self) -> float | None:
        """When to call :meth:`expire` and :meth:`escalate`, monotonic second."""
        return min((min(each.expires_s, self._escalates_s(each)) for each in self._entries.values()), default=None)

    def _escalates_s(self, entry: DeskEntry) -> float:
        due_s = entry.escalates_s(self._config.escalate_s)
        return float("inf") if due_s is None else due_s

    # --- changes ----------------------------------------------------------------------------

    def _late(self, reply: Reply) -> CardChange | None:
        """Her word about consent counts also when the card ended while the clerk was tapping."""
        entry = next((entry for entry in self._ended if entry.card.card == reply.card), None)
        if entry is None or reply.action not in _CONSENT:
            return None
        self._ended.remove(entry)
        return CardChange(_CONSENT[reply.action], entry, (), reply)

    def _move(self, entry: DeskEntry, reply: Reply, now: Instant) -> CardChange:
        # The old department first: a tablet that shows both keeps the higher revision.
        left = entry.over("withdrawn")
        moved = self._waiting(entry.changed(), now, department=reply.department)
        return replace(self._put(moved, Happened.MOVED, reply), publish=(left.card, moved.card))

    def _longer(self, entry: DeskEntry, may_until: datetime | None, now: Instant) -> DeskEntry:
        """Whoever serves her must still have the card when it is time to say how it ended."""
        if may_until is None:
            return entry
        until = min(now.utc + timedelta(seconds=self._config.claimed_s), may_until)
        return entry.ending(max(until, entry.card.expires_at), now)

    def _waiting(self, entry: DeskEntry, now: Instant, **fields: object) -> DeskEntry:
        """In nobody's hands an opportunity is soon stale again."""
        until = now.utc + timedelta(seconds=self._config.opportunity_s)
        if entry.card.kind == "opportunity" and until < entry.card.expires_at:
            entry = entry.ending(until, now)
        return entry.waiting(now, **fields)

    def _put(self, entry: DeskEntry, happened: Happened, reply: Reply | None = None) -> CardChange:
        self._entries[entry.card.card] = entry
        return CardChange(happened, entry, (entry.card,), reply)

    def _end(self, entry: DeskEntry, happened: Happened, state: CardState, reply: Reply | None = None) -> CardChange:
        del self._entries[entry.card.card]
        entry = entry.over(state)
        if happened not in _CONSENT.values():
            self._ended.append(entry)
        return CardChange(happened, entry, (entry.card,), reply)
