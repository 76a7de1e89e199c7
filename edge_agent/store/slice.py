"""The slice on disk: sealed profiles. Pages are written as they come; a checkpoint brings them in force at once."""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from datetime import datetime
from pathlib import Path
from typing import Final

import pydantic_core
from pydantic import TypeAdapter, ValidationError

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.slice import Profile, SlicePage, Token
from edge_agent.errors import DamagedError, StoreError
from edge_agent.store.crypto import ProfileCipher
from edge_agent.store.database import DatabaseFile, remove_set_aside
from edge_agent.store.migrations import SLICE_STEPS
from edge_agent.store.sealing import sealed
from edge_agent.store.slice_log import IN_FORCE, Applied, Pending, Row, SliceLog
from edge_agent.store.token_keys import keys_past_s, without_past_keys

log = logging.getLogger(__name__)

_TOKENS: Final = TypeAdapter(tuple[Token, ...])
_BATCH: Final = 500  # rows per read, so that nobody waits long for the tokens of 100,000
_REWRITTEN: Final = 100  # rows whose keys are dropped at once: about 5 ms
_SEALED: Final = 100  # profiles sealed at once: about 5 ms
_PROBE: Final = "probe"  # opens only with the right key and store


class SliceStore:
    """The profiles that this store may hold. Opening it raises what :class:`DatabaseFile` raises."""

    def __init__(self, path: Path, cipher: ProfileCipher) -> None:
        """Raises DamagedError also where the slice was sealed with another key, or for another store."""
        self._cipher = cipher
        self._file = DatabaseFile(path, "NORMAL", SLICE_STEPS)
        try:
            self._check_key()
            self._log = SliceLog(self._file)
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
        return self._log.count()

    def holds(self, customer: CustomerId) -> bool:
        """Return whether anything lies here of a customer, readable or not, in force or not."""
        return bool(self._file.rows("SELECT 1 FROM profiles WHERE customer = ?", (customer,)))

    def profile(self, customer: CustomerId) -> Profile | None:
        """Return a customer's profile, or ``None`` where none is held or it cannot be read."""
        rows = self._file.rows(f"SELECT key, tokens, profile FROM {IN_FORCE} AND customer = ?", (0, customer))  # noqa: S608
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
        following = f"SELECT id, customer, key, tokens FROM {IN_FORCE} ORDER BY id LIMIT ?"  # noqa: S608
        last = 0
        while rows := self._file.rows(following, (last, _BATCH)):
            last = rows[-1][0]
            for _, customer, wrapped, tokens in rows:
                yield customer, self._opened(customer, wrapped, tokens)

    def tokens_of(self, customer: CustomerId) -> tuple[Token, ...]:
        """Return a customer's devices without opening her profile; none where nothing is held or can be read."""
        rows = self._file.rows(f"SELECT key, tokens FROM {IN_FORCE} AND customer = ?", (0, customer))  # noqa: S608
        return self._opened(customer, *rows[0]) if rows else ()

    def _opened(self, customer: CustomerId, wrapped: bytes, tokens: bytes) -> tuple[Token, ...]:
        try:
            return _TOKENS.validate_json(self._cipher.unwrap(customer, wrapped).open("tokens", tokens))
        except (StoreError, ValidationError):
            log.warning("the tokens of a customer cannot be read; she is not recognised")
            return ()

    # --- writing (the worker's thread) ---

    def add(self, page: SlicePage, refused: Callable[[], Set[CustomerId]]) -> Iterator[Applied | None]:
        """Write the next page, a piece at a time; what is in force stays so until the checkpoint.

        Yields ``None`` after each piece, and :class:`Applied` after the one in which a checkpoint came into force;
        :meth:`sweep` then. The page is on disk whole, with the place where it ends, or not at all. A page that begins
        a snapshot replaces what is pending, any other goes on with it. ``refused`` says who withdrew for good, it
        is asked in the piece that writes: whatever the hub sends of them is deleted instead of stored.
        Raises StoreError where the page is for another store, or the disk refuses.
        """
        if page.store != self._cipher.store:
            raise StoreError(f"a page of the slice is for store {page.store}, this is {self._cipher.store}")
        if page.snapshot or self._log.pending() is None:
            yield from self._log.abandon()
        rows: dict[CustomerId, Row | None] = {}
        skipped = 0
        for number, operation in enumerate(page.operations, start=1):  # the last word on a customer counts
            row = sealed(operation, self._cipher) if operation.kind == "put" else None
            skipped += operation.kind == "put" and row is None
            rows[operation.customer] = row
            if number % _SEALED == 0:
                yield None
        with self._file.transaction():
            for customer in refused() & rows.keys():
                rows[customer] = None
            applied = self._log.append(
                page, (row or (customer, None, None, None, None) for customer, row in rows.items()), skipped
            )
            if applied is not None:
                self._set_state({"cursor": page.cursor, "lease_until": page.lease_until.isoformat()})
        if applied is not None and applied.changed is None:
            remove_set_aside(self._file.path)
        yield applied

    def pending(self) -> Pending | None:
        """Return what has been written of the next checkpoint; ``None``: nothing."""
        return self._log.pending()

    def abandon(self) -> Iterator[None]:
        """Give up what is pending, a piece at a time. Raises StoreError where the disk refuses."""
        return self._log.abandon()

    def sweep(self) -> Iterator[None]:
        """Erase what checkpoints put out of force, a piece at a time. Raises StoreError where the disk refuses.

        What is erased nobody could read any more; a sweep that was interrupted goes on at the next call.
        """
        return self._log.sweep()

    def apply(self, pages: Iterable[SlicePage], refused: Set[CustomerId] = frozenset()) -> Applied:
        """Take over pages up to and including one checkpoint without a break, and sweep; all of it, or nothing.

        Raises what :meth:`add` raises, ValueError where the pages do not end with a checkpoint.
        """
        applied = None
        try:
            for page in pages:
                *_, applied = self.add(page, lambda: refused)
                if applied is not None:
                    return applied
            raise ValueError("pages: the last one is no checkpoint")
        finally:
            for _ in self.sweep() if applied is not None else self.abandon():
                pass

    def forget(self, customer: CustomerId) -> None:
        """Delete a customer's profile now, a pending one too; its bytes are overwritten. No-op where none is held."""
        with self._file.transaction() as database:
            database.execute("DELETE FROM profiles WHERE customer = ?", (customer,))
        self._file.truncate_log()
        remove_set_aside(self._file.path)

    def drop_past_keys(self, unix_s: int) -> Iterator[int]:
        """Delete the token keys of windows that ended a slot ago, a piece at a time: yields how many rows it was.

        Only for a clock that is trusted. Raises StoreError where the disk refuses.
        """
        due = "SELECT id, customer, key, tokens FROM profiles WHERE keys_past_s <= ? LIMIT ?"
        dropped = False
        while rows := self._file.rows(due, (unix_s, _REWRITTEN)):  # what was rewritten is due later, or never
            with self._file.transaction() as database:
                for row, customer, wrapped, tokens in rows:
                    rewritten = self._without_past_keys(customer, wrapped, tokens, unix_s)
                    database.execute("UPDATE profiles SET tokens = ?, keys_past_s = ? WHERE id = ?", (*rewritten, row))
            dropped = True
            yield len(rows)
        if dropped:
            self._file.truncate_log()

    def _without_past_keys(
        self, customer: CustomerId, wrapped: bytes, sealed_tokens: bytes, unix_s: int
    ) -> tuple[bytes, int | None]:
        try:
            key = self._cipher.unwrap(customer, wrapped)
            raw = json.loads(key.open("tokens", sealed_tokens))
            tokens = _TOKENS.validate_python(raw)
        except (StoreError, ValidationError):
            return b"", None  # nobody can read it any more
        kept = without_past_keys(raw, tokens, unix_s)
        return key.seal("tokens", pydantic_core.to_json(kept)), keys_past_s(tokens, unix_s)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

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
