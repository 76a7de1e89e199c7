"""Slices: what each store may hold, as a log of changes that never grows beyond one row per customer.

A row moves to the end of the log when it changes, so a unit that reads on from its cursor sees the newest
state of everything that it does not have yet. Erasure leaves a bare tombstone and nothing else.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, insert, select, update

from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.platform import CustomerRecord, Device, RollingDevice
from edge_agent.contracts.slice import Profile, SliceOperation, SlicePage
from edge_agent.identify.token import WINDOW_S
from provisioning.device_keys import keys_until_s, rolling_token
from provisioning.hub.cursor import Cursor
from provisioning.hub.erasures import ask_units, forget_erasures
from provisioning.hub.presence import forget_apps, put_handles
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import AnyRow, Database, next_sequence
from provisioning.hub.tables import customers, pauses, stores
from provisioning.hub.withdrawals import withdrawn
from provisioning.minimal import minimised, with_pause, without_withdrawn

log = logging.getLogger(__name__)

PAGE_MAX = 500
"""Operations in one page at most."""

PAGE_MAX_BYTES = 256 * 1024
"""A page ends early once its profiles have so many bytes: the unit parses a page in one go, and nothing else happens
there meanwhile (7 ms for so much; four times that on a Raspberry Pi 4)."""

TOMBSTONE_KEEP_S = 30 * 86_400.0
"""A unit that was away for longer gets a snapshot instead."""

_DEVICES: TypeAdapter[tuple[Device, ...]] = TypeAdapter(tuple[Device, ...])
_AT_ONCE: Final = 500  # names in one query


@dataclass(frozen=True, slots=True)
class Served:
    """A page, and what it says of the unit that asked for it."""

    page: SlicePage
    holds: int | None
    """The sequence number up to which the unit said that its slice is in force; ``None``: it did not say."""
    complete_to: int | None
    """The one up to which it is complete with this page; ``None``: more is to come."""


class Slices:
    """Profiles per store, and the pages that units pull."""

    def __init__(self, database: Database, lease_s: float, page_max: int = PAGE_MAX) -> None:
        self._database = database
        self._lease_s = lease_s
        self._page_max = page_max

    def put(self, store: str, records: Iterable[CustomerRecord], now: datetime) -> None:
        """Store profiles; a customer that is there is replaced. All of them, or none.

        Consents from before she withdrew in the store are left out. Whom the store may not know is kept here: its units
        hear of her only where they may hold her, as of an erasure.
        """
        given = tuple(records)
        named = {record.customer: record for record in given}
        if len(named) != len(given):
            raise ProblemError(422, "A customer is there twice.", "customers: one profile each")
        if not named:
            return
        rows: list[dict[str, Any]] = []
        with self._database.writing() as connection:
            first = next_sequence(connection, store, len(named))
            before, withdrawn_s = _held(connection, store, named), withdrawn(connection, store, named)
            for sequence, (name, record) in enumerate(named.items(), first):
                row = self._row(store, without_withdrawn(record, withdrawn_s.get(name)), sequence, now)
                held = before.get(name)
                if row["keys_until_s"] is None:
                    row["sequence"] = _unheard(held, sequence)
                    if held is not None and held.keys_until_s is not None:
                        ask_units(connection, store, name, sequence, held.changed_s, now)
                rows.append(row)
            connection.execute(
                delete(customers).where(customers.c.store == store, customers.c.customer == bindparam("b_customer")),
                [{"b_customer": name} for name in named],
            )
            connection.execute(insert(customers), rows)
            put_handles(connection, store, given)
            forget_erasures(connection, store, [row["customer"] for row in rows if row["keys_until_s"] is not None])

    def tombstone(self, store: str, customer: str, now: datetime) -> bool:
        """Erase a customer; her stores' units delete her at their next pull. False where there was nobody."""
        with self._database.writing() as connection:
            return bury(connection, store, customer, now)

    def page(self, store: str, cursor_text: str | None, now: datetime) -> Served:
        """Return what comes after a cursor; without one, the first page of a snapshot.

        Raises a 404 problem without the store, a 410 problem for a cursor that is too old or not of this log.
        """
        until = now + timedelta(seconds=self._lease_s)
        rolled = self._roll_keys(store, now, until)
        with self._database.reading() as connection:
            log = connection.execute(
                select(stores.c.epoch, stores.c.sequence, stores.c.horizon).where(stores.c.store == store)
            ).one_or_none()
            if log is None:
                raise ProblemError(404, "There is no such store.", f"store: {store}")
            at = _place(cursor_text, log)
            wanted: list[ColumnElement[bool]] = [customers.c.store == store, customers.c.sequence > at.sequence]
            if at.snapshot_from is not None:  # whoever was gone before the snapshot began is not in it
                wanted.append(customers.c.profile.is_not(None) | (customers.c.sequence > at.snapshot_from))
            rows = connection.execute(
                _WITH_PAUSE.where(*wanted).order_by(customers.c.sequence).limit(self._page_max + 1)
            ).all()
        taken = _fitting(rows, self._page_max)
        complete = rolled and len(taken) == len(rows)
        last = taken[-1].sequence if taken else at.sequence
        # At the checkpoint the cursor may move past changes that have no row (catalogue, configuration).
        after = Cursor(log.epoch, max(last, log.sequence)) if complete else at.onward(last)
        operations = tuple(
            operation
            for row, operation in ((row, _operation(row, now, until)) for row in taken)
            # A snapshot replaces everything: whom the store may not know need not even be named in it.
            if operation.profile is not None or at.snapshot_from is None or row.sequence > at.snapshot_from
        )
        page = SlicePage(
            store=store, snapshot=cursor_text is None, operations=operations, cursor=str(after),
            checkpoint=complete, checksum=operations_checksum(operations), lease_until=until,
        )  # fmt: skip
        return Served(page, at.complete_to, after.sequence if complete else None)

    def forget_tombstones(self, now: datetime) -> int:
        """Delete old tombstones; cursors from before them are answered 410. Returns how many went."""
        old = (customers.c.profile.is_(None), customers.c.changed_s < now.timestamp() - TOMBSTONE_KEEP_S)
        with self._database.writing() as connection:
            gone = connection.execute(
                select(customers.c.store, func.max(customers.c.sequence), func.count())
                .where(*old)
                .group_by(customers.c.store)
            ).all()
            for store, horizon, _count in gone:
                earlier = (stores.c.store == store, stores.c.horizon < horizon)
                connection.execute(update(stores).where(*earlier).values(horizon=horizon))
                connection.execute(
                    delete(customers).where(*old, customers.c.store == store, customers.c.sequence <= horizon)
                )
        return sum(count for _store, _horizon, count in gone)

    def _row(self, store: str, record: CustomerRecord, sequence: int, now: datetime) -> dict[str, Any]:
        until_s = now.timestamp() + self._lease_s
        return {
            "store": store,
            "customer": record.customer,
            "sequence": sequence,
            "profile": record.model_dump_json(exclude={"devices", "tokens"}, exclude_defaults=True),
            "devices": _DEVICES.dump_json(record.devices).decode(),
            "keys_until_s": None if minimised(record, now) is None else _keys_until_s(record.devices, until_s),
            "changed_s": now.timestamp(),
        }

    def _roll_keys(self, store: str, now: datetime, until: datetime) -> bool:
        """Move whose keys, as units hold them, end before a new lease would to the end of the log; True once all are.

        Who has fallen out of the slice by the passing of time is moved a last time. One page's worth at once, so that
        no pull holds the lock for long: until all are moved no page is the last.
        """
        until_s = until.timestamp()
        stale = (customers.c.store == store, customers.c.keys_until_s < until_s)
        with self._database.reading() as connection:
            if connection.execute(select(customers.c.customer).where(*stale).limit(1)).first() is None:
                return True
        with self._database.writing() as connection:
            # Lock first: a worker that rolled them meanwhile leaves nothing to do here.
            next_sequence(connection, store, 0)
            found = connection.execute(
                select(customers.c.store, customers.c.customer, customers.c.devices, customers.c.profile)
                .where(*stale)
                .order_by(customers.c.keys_until_s, customers.c.sequence)
                .limit(self._page_max + 1)
            ).all()
            rows = found[: self._page_max]
            if not rows:
                return True
            first = next_sequence(connection, store, len(rows))
            connection.execute(
                update(customers)
                .where(customers.c.store == store, customers.c.customer == bindparam("b_customer"))
                .values(sequence=bindparam("b_sequence"), keys_until_s=bindparam("b_until_s")),
                [
                    {
                        "b_customer": row.customer,
                        "b_sequence": sequence,
                        "b_until_s": None
                        if _what_may_travel(row, None, now) is None
                        else _keys_until_s(_DEVICES.validate_json(row.devices), until_s),
                    }
                    for sequence, row in enumerate(rows, first)
                ],
            )
        return len(found) == len(rows)


