"""What of the journal is past its time. Each job is one transaction, or yields between short ones.

Two clocks judge. Visits hold the most and must go soon, so they also go by what their caller has *seen* end; everything
else goes by the wall clock alone, and only where the caller believes it: a wall clock that ran ahead would forget
withdrawals. Whoever believes it may also correct: nothing that was noted can have happened later than now.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from edge_agent.constants import (
    CONTACT_KEEP_S,
    DEAD_LETTER_KEEP_S,
    OPEN_KEEP_S,
    QUEUED_KEEP_S,
    VISIT_KEEP_S,
    WITHDRAWAL_KEEP_S,
)
from edge_agent.store.database import DatabaseFile
from edge_agent.store.outbox import Outbox

_DAY_S: Final = 86_400.0

_PIECE: Final = 500  # events that are looked at at once: about 5 ms on a Raspberry Pi 4


@dataclass(frozen=True, slots=True)
class Swept:
    """What one job found."""

    removed: int
    """How many it deleted."""
    held: int | None = None
    """How many are left; ``None``: they are not counted."""
    oldest_at: datetime | None = None
    """Time of the oldest that is left, as its row says."""


class Expiry:
    """Deletes what is past its time, readable or not. Raises StoreError where the disk refuses."""

    def __init__(self, file: DatabaseFile, outbox: Outbox) -> None:
        self._file = file
        self._outbox = outbox

    def ended_visits(self) -> tuple[str, ...]:
        """Ids of the visits that have ended."""
        return tuple(visit for (visit,) in self._file.rows("SELECT visit FROM visits WHERE ended_at IS NOT NULL"))

    def visits(self, seen: Collection[str], utc: datetime | None) -> Swept:
        """Delete the visits that were ``seen`` to be past; with a clock that is believed also those that it says."""
        with self._file.transaction() as database:
            connection = database.conn
            # julianday() is NULL for a time that cannot be read.
            removed = connection.execute("DELETE FROM visits WHERE julianday(started_at) IS NULL").rowcount
            gone = connection.executemany("DELETE FROM visits WHERE visit = ?", [(visit,) for visit in seen])
            removed += max(0, gone.rowcount)
            if utc is not None:
                removed += connection.execute(
                    "DELETE FROM visits WHERE ended_at <= ? OR started_at <= ?",
                    (_before(utc, VISIT_KEEP_S), _before(utc, OPEN_KEEP_S)),
                ).rowcount
        return self._swept(removed, "visits", "started_at")

    def cards(self, utc: datetime | None) -> Swept:
        """Delete cards that are over, with their visits; and with a clock that is believed those that nobody ended."""
        lost = "julianday(expires_at) IS NULL"
        if utc is not None:
            lost += f" OR expires_at < '{_before(utc, OPEN_KEEP_S)}'"
        with self._file.transaction() as database:
            removed = database.execute(
                f"DELETE FROM cards WHERE visit NOT IN (SELECT visit FROM visits) "  # noqa: S608
                f"AND (state NOT IN ('open', 'taken') OR {lost})"
            ).rowcount
        return self._swept(removed, "cards", "expires_at")

    def contacts(self, utc: datetime) -> Swept:
        """Delete what no cap looks back to."""
        with self._file.transaction() as database:
            removed = database.execute(
                "DELETE FROM contacts WHERE at <= ? OR julianday(at) IS NULL", (_before(utc, CONTACT_KEEP_S),)
            ).rowcount
            database.execute("UPDATE contacts SET at = ? WHERE at > ?", (text(utc), text(utc)))
        return self._swept(removed, "contacts", "at")

    def withdrawals(self, utc: datetime) -> Swept:
        """Delete withdrawals and pauses that are over."""
        latest = text(utc + timedelta(seconds=WITHDRAWAL_KEEP_S))
        with self._file.transaction() as database:
            database.execute("UPDATE withdrawals SET at = min(at, ?), until = min(until, ?)", (text(utc), latest))
            removed = database.execute("DELETE FROM withdrawals WHERE until <= ?", (text(utc),)).rowcount
        return self._swept(removed, "withdrawals", "at")

    def dead_letters(self, utc: datetime) -> Swept:
        """Delete rejected events that nobody has looked into for so long, or that nobody can read."""
        with self._file.transaction() as database:
            removed = database.execute(
                "DELETE FROM dead_letters WHERE CASE WHEN json_valid(event) THEN "
                "coalesce(abs(julianday(json_extract(event, '$.time')) - julianday(?)) >= ?, 1) ELSE 1 END",
                (text(utc), DEAD_LETTER_KEEP_S / _DAY_S),
            ).rowcount
        held, oldest = self._file.rows("SELECT count(*), min(json_extract(event, '$.time')) FROM dead_letters")[0]
        return Swept(removed, held, _time(oldest))

    def queued(self, utc: datetime) -> Iterator[Swept]:
        """Delete personal events that the hub has not taken for so long, but for the consent lane, piece by piece."""
        removed, held, after, oldest = 0, 0, 0, None
        while rows := self._file.rows(
            "SELECT seq, lane > 0 AND customer IS NOT NULL, "
            "CASE WHEN json_valid(event) THEN json_extract(event, '$.time') END FROM outbox "
            "WHERE seq > ? ORDER BY seq LIMIT ?",
            (after, _PIECE),
        ):
            after = rows[-1][0]
            personal = [(seq, _time(at)) for seq, hers, at in rows if hers]
            kept = [at for _, at in personal if at is not None and _age_s(at, utc) < QUEUED_KEEP_S]
            past = [seq for seq, at in personal if at is not None and _age_s(at, utc) >= QUEUED_KEEP_S]
            if past:
                self._outbox.begin()
                with self._file.transaction():
                    self._outbox.settle(past, ())
                self._outbox.committed()
            removed, held = removed + len(past), held + len(kept)
            oldest = min((at for at in (oldest, *kept) if at is not None), default=None)
            yield Swept(removed, held, oldest)
        yield Swept(removed, held, oldest)

    def _swept(self, removed: int, table: str, column: str) -> Swept:
        held, oldest = self._file.rows(f"SELECT count(*), min({column}) FROM {table}")[0]  # noqa: S608
        return Swept(removed, held, _time(oldest))


def text(at: datetime) -> str:
    """Write a time so that the order of the texts is the order of the times."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _before(utc: datetime, keep_s: float) -> str:
    return text(utc - timedelta(seconds=keep_s))


def _age_s(at: datetime, utc: datetime) -> float:
    """How far a time is from now. One that lies in the future was written by a clock that ran ahead."""
    return abs((utc - at).total_seconds())


def _time(written: str | None) -> datetime | None:
    try:
        at = None if written is None else datetime.fromisoformat(written)
    except ValueError:
        return None
    return at if at is None or at.tzinfo is not None else at.replace(tzinfo=UTC)
