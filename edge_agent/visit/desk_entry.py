"""One card as the desk keeps it: its deadlines count on the clock that nobody can set.

A card carries UTC, because it travels and outlives the agent. Within one run the monotonic clock alone decides when
it escalates and ends, so that a wall clock that is set loses no deadline and brings none forward.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Self

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.clerk import Card, CardState
from edge_agent.events import CardRow, Instant


@dataclass(frozen=True, slots=True)
class DeskEntry:
    """One card with what must not leave the unit."""

    row: CardRow
    """What the journal keeps."""
    expires_s: float
    """Monotonic second at which it ends."""
    waiting_s: float | None
    """Monotonic second since when nobody holds it; ``None`` while somebody does."""

    @classmethod
    def of(cls, row: CardRow, now: Instant) -> Self:
        """Return a card that is new, or of an earlier run, with what is left of its time.

        An untrusted wall clock may be hours wrong, so by such a one no card has spent any of its life; whoever waits
        for a clerk is believed to have waited. By no clock does a card live longer, or wait longer, than it may.
        """
        card = row.card
        if card.state == "open" and card.waiting_since is None:
            card = card.model_copy(update={"waiting_since": card.created_at})
        life_s = (card.expires_at - card.created_at).total_seconds()
        left_s = (card.expires_at - now.utc).total_seconds() if now.utc_trusted else life_s
        since = card.waiting_since
        waited_s = None if since is None else max(0.0, (now.utc - since).total_seconds())
        return cls(
            replace(row, card=card),
            now.monotonic_s + min(left_s, life_s),
            None if waited_s is None else now.monotonic_s - waited_s,
        )

    @property
    def card(self) -> Card:
        """The card as it travels."""
        return self.row.card

    @property
    def customer(self) -> CustomerId:
        """Whom it is about."""
        return self.row.customer

    def escalates_s(self, after_s: float) -> float | None:
        """Return the monotonic second at which the lead is told; ``None``: not as it stands."""
        if self.waiting_s is None or self.card.escalated or self.card.kind != "obligation":
            return None
        return self.waiting_s + after_s

    def changed(self, **fields: object) -> "DeskEntry":
        """Return it with the next revision of its card."""
        card = self.card.model_copy(update={**fields, "revision": self.card.revision + 1})
        return replace(self, row=replace(self.row, card=card))

    def held(self, tablet: str) -> "DeskEntry":
        """Return it in the hands of a tablet."""
        return replace(self.changed(state="taken", holder=tablet, waiting_since=None), waiting_s=None)

    def waiting(self, now: Instant, **fields: object) -> "DeskEntry":
        """Return it in nobody's hands: from now on it waits."""
        changed = self.changed(state="open", holder=None, waiting_since=now.utc, **fields)
        return replace(changed, waiting_s=now.monotonic_s)

    def heard(self, reply: str, at_most: int) -> "DeskEntry":
        """Return it with one more reply that must not count again; only the last ``at_most`` are remembered."""
        return replace(self, row=replace(self.row, replies=(*self.row.replies, reply)[-at_most:]))

    def ending(self, until: datetime, now: Instant) -> "DeskEntry":
        """Return it with another end, in the same revision."""
        card = self.card.model_copy(update={"expires_at": until})
        expires_s = now.monotonic_s + (until - now.utc).total_seconds()
        return replace(self, row=replace(self.row, card=card), expires_s=expires_s)

    def retold(self, jump: timedelta) -> "DeskEntry":
        """Return it in the words of a wall clock that was set by so much; what is left of its time stays."""
        card, since = self.card, self.card.waiting_since
        times = {
            "created_at": card.created_at + jump,
            "expires_at": card.expires_at + jump,
            "waiting_since": None if since is None else since + jump,
        }
        return replace(self, row=replace(self.row, card=card.model_copy(update=times)))

    def over(self, state: CardState) -> "DeskEntry":
        """Return it with its last revision, which says that it is over, and nothing about her."""
        return self.changed(
            state=state,
            holder=None,
            waiting_since=None,
            title="",
            badge="",
            badge_colour=None,
            badge_shape=None,
            facts=(),
            opening="",
            why="",
        )