def bury(connection: Connection, store: str, customer: str, now: datetime) -> bool:
    """Turn a customer into a tombstone, within a transaction. False where there was nobody."""
    sequence = next_sequence(connection, store)
    forget_apps(connection, store, customer)
    held = _held(connection, store, [customer]).get(customer)
    if held is None or held.gone:
        return False
    mine = (customers.c.store == store, customers.c.customer == customer)
    if held.sequence < 0:
        connection.execute(delete(customers).where(*mine))
        return True
    sequence = _unheard(held, sequence)
    values = {
        "sequence": sequence, "profile": None, "devices": None, "keys_until_s": None, "changed_s": now.timestamp(),
    }  # fmt: skip
    connection.execute(update(customers).where(*mine).values(values))
    ask_units(connection, store, customer, sequence, held.changed_s, now)
    return True


def _held(connection: Connection, store: str, names: Iterable[str]) -> dict[str, AnyRow]:
    """Return what is held of customers, by name: place in the log, end of keys, time of the last change, ``gone``."""
    columns = (
        customers.c.customer, customers.c.sequence, customers.c.keys_until_s, customers.c.changed_s,
        customers.c.profile.is_(None).label("gone"),
    )  # fmt: skip
    wanted = list(names)
    rows: dict[str, AnyRow] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        some = customers.c.customer.in_(wanted[start : start + _AT_ONCE])
        found = connection.execute(select(*columns).where(customers.c.store == store, some)).all()
        rows |= {row.customer: row for row in found}
    return rows


