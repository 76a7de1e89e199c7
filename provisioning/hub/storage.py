"""The hub's database, SQLite or PostgreSQL.

Every store has one row that is locked for each change of its slice, so that sequence numbers are given
in commit order: who has seen number N will never see a smaller one appear later.
"""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, Row, create_engine, event, make_url, select, update

from provisioning.files import SECRET_MODE
from provisioning.hub.problem import ProblemError
from provisioning.hub.tables import metadata, stores

_BUSY_MS = 10_000

AnyRow = Row[*tuple[Any, ...]]
"""A row of any query."""


class Database:
    """Connections to the hub's database: ``reading()`` and ``writing()`` are transactions."""

    def __init__(self, engine: Engine) -> None:
        self._reader = engine
        if engine.dialect.name == "postgresql":  # its default shows each statement another state
            self._reader = engine.execution_options(isolation_level="REPEATABLE READ")
        self._engine = engine
        self._writer = engine.execution_options(edge_writes=True)

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a transaction that sees one state of the database."""
        return self._reader.begin()

    def writing(self) -> AbstractContextManager[Connection]:
        """Open a transaction that may write; it commits when its block ends without an error."""
        return self._writer.begin()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()


def open_database(url: str | None, folder: Path) -> Database:
    """Open the database and make the tables that are missing. Without a URL: SQLite in the folder."""
    if url is None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "hub.db").touch(SECRET_MODE)  # it holds identity keys
        url = f"sqlite:///{folder / 'hub.db'}"
    parsed = make_url(url)
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    engine = create_engine(parsed, hide_parameters=True)  # they are profiles and identity keys
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    metadata.create_all(engine)
    return Database(engine)


def next_sequence(connection: Connection, store: str, count: int = 1) -> int:
    """Lock a store until the transaction ends, and return the first of ``count`` new sequence numbers.

    Raises a 404 problem where there is no such store.
    """
    return _advance(connection, store, "sequence", count)


def next_event_sequence(connection: Connection, store: str, count: int) -> int:
    """Lock a store until the transaction ends, and return the first of ``count`` new event numbers."""
    return _advance(connection, store, "event_sequence", count)


def store_exists(connection: Connection, store: str) -> bool:
    """Whether the hub knows a store."""
    return connection.execute(select(stores.c.store).where(stores.c.store == store)).first() is not None


def demand_store(connection: Connection, store: str) -> None:
    """Raise a 404 problem where there is no such store: of a misspelt one nobody waits for events in vain."""
    if not store_exists(connection, store):
        raise ProblemError(404, "There is no such store.", f"store: {store}")


def _advance(connection: Connection, store: str, column: str, count: int) -> int:
    statement = (
        update(stores)
        .where(stores.c.store == store)
        .values({column: stores.c[column] + count})
        .returning(stores.c[column])
    )
    last = connection.execute(statement).scalar_one_or_none()
    if last is None:
        raise ProblemError(404, "There is no such store.", f"store: {store}")
    return int(last) - count + 1


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver opens no transactions of its own; _begin_sqlite does
    for pragma in (f"busy_timeout={_BUSY_MS}", "journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten


def _begin_sqlite(connection: Connection) -> None:
    # A writer that starts as a reader can fail half way with "database is locked": lock at once.
    immediate = connection.get_execution_options().get("edge_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
