"""What the hub keeps no longer than it needs. Once an hour one of its workers deletes, a piece at a time."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from provisioning.hub.content import Content
from provisioning.hub.enrol import REPEAT_S
from provisioning.hub.slices import TOMBSTONE_KEEP_S, Slices
from provisioning.hub.storage import Database
from provisioning.hub.tables import (
    claims,
    coupons,
    erasures,
    events,
    housekeeping,
    pauses,
    stores,
    withdrawals,
)

EVERY_S: Final = 3600.0
"""How often it is done."""

COUPON_KEEP_S: Final = 90 * 86_400.0
"""A code is remembered for so long, redeemed or not: by then it has expired, and every unit has told of its own."""

_JOB: Final = "retention"
_PIECE: Final = 1000  # rows in one transaction


@dataclass(frozen=True, slots=True)
class Done:
    """The last run."""

    done_s: float
    """When it ended, Unix second."""
    deleted: Mapping[str, int]
    """What it deleted, and how many of each."""


def in_words(deleted: Mapping[str, int]) -> str:
    """Say what was deleted: ``3 events, 1 tombstones``."""
    return ", ".join(f"{count} {name}" for name, count in deleted.items()) or "nothing"


class Housekeeping:
    """Deletes what is past its time."""

    def __init__(self, database: Database, slices: Slices, content: Content, events_s: float) -> None:
        self._database = database
        self._slices = slices
        self._content = content
        self._events_s = events_s

    def run(self, now: datetime) -> Mapping[str, int] | None:
        """Delete what is due; return how many of each. ``None``: it is not time yet, or another worker does it."""
        if not self._mine(now):
            return None
        jobs: Mapping[str, Callable[[datetime], int]] = {
            "events": self._events,
            "tombstones": self._slices.forget_tombstones,
            "erasures": self._erasures,
            "withdrawals": self._withdrawals,
            "pauses": self._pauses,
            "coupons": self._coupons,
            "claims": self._claims,
            "files": self._content.forget_unused,
        }
        deleted = {name: count for name, job in jobs.items() if (count := job(now))}
        with self._database.writing() as connection:
            values = {"done_s": now.timestamp(), "deleted": json.dumps(deleted)}
            connection.execute(update(housekeeping).where(housekeeping.c.job == _JOB).values(values))
        return deleted

    def last(self) -> Done | None:
        """Return what the last run that came to its end has done; ``None``: there was none yet."""
        with self._database.reading() as connection:
            row = connection.execute(select(housekeeping).where(housekeeping.c.job == _JOB)).one_or_none()
        return None if row is None or row.done_s is None else Done(row.done_s, json.loads(row.deleted))

    def _mine(self, now: datetime) -> bool:
        """Take the job where it is due: whoever moves its time on has it, and a worker that dies loses one turn."""
        now_s = now.timestamp()
        too_far = housekeeping.c.due_s > now_s + EVERY_S  # the clock was ahead, and has been set back
        due = (housekeeping.c.job == _JOB, (housekeeping.c.due_s <= now_s) | too_far)
        with self._database.reading() as connection:
            known = connection.execute(select(housekeeping.c.job).where(housekeeping.c.job == _JOB)).first()
        try:
            with self._database.writing() as connection:
                if known is None:
                    row = {"job": _JOB, "due_s": now_s + EVERY_S, "deleted": "{}"}
                    connection.execute(insert(housekeeping).values(row))
                    return True
                taken = connection.execute(update(housekeeping).where(*due).values(due_s=now_s + EVERY_S))
                return taken.rowcount > 0
        except IntegrityError:
            return False  # another worker was first, the first time ever

    def _events(self, now: datetime) -> int:
        gone, before_s = 0, now.timestamp() - self._events_s
        with self._database.reading() as connection:
            names = connection.execute(select(stores.c.store)).scalars().all()
        for store in names:
            while count := self._events_of(store, before_s):
                gone += count
        return gone

    def _events_of(self, store: str, before_s: float) -> int:
        mine = events.c.store == store
        with self._database.writing() as connection:
            oldest = connection.execute(
                select(events.c.sequence, events.c.received_s).where(mine).order_by(events.c.sequence).limit(_PIECE)
            ).all()
            old = [row.sequence for row in oldest if row.received_s < before_s]
            if old:
                connection.execute(delete(events).where(mine, events.c.sequence.in_(old)))
        return len(old)

    def _erasures(self, now: datetime) -> int:
        with self._database.writing() as connection:
            old = erasures.c.asked_s < now.timestamp() - TOMBSTONE_KEEP_S
            return connection.execute(delete(erasures).where(old)).rowcount

    def _withdrawals(self, now: datetime) -> int:
        with self._database.writing() as connection:
            old = withdrawals.c.noted_s < now.timestamp() - TOMBSTONE_KEEP_S
            return connection.execute(delete(withdrawals).where(old)).rowcount

    def _pauses(self, now: datetime) -> int:
        with self._database.writing() as connection:
            return connection.execute(delete(pauses).where(pauses.c.until_s <= now.timestamp())).rowcount

    def _coupons(self, now: datetime) -> int:
        with self._database.writing() as connection:
            old = coupons.c.noted_s < now.timestamp() - COUPON_KEEP_S
            return connection.execute(delete(coupons).where(old)).rowcount

    def _claims(self, now: datetime) -> int:
        now_s = now.timestamp()
        over = or_(
            (claims.c.used_s.is_(None)) & (claims.c.expires_s < now_s),
            claims.c.used_s < now_s - REPEAT_S,  # its answer can no longer be asked for
        )
        with self._database.writing() as connection:
            return connection.execute(delete(claims).where(over)).rowcount
