"""The outbox: events that wait for the hub. Two of the journal's tables; the journal owns the transactions."""

import logging
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from pydantic import ValidationError

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.event import EVENT_TYPES, CloudEvent, Lane
from edge_agent.store.database import DatabaseFile

log = logging.getLogger(__name__)

OUTBOX_MAX: Final = 200_000
"""Events that wait at most: 30 days offline of a busy unit, about 100 MB."""
DEAD_LETTERS_MAX: Final = 10_000
"""Rejected events that are kept for a look; the oldest go first."""
SHED_SHARE: Final = 100
"""A full outbox sheds one part in so many at once, so that it says so once and not at every event."""

LANES: Final[tuple[Lane, ...]] = get_args(Lane)
"""In the order in which they are sent; shed from the last, and never from the first."""


_NAMED: Final = "(NOT json_valid(event) OR json_extract(event, '$.data.customer') IS NOT NULL)"
"""Of an event that cannot be read nobody knows what it carries."""


@dataclass(frozen=True, slots=True)
class Queued:
    """One event to queue."""

    event: CloudEvent
    customer: CustomerId | None
    """Whom it is about, also where the payload does not say so: it is deleted with her while it waits."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One event that waits."""

    seq: int
    """Its number in this outbox; never given twice."""
    event: CloudEvent


@dataclass(frozen=True, slots=True)
class Count:
    """How full the outbox is."""

    waiting: int
    """Events that wait."""
    shed: int = 0
    """Events thrown away since the start."""


class Outbox:
    """Queued events in lanes, bounded.

    Everything that changes them runs inside a transaction of the journal, which calls ``begin`` before and
    ``committed`` once it is on the disk: a transaction that failed has changed no count.
    """

    def __init__(self, file: DatabaseFile, maximum: int = OUTBOX_MAX) -> None:
        self._file = file
        self._maximum = maximum
        self.recount()

    def recount(self) -> None:
        """Count what waits, after something else than this class has written."""
        self.count = Count(self._file.rows("SELECT count(*) FROM outbox")[0][0])
        """As last committed."""
        self._next = self.count

    def next(self, limit: int) -> tuple[list[Outgoing], list[int]]:
        """Return what to send next, and the numbers of events that this version cannot read."""
        outgoing: list[Outgoing] = []
        unreadable: list[int] = []
        for seq, text in self._file.rows("SELECT seq, event FROM outbox ORDER BY lane, seq LIMIT ?", (limit,)):
            try:
                outgoing.append(Outgoing(seq, CloudEvent.model_validate_json(text)))
            except ValidationError:
                unreadable.append(seq)
        return outgoing, unreadable

    def add(self, events: Sequence[Queued]) -> None:
        """Queue events, after making room where there is none."""
        missing = self._next.waiting + len(events) - self._maximum
        shed = self._make_room(missing + self._maximum // SHED_SHARE) if missing > 0 else 0
        self._file.write.conn.executemany(
            "INSERT INTO outbox (lane, customer, event) VALUES (?, ?, ?)",
            [
                (LANES.index(EVENT_TYPES[row.event.type][1]), row.customer, row.event.model_dump_json())
                for row in events
            ],
        )
        self._next = Count(self._next.waiting + len(events) - shed, self._next.shed + shed)

    def settle(self, delivered: Sequence[int], rejected: Sequence[tuple[int, str]]) -> None:
        """Take out what was answered; numbers that are no longer queued are ignored."""
        connection = self._file.write.conn
        connection.executemany(
            "INSERT OR REPLACE INTO dead_letters (seq, customer, event, reason) "
            "SELECT seq, customer, event, ? FROM outbox WHERE seq = ?",
            [(reason, seq) for seq, reason in rejected],
        )
        if rejected:
            connection.execute(
                "DELETE FROM dead_letters WHERE seq NOT IN (SELECT seq FROM dead_letters ORDER BY seq DESC LIMIT ?)",
                (DEAD_LETTERS_MAX,),
            )
        answered = [(seq,) for seq in (*delivered, *(seq for seq, _ in rejected))]
        removed = connection.executemany("DELETE FROM outbox WHERE seq = ?", answered).rowcount if answered else 0
        self._next = Count(self._next.waiting - removed, self._next.shed)

    def forget(self, customers: Collection[CustomerId]) -> None:
        """Take out customers' events, but for the consent lane."""
        self._delete("DELETE FROM outbox WHERE customer = ? AND lane > 0", customers)

    def forget_named(self, customers: Collection[CustomerId]) -> None:
        """Take out the events that carry customers' ids, but for the consent lane, and such dead letters."""
        connection = self._file.write.conn
        connection.executemany(
            f"DELETE FROM dead_letters WHERE customer = ? AND {_NAMED}",  # noqa: S608
            [(customer,) for customer in customers],
        )
        self._delete(f"DELETE FROM outbox WHERE customer = ? AND lane > 0 AND {_NAMED}", customers)  # noqa: S608

    def named(self) -> frozenset[CustomerId]:
        """Return whose ids are in queued events, but for the consent lane, or in dead letters."""
        names = self._file.rows(
            f"SELECT customer FROM outbox WHERE lane > 0 AND customer IS NOT NULL AND {_NAMED} "  # noqa: S608
            f"UNION SELECT customer FROM dead_letters WHERE customer IS NOT NULL AND {_NAMED}"
        )
        return frozenset(name for (name,) in names)

    def _delete(self, sql: str, customers: Collection[CustomerId]) -> None:
        removed = self._file.write.conn.executemany(sql, [(customer,) for customer in customers]).rowcount
        self._next = Count(self._next.waiting - max(0, removed), self._next.shed)

    def begin(self) -> None:
        """A transaction begins; one that failed before has changed nothing."""
        self._next = self.count

    def committed(self) -> None:
        """The transaction is on the disk."""
        if lost := self._next.shed - self.count.shed:
            log.warning("the outbox is full: %d events were thrown away; the hub has been away for too long", lost)
        self.count = self._next

    def _make_room(self, wanted: int) -> int:
        """Throw away the oldest of the last lane, then of the lane before it; return how many."""
        shed = 0
        for lane in range(len(LANES) - 1, 0, -1):
            shed += self._file.write.execute(
                "DELETE FROM outbox WHERE seq IN (SELECT seq FROM outbox WHERE lane = ? ORDER BY seq LIMIT ?)",
                (lane, wanted - shed),
            ).rowcount
        return shed
