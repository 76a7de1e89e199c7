"""Whom the hub took out of the slice, until the unit has erased what else it held of them and queued the receipt.

Noted with the page that says so, in one transaction: whatever happens before the engine hears of it, it is not
forgotten.
"""

import secrets
from collections.abc import Iterable

from edge_agent.contracts.base import CustomerId
from edge_agent.store.database import DatabaseFile


class Tombstones:
    """The table ``tombstones`` of the slice."""

    def __init__(self, file: DatabaseFile) -> None:
        self._file = file

    def note(self, customers: Iterable[CustomerId]) -> None:
        """Note these customers, within the caller's transaction; who is noted already stays as she is."""
        self._file.write.conn.executemany(
            "INSERT OR IGNORE INTO tombstones (customer, receipt) VALUES (?, ?)",
            [(customer, secrets.token_hex(16)) for customer in customers],
        )

    def owed(self) -> dict[CustomerId, str]:
        """Return whom it is still about, each with the id of her receipt: the same after a power cut."""
        return dict(self._file.rows("SELECT customer, receipt FROM tombstones"))

    def settle(self, customers: Iterable[CustomerId]) -> None:
        """Their receipts are queued."""
        with self._file.transaction() as database:
            database.conn.executemany("DELETE FROM tombstones WHERE customer = ?", [(name,) for name in customers])
