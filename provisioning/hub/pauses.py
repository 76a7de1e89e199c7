""" "Pause for today", from the app or from a clerk: until the store's midnight her profile is not used there.

The pause travels with the profile, so that every unit obeys at its next pull, and ends it by itself, also offline. What
the platform puts meanwhile does not end it. The app proves who it is as with a presence report; since a repetition
changes nothing, nothing has to be remembered to recognise one.
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

_DAY_MAX_S: Final = 26 * 3600.0  # the longest day there is has 25 hours


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
        if not genuine(authorization, key, body) or not now_s - _DAY_MAX_S <= at_s <= now_s + EARLY_S:
            return False
        at, changed = datetime.fromtimestamp(at_s, UTC), False
        for owner in owners:
            if identity_key(owner) != key:
                continue
            with self._database.writing() as connection:
                if pause(connection, owner.store, owner.customer, at, now):
                    said = ConsentRevoked(customer=owner.customer, scope="today", source="app")
                    report(connection, owner.store, "consent.revoked", said, at, now)
                    changed = True
        return changed


def pause(connection: Connection, store: str, customer: str, at: datetime, now: datetime) -> bool:
    """Pause a customer who said so at a time, until the store's next midnight, within a transaction.

    False where that changes nothing: it is past, it is in force already, or the store does not know her.
    """
    next_sequence(connection, store, 0)
    timezone = connection.execute(select(stores.c.timezone).where(stores.c.store == store)).scalar_one()
    until_s = midnight(min(at, now), timezone).timestamp()
    mine = (pauses.c.store == store, pauses.c.customer == customer)
    held_s = connection.execute(select(pauses.c.until_s).where(*mine)).scalar_one_or_none()
    if until_s <= max(now.timestamp(), held_s or 0.0):
        return False
    known = (customers.c.store == store, customers.c.customer == customer, customers.c.profile.is_not(None))
    if connection.execute(select(customers.c.customer).where(*known)).first() is None:
        return False
    connection.execute(delete(pauses).where(*mine))
    connection.execute(insert(pauses).values(store=store, customer=customer, until_s=until_s))
    connection.execute(update(customers).where(*known).values(sequence=next_sequence(connection, store)))
    forget_reports(connection, store, customer)
    return True


def midnight(at: datetime, timezone: str) -> datetime:
    """Return the end of the day of a time, by the calendar of a time zone."""
    zone = ZoneInfo(timezone)
    tomorrow = at.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(), zone).astimezone(UTC)


def _owners(connection: Connection, handle: str) -> list[AnyRow]:
    """Return whose device it is, store by store; in a store where two share the handle it is nobody's."""
    rows = connection.execute(
        select(customers.c.store, customers.c.customer, customers.c.devices, app_handles.c.device)
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
