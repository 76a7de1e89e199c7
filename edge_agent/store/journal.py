"""What the unit must not lose: visits, cards, contacts, withdrawals. The outbox is beside it, in the same file."""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

from sqlite_utils import Database

from edge_agent.constants import CONTACT_KEEP_S, VISIT_KEEP_S
from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.clerk import Card
from edge_agent.contracts.event import CloudEvent
from edge_agent.events import CardRow, ContactRow, EpochRow, VisitRow, WithdrawalRow
from edge_agent.store.database import DatabaseFile, remove_set_aside
from edge_agent.store.migrations import JOURNAL_STEPS
from edge_agent.store.outbox import OUTBOX_MAX, Outbox, Outgoing, Queued
from edge_agent.store.salvage import salvage

log = logging.getLogger(__name__)

JournalRow = VisitRow | CardRow | ContactRow | WithdrawalRow | EpochRow | Queued | CloudEvent
"""What can be committed; the engine has made its EventRows into CloudEvents before. One by itself is about whom its
payload says."""

R = TypeVar("R")

_TABLES: Final = ("withdrawals", "outbox", "visits", "cards", "contacts", "numbers", "dead_letters")

OPEN_KEEP_S: Final = 86_400.0
"""A visit that began so long ago is over, and a card so long past its time too, whatever state they are in."""


class Journal:
    """The durable state of the unit: what ``commit`` returned from is on the disk, whatever happens next.

    Opening it raises what :class:`DatabaseFile` raises.
    """

    def __init__(self, path: Path, outbox_max: int = OUTBOX_MAX) -> None:
        self._file = DatabaseFile(path, "FULL", JOURNAL_STEPS)
        self._outbox = Outbox(self._file, outbox_max)

    # --- writing (the worker's thread) ---

    def commit(self, rows: Sequence[JournalRow]) -> None:
        """Write all rows in one transaction and wait for the disk.

        Raises StoreError where the disk is full, read-only or broken. Then *nothing* of ``rows``
        is kept and the journal is as it was: keep the rows and commit them again.
        """
        events = [_queued(row) for row in rows if isinstance(row, CloudEvent | Queued)]
        with self._file.transaction() as database:
            for row in rows:
                if not isinstance(row, CloudEvent | Queued):
                    _write(database, row)
            self._outbox.add(events)
        self._outbox.committed()

    def purge(self, now: datetime, *, trusted: bool) -> None:
        """Forget what is past its use, readable or not. ``trusted``: whether ``now`` may be believed.

        Visits and cards go by any clock. Withdrawals and contacts wait for a trusted one: a clock that
        runs ahead would forget withdrawals.
        """
        ended_until, begun_until = now - timedelta(seconds=VISIT_KEEP_S), now - timedelta(seconds=OPEN_KEEP_S)
        with self._file.transaction() as database:
            # julianday() is NULL for a time that cannot be read.
            database.execute(
                "DELETE FROM visits WHERE ended_at < ? OR started_at < ? OR julianday(started_at) IS NULL",
                (_text(ended_until), _text(begun_until)),
            )
            database.execute(
                "DELETE FROM cards WHERE visit NOT IN (SELECT visit FROM visits) AND (state NOT IN ('open', 'taken') "
                "OR NOT json_valid(body) OR coalesce(julianday(json_extract(body, '$.expires_at')), 0) < julianday(?))",
                (_text(begun_until),),
            )
            if trusted:
                contacts_until = now - timedelta(seconds=CONTACT_KEEP_S)
                database.execute("DELETE FROM contacts WHERE at < ? OR julianday(at) IS NULL", (_text(contacts_until),))
                database.execute("DELETE FROM withdrawals WHERE until <= ?", (_text(now),))
        self._file.truncate_log()
        remove_set_aside(self._file.path, ended_until)

    def forget_customer(self, customer: CustomerId) -> None:
        """She withdrew: delete her visits, cards, contacts and queued events. Withdrawals and the consent lane stay."""
        with self._file.transaction() as database:
            for table in ("visits", "cards", "contacts", "dead_letters"):
                database.table(table).delete_where("customer = ?", [customer])
            self._outbox.forget(customer)
        self._outbox.committed()
        self._file.truncate_log()
        remove_set_aside(self._file.path)

    def outbox(self, limit: int) -> tuple[Outgoing, ...]:
        """Return what to send next: consent before outcomes before telemetry, each in order."""
        outgoing, unreadable = self._outbox.next(limit)
        if unreadable:  # they would block the way of the rest for ever
            log.warning("%d queued events do not fit this version of the agent and are dead letters", len(unreadable))
            self.settle((), [(seq, "unreadable") for seq in unreadable])
        return tuple(outgoing)

    def settle(self, delivered: Sequence[int], rejected: Sequence[tuple[int, str]]) -> None:
        """Take answered events out of the outbox, by ``seq``; rejected ones with their reasons are dead letters."""
        with self._file.transaction():
            self._outbox.settle(delivered, rejected)
        self._outbox.committed()

    def salvage(self, damaged: Path) -> int:
        """Take over what can still be read of a damaged journal; return how many rows."""
        with self._file.transaction() as database:
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
        """Cards that are open or taken, oldest first."""
        return self._readable(
            "SELECT body, customer, visit, campaign FROM cards WHERE state IN ('open', 'taken') ORDER BY rowid",
            lambda body, customer, visit, campaign: CardRow(Card.model_validate_json(body), customer, visit, campaign),
        )

    def contact_rows(self) -> tuple[ContactRow, ...]:
        """All contacts, oldest first."""
        return self._readable(
            "SELECT customer, campaign, channel, at, visit, decision, message_class FROM contacts ORDER BY at, id",
            lambda customer, campaign, channel, at, *rest: ContactRow(customer, campaign, channel, _time(at), *rest),
        )

    def withdrawals(self) -> tuple[WithdrawalRow, ...]:
        """All withdrawals and pauses, oldest first; which of them are in force is for a trusted clock to say."""
        return self._readable(
            "SELECT customer, scope, at, until FROM withdrawals ORDER BY at, customer, scope",
            lambda customer, scope, since, until: WithdrawalRow(customer, scope, _time(since), _time(until)),
        )

    def refused(self) -> frozenset[CustomerId]:
        """Who withdrew for good: her profile may not be stored again."""
        return frozenset(name for (name,) in self._file.rows("SELECT customer FROM withdrawals WHERE scope = 'all'"))

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

    def _visits(self, which: str) -> tuple[VisitRow, ...]:
        return self._readable(
            "SELECT visit, customer, state, badge, started_at, message_id, campaign, card, ended_at, decision, "
            f"continues, met FROM visits WHERE {which}",
            _visit,
        )

    def _readable(self, sql: str, make: Callable[..., R]) -> tuple[R, ...]:
        """Make rows. One that does not fit this version of the agent is left out: it must not stop the unit."""
        made: list[R] = []
        for row in self._file.rows(sql):
            try:
                made.append(make(*row))
            except ValueError:  # a time that is none; pydantic's ValidationError is one too
                log.warning("a row of the journal does not fit this version of the agent and is left out")
        return tuple(made)


