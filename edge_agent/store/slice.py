"""The slice on disk: sealed profiles, swapped or changed one checkpoint at a time."""

import json
import logging
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pydantic_core
from pydantic import TypeAdapter, ValidationError
from sqlite_utils import Database

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.slice import Profile, SliceOperation, SlicePage, Token
from edge_agent.errors import DamagedError, StoreError
from edge_agent.store.crypto import ProfileCipher
from edge_agent.store.database import DatabaseFile, remove_set_aside
from edge_agent.store.migrations import SLICE_STEPS, create_profiles
from edge_agent.store.token_keys import keys_past_s, without_past_keys

log = logging.getLogger(__name__)

Row = tuple[CustomerId, bytes, bytes, int | None, bytes]
"""Customer, wrapped key, sealed tokens, when the first of their keys is past, sealed rest of the profile."""

_TOKENS: Final = TypeAdapter(tuple[Token, ...])
_BATCH: Final = 500  # rows per read, so that nobody waits long for the tokens of 100,000
_REWRITTEN: Final = 100  # rows whose keys are dropped at once: about 5 ms
_PROBE: Final = "probe"  # opens only with the right key and store


@dataclass(frozen=True, slots=True)
class Applied:
    """What one checkpoint did."""

    changed: frozenset[CustomerId] | None
    """Whose profile changed or went; ``None``: a snapshot, so anybody's."""
    skipped: int
    """Profiles that were broken, and are not held in any version."""


