"""What the unit must not lose: visits, cards, contacts, withdrawals. The outbox is beside it, in the same file."""

import logging
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

from sqlite_utils import Database

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.event import CloudEvent
from edge_agent.events import CardRow, ContactRow, VisitRow, WithdrawalRow
from edge_agent.store.card_box import CardBox
from edge_agent.store.database import DatabaseFile, remove_set_aside
from edge_agent.store.expiry import Expiry
from edge_agent.store.journal_rows import JournalRow, OwedErasure, contact_of, customer_of, visit_of, write
from edge_agent.store.migrations import JOURNAL_STEPS
from edge_agent.store.outbox import OUTBOX_MAX, Outbox, Outgoing, Queued
from edge_agent.store.salvage import salvage

log = logging.getLogger(__name__)

R = TypeVar("R")

_TABLES: Final = (
    "withdrawals",
    "erasures",
    "outbox",
    "visits",
    "cards",
    "contacts",
    "numbers",
    "dead_letters",
)

_VISIT: Final = (
    "visit, customer, state, badge, started_at, message_id, campaign, card, ended_at, decision, continues, met, "
    "owed, held_out, bought, left_in"
)
_PERSONAL: Final = ("visits", "cards", "contacts", "dead_letters")


class Journal:
    """The durable state of the unit: what ``commit`` returned from is on the disk, whatever happens next.

    Opening it raises what :class:`DatabaseFile` raises.
    """

    def __init__(self, path: Path, box: CardBox | None = None, outbox_max: int = OUTBOX_MAX) -> None:
        """``box`` opens the cards; without it they stay sealed until :meth:`unlock`."""
        self._file = DatabaseFile(path, "FULL", JOURNAL_STEPS)
        self._outbox = Outbox(self._file, outbox_max)
        self._box = box
        self.expiry = Expiry(self._file, self._outbox)
        """Deletes what is past its time; on the worker's thread."""

    def unlock(self, box: CardBox) -> None:
        """The unit key has come: from now on cards can be read and written."""
        self._box = box

    @property
    def locked(self) -> bool:
        """Whether the cards cannot be read, because the unit key is not here (yet)."""
        return self._box is None

    # --- writing (the worker's thread) ---

    def commit(self, rows: Sequence[JournalRow]) -> None:
        """Write all rows in one transaction and wait for the disk.

        Raises StoreError where the disk is full, read-only or broken. Then *nothing* of ``rows``
        is kept and the journal is as it was: keep the rows and commit them again.
        """
        events = [_queued(row) for row in rows if isinstance(row, CloudEvent | Queued)]
        with self._transaction() as database:
            for row in rows:
                if not isinstance(row, CloudEvent | Queued):
                    write(database, row, self._box)
            self._outbox.add(events)

    def erase(self, receipts: Mapping[CustomerId, CloudEvent]) -> None:
        """They withdrew: delete their visits, cards, contacts and queued events, and queue the receipts for it.

        In one transaction, so that there is one receipt for each erasure that was owed. Withdrawals and what is queued
        about consent stay.
        """
        if not receipts:
            return
        with self._transaction() as database:
            for customer in receipts:
                for table in _PERSONAL:
                    database.table(table).delete_where("customer = ?", [customer])
                database.table("erasures").delete_where("customer = ?", [customer])
            self._outbox.forget(receipts)
            self._outbox.add([Queued(receipt, customer) for customer, receipt in receipts.items()])
        self._forgotten()

    def forget(self, customers: Collection[CustomerId]) -> None:
        """Delete their visits, cards, contacts and queued events, without a receipt."""
        if not customers:
            return
        with self._transaction() as database:
            for customer in customers:
                for table in _PERSONAL:
                    database.table(table).delete_where("customer = ?", [customer])
            self._outbox.forget(customers)
        self._forgotten()

    def forget_analytics(self, customers: Collection[CustomerId]) -> None:
        """They withdrew ``analytics`` alone: delete the queued events and dead letters that carry their ids.

        Not stripped of the id: the hub may know by an earlier event whose visit it was.
        """
        named = self._outbox.named().intersection(customers) if customers else ()
        if not named:
            return
        with self._transaction():
            self._outbox.forget_named(named)
        self._forgotten()

    def _forgotten(self) -> None:
        self._file.truncate_log()
        remove_set_aside(self._file.path)

    def truncate_log(self) -> None:
        """Let what was deleted go from the write-ahead log as well."""
        self._file.truncate_log()

    def outbox(self, limit: int) -> tuple[Outgoing, ...]:
        """Return what to send next: consent before outcomes before telemetry, each in order."""
        outgoing, unreadable = self._outbox.next(limit)
        if unreadable:  # they would block the way of the rest for ever
            log.warning("%d queued events do not fit this version of the agent and are dead letters", len(unreadable))
            self.settle((), [(seq, "unreadable") for seq in unreadable])
        return tuple(outgoing)

    def settle(self, delivered: Sequence[int], rejected: Sequence[tuple[int, str]]) -> None:
        """Take answered events out of the outbox, by ``seq``; rejected ones with their reasons are dead letters."""
        with self._transaction():
            self._outbox.settle(delivered, rejected)

    def salvage(self, damaged: Path) -> int:
        """Take over what can still be read of a damaged journal; return how many rows."""
        with self._transaction() as database:
            copied = salvage(damaged, database, _TABLES)
        self._outbox.recount()
        return copied

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    # --- reading (any thread) ---

    def open_visits(self) -> tuple[VisitRow, ...]:
        """Visits that have not ended, oldest first."""
        return self._visits("ended_at IS NULL ORDER BY started_at, visit")

    def past_visits(self) -> tuple[VisitRow, ...]:
        """Visits that have ended here and are not purged yet, in the order in which they did."""
        return self._visits("ended_at IS NOT NULL ORDER BY ended_at, visit")

    def open_cards(self) -> tuple[CardRow, ...]:
        """Cards that are open or taken, oldest first; none while they are locked."""
        if self._box is None:
            return ()
        return self._readable(
            "SELECT card, sealed FROM cards WHERE state IN ('open', 'taken') ORDER BY rowid", self._box.open
        )

    def contact_rows(self, at_most: int = -1) -> tuple[ContactRow, ...]:
        """The newest contacts, oldest first. ``at_most``: -1: all of them."""
        newest_first = self._readable(
            "SELECT customer, campaign, channel, at, visit, decision, message_class FROM contacts "  # noqa: S608
            f"ORDER BY at DESC, id DESC LIMIT {int(at_most)}",
            contact_of,
        )
        return newest_first[::-1]

    def withdrawals(self) -> tuple[WithdrawalRow, ...]:
        """All withdrawals and pauses, oldest first; which of them are in force is for a trusted clock to say."""
        return self._readable(
            "SELECT customer, scope, at, until FROM withdrawals ORDER BY at, customer, scope",
            lambda customer, scope, since, until: WithdrawalRow(customer, scope, _time(since), _time(until)),
        )

    def refused(self) -> frozenset[CustomerId]:
        """Who withdrew for good: her profile may not be stored again."""
        return frozenset(name for (name,) in self._file.rows("SELECT customer FROM withdrawals WHERE scope = 'all'"))

    def owed(self) -> tuple[OwedErasure, ...]:
        """Whom an earlier run still had to erase, and how it would have told the platform."""
        return tuple(OwedErasure(*row) for row in self._file.rows("SELECT customer, receipt FROM erasures"))

    def customers(self, among: frozenset[CustomerId] | None = None) -> frozenset[CustomerId]:
        """Everybody, or of these, of whom something is held or queued here, besides what they said about consent."""
        small = (
            "SELECT customer FROM visits UNION SELECT customer FROM cards UNION SELECT customer FROM dead_letters "
            "UNION SELECT customer FROM outbox WHERE lane > 0"
        )
        names = {name for (name,) in self._file.rows(small)}
        if among is None:
            names |= {name for (name,) in self._file.rows("SELECT DISTINCT customer FROM contacts")}
            return frozenset(names - {None})
        contacted = "SELECT 1 FROM contacts WHERE customer = ? LIMIT 1"  # by its index: there may be many
        return among & names | {name for name in among - names if self._file.rows(contacted, (name,))}

    def latest(self) -> datetime | None:
        """The latest time that anything here tells: it is not earlier now. ``None``: nothing tells any."""
        times = (
            "SELECT at FROM contacts UNION ALL SELECT at FROM withdrawals "
            "UNION ALL SELECT started_at FROM visits UNION ALL SELECT ended_at FROM visits"
        )
        [(latest,)] = self._file.rows(f"SELECT max(at) FROM ({times}) WHERE julianday(at) IS NOT NULL")  # noqa: S608
        return None if latest is None else _time(latest)

    def epoch(self) -> int:
        """The epoch of this coordinator's last start; 0 where there was none, or it is lost."""
        rows = self._file.rows("SELECT value FROM numbers WHERE name = 'epoch'")
        return int(rows[0][0]) if rows else 0

    def waiting(self) -> int:
        """How many events wait in the outbox."""
        return self._outbox.count.waiting

    def shed(self) -> int:
        """How many events were thrown away since the start because the outbox was full."""
        return self._outbox.count.shed

    def dead(self) -> int:
        """How many events the hub rejected, as far as they are kept."""
        count: int = self._file.rows("SELECT count(*) FROM dead_letters")[0][0]
        return count

    @contextmanager
    def _transaction(self) -> Iterator[Database]:
        self._outbox.begin()
        with self._file.transaction() as database:
            yield database
        self._outbox.committed()

    def _visits(self, which: str) -> tuple[VisitRow, ...]:
        return self._readable(f"SELECT {_VISIT} FROM visits WHERE {which}", visit_of)  # noqa: S608

    def _readable(self, sql: str, make: Callable[..., R]) -> tuple[R, ...]:
        """Make rows. One that does not fit this version of the agent is left out: it must not stop the unit."""
        made: list[R] = []
        for row in self._file.rows(sql):
            try:
                made.append(make(*row))
            except ValueError:  # a time that is none; pydantic's ValidationError is one too
                log.warning("a row of the journal does not fit this version of the agent and is left out")
        return tuple(made)


def _time(written: str) -> datetime:
    return datetime.fromisoformat(written)


def _queued(row: CloudEvent | Queued) -> Queued:
    return row if isinstance(row, Queued) else Queued(row, customer_of(row))
