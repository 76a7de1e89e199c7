"""Schemas of the two files. ``PRAGMA user_version`` counts the steps that a file has seen; there is no way back.

The tables are STRICT: then ``integrity_check`` finds a value of the wrong type as well.
"""

from collections.abc import Callable, Sequence

from sqlite_utils import Database
from sqlite_utils.db import Column

from edge_agent.errors import StoreError

Step = Callable[[Database], None]
"""Brings a file from one version to the next."""


def migrate(database: Database, steps: Sequence[Step], name: str) -> None:
    """Run the steps that the file has not seen, each in its own transaction.

    Raises StoreError where the file has seen more steps than this version knows.
    """
    seen = _seen(database)
    if seen > len(steps):
        raise StoreError(
            f"{name}: its format is version {seen} and this agent knows {len(steps)}; "
            "install the newer agent again, or remove the file and lose what it holds"
        )
    for number, step in enumerate(steps[seen:], start=seen + 1):
        with database.atomic():
            step(database)
            database.execute(f"PRAGMA user_version = {number:d}")


def is_ours(database: Database, steps: Sequence[Step]) -> bool:
    """Return whether the tables are those that the steps make, as far as the file says that it has seen them.

    A file of a newer version is left to :func:`migrate`.
    """
    seen = _seen(database)
    if seen > len(steps):
        return True
    with Database(memory=True, execute_plugins=False) as model:
        migrate(model, steps[:seen], "model")
        return _tables(database) == _tables(model)


def _seen(database: Database) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version


def _tables(database: Database) -> dict[str, list[Column]]:
    return {table: database.table(table).columns for table in database.table_names()}


def _slice_1(database: Database) -> None:
    """Profiles and the place in the hub's log; catalogue and campaigns."""
    database.execute("CREATE TABLE state (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT")
    database.execute(
        "CREATE TABLE profiles (id INTEGER PRIMARY KEY, customer TEXT NOT NULL UNIQUE, "
        "key BLOB NOT NULL, tokens BLOB NOT NULL, profile BLOB NOT NULL) STRICT"
    )
    database.table("products").create({"product": str, "body": str}, pk="product", not_null={"body"}, strict=True)
    database.table("documents").create(
        {"kind": str, "etag": str, "body": str}, pk="kind", not_null={"etag", "body"}, strict=True
    )


def _slice_2(database: Database) -> None:
    """When the first token key of a profile is past; 0: not known yet."""
    database.execute("ALTER TABLE profiles RENAME TO profiles_1")
    database.execute(
        "CREATE TABLE profiles (id INTEGER PRIMARY KEY, customer TEXT NOT NULL UNIQUE, "
        "key BLOB NOT NULL, tokens BLOB NOT NULL, keys_past_s INTEGER, profile BLOB NOT NULL) STRICT"
    )
    database.execute(
        "INSERT INTO profiles (id, customer, key, tokens, keys_past_s, profile) "
        "SELECT id, customer, key, tokens, 0, profile FROM profiles_1"
    )
    database.execute("DROP TABLE profiles_1")


def _slice_3(database: Database) -> None:
    """Profiles are a log: what is not complete yet is written behind what is in force, see ``slice_log``."""
    database.execute("ALTER TABLE profiles RENAME TO profiles_2")
    # The profile comes last: tokens are read without touching its pages. A row without a key is a tombstone.
    # AUTOINCREMENT: a place that was given up is never taken again.
    database.execute(
        "CREATE TABLE profiles (id INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, "
        "key BLOB, tokens BLOB, keys_past_s INTEGER, profile BLOB) STRICT"
    )
    database.execute(
        "INSERT INTO profiles (id, customer, key, tokens, keys_past_s, profile) "
        "SELECT id, customer, key, tokens, keys_past_s, profile FROM profiles_2"
    )
    database.execute("DROP TABLE profiles_2")
    database.execute("CREATE INDEX profiles_customer ON profiles (customer)")
    database.execute("CREATE INDEX profiles_keys_past ON profiles (keys_past_s) WHERE keys_past_s IS NOT NULL")
    database.execute("CREATE INDEX profiles_tombstones ON profiles (customer) WHERE key IS NULL")
    # One row each, at most: which part of the log is in force, and the checkpoint that is being written behind it.
    database.execute(
        "CREATE TABLE in_force (first INTEGER NOT NULL, last INTEGER NOT NULL, swept INTEGER NOT NULL) STRICT"
    )
    database.execute("INSERT INTO in_force SELECT 0, coalesce(max(id), 0), coalesce(max(id), 0) FROM profiles")
    database.execute(
        "CREATE TABLE pending (cursor TEXT NOT NULL, snapshot INTEGER NOT NULL, pages INTEGER NOT NULL, "
        "size_bytes INTEGER NOT NULL, skipped INTEGER NOT NULL) STRICT"
    )


