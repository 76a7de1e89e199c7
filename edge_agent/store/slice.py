"""The slice on disk: sealed profiles. Pages are written as they come; a checkpoint brings them in force at once.

Without the unit key the file is open and the slice is *locked*: nobody is in it who could be read, nothing can be
added, and whoever withdraws is deleted all the same.
"""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Set
from datetime import datetime
from pathlib import Path
from typing import Final

import pydantic_core
from pydantic import TypeAdapter, ValidationError

from edge_agent.constants import EPOCH_MIN_S
from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.contracts.slice import Profile, SlicePage, Token
from edge_agent.errors import DamagedError, StoreError
from edge_agent.store.crypto import ProfileKey, SealError
from edge_agent.store.database import DatabaseFile, check, remove_set_aside
from edge_agent.store.epochs import Epochs
from edge_agent.store.migrations import SLICE_STEPS
from edge_agent.store.sealing import PROFILE, TOKENS, SealedProfile, sealed
from edge_agent.store.shredding import Shredding
from edge_agent.store.slice_log import IN_FORCE, Applied, Pending, Row, SliceLog
from edge_agent.store.token_keys import keys_past_s, without_past_keys
from edge_agent.store.tombstones import Tombstones
from edge_agent.store.unit_key import UnitKey

log = logging.getLogger(__name__)

_TOKENS: Final = TypeAdapter(tuple[Token, ...])
_BATCH: Final = 100  # rows read and opened at once: about 3 ms
_REWRITTEN: Final = 100  # rows whose keys are dropped at once: about 5 ms
_SEALED: Final = 100  # profiles sealed at once: about 5 ms


