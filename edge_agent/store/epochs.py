"""The epoch keys: the unit key wraps them, they wrap the profile keys.

Whoever destroys an epoch key has shredded everything that is still sealed under it, wherever a copy lies: in free
pages, in worn-out cells of a card. So after erasures the profiles that stay are moved to a new epoch, and the key of
the former is destroyed.
"""

import os
from collections.abc import Iterator
from typing import Final

from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.errors import DamagedError
from edge_agent.store.crypto import SECRET_BYTES, ProfileKey, Seal, SealError, owner
from edge_agent.store.database import DatabaseFile, remove_set_aside
from edge_agent.store.unit_key import UnitKey

_REWRAPPED: Final = 200  # rows at once: about 5 ms
_KEY: Final = b"key"


class Epochs:
    """The open epoch keys of one slice. Changed by the worker's thread, read by any."""

    def __init__(self, file: DatabaseFile, store: Identifier, unit_key: UnitKey) -> None:
        """Open them, or begin the first.

        Raises SealError where they were sealed with another unit key, or for another store; DamagedError where there
        are profiles without any.
        """
        self._file = file
        self._store = store
        self._unit_key = unit_key
        self._unit = Seal(unit_key.secret)
        rows = file.rows("SELECT epoch, key FROM epochs ORDER BY epoch")
        self._open: dict[int, Seal] = {
            epoch: Seal(self._unit.open(wrapped, self._about(epoch))) for epoch, wrapped in rows
        }
        if not self._open:
            if file.rows("SELECT 1 FROM profiles WHERE id >= (SELECT first FROM in_force) LIMIT 1"):
                raise DamagedError(f"{file.path}: it holds profiles, and no key that opens them", file.path)
            self.begin(0)

    @property
    def current(self) -> int:
        """Number of the epoch under which new profiles are kept."""
        return next(reversed(self._open))

    @property
    def changing(self) -> bool:
        """Whether profiles may still lie under a former epoch."""
        return len(self._open) > 1

    def age_s(self, unix_s: int) -> int:
        """How long the current epoch has lasted; negative after a clock was set back."""
        begun_s: int = self._file.rows("SELECT begun_s FROM epochs WHERE epoch = ?", (self.current,))[0][0]
        return unix_s - begun_s

    def wrap(self, customer: CustomerId, secret: bytes) -> bytes:
        """Return a profile key as it may lie on disk, under the current epoch."""
        return self._open[self.current].close(secret, owner(self._store, customer) + _KEY)

    def unwrap(self, customer: CustomerId, epoch: int, wrapped: bytes) -> ProfileKey:
        """Return a profile key that was kept. Raises SealError where it does not open, or its epoch is over."""
        return ProfileKey(self._store, customer, self._secret(customer, epoch, wrapped))

    def begin(self, unix_s: int) -> None:
        """Begin a new epoch; what is under the former stays there until :meth:`rewrap`."""
        secret = os.urandom(SECRET_BYTES)
        with self._file.transaction() as database:
            insert = "INSERT INTO epochs (key, source, begun_s) VALUES (x'', ?, ?)"
            epoch = database.execute(insert, (self._unit_key.source, unix_s)).lastrowid
            assert epoch is not None
            wrapped = self._unit.close(secret, self._about(epoch))
            database.execute("UPDATE epochs SET key = ? WHERE epoch = ?", (wrapped, epoch))
        self._open = {**self._open, epoch: Seal(secret)}

    def rewrap(self) -> Iterator[None]:
        """Move all profile keys to the current epoch, a piece at a time; one that cannot be opened stays where it is.

        Rows that are written meanwhile are under the current epoch already. Begun again, it looks at all rows again.
        """
        following = "SELECT id, customer, epoch, key FROM profiles WHERE id > ? ORDER BY id LIMIT ?"
        last = 0
        while rows := self._file.rows(following, (last, _REWRAPPED)):
            last = rows[-1][0]
            moved = [
                (self.current, self.wrap(customer, secret), row)
                for row, customer, epoch, wrapped in rows
                if epoch in self._open and epoch != self.current
                for secret in self._secrets(customer, epoch, wrapped)
            ]
            if moved:
                with self._file.transaction() as database:
                    database.conn.executemany("UPDATE profiles SET epoch = ?, key = ? WHERE id = ?", moved)
            yield

    def end_former(self) -> None:
        """Destroy the keys of the former epochs, on disk and in memory. Only after :meth:`rewrap`."""
        current = self.current
        with self._file.transaction() as database:
            database.execute("DELETE FROM epochs WHERE epoch < ?", (current,))
        self._open = {current: self._open[current]}
        self._file.truncate_log()
        remove_set_aside(self._file.path)

    def _secret(self, customer: CustomerId, epoch: int, wrapped: bytes) -> bytes:
        seal = self._open.get(epoch)
        if seal is None:
            raise SealError("a sealed value does not open: its epoch is over")
        return seal.open(wrapped, owner(self._store, customer) + _KEY)

    def _secrets(self, customer: CustomerId, epoch: int, wrapped: bytes) -> Iterator[bytes]:
        try:
            yield self._secret(customer, epoch, wrapped)
        except SealError:
            return

    def _about(self, epoch: int) -> bytes:
        return f"{self._store}|epoch|{epoch}".encode()
