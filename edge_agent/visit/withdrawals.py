"""Who withdrew or paused in this store, until when. It outlives her profile, so that no late page brings her back."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from edge_agent.contracts.base import CustomerId
from edge_agent.events import WithdrawalRow

KEEP: Final = timedelta(days=30)
"""A withdrawal binds the unit for so long even if the hub never hears of it; by then every lease has run out."""

REPEAT: Final = timedelta(days=1)
"""A unit that was away hears of withdrawals so old; by then the hub has told it, or its lease has run out."""

REPEATED_MAX: Final = 100

KEPT_MAX: Final = 10_000
"""So many are kept because another unit says so; more would be somebody who floods the broker."""


class Withdrawals:
    """The withdrawals and pauses in force."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._until: dict[CustomerId, datetime] = {}
        self._rows: dict[CustomerId, WithdrawalRow] = {}
        """The one that lasts longest of each."""

    def restore(self, rows: Iterable[WithdrawalRow]) -> None:
        """Take over what an earlier run kept."""
        for row in rows:
            if row.until >= self._until.get(row.customer, row.until):
                self._rows[row.customer] = row
            self._until[row.customer] = max(row.until, self._until.get(row.customer, row.until))

    def add(self, customer: CustomerId, scope: Literal["all", "today"], utc: datetime) -> WithdrawalRow:
        """Note a withdrawal, or a pause until the store's midnight."""
        row = WithdrawalRow(customer, scope, utc, utc + KEEP if scope == "all" else self._midnight(utc))
        self.restore((row,))
        return row

    def in_force(self, customer: CustomerId, utc: datetime) -> bool:
        """Whether she must be left alone at a time."""
        until = self._until.get(customer)  # kept when it is over: a wall clock that runs ahead may be set back
        return until is not None and utc < until

    def covers(self, customer: CustomerId, scope: Literal["all", "today"], utc: datetime) -> bool:
        """Whether what is in force at a time is as much as this, so that hearing of it again changes nothing."""
        row = self._rows.get(customer)
        if row is None and len(self._rows) >= KEPT_MAX:
            return True
        return row is not None and utc < row.until and (scope == "today" or row.scope == "all")

    def lately(self, utc: datetime) -> tuple[WithdrawalRow, ...]:
        """Return those in force that were said within REPEAT, at most REPEATED_MAX, the newest first."""
        lately = [row for row in self._rows.values() if utc < row.until and utc - row.at <= REPEAT]
        return tuple(sorted(lately, key=lambda row: row.at, reverse=True)[:REPEATED_MAX])

    def _midnight(self, utc: datetime) -> datetime:
        tomorrow = utc.astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._zone).astimezone(utc.tzinfo)