class SliceStore:
    """The profiles that this store may hold. Opening it raises what :class:`DatabaseFile` raises."""

    def __init__(self, path: Path, store: Identifier) -> None:
        """Open the file, locked. Raises DamagedError also where the slice is another store's."""
        self._store = store
        self._epochs: Epochs | None = None
        self.outdated: frozenset[CustomerId] = frozenset()
        """Who changed by a page that the disk refused: what lies here of them may no longer be used, nor is it read."""
        self._file = DatabaseFile(path, "NORMAL", SLICE_STEPS)
        try:
            self._check_store()
            self._log = SliceLog(self._file)
        except BaseException:
            self._file.close()
            raise
        self.shredding = Shredding(self._file)
        """Who was erased, until her key is destroyed too."""
        self.tombstones = Tombstones(self._file)
        """Whom the hub took out, until the receipt for it is queued."""

    def read_through(self) -> None:
        """Read the whole file, seconds from a cold card; in any thread. Raises DamagedError where it is not sound."""
        check(self._file.path)

    def unlock(self, unit_key: UnitKey) -> bool:
        """Open what is held with the unit's key. On the worker's thread.

        False where it was sealed with another key: nobody can read it, so it is given up, and has to be pulled again;
        :meth:`sweep` erases it.
        """
        try:
            self._epochs = Epochs(self._file, self._store, unit_key)
        except SealError:
            with self._file.transaction() as database:
                database.execute("DELETE FROM epochs")
                database.execute("DELETE FROM state WHERE name IN ('cursor', 'lease_until')")
                self._log.give_up()
            self._file.truncate_log()
            self._epochs = Epochs(self._file, self._store, unit_key)
            return False
        return True

    @property
    def locked(self) -> bool:
        """Whether the unit key is not here (yet)."""
        return self._epochs is None

    # --- reading (any thread) ---

    def cursor(self) -> str | None:
        """Where the next pull goes on; ``None``: nothing is held, pull a snapshot."""
        return self._state("cursor")

    def lease_until(self) -> datetime | None:
        """Past this nothing here may be used; ``None``: nothing is held, or it is locked."""
        return None if self.locked else self.lease_kept()

    def lease_kept(self) -> datetime | None:
        """Return the lease of what lies here, locked or not; ``None``: nothing does."""
        text = self._state("lease_until")
        return datetime.fromisoformat(text) if text else None

    def count(self) -> int:
        """How many profiles are held."""
        return self._log.count()

    def holds(self, customer: CustomerId) -> bool:
        """Return whether anything lies here of a customer, readable or not, in force or not."""
        return bool(self._file.rows("SELECT 1 FROM profiles WHERE customer = ?", (customer,)))

    def in_force(self, customer: CustomerId) -> bool:
        """Return whether a customer has a profile in force, readable or not."""
        return bool(self._file.rows(f"SELECT 1 FROM {IN_FORCE} AND customer = ?", (0, customer)))  # noqa: S608

    def profile(self, customer: CustomerId) -> Profile | None:
        """Return a customer's profile, or ``None`` where none is held or it cannot be read."""
        select = f"SELECT epoch, key, tokens, profile FROM {IN_FORCE} AND customer = ?"  # noqa: S608
        for last_try in (False, True):  # her epoch may have ended after her row was read: it is under the next then
            rows = self._file.rows(select, (0, customer))
            if not rows or self.locked or customer in self.outdated:
                return None
            epoch, wrapped, tokens, rest = rows[0]
            try:
                key = self._unwrapped(customer, epoch, wrapped)
                columns = {**json.loads(key.open(PROFILE, rest)), "tokens": json.loads(key.open(TOKENS, tokens))}
                return Profile.model_validate(columns)
            except (StoreError, ValidationError):
                if last_try:
                    log.warning("a profile cannot be read and is not used; it comes again with the next snapshot")
        return None

    def tokens(self) -> Iterator[tuple[CustomerId, tuple[Token, ...]]]:
        """Yield every customer with her devices, without opening the profiles.

        Reads a batch at a time: a checkpoint that is applied meanwhile is partly seen, and
        announced by its own ``SliceChanged``.
        """
        following = f"SELECT id, customer, epoch, key, tokens FROM {IN_FORCE} ORDER BY id LIMIT ?"  # noqa: S608
        last = 0
        while self._epochs is not None and (rows := self._file.rows(following, (last, _BATCH))):
            last = rows[-1][0]
            # All are opened before the first is given away: the epoch of the rows may end meanwhile.
            yield from [(customer, self._opened(customer, *sealed_row)) for _, customer, *sealed_row in rows]

    def tokens_of(self, customer: CustomerId) -> tuple[Token, ...]:
        """Return a customer's devices without opening her profile; none where nothing is held or can be read."""
        rows = self._file.rows(f"SELECT epoch, key, tokens FROM {IN_FORCE} AND customer = ?", (0, customer))  # noqa: S608
        return self._opened(customer, *rows[0]) if rows and not self.locked else ()

    def _opened(self, customer: CustomerId, epoch: int, wrapped: bytes, tokens: bytes) -> tuple[Token, ...]:
        if customer in self.outdated:
            return ()
        try:
            return _TOKENS.validate_json(self._unwrapped(customer, epoch, wrapped).open(TOKENS, tokens))
        except (StoreError, ValidationError):
            log.warning("the tokens of a customer cannot be read; she is not recognised")
            return ()

    def _unwrapped(self, customer: CustomerId, epoch: int, wrapped: bytes) -> ProfileKey:
        if self._epochs is None:
            raise StoreError("the slice is locked: the unit key is not here")
        return self._epochs.unwrap(customer, epoch, wrapped)

    # --- writing (the worker's thread) ---

    def add(self, page: SlicePage, refused: Callable[[], Set[CustomerId]]) -> Iterator[Applied | None]:
        """Write the next page, a piece at a time; what is in force stays so until the checkpoint.

        Yields ``None`` after each piece, and :class:`Applied` after the one in which a checkpoint came into force;
        :meth:`sweep` then. The page is on disk whole, with the place where it ends, or not at all. A page that begins
        a snapshot replaces what is pending, any other goes on with it. ``refused`` says who withdrew for good, it
        is asked in the piece that writes: whatever the hub sends of them is deleted instead of stored.
        Raises StoreError where the page is for another store, or the disk refuses; who changed by it is then
        :attr:`outdated` until a checkpoint came into force.
        """
        if page.store != self._store:
            raise StoreError(f"a page of the slice is for store {page.store}, this is {self._store}")
        epochs = self._epochs
        if epochs is None:
            raise StoreError("the slice is locked: the unit key is not here")
        try:
            yield from self._add(page, refused, epochs)
        except StoreError:
            pending = self._log.pending()
            if not page.snapshot and (pending is None or not pending.snapshot):  # a snapshot names everybody
                self.outdated |= {operation.customer for operation in page.operations}
            raise

    def _add(self, page: SlicePage, refused: Callable[[], Set[CustomerId]], epochs: Epochs) -> Iterator[Applied | None]:
        if page.snapshot or self._log.pending() is None:
            yield from self._log.abandon()
        rows: dict[CustomerId, SealedProfile | None] = {}
        skipped = 0
        for number, operation in enumerate(page.operations, start=1):  # the last word on a customer counts
            row = sealed(operation, self._store) if operation.kind == "put" else None
            skipped += operation.kind == "put" and row is None
            rows[operation.customer] = row
            if number % _SEALED == 0:
                yield None
        gone = {operation.customer for operation in page.operations if operation.kind == "tombstone"}
        with self._file.transaction():
            self.tombstones.note(customer for customer in gone if rows[customer] is None)
            for customer in refused() & rows.keys():
                rows[customer] = None
            # Their keys are wrapped only now: the epoch may have ended since the first piece.
            applied = self._log.append(page, (_row(customer, row, epochs) for customer, row in rows.items()), skipped)
            if applied is not None:
                self._set_state({"cursor": page.cursor, "lease_until": page.lease_until.isoformat()})
        if applied is not None:
            self.outdated = frozenset()
            if applied.changed is None:
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

    def forget(self, *customers: CustomerId) -> None:
        """Delete customers' profiles now, pending ones too; their bytes are overwritten. No-op where none are held."""
        with self._file.transaction() as database:
            for customer in customers:
                database.execute("DELETE FROM profiles WHERE customer = ?", (customer,))
                self.shredding.note(database, customer)
        self._file.truncate_log()
        remove_set_aside(self._file.path)

    def change_epoch(self, unix_s: int) -> Iterator[None]:
        """Destroy the key that could still open what was erased, a piece at a time; goes on with what was interrupted.

        The profiles that stay are moved to a new epoch first. Nothing to do where nobody was erased, or the present
        epoch began less than EPOCH_MIN_S ago. Raises StoreError where the disk refuses.
        """
        epochs = self._epochs
        if epochs is None:
            return
        if not epochs.changing:
            if not self.shredding.under(epochs.current) or 0 <= epochs.age_s(unix_s) < EPOCH_MIN_S:
                return  # a negative age: the clock was set back
            epochs.begin(unix_s)
            yield
        yield from epochs.rewrap()
        epochs.end_former()

    def drop_past_keys(self, unix_s: int) -> Iterator[int]:
        """Delete the token keys of windows that ended a slot ago, a piece at a time: yields how many rows it was.

        Only for a clock that is trusted. Raises StoreError where the disk refuses.
        """
        due = "SELECT id, customer, epoch, key, tokens FROM profiles WHERE keys_past_s <= ? LIMIT ?"
        dropped = False
        # What was rewritten is due later, or never.
        while not self.locked and (rows := self._file.rows(due, (unix_s, _REWRITTEN))):
            with self._file.transaction() as database:
                for row, customer, epoch, wrapped, tokens in rows:
                    rewritten = self._without_past_keys(customer, epoch, wrapped, tokens, unix_s)
                    database.execute("UPDATE profiles SET tokens = ?, keys_past_s = ? WHERE id = ?", (*rewritten, row))
            dropped = True
            yield len(rows)
        if dropped:
            self._file.truncate_log()

    def _without_past_keys(
        self, customer: CustomerId, epoch: int, wrapped: bytes, sealed_tokens: bytes, unix_s: int
    ) -> tuple[bytes, int | None]:
        try:
            key = self._unwrapped(customer, epoch, wrapped)
            raw = json.loads(key.open(TOKENS, sealed_tokens))
            tokens = _TOKENS.validate_python(raw)
        except (StoreError, ValidationError):
            return b"", None  # nobody can read it any more
        kept = without_past_keys(raw, tokens, unix_s)
        return key.close(TOKENS, pydantic_core.to_json(kept)), keys_past_s(tokens, unix_s)

    def truncate_log(self) -> None:
        """Let what was deleted go from the write-ahead log as well."""
        self._file.truncate_log()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _check_store(self) -> None:
        store = self._state("store")
        if store is None:
            with self._file.transaction():
                self._set_state({"store": self._store})
        elif store != self._store:
            raise DamagedError(f"{self._file.path}: it is of another store than {self._store}", self._file.path)

    def _state(self, name: str) -> str | None:
        rows = self._file.rows("SELECT value FROM state WHERE name = ?", (name,))
        return rows[0][0] if rows else None

    def _set_state(self, values: Mapping[str, str]) -> None:
        table = self._file.write.table("state")
        table.upsert_all(({"name": name, "value": value} for name, value in values.items()), pk="name")


def _row(customer: CustomerId, profile: SealedProfile | None, epochs: Epochs) -> Row:
    if profile is None:
        return (customer, None, None, None, None, None)
    wrapped = epochs.wrap(customer, profile.secret)
    return (customer, epochs.current, wrapped, profile.tokens, profile.keys_past_s, profile.rest)