def _write(database: Database, row: VisitRow | CardRow | ContactRow | WithdrawalRow | EpochRow) -> None:
    match row:
        case VisitRow():
            database.table("visits").upsert(
                {
                    "visit": row.visit,
                    "customer": row.customer,
                    "state": row.state,
                    "badge": row.badge,
                    "started_at": _text(row.started_at),
                    "message_id": row.message_id,
                    "campaign": row.campaign,
                    "card": row.card,
                    "ended_at": _text(row.ended_at) if row.ended_at else None,
                    "decision": row.decision,
                    "continues": row.continues,
                    "met": json.dumps(row.met),
                },
                pk="visit",
            )
        case CardRow():
            database.table("cards").upsert(
                {
                    "card": row.card.card,
                    "state": row.card.state,
                    "customer": row.customer,
                    "visit": row.visit,
                    "campaign": row.campaign,
                    "body": row.card.model_dump_json(),
                },
                pk="card",
            )
        case ContactRow():
            database.table("contacts").insert(
                {
                    "customer": row.customer,
                    "campaign": row.campaign,
                    "channel": row.channel,
                    "at": _text(row.at),
                    "visit": row.visit,
                    "decision": row.decision,
                    "message_class": row.message_class,
                }
            )
        case WithdrawalRow():
            database.table("withdrawals").upsert(
                {"customer": row.customer, "scope": row.scope, "at": _text(row.at), "until": _text(row.until)},
                pk=("customer", "scope"),
            )
        case EpochRow():
            database.table("numbers").upsert({"name": "epoch", "value": row.epoch}, pk="name")


def _visit(
    visit: str,
    customer: CustomerId,
    state: str,
    badge: int | None,
    started_at: str,
    message_id: str | None,
    campaign: str | None,
    card: str | None,
    ended_at: str | None,
    decision: str | None,
    continues: str | None,
    met: str,
) -> VisitRow:
    return VisitRow(
        visit=visit,
        customer=customer,
        state=state,
        badge=badge,
        started_at=_time(started_at),
        message_id=message_id,
        campaign=campaign,
        card=card,
        ended_at=None if ended_at is None else _time(ended_at),
        decision=decision,
        continues=continues,
        met=tuple(json.loads(met)),
    )


def _queued(row: CloudEvent | Queued) -> Queued:
    if isinstance(row, Queued):
        return row
    customer = row.data.get("customer")
    return Queued(row, customer if isinstance(customer, str) else None)


def _text(at: datetime) -> str:
    """Write a time so that the order of the texts is the order of the times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