class SliceStore:
    """The profiles that this store may hold. Opening it raises what :class:`DatabaseFile` raises."""

    def __init__(self, path: Path, cipher: ProfileCipher) -> None:
        """Raises DamagedError also where the slice was sealed with another key, or for another store."""
        self._cipher = cipher
        self._file = DatabaseFile(path, "NORMAL", SLICE_STEPS)
        try:
            self._check_key()
        except BaseException:
            self._file.close()
            raise

    # --- reading (any thread) ---

    def cursor(self) -> str | None:
        """Where the next pull goes on; ``None``: nothing is held, pull a snapshot."""
        return self._state("cursor")

    def lease_until(self) -> datetime | None:
        """Past this nothing here may be used; ``None``: nothing is held."""
        text = self._state("lease_until")
        return datetime.fromisoformat(text) if text else None

    def count(self) -> int:
        """How many profiles are held."""
        count: int = self._file.rows("SELECT count(*) FROM profiles")[0][0]
        return count

    def holds(self, customer: CustomerId) -> bool:
        """Return whether anything is held of a customer, readable or not."""
        return bool(self._file.rows("SELECT 1 FROM profiles WHERE customer = ?", (customer,)))

    def profile(self, customer: CustomerId) -> Profile | None:
        """Return a customer's profile, or ``None`` where none is held or it cannot be read."""
        rows = self._file.rows("SELECT key, tokens, profile FROM profiles WHERE customer = ?", (customer,))
        if not rows:
            return None
        wrapped, tokens, rest = rows[0]
        try:
            key = self._cipher.unwrap(customer, wrapped)
            return Profile.model_validate(
                {**json.loads(key.open("profile", rest)), "tokens": json.loads(key.open("tokens", tokens))}
            )
        except (StoreError, ValidationError):
            log.warning("a profile cannot be read and is not used; it comes again with the next snapshot")
            return None

    def tokens(self) -> Iterator[tuple[CustomerId, tuple[Token, ...]]]:
        """Yield every customer with her devices, without opening the profiles.

        Reads a batch at a time: a checkpoint that is applied meanwhile is partly seen, and
        announced by its own ``SliceChanged``.
        """
        last = 0
        while rows := self._file.rows(
            "SELECT id, customer, key, tokens FROM profiles WHERE id > ? ORDER BY id LIMIT ?", (last, _BATCH)
        ):
            last = rows[-1][0]
            for _, customer, wrapped, sealed in rows:
                yield customer, self._opened(customer, wrapped, sealed)

    def tokens_of(self, customer: CustomerId) -> tuple[Token, ...]:
        """Return a customer's devices without opening her profile; none where nothing is held or can be read."""
        rows = self._file.rows("SELECT key, tokens FROM profiles WHERE customer = ?", (customer,))
        return self._opened(customer, *rows[0]) if rows else ()

    def _opened(self, customer: CustomerId, wrapped: bytes, sealed: bytes) -> tuple[Token, ...]:
        try:
            return _TOKENS.validate_json(self._cipher.unwrap(customer, wrapped).open("tokens", sealed))
        except (StoreError, ValidationError):
            log.warning("the tokens of a customer cannot be read; she is not recognised")
            return ()

    # --- writing (the worker's thread) ---

    def apply(self, pages: Iterable[SlicePage], refused: Set[CustomerId] = frozenset()) -> Applied:
        """Take over pages up to and including one checkpoint; all of it, or nothing.

        ``refused``: who withdrew for good; whatever the hub sends of them is deleted instead of stored.

        The first page says whether this is a snapshot. Pages are consumed one by one. Raises
        StoreError where a page belongs to another store or the disk refuses, ValueError where
        the pages do not end with a checkpoint; the slice is then as it was.
        """
        remaining = iter(pages)
        first = next(remaining, None)
        if first is None:
            raise ValueError("pages: there is none")
        allowed = (_without(page, refused) for page in self._until_checkpoint(first, remaining))
        return self._swap(allowed) if first.snapshot else self._change(allowed)

    def forget(self, customer: CustomerId) -> None:
        """Delete a customer's profile now; its bytes are overwritten. No-op where none is held."""
        with self._file.transaction() as database:
            database.execute("DELETE FROM profiles WHERE customer = ?", (customer,))
        self._file.truncate_log()
        remove_set_aside(self._file.path)

    def drop_past_keys(self, unix_s: int) -> Iterator[int]:
        """Delete the token keys of windows that ended a slot ago, a piece at a time: yields how many rows it was.

        Only for a clock that is trusted. Raises StoreError where the disk refuses.
        """
        due = "SELECT id, customer, key, tokens FROM profiles WHERE id > ? AND keys_past_s <= ? ORDER BY id LIMIT ?"
        last = 0
        while rows := self._file.rows(due, (last, unix_s, _REWRITTEN)):
            with self._file.transaction() as database:
                for row, customer, wrapped, sealed in rows:
                    rewritten = self._without_past_keys(customer, wrapped, sealed, unix_s)
                    database.execute("UPDATE profiles SET tokens = ?, keys_past_s = ? WHERE id = ?", (*rewritten, row))
            last = rows[-1][0]
            yield len(rows)
        if last:
            self._file.truncate_log()

    def _without_past_keys(
        self, customer: CustomerId, wrapped: bytes, sealed: bytes, unix_s: int
    ) -> tuple[bytes, int | None]:
        try:
            key = self._cipher.unwrap(customer, wrapped)
            raw = json.loads(key.open("tokens", sealed))
            tokens = _TOKENS.validate_python(raw)
        except (StoreError, ValidationError):
            return b"", None  # nobody can read it any more
        kept = without_past_keys(raw, tokens, unix_s)
        return key.seal("tokens", pydantic_core.to_json(kept)), keys_past_s(tokens, unix_s)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _swap(self, pages: Iterable[SlicePage]) -> Applied:
        skipped = 0
        with self._file.transaction() as database:
            create_profiles(database, "profiles_next")
            for page in pages:
                skipped += self._take(database, "profiles_next", page)[1]
            database.execute("DROP TABLE profiles")
            database.execute("ALTER TABLE profiles_next RENAME TO profiles")
        self._file.truncate_log()
        remove_set_aside(self._file.path)
        return Applied(None, skipped)

    def _change(self, pages: Iterable[SlicePage]) -> Applied:
        changed: set[CustomerId] = set()
        skipped = 0
        with self._file.transaction() as database:
            for page in pages:
                rows, broken = self._take(database, "profiles", page)
                changed.update(rows)
                skipped += broken
        if changed:
            self._file.truncate_log()
        return Applied(frozenset(changed), skipped)

    def _until_checkpoint(self, page: SlicePage, remaining: Iterator[SlicePage]) -> Iterator[SlicePage]:
        while True:
            if page.store != self._cipher.store:
                raise StoreError(f"a page of the slice is for store {page.store}, this is {self._cipher.store}")
            yield page
            if page.checkpoint:
                self._set_state({"cursor": page.cursor, "lease_until": page.lease_until.isoformat()})
                return
            following = next(remaining, None)
            if following is None:
                raise ValueError("pages: the last one is no checkpoint")
            page = following

    def _take(self, database: Database, table: str, page: SlicePage) -> tuple[Mapping[CustomerId, Row | None], int]:
        """Write a page's operations into a table; return them (``None``: gone) and how many were broken."""
        rows: dict[CustomerId, Row | None] = {}
        broken = 0
        for operation in page.operations:  # the last word on a customer counts
            row = self._sealed(operation) if operation.kind == "put" else None
            broken += operation.kind == "put" and row is None
            rows[operation.customer] = row
        # Plain SQL: 100,000 rows at once are the hot path.
        gone = [(customer,) for customer, row in rows.items() if row is None]
        database.conn.executemany(f"DELETE FROM {table} WHERE customer = ?", gone)  # noqa: S608
        database.conn.executemany(
            f"INSERT OR REPLACE INTO {table} (customer, key, tokens, keys_past_s, profile) VALUES (?, ?, ?, ?, ?)",  # noqa: S608
            (row for row in rows.values() if row is not None),
        )
        return rows, broken

    def _sealed(self, operation: SliceOperation) -> Row | None:
        """Return the row of a put, or ``None`` where its profile is broken: no old version may outlive it."""
        try:
            profile = Profile.model_validate(operation.profile)
        except ValidationError as error:
            fields = ", ".join(sorted({".".join(map(str, problem["loc"])) for problem in error.errors()}))
            log.warning("a profile of the slice is broken and skipped; wrong fields: %s", fields or "all")
            return None
        if profile.customer != operation.customer:
            log.warning("a profile of the slice is skipped: it is not of the customer whom it was sent for")
            return None
        # The raw fields are kept, not the parsed ones: a newer agent finds what this one does not know yet.
        rest = dict(operation.profile or {})
        tokens = rest.pop("tokens", [])
        key = self._cipher.new_key(operation.customer)
        return (
            operation.customer,
            key.wrapped,
            key.seal("tokens", pydantic_core.to_json(tokens)),
            keys_past_s(profile.tokens),
            key.seal("profile", pydantic_core.to_json(rest)),
        )

    def _check_key(self) -> None:
        probe = self._file.rows("SELECT value FROM state WHERE name = ?", (_PROBE,))
        if not probe:
            key = self._cipher.new_key(_PROBE)
            with self._file.transaction():
                self._set_state({_PROBE: key.wrapped})
            return
        try:
            self._cipher.unwrap(_PROBE, probe[0][0])
        except StoreError as error:
            raise DamagedError(f"{self._file.path}: sealed with another key, or for another store") from error

    def _state(self, name: str) -> str | None:
        rows = self._file.rows("SELECT value FROM state WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def _set_state(self, values: Mapping[str, str | bytes]) -> None:
        table = self._file.write.table("state")
        table.upsert_all(({"name": name, "value": value} for name, value in values.items()), pk="name")


def _without(page: SlicePage, refused: Set[CustomerId]) -> SlicePage:
    """Return a page whose puts of refused customers are tombstones."""
    if refused.isdisjoint(operation.customer for operation in page.operations):
        return page
    operations = tuple(
        SliceOperation(kind="tombstone", customer=operation.customer) if operation.customer in refused else operation
        for operation in page.operations
    )
    return page.model_copy(update={"operations": operations})
