""" "Pause for today", from the app or from a clerk: until the store's midnight her profile is not used there.

The pause travels with the profile, so that every unit obeys at its next pull, and ends it by itself, also offline. What
the platform puts meanwhile does not end it, nor that it deletes her and puts her anew. The app proves who it is as with
a presence report; since a repetition changes nothing, nothing has to be remembered to recognise one.
"""

from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import ValidationError
from sqlalchemy import Connection, delete, insert, select, update

from edge_agent.contracts.event import ConsentRevoked
from edge_agent.contracts.presence import PauseRequest
from provisioning.hub.presence import EARLY_S, NOBODYS_KEY, forget_reports, genuine, identity_key
from provisioning.hub.problem import ProblemError, describe
from provisioning.hub.reporting import report
from provisioning.hub.storage import AnyRow, Database, next_sequence
from provisioning.hub.tables import app_handles, customers, pauses, stores

STORES_MAX: Final = 1000
"""One pause counts in so many stores at most."""

_STALE: Final = timedelta(hours=26)  # the longest day there is has 25 hours


class Pauses:
    """What apps say about today."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def ask(self, authorization: str, body: bytes, now: datetime) -> bool:
        """Take a pause, for every store that knows the device.

        Returns whether it changed anything, which is for the nudge and never for the answer. Raises a 422 problem for a
        body that is no pause.
        """
        try:
            request = PauseRequest.model_validate_json(body)
        except ValidationError as error:
            raise ProblemError(422, "The pause is not valid.", describe(error)) from error
        with self._database.reading() as connection:
            owners = _owners(connection, request.handle)
        key = identity_key(owners[0]) if owners else NOBODYS_KEY
        at_s, now_s = request.at_ms / 1000, now.timestamp()
        if not genuine(authorization, key, body) or not now_s - _STALE.total_seconds() <= at_s <= now_s + EARLY_S:
            return False
        at, changed = datetime.fromtimestamp(at_s, UTC), False
        for owner in owners:
            if identity_key(owner) != key or _until_s(at, owner, now) is None:
                continue  # a repetition writes nothing and locks nothing, for it costs its sender nothing
            with self._database.writing() as connection:
                if pause(connection, owner.store, owner.customer, at, now):
                    said = ConsentRevoked(customer=owner.customer, scope="today", source="app")
                    report(connection, owner.store, "consent.revoked", said, at, now)
                    changed = True
        return changed


def pause(connection: Connection, store: str, customer: str, at: datetime, now: datetime) -> bool:
    """Pause a customer who said so at a time, until the store's next midnight, within a transaction.

    False where that changes nothing: it is past, it is in force already, or the store has never known her.
    """
    next_sequence(connection, store, 0)
    known = (customers.c.store == store, customers.c.customer == customer)
    row = connection.execute(_CUSTOMERS.where(*known)).one_or_none()
    until_s = None if row is None else _until_s(at, row, now)
    if until_s is None:
        return False
    connection.execute(delete(pauses).where(pauses.c.store == store, pauses.c.customer == customer))
    connection.execute(insert(pauses).values(store=store, customer=customer, until_s=until_s))
    in_slice = (*known, customers.c.keys_until_s.is_not(None))
    connection.execute(update(customers).where(*in_slice).values(sequence=next_sequence(connection, store)))
    forget_reports(connection, store, customer)
    return True


def midnight(at: datetime, timezone: str) -> datetime:
    """Return the end of the day of a time, by the calendar of a time zone."""
    zone = ZoneInfo(timezone)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


_CUSTOMERS: Final = (
    select(customers, stores.c.timezone, pauses.c.until_s.label("paused_until_s"))
    .join(stores, stores.c.store == customers.c.store)
    .outerjoin(pauses, (pauses.c.store == customers.c.store) & (pauses.c.customer == customers.c.customer))
)


def _until_s(at: datetime, customer: AnyRow, now: datetime) -> float | None:
    """Return until which Unix second a pause of a time counts; ``None`` where that is no later than it is known."""
    if at < now - _STALE:
        return None
    until_s = midnight(min(at, now), customer.timezone).timestamp()
    return until_s if until_s > max(now.timestamp(), customer.paused_until_s or 0.0) else None


def _owners(connection: Connection, handle: str) -> list[AnyRow]:
    """Return whose device it is, store by store; in a store where two share the handle it is nobody's."""
    rows = connection.execute(
        _CUSTOMERS.add_columns(app_handles.c.device)
        .join(
            app_handles,
            (customers.c.store == app_handles.c.store) & (customers.c.customer == app_handles.c.customer),
        )
        .where(app_handles.c.handle == handle, customers.c.profile.is_not(None))
        .order_by(customers.c.store)
        .limit(STORES_MAX)
    ).all()
    names = [row.store for row in rows]
    return [row for row in rows if names.count(row.store) == 1]
