"""The hub's tables, on SQLite or PostgreSQL. Times are Unix seconds, bodies are JSON text.

Every store has one row that is locked for each change of its slice, so that sequence numbers are given
in commit order: who has seen number N will never see a smaller one appear later.
"""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    Connection,
    Double,
    Engine,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Row,
    String,
    Table,
    Text,
    create_engine,
    event,
    make_url,
    select,
    update,
)

from provisioning.files import SECRET_MODE
from provisioning.hub.problem import ProblemError

_ID = String(64)
_BUSY_MS = 10_000

AnyRow = Row[*tuple[Any, ...]]
"""A row of any query."""

metadata = MetaData()

stores = Table(
    "stores",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("timezone", String(64), nullable=False),
    Column("epoch", String(16), nullable=False),  # random: a cursor of another database is recognised by it
    Column("sequence", BigInteger, nullable=False, default=0),  # of changes to anything that units pull
    Column("horizon", BigInteger, nullable=False, default=0),  # tombstones up to here are forgotten
    Column("event_sequence", BigInteger, nullable=False, default=0),
    Column("created_s", Double, nullable=False),
)

units = Table(
    "units",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("unit", _ID, primary_key=True),
    Column("config", Text, nullable=False),
    Column("created_s", Double, nullable=False),
    Column("pulled_s", Double),
    Column("pulled_sequence", BigInteger),
    Column("pushed_s", Double),
    ForeignKeyConstraint(["store"], ["stores.store"]),
)

claims = Table(
    "claims",
    metadata,
    Column("code_digest", String(64), primary_key=True),
    Column("store", _ID, nullable=False),
    Column("unit", _ID, nullable=False),
    Column("expires_s", Double, nullable=False),
    Column("used_s", Double),
    Column("used_key", String(64)),  # digest of the public key that used it
    Column("used_fingerprint", String(64)),
    ForeignKeyConstraint(["store", "unit"], ["units.store", "units.unit"]),
)

certificates = Table(
    "certificates",
    metadata,
    Column("fingerprint", String(64), primary_key=True),
    Column("store", _ID, nullable=False),
    Column("unit", _ID, nullable=False),
    Column("pem", Text, nullable=False),
    Column("expires_s", Double, nullable=False),
    Column("revoked", Boolean, nullable=False, default=False),
    ForeignKeyConstraint(["store", "unit"], ["units.store", "units.unit"]),
)

customers = Table(
    "customers",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("customer", _ID, primary_key=True),
    Column("sequence", BigInteger, nullable=False),
    Column("profile", Text),  # absent: a tombstone
    Column("devices", Text),  # with identity keys: they never leave the hub
    Column("keys_until_s", Double),  # the temporary keys that units hold are good until then
    Column("changed_s", Double, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
    Index("customers_in_order", "store", "sequence", unique=True),
    Index("customers_by_keys", "store", "keys_until_s"),
)

app_handles = Table(
    "app_handles",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("customer", _ID, primary_key=True),
    Column("device", _ID, primary_key=True),
    Column("handle", String(32), nullable=False),  # by which her app names the device
    ForeignKeyConstraint(["store"], ["stores.store"]),
    Index("app_handles_by_handle", "handle"),
)

beacons = Table(
    "beacons",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("major", Integer, primary_key=True),
    Column("minor", Integer, primary_key=True),
    Column("store", _ID, nullable=False),
    Column("unit", _ID, nullable=False),
    ForeignKeyConstraint(["store", "unit"], ["units.store", "units.unit"]),
)

app_reports = Table(
    "app_reports",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("customer", _ID, primary_key=True),
    Column("device", _ID, primary_key=True),
    Column("unit", _ID, nullable=False),
    Column("report", String(32), nullable=False),
    Column("rssi_dbm", Integer, nullable=False),
    Column("at_s", Double, nullable=False),
    Column("received_s", Double, nullable=False),
    Column("expires_s", Double, nullable=False),
    Index("app_reports_by_unit", "store", "unit"),
)

# Where somebody was a minute ago is in no log of the database, in no copy of it, and gone after a crash.
event.listen(
    app_reports,
    "after_create",
    DDL("ALTER TABLE app_reports SET UNLOGGED").execute_if(dialect="postgresql"),  # type: ignore[no-untyped-call]
)

documents = Table(
    "documents",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("etag", String(64), nullable=False),
    Column("body", Text, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
)

content = Table(
    "content",
    metadata,
    Column("store", _ID, primary_key=True),
    Column("sha256", String(64), primary_key=True),
    Column("size_bytes", Integer, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
)

events = Table(
    "events",
    metadata,
    Column("source", String(200), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("store", _ID, nullable=False),
    Column("sequence", BigInteger, nullable=False),
    Column("type", String(64), nullable=False),
    Column("body", Text, nullable=False),
    Column("received_s", Double, nullable=False),
    ForeignKeyConstraint(["store"], ["stores.store"]),
    Index("events_in_order", "store", "sequence", unique=True),
)


class Database:
    """Connections to the hub's database: ``reading()`` and ``writing()`` are transactions."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(edge_writes=True)

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a transaction that sees one state of the database."""
        return self._engine.begin()

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