def _unheard(held: AnyRow | None, sequence: int) -> int:
    """Return the place in the log of somebody whom the store may not know; ``held``: what there was of her before.

    Below zero: no unit has ever heard of her, and none will. Who was taken out before stays where that is told.
    """
    if held is None or held.sequence < 0:
        return -sequence
    return int(held.sequence) if held.keys_until_s is None else sequence


def _place(text: str | None, log: AnyRow) -> Cursor:
    if text is None:
        return Cursor(log.epoch, 0, log.sequence)
    cursor = Cursor.parse(text)
    if cursor is not None and cursor.epoch == log.epoch:
        complete_to = cursor.sequence if cursor.snapshot_from is None else cursor.snapshot_from
        if log.horizon <= complete_to and max(cursor.sequence, complete_to) <= log.sequence:
            return cursor
    raise ProblemError(410, "The cursor is too old, or not of this hub.", "Pull again without a cursor.")


def _fitting(rows: Sequence[AnyRow], page_max: int) -> Sequence[AnyRow]:
    size_bytes = 0
    for count, row in enumerate(rows[:page_max]):
        size_bytes += len(row.profile or "")
        if count and size_bytes > PAGE_MAX_BYTES:
            return rows[:count]
    return rows[:page_max]


_WITH_PAUSE = select(customers, pauses.c.until_s.label("paused_until_s")).outerjoin(
    pauses, (pauses.c.store == customers.c.store) & (pauses.c.customer == customers.c.customer)
)


def _operation(row: AnyRow, now: datetime, until: datetime) -> SliceOperation:
    kept = None if row.keys_until_s is None else _what_may_travel(row, row.paused_until_s, now)
    if kept is None:
        return SliceOperation(kind="tombstone", customer=row.customer)
    now_s, until_s = now.timestamp(), until.timestamp()
    tokens = [
        rolling_token(device, now_s, until_s).model_dump(mode="json")
        if isinstance(device, RollingDevice)
        else device.model_dump(mode="json")
        for device in _DEVICES.validate_json(row.devices)
    ]
    profile = {**kept.model_dump(mode="json", exclude_defaults=True), "tokens": tokens}
    return SliceOperation(kind="put", customer=row.customer, profile=profile)


def _what_may_travel(row: AnyRow, paused_until_s: float | None, now: datetime) -> Profile | None:
    try:
        return minimised(with_pause(Profile.model_validate_json(row.profile), paused_until_s), now)
    except ValidationError:
        log.error("store %s: a stored profile cannot be read and is sent to nobody; put it again", row.store)
        return None


def _keys_until_s(devices: Iterable[Device], until_s: float) -> float:
    """Return until when nothing need be sent again: who has no keys is looked at as often, for consents end too."""
    rolling = (keys_until_s(device, until_s) for device in devices if isinstance(device, RollingDevice))
    return min(rolling, default=until_s + WINDOW_S)
