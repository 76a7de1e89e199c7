"""Keys of slices that are unlocked by the hub: one for each unit, made when the unit asks for it first.

Who revokes a unit, or enrols another machine in its place, destroys its key: the card of the one before opens never
again.
"""

import secrets
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from edge_agent.contracts.unit import SliceKey
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import Database
from provisioning.hub.tables import slice_keys, units

_KEY_BYTES = 32


class SliceKeys:
    """Keeps the keys. They are as secret as the identity keys beside them, and in no log and no command's output."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, store: str, unit: str, now: datetime) -> SliceKey:
        """Return a unit's key; make it where there is none yet. Raises a 404 problem where there is no such unit."""
        mine = (slice_keys.c.store == store, slice_keys.c.unit == unit)
        with self._database.writing() as connection:
            row = select(units.c.unit).where(units.c.store == store, units.c.unit == unit).with_for_update()
            if connection.execute(row).first() is None:  # it is locked: two requests at once make one key
                raise ProblemError(404, "There is no such unit.", f"unit: {unit} of store {store}")
            key = connection.execute(select(slice_keys.c.key).where(*mine)).scalar_one_or_none()
            if key is None:
                key = secrets.token_hex(_KEY_BYTES)
                made = {"store": store, "unit": unit, "key": key, "created_s": now.timestamp()}
                connection.execute(insert(slice_keys).values(made))
        return SliceKey(key=key)


def destroy_key(connection: Connection, store: str, unit: str) -> None:
    """Destroy a unit's key, in the caller's transaction; the unit gets a new one, if it may ask at all."""
    connection.execute(delete(slice_keys).where(slice_keys.c.store == store, slice_keys.c.unit == unit))
