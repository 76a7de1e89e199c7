"""Read what can still be read of a damaged database."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlite_utils import Database


def salvage(damaged: Path, target: Database, tables: Sequence[str]) -> int:
    """Copy every readable row of the tables into ``target``, inside its transaction; return how many.

    Rows that ``target`` has already are left alone. Never raises for what is wrong in ``damaged``.
    """
    copied = 0
    with closing(sqlite3.connect(damaged)) as source:
        source.text_factory = target.conn.text_factory
        # Not to change the schema: with it SQLite also opens a file that is shorter than its header says.
        source.execute("PRAGMA writable_schema = ON")
        for table in tables:
            held = {name for _, name, *_ in _until_error(source, f"PRAGMA table_info({table})")}
            # One that an earlier version did not have yet gets its default; SQLite would take its name for its value.
            names = [column.name for column in target.table(table).columns if column.name in held]
            if not names:
                continue
            columns = ", ".join(f'"{name}"' for name in names)
            places = ", ".join("?" for _ in names)
            insert = f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({places})"  # noqa: S608
            before = target.conn.total_changes
            # From both ends: a bad page in the middle hides only its own rows.
            for order in ("ASC", "DESC"):
                select = f"SELECT {columns} FROM {table} NOT INDEXED ORDER BY rowid {order}"  # noqa: S608
                target.conn.executemany(insert, _until_error(source, select))
            copied += target.conn.total_changes - before
    return copied


def _until_error(source: sqlite3.Connection, select: str) -> Iterator[tuple[Any, ...]]:
    try:
        yield from source.execute(select)
    except (sqlite3.DatabaseError, UnicodeDecodeError):  # the latter from an error that quotes a name in the file
        return