def _slice_4(database: Database) -> None:
    """Epoch keys between the unit key and the profile keys. What was sealed without is dropped, and pulled again."""
    database.execute("DROP TABLE profiles")
    database.execute(
        "CREATE TABLE profiles (id INTEGER PRIMARY KEY AUTOINCREMENT, customer TEXT NOT NULL, "
        "epoch INTEGER, key BLOB, tokens BLOB, keys_past_s INTEGER, profile BLOB) STRICT"
    )
    database.execute("CREATE INDEX profiles_customer ON profiles (customer)")
    database.execute("CREATE INDEX profiles_keys_past ON profiles (keys_past_s) WHERE keys_past_s IS NOT NULL")
    database.execute("CREATE INDEX profiles_tombstones ON profiles (customer) WHERE key IS NULL")
    database.execute("DELETE FROM pending")
    database.execute("UPDATE in_force SET first = 0, last = 0, swept = 0")
    database.execute("DELETE FROM state WHERE name IN ('cursor', 'lease_until', 'probe')")
    # AUTOINCREMENT: the number of an epoch that is over is never given again.
    database.execute(
        "CREATE TABLE epochs (epoch INTEGER PRIMARY KEY AUTOINCREMENT, key BLOB NOT NULL, source TEXT NOT NULL, "
        "begun_s INTEGER NOT NULL, erasures INTEGER NOT NULL DEFAULT 0) STRICT"
    )
    database.execute(
        "CREATE TABLE erased (customer TEXT PRIMARY KEY, epoch INTEGER NOT NULL, receipt TEXT NOT NULL) STRICT"
    )


def _slice_5(database: Database) -> None:
    """Whom the hub took out, until the unit has erased what else it held of them."""
    database.execute("CREATE TABLE tombstones (customer TEXT PRIMARY KEY, receipt TEXT NOT NULL) STRICT")


def _journal_1(database: Database) -> None:
    """Visits, cards, contacts, withdrawals, outbox, dead letters."""
    database.table("visits").create(
        {
            "visit": str,
            "customer": str,
            "state": str,
            "badge": int,
            "started_at": str,
            "message_id": str,
            "campaign": str,
            "card": str,
            "ended_at": str,
        },
        pk="visit",
        strict=True,
    )
    database.table("cards").create(
        {"card": str, "state": str, "customer": str, "visit": str, "campaign": str, "body": str}, pk="card", strict=True
    )
    contacts = database.table("contacts").create(
        {"id": int, "customer": str, "campaign": str, "channel": str, "at": str}, pk="id", strict=True
    )
    contacts.create_index(["customer", "campaign", "at"])
    database.table("withdrawals").create(
        {"customer": str, "scope": str, "at": str, "until": str}, pk=("customer", "scope"), strict=True
    )
    # AUTOINCREMENT: a number that left the outbox is never given again, so a late answer settles nothing else.
    database.execute(
        "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, "
        "customer TEXT, event TEXT NOT NULL) STRICT"
    )
    database.table("outbox").create_index(["lane"])
    database.table("dead_letters").create(
        {"seq": int, "customer": str, "event": str, "reason": str}, pk="seq", strict=True
    )


def _journal_2(database: Database) -> None:
    """Single numbers: the coordinator's epoch."""
    database.execute("CREATE TABLE numbers (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT")


def _journal_3(database: Database) -> None:
    """What a contact was part of, and what it was; of older ones that is not known."""
    for column, default in (("visit", ""), ("decision", ""), ("message_class", "offer")):
        database.execute(f"ALTER TABLE contacts ADD COLUMN {column} TEXT NOT NULL DEFAULT '{default}'")


def _journal_4(database: Database) -> None:
    """What a visit has behind it, so that whoever comes back goes on with it."""
    database.execute("ALTER TABLE visits ADD COLUMN decision TEXT")
    database.execute("ALTER TABLE visits ADD COLUMN continues TEXT")
    database.execute("ALTER TABLE visits ADD COLUMN met TEXT NOT NULL DEFAULT '[]'")
    database.execute("ALTER TABLE visits ADD COLUMN owed TEXT NOT NULL DEFAULT '[]'")
    database.execute("ALTER TABLE visits ADD COLUMN held_out INTEGER NOT NULL DEFAULT 0")
    database.execute("ALTER TABLE visits ADD COLUMN left_in TEXT")


def _journal_5(database: Database) -> None:
    """Cards are sealed: those that lay open go. Erasures are owed until they are done and told."""
    database.execute("DROP TABLE cards")
    database.execute(
        "CREATE TABLE cards (card TEXT PRIMARY KEY, state TEXT, customer TEXT, visit TEXT, expires_at TEXT, "
        "sealed BLOB) STRICT"
    )
    database.execute("CREATE TABLE erasures (customer TEXT PRIMARY KEY, receipt TEXT NOT NULL) STRICT")


def _journal_6(database: Database) -> None:
    """Whoever has bought is offered nothing else."""
    database.execute("ALTER TABLE visits ADD COLUMN bought INTEGER NOT NULL DEFAULT 0")


SLICE_STEPS = (_slice_1, _slice_2, _slice_3, _slice_4, _slice_5)
"""``slice.db``."""

JOURNAL_STEPS = (_journal_1, _journal_2, _journal_3, _journal_4, _journal_5, _journal_6)
"""``journal.db``."""
