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
    """The table ``erased``: whose receipt is to come. Where none will, nobody is named; the epoch ends all the same."""

    def __init__(self, file: DatabaseFile) -> None:
        self._file = file

    def note(self, database: Database, customer: CustomerId) -> None:
        """Note an erasure, in its own transaction. The key is not needed for it."""
        newest = "epoch = (SELECT max(epoch) FROM epochs)"
        database.execute(f"UPDATE epochs SET erasures = 1 WHERE {newest}")  # noqa: S608
        database.execute(
            "INSERT OR REPLACE INTO erased (customer, epoch, receipt) "  # noqa: S608
            f"SELECT ?, epoch, ? FROM epochs WHERE {newest} AND source IN ({', '.join('?' for _ in OFF_THE_CARD)})",
            (customer, secrets.token_hex(16), *OFF_THE_CARD),
        )

    def under(self, epoch: int) -> bool:
        """Whether anybody was erased whose key may be under this epoch."""
        return bool(self._file.rows("SELECT 1 FROM epochs WHERE epoch = ? AND erasures", (epoch,)))

    def due(self) -> tuple[Shredded, ...]:
        """Return whose receipt can be written: the epoch of her key is over."""
        rows = self._file.rows("SELECT customer, receipt FROM erased WHERE epoch < (SELECT min(epoch) FROM epochs)")
        if not rows or not self._file.truncate_log():  # a crash may have come between the end of the epoch and this
            return ()
        return tuple(Shredded(customer, receipt) for customer, receipt in rows)

    def settle(self, told: Iterable[Shredded]) -> None:
        """Forget whose receipts are written."""
        with self._file.transaction() as database:
            gone = [(one.customer, one.receipt) for one in told]
            database.conn.executemany("DELETE FROM erased WHERE customer = ? AND receipt = ?", gone)
