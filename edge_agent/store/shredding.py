"""Who was erased, for as long as a copy of the key that opened her profile may be left.

Her row was overwritten at once. The epoch key that wrapped its key still wraps those of others; it is destroyed
with the next change of the epoch, and then she can be told to be shredded: where the unit key is not on the same card.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from sqlite_utils import Database

from edge_agent.contracts.base import CustomerId
from edge_agent.store.database import DatabaseFile
from edge_agent.store.unit_key import OFF_THE_CARD


@dataclass(frozen=True, slots=True)
class Shredded:
    """A customer whose profile nobody can read any more, whatever copy of it they find."""

    customer: CustomerId
    receipt: str
    """Id of the event that says so: the same however often it is written, so that it counts once."""


class Shredding:
    """The table ``erased``."""

    def __init__(self, file: DatabaseFile) -> None:
        self._file = file

    def note(self, database: Database, customer: CustomerId) -> None:
        """Note an erasure, in its own transaction. The key is not needed for it."""
        database.execute(
            "INSERT OR REPLACE INTO erased (customer, epoch, source, receipt) "
            "SELECT ?, epoch, source, ? FROM epochs ORDER BY epoch DESC LIMIT 1",
            (customer, secrets.token_hex(16)),
        )

    def under(self, epoch: int) -> bool:
        """Whether anybody was erased whose key may be under this epoch."""
        return bool(self._file.rows("SELECT 1 FROM erased WHERE epoch <= ? LIMIT 1", (epoch,)))

    def due(self) -> tuple[Shredded, ...]:
        """Return whose receipt is due; forget those of whom only ``deleted`` can be said."""
        over = "epoch < (SELECT min(epoch) FROM epochs)"
        rows = self._file.rows(f"SELECT customer, source, receipt FROM erased WHERE {over}")  # noqa: S608
        if not rows or not self._file.truncate_log():  # a crash may have come between the end of the epoch and this
            return ()
        self.settle(Shredded(customer, receipt) for customer, source, receipt in rows if source not in OFF_THE_CARD)
        return tuple(Shredded(customer, receipt) for customer, source, receipt in rows if source in OFF_THE_CARD)

    def settle(self, told: Iterable[Shredded]) -> None:
        """Forget whose receipts are written."""
        with self._file.transaction() as database:
            gone = [(one.customer, one.receipt) for one in told]
            database.conn.executemany("DELETE FROM erased WHERE customer = ? AND receipt = ?", gone)
