"""Who has carried out an erasure? One line for each unit of the store that may hold the customer.

A unit's word is its erasure receipt, which says how. Where there was nothing to erase there may be no receipt: then the
cursor with which it pulls on says as much, for it moves in the same transaction as the profiles.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from edge_agent.contracts.event import ErasureReceipt
from edge_agent.contracts.platform import ERASURES_MAX, ErasureState
from provisioning.hub.storage import AnyRow, Database, demand_store, next_sequence
from provisioning.hub.tables import certificates, erasures, units

PULL_S: Final = 60.0
"""A unit that is online has pulled a tombstone within this."""

CONFIRM_S: Final = 900.0
"""... and has confirmed it within this: it pulls at least every five minutes."""

LATE_S: Final = 86_400.0
"""By then every lease has run out: what a unit still holds it cannot use any more."""

ONLINE_S: Final = 600.0
"""A unit that was heard of within this is online."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """One customer on one unit. Times are Unix seconds."""

    customer: str
    unit: str
    asked_s: float
    pulled: bool
    """The tombstone was sent to the unit."""
    applied_s: float | None
    """Since when the unit's cursor is past it."""
    deleted_s: float | None
    """When its receipt came that says ``deleted``."""
    shredded_s: float | None
    """When its receipt came that says ``shredded``: the key is destroyed as well."""
    heard_s: float | None
    """When the hub last heard of the unit."""

    def state(self, now_s: float) -> ErasureState:
        """Return where it stands; the first three are not confirmed."""
        if self.shredded_s is not None:
            return "shredded"
        if self.deleted_s is not None:
            return "deleted"
        if self.applied_s is not None:
            return "applied"
        age_s = now_s - self.asked_s
        if age_s > LATE_S:
            return "late"
        online = self.heard_s is not None and now_s - self.heard_s <= ONLINE_S
        return "overdue" if online and age_s > (CONFIRM_S if self.pulled else PULL_S) else "waiting"


class Erasures:
    """What stores were told to erase within the last month, and what became of it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unconfirmed(self, store: str) -> list[Erasure]:
        """Return what no unit has confirmed, the oldest first; raises a 404 problem without the store."""
        confirmed = func.coalesce(erasures.c.applied_s, erasures.c.deleted_s, erasures.c.shredded_s)
        with self._database.reading() as connection:
            demand_store(connection, store)
            rows = connection.execute(
                _LINES.where(erasures.c.store == store, confirmed.is_(None)).limit(ERASURES_MAX)
            ).all()
        return [_erasure(row) for row in rows]

    def of(self, store: str, customer: str) -> list[Erasure]:
        """Return how far the erasure of one customer has come, unit by unit."""
        with self._database.reading() as connection:
            mine = (erasures.c.store == store, erasures.c.customer == customer)
            return [_erasure(row) for row in connection.execute(_LINES.where(*mine)).all()]

    def applied(self, store: str, unit: str, sequence: int, now: datetime) -> None:
        """Note that a unit holds everything up to a sequence number."""
        reached = (
            erasures.c.store == store, erasures.c.unit == unit, erasures.c.sequence <= sequence,
            erasures.c.applied_s.is_(None),
        )  # fmt: skip
        with self._database.reading() as connection:
            if connection.execute(select(erasures.c.unit).where(*reached).limit(1)).first() is None:
                return
        with self._database.writing() as connection:
            next_sequence(connection, store, 0)
            connection.execute(update(erasures).where(*reached).values(applied_s=now.timestamp()))


def ask_units(connection: Connection, store: str, customer: str, sequence: int, since_s: float, now: datetime) -> None:
    """Expect every unit that may hold a customer to erase her: each that ever enrolled, also where it is revoked.

    ``since_s``: when the profile was put that is to be erased, Unix second.
    """
    columns = ("store", "unit", "customer", "sequence", "since_s", "asked_s")
    what = (literal(customer), literal(sequence), literal(since_s), literal(now.timestamp()))
    holders = select(certificates.c.store, certificates.c.unit, *what).where(certificates.c.store == store).distinct()
    forget_erasures(connection, store, [customer])
    connection.execute(insert(erasures).from_select(columns, holders))


def forget_erasures(connection: Connection, store: str, customers: Iterable[str]) -> None:
    """Expect nothing any more of customers: they are erased anew, or the platform has put them there again."""
    named = [{"b_customer": customer} for customer in customers]
    if named:
        hers = (erasures.c.store == store, erasures.c.customer == bindparam("b_customer"))
        connection.execute(delete(erasures).where(*hers), named)


def note_receipt(
    connection: Connection, store: str, unit: str, receipt: ErasureReceipt, at: datetime, now: datetime
) -> None:
    """Note a unit's erasure receipt of a time.

    One of an erasure before, which was delayed, confirms nothing: it is from before her profile was put, and comes from
    a unit that was not sent the tombstone. The clock alone does not tell: that of a unit may be years behind.
    """
    sent_to = select(func.coalesce(units.c.pulled_sequence, 0)).where(units.c.store == store, units.c.unit == unit)
    was_sent = erasures.c.sequence <= sent_to.scalar_subquery()
    column = erasures.c.shredded_s if receipt.method == "shredded" else erasures.c.deleted_s
    mine = (
        erasures.c.store == store, erasures.c.unit == unit, erasures.c.customer == receipt.customer,
        (erasures.c.since_s <= at.timestamp()) | was_sent,
    )  # fmt: skip
    connection.execute(update(erasures).where(*mine, column.is_(None)).values({column: now.timestamp()}))


_PULLED = func.coalesce(units.c.pulled_sequence, 0) >= erasures.c.sequence
_LINES = (
    select(erasures, _PULLED.label("pulled"), units.c.pulled_s, units.c.pushed_s)
    .join(units, (units.c.store == erasures.c.store) & (units.c.unit == erasures.c.unit))
    .order_by(erasures.c.asked_s, erasures.c.customer, erasures.c.unit)
)


def _erasure(row: AnyRow) -> Erasure:
    heard_s = max((at_s for at_s in (row.pulled_s, row.pushed_s) if at_s is not None), default=None)
    return Erasure(
        row.customer, row.unit, row.asked_s, bool(row.pulled), row.applied_s, row.deleted_s, row.shredded_s, heard_s
    )
