"""Profiles on disk as a log: one row per put or tombstone, in the order in which they came.

Two places say which part of it is in force: from ``first`` to ``last``, and there the newest row of a customer
counts. Pages are written behind ``last``, where nobody reads. A checkpoint moves ``last`` to the end of the log,
and ``first`` too where it is a snapshot: one short transaction, however much came. What is then out of
force is out of reach at once, and erased a piece at a time. Up to ``swept`` that has been done.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from sqlite_utils import Database

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.slice import SlicePage
from edge_agent.errors import DamagedError
from edge_agent.store.database import DatabaseFile

Row = tuple[CustomerId, int | None, bytes | None, bytes | None, int | None, bytes | None]
"""Customer, epoch, key wrapped under it, sealed tokens, when the first of their keys is past, sealed rest of the
profile. A tombstone has nothing but the customer."""

IN_FORCE: Final = """
    profiles AS held
    WHERE held.id > max(?, (SELECT first - 1 FROM in_force)) AND held.id <= (SELECT last FROM in_force)
    AND held.key IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM profiles AS newer INDEXED BY profiles_customer
        WHERE newer.customer = held.customer AND newer.id > held.id AND newer.id <= (SELECT last FROM in_force))"""
"""What may be read, for ``SELECT ... FROM``; goes on with ``AND``. Its parameter: after which id."""

CHANGED_MAX: Final = 1000
"""Customers whom a checkpoint names; where more changed it says: anybody."""

_ERASED: Final = 200  # rows at once: about 5 ms
_INSERTED: Final = 120  # rows per statement: executemany, which runs one for each, takes half as long again

_INSERT = "INSERT INTO profiles (customer, epoch, key, tokens, keys_past_s, profile) VALUES "
_PLACES = "(?, ?, ?, ?, ?, ?)"

_NAMED = "SELECT DISTINCT customer FROM profiles WHERE id > ? AND id <= ? LIMIT ?"
_COUNT = """
    SELECT (SELECT count(DISTINCT customer) FROM profiles INDEXED BY profiles_customer
            WHERE id BETWEEN in_force.first AND in_force.last)
         - (SELECT count(DISTINCT gone.customer) FROM profiles AS gone INDEXED BY profiles_tombstones
            WHERE gone.key IS NULL AND gone.id BETWEEN in_force.first AND in_force.last AND NOT EXISTS (
                SELECT 1 FROM profiles AS newer INDEXED BY profiles_customer
                WHERE newer.customer = gone.customer AND newer.id > gone.id AND newer.id <= in_force.last))
    FROM in_force"""
_SUPERSEDED = """
    SELECT older.id FROM profiles AS newer CROSS JOIN profiles AS older INDEXED BY profiles_customer
    WHERE newer.id > ? AND newer.id <= ? AND older.customer = newer.customer AND older.id < newer.id"""


@dataclass(frozen=True, slots=True)
class Pending:
    """A checkpoint on its way in: written, and in force for nobody."""

    cursor: str
    """Where the next page begins."""
    snapshot: bool
    """Whether it will replace everything."""
    pages: int
    """How many have been written."""
    size_bytes: int
    """What they take on the disk, about."""
    skipped: int
    """Profiles that were broken."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What one checkpoint did."""

    changed: frozenset[CustomerId] | None
    """Whose profile changed or went; ``None``: anybody's, after a snapshot or a very long delta."""
    skipped: int
    """Profiles that were broken, and are not held in any version."""


