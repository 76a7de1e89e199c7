"""Stores and units: who they are, how they are configured, when they were last heard of."""

import hashlib
import json
import secrets
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError
from sqlalchemy import ColumnElement, Connection, Table, delete, func, insert, select, update

from edge_agent.contracts.base import Identifier
from edge_agent.contracts.config import AgentConfig
from provisioning.hub.keys import destroy_key
from provisioning.hub.presence import put_beacon
from provisioning.hub.problem import ProblemError, describe
from provisioning.hub.storage import Database, next_sequence, store_exists
from provisioning.hub.tables import certificates, claims, customers, events, stores, units

_LOST_MAX: Final = 1_000_000_000  # more events than a store reports between two backups

_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


@dataclass(frozen=True, slots=True)
class UnitStatus:
    """One line of ``edge-fleet status``."""

    store: str
    unit: str
    zone: str
    state: str
    """``claimable``, ``enrolled`` or ``revoked``."""
    pulled_s: float | None
    """Unix second of its last pull."""
    behind: int
    """Changes of its store that it has not pulled."""
    pushed_s: float | None
    """Unix second of its last delivery."""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """One store with what it holds."""

    store: str
    customers: int
    events: int
    units: tuple[UnitStatus, ...]


class Fleet:
    """The stores and units that the hub serves."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_store(self, store: str, timezone: str, now: datetime) -> None:
        """Make a store; raises a 409 problem where there is one of that name, 422 for a bad name or time zone."""
        try:
            _IDENTIFIER.validate_python(store)
        except ValidationError as error:
            raise ProblemError(422, "The name of a store is 1 to 64 of the characters A-Z a-z 0-9 . _ ~ -") from error
        if timezone not in zoneinfo.available_timezones():
            raise ProblemError(422, "There is no such time zone.", f"timezone: {timezone!r} is no IANA name")
        row = {"store": store, "timezone": timezone, "epoch": secrets.token_hex(4), "created_s": now.timestamp()}
        with self._database.writing() as connection:
            if store_exists(connection, store):
                raise ProblemError(409, "There is a store of that name.", f"store: {store}")
            connection.execute(insert(stores).values(row))

    def add_unit(self, store: str, unit: str, zone: str, part: Mapping[str, JsonValue], now: datetime) -> AgentConfig:
        """Make a unit, or give it a new configuration; ``part`` is any part of the configuration tree.

        Raises a 404 problem without the store, a 422 problem that names what is wrong in the configuration, its beacon
        included where another unit has it.
        """
        with self._database.writing() as connection:
            next_sequence(connection, store)  # its units look for their configuration again
            timezone = connection.execute(select(stores.c.timezone).where(stores.c.store == store)).scalar_one()
            try:
                config = AgentConfig.model_validate(
                    {"timezone": timezone, **part, "store": store, "unit": unit, "zone": zone}
                )
            except ValidationError as error:
                raise ProblemError(422, "The unit's configuration is not valid.", describe(error)) from error
            body = config.model_dump_json(exclude_defaults=True)
            found = connection.execute(
                update(units).where(units.c.store == store, units.c.unit == unit).values(config=body)
            )
            if found.rowcount == 0:
                row = {"store": store, "unit": unit, "config": body, "created_s": now.timestamp()}
                connection.execute(insert(units).values(row))
            put_beacon(connection, store, unit, config.radio.beacon)
        return config

    def config(self, store: str, unit: str) -> tuple[str, str]:
        """Return a unit's configuration (JSON) and its ETag."""
        with self._database.reading() as connection:
            body = connection.execute(
                select(units.c.config).where(units.c.store == store, units.c.unit == unit)
            ).scalar_one_or_none()
        if body is None:
            raise ProblemError(404, "There is no such unit.", f"unit: {unit} of store {store}")
        return body, etag(body)

    def revoke(self, store: str, unit: str) -> None:
        """Refuse every certificate and claim that a unit has; a new claim lets it enrol again."""
        with self._database.writing() as connection:
            next_sequence(connection, store)  # whoever spreads changes looks again who may hear of them
            connection.execute(
                update(certificates)
                .where(certificates.c.store == store, certificates.c.unit == unit)
                .values(revoked=True)
            )
            connection.execute(delete(claims).where(claims.c.store == store, claims.c.unit == unit))
            destroy_key(connection, store, unit)

    def restored(self) -> int:
        """Make a database that was restored from a backup give nothing again that it gave before; return the stores.

        Units hold changes that it knows nothing of, under the numbers that it would give next: they load their slices
        anew. The platform has read events that it has lost: numbers of events go on far behind them.
        """
        with self._database.writing() as connection:
            names = (
                connection.execute(select(stores.c.store).order_by(stores.c.store).with_for_update()).scalars().all()
            )
            for store in names:
                values = {"epoch": secrets.token_hex(4), "event_sequence": stores.c.event_sequence + _LOST_MAX}
                connection.execute(update(stores).where(stores.c.store == store).values(values))
                next_sequence(connection, store)
        return len(names)

    def enrolled(self, store: str) -> set[str]:
        """Return the units of a store whose certificate is not revoked."""
        good = (certificates.c.store == store, certificates.c.revoked.is_(False))
        with self._database.reading() as connection:
            return set(connection.execute(select(certificates.c.unit).where(*good)).scalars())

    def pulled(self, store: str, unit: str, sequence: int, now: datetime) -> None:
        """Note that a unit has pulled everything up to a sequence number."""
        self._note(store, unit, {"pulled_s": now.timestamp(), "pulled_sequence": sequence})

    def pushed(self, store: str, unit: str, now: datetime) -> None:
        """Note that a unit has delivered events."""
        self._note(store, unit, {"pushed_s": now.timestamp()})

    def sequences(self) -> dict[str, int]:
        """Return the sequence number of every store."""
        with self._database.reading() as connection:
            return {row.store: row.sequence for row in connection.execute(select(stores.c.store, stores.c.sequence))}

    def status(self) -> tuple[StoreStatus, ...]:
        """Return every store with its units."""
        with self._database.reading() as connection:
            people = _counts(connection, customers, customers.c.profile.is_not(None))
            heard = _counts(connection, events)
            state: dict[tuple[str, str], str] = {}
            for row in connection.execute(select(certificates).order_by(certificates.c.expires_s)):
                state[row.store, row.unit] = "revoked" if row.revoked else "enrolled"
            sequences = {row.store: row.sequence for row in connection.execute(select(stores))}
            lines: dict[str, list[UnitStatus]] = {store: [] for store in sorted(sequences)}
            for row in connection.execute(select(units).order_by(units.c.store, units.c.unit)):
                behind = sequences[row.store] - (row.pulled_sequence or 0)
                zone = str(json.loads(row.config)["zone"])
                known = state.get((row.store, row.unit), "claimable")
                lines[row.store].append(
                    UnitStatus(row.store, row.unit, zone, known, row.pulled_s, behind, row.pushed_s)
                )
        return tuple(
            StoreStatus(store, people.get(store, 0), heard.get(store, 0), tuple(found))
            for store, found in lines.items()
        )

    def _note(self, store: str, unit: str, values: Mapping[str, float]) -> None:
        with self._database.writing() as connection:
            connection.execute(update(units).where(units.c.store == store, units.c.unit == unit).values(dict(values)))


def _counts(connection: Connection, table: Table, *where: ColumnElement[bool]) -> dict[str, int]:
    counted = select(table.c.store, func.count().label("count")).where(*where).group_by(table.c.store)
    return {row["store"]: row["count"] for row in connection.execute(counted).mappings().all()}


def etag(body: str) -> str:
    """Return the strong ETag of a body."""
    return f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
