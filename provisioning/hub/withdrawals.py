"""When customers withdrew in a store: what they had consented to before counts there no more.

The platform may put an older profile of hers before it has read the event. Kept as long as a tombstone; the units that
heard it remember it for as long themselves.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from provisioning.hub.tables import customers, withdrawals

_AT_ONCE: Final = 500  # names in one query


def note_withdrawal(connection: Connection, store: str, customer: str, at: datetime, now: datetime) -> None:
    """Note that a customer withdrew at a time, in a transaction that holds the store's lock.

    Nothing is noted of somebody of whom the hub has not even a tombstone: a unit cannot fill the table with names.
    """
    known = (customers.c.store == store, customers.c.customer == customer)
    if connection.execute(select(customers.c.customer).where(*known)).first() is None:
        return
    mine = (withdrawals.c.store == store, withdrawals.c.customer == customer)
    earlier_s = connection.execute(select(func.max(withdrawals.c.at_s)).where(*mine)).scalar_one()
    at_s = max(min(at, now).timestamp(), earlier_s or 0.0)
    connection.execute(delete(withdrawals).where(*mine))
    row = {"store": store, "customer": customer, "at_s": at_s, "noted_s": now.timestamp()}
    connection.execute(insert(withdrawals).values(row))


def withdrawn(connection: Connection, store: str, names: Iterable[str]) -> dict[str, float]:
    """Return when these customers withdrew in a store last, Unix seconds; who did not is not there."""
    wanted = list(names)
    found: dict[str, float] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = withdrawals.c.customer.in_(wanted[start : start + _AT_ONCE])
        columns = (withdrawals.c.customer, withdrawals.c.at_s)
        rows = connection.execute(select(*columns).where(withdrawals.c.store == store, some)).all()
        found |= {row.customer: row.at_s for row in rows}
    return found