class SliceLog:
    """The places of the log. Each method that writes is one short transaction, or says how it can be interrupted."""

    def __init__(self, file: DatabaseFile) -> None:
        """Raises DamagedError where the file does not say what is in force."""
        self._file = file
        if len(file.rows("SELECT first FROM in_force")) != 1:
            raise DamagedError(f"{file.path}: it does not say which of its profiles are in force", file.path)

    def count(self) -> int:
        """How many customers are in force."""
        count: int = self._file.rows(_COUNT)[0][0]
        return count

    def pending(self) -> Pending | None:
        """Return the checkpoint that is being written; ``None``: none is."""
        rows = self._file.rows("SELECT cursor, snapshot, pages, size_bytes, skipped FROM pending")
        if not rows:
            return None
        cursor, snapshot, *counts = rows[0]
        return Pending(cursor, bool(snapshot), *counts)

    def append(self, page: SlicePage, rows: Iterable[Row], skipped: int) -> Applied | None:
        """Write a page, and bring everything in force where it is a checkpoint; within the caller's transaction."""
        database = self._file.write
        before = self.pending() or Pending("", page.snapshot, 0, 0, 0)
        rows = tuple(rows)
        for start in range(0, len(rows), _INSERTED):  # plain SQL: 100,000 rows are the hot path
            some = rows[start : start + _INSERTED]
            places = ", ".join([_PLACES] * len(some))
            database.execute(_INSERT + places, tuple(chain.from_iterable(some)))
        database.execute("DELETE FROM pending")
        skipped += before.skipped
        if page.checkpoint:
            return self._apply(database, before.snapshot, skipped)
        size_bytes = before.size_bytes + sum(len(tokens or b"") + len(rest or b"") for *_, tokens, _, rest in rows)
        database.execute(
            "INSERT INTO pending (cursor, snapshot, pages, size_bytes, skipped) VALUES (?, ?, ?, ?, ?)",
            (page.cursor, before.snapshot, before.pages + 1, size_bytes, skipped),
        )
        return None

    def abandon(self) -> Iterator[None]:
        """Give up what is being written and erase it, a piece at a time."""
        with self._file.transaction() as database:
            database.execute("DELETE FROM pending")
        yield
        yield from self.sweep()

    def sweep(self) -> Iterator[None]:
        """Erase what is out of force, a piece at a time; nothing to do where all is erased. Raises StoreError.

        Where it is interrupted, it goes on at the next call, also after a restart.
        """
        swept = False
        while self._sweep_piece():
            swept = True
            yield
        if swept:
            self._file.truncate_log()

    def give_up(self) -> None:
        """Put everything out of force, pending or not, within the caller's transaction; :meth:`sweep` erases it."""
        last = "max(last, (SELECT coalesce(max(id), 0) FROM profiles))"
        self._file.write.execute("DELETE FROM pending")
        self._file.write.execute(f"UPDATE in_force SET first = {last} + 1, last = {last}, swept = {last}")  # noqa: S608

    def _apply(self, database: Database, snapshot: bool, skipped: int) -> Applied:
        before: int = database.execute("SELECT last FROM in_force").fetchone()[0]
        # Not the greatest id in the table: that row may have been forgotten meanwhile.
        last: int = database.execute(
            "SELECT max(last, (SELECT coalesce(max(id), 0) FROM profiles)) FROM in_force"
        ).fetchone()[0]
        if snapshot:
            database.execute("UPDATE in_force SET first = ?, last = ?, swept = ?", (before + 1, last, before))
            return Applied(None, skipped)
        database.execute("UPDATE in_force SET last = ?", (last,))
        named = database.execute(_NAMED, (before, last, CHANGED_MAX + 1)).fetchall()
        return Applied(frozenset(name for (name,) in named) if len(named) <= CHANGED_MAX else None, skipped)

    def _sweep_piece(self) -> bool:
        """Erase some rows; False where none are left."""
        first, last, swept = self._file.rows("SELECT first, last, swept FROM in_force")[0]
        # A snapshot has replaced the former; what is written behind is nobody's where nothing is pending.
        replaced = "SELECT id FROM profiles WHERE id < ? ORDER BY id LIMIT ?"
        abandoned = "SELECT id FROM profiles WHERE id > ? ORDER BY id LIMIT ?"
        unswept = "SELECT id FROM profiles WHERE id > ? AND id <= ? ORDER BY id LIMIT ?"
        rows = self._file.rows(replaced, (first, _ERASED))
        if not rows and self.pending() is None:
            rows = self._file.rows(abandoned, (last, _ERASED))
        if rows:
            with self._file.transaction() as database:
                database.conn.executemany("DELETE FROM profiles WHERE id = ?", rows)
            return True
        if swept >= last:
            return False
        fresh = self._file.rows(unswept, (swept, last, _ERASED))
        upto = fresh[-1][0] if len(fresh) == _ERASED else last
        with self._file.transaction() as database:
            database.execute(f"DELETE FROM profiles WHERE id IN ({_SUPERSEDED})", (swept, upto))  # noqa: S608
            database.execute("DELETE FROM profiles WHERE id > ? AND id <= ? AND key IS NULL", (swept, upto))
            database.execute("UPDATE in_force SET swept = ?", (upto,))
        return True
