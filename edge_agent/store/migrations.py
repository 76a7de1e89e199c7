"""Schemas of the two files. ``PRAGMA user_version`` counts the steps that a file has seen; there is no way back."""

from collections.abc import Callable, Sequence

from sqlite_utils import Database

from edge_agent.errors import StoreError


def migrate(database: Database, steps: Sequence[Callable[[Database], None]], name: str) -> None:
    """Run the steps that the file has not seen, each in its own transaction.

    Raises StoreError where the file has seen more steps than this version knows.
    """
    seen: int = database.execute("PRAGMA user_version").fetchone()[0]
    if seen > len(steps):
        raise StoreError(
            f"{name}: its format is version {seen} and this agent knows {len(steps)}; "
            "install the newer agent again, or remove the file and lose what it holds"
        )
    for number, step in enumerate(steps[seen:], start=seen + 1):
        with database.atomic():
            step(database)
            database.execute(f"PRAGMA user_version = {number:d}")


def _slice_1(database: Database) -> None:
    """Profiles and the place in the hub's log; catalogue and campaigns."""
    database.table("state").create({"name": str, "value": bytes}, pk="name")
    create_profiles(database, "profiles")
    database.table("products").create({"product": str, "body": str}, pk="product", not_null={"body"})
    database.table("documents").create({"kind": str, "etag": str, "body": str}, pk="kind", not_null={"etag", "body"})


def create_profiles(database: Database, table: str) -> None:
    """Make a table for sealed profiles. The profile comes last: tokens are read without touching its pages."""
    # Plain SQL: the UNIQUE constraint's own index follows the table when the shadow is renamed.
    database.execute(
        f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, customer TEXT NOT NULL UNIQUE, "
        "key BLOB NOT NULL, tokens BLOB NOT NULL, profile BLOB NOT NULL)"
    )


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
    )
    database.table("cards").create(
        {"card": str, "state": str, "customer": str, "visit": str, "campaign": str, "body": str}, pk="card"
    )
    contacts = database.table("contacts").create(
        {"id": int, "customer": str, "campaign": str, "channel": str, "at": str}, pk="id"
    )
    contacts.create_index(["customer", "campaign", "at"])
    database.table("withdrawals").create(
        {"customer": str, "scope": str, "at": str, "until": str}, pk=("customer", "scope")
    )
    # AUTOINCREMENT: a number that left the outbox is never given again, so a late answer settles nothing else.
    database.execute(
        "CREATE TABLE outbox (seq INTEGER PRIMARY KEY AUTOINCREMENT, lane INTEGER NOT NULL, "
        "customer TEXT, event TEXT NOT NULL)"
    )
    database.table("outbox").create_index(["lane"])
    database.table("dead_letters").create({"seq": int, "customer": str, "event": str, "reason": str}, pk="seq")


SLICE_STEPS = (_slice_1,)
"""``slice.db``."""

JOURNAL_STEPS = (_journal_1,)
"""``journal.db``."""
