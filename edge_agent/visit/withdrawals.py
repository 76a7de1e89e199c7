"""Who withdrew or paused in this store, until when. It outlives her profile, so that no late page brings her back."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from math import inf
from typing import Final, Literal
from zoneinfo import ZoneInfo

from edge_agent.constants import WITHDRAWAL_KEEP_S
from edge_agent.contracts.base import CustomerId
from edge_agent.events import Instant, WithdrawalRow

Scope = Literal["all", "today"]

KEEP: Final = timedelta(seconds=WITHDRAWAL_KEEP_S)
"""How long a withdrawal binds the unit."""

NO_END: Final = datetime.max.replace(tzinfo=UTC)
"""It binds until the wall clock can be trusted."""

REPEAT: Final = timedelta(days=1)
"""A unit that was away hears of withdrawals so old; by then the hub has told it, or its lease has run out."""

REPEATED_MAX: Final = 100

REPEAT_S: Final = 1.0
"""Not more often than this: in the morning all units come at once."""

KEPT_MAX: Final = 10_000
"""So many are kept because another unit says so; more would be somebody who floods the broker."""


class Withdrawals:
    """The withdrawals and pauses in force.

    Whatever the wall clock does, none ends early: while the agent runs each also binds for its time on the monotonic
    clock. One that was said while the wall clock could not be trusted binds until it can: only then can be told when it
    ends.
    """

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._rows: dict[CustomerId, dict[Scope, WithdrawalRow]] = {}
        self._ends_s: dict[CustomerId, float] = {}
        """Monotonic second before which she is left alone in any case."""
        self._open: dict[tuple[CustomerId, Scope], float] = {}
        """Those without an end, and the monotonic second in which they were said, or restored."""

    def restore(self, rows: Iterable[WithdrawalRow], now: Instant) -> None:
        """Take over what an earlier run kept."""
        for row in rows:
            self._put(row)
            if row.until == NO_END:
                self._open[row.customer, row.scope] = now.monotonic_s

    def add(self, customer: CustomerId, scope: Scope, now: Instant) -> WithdrawalRow:
        """Note a withdrawal, or a pause until the store's midnight."""
        until = self._end(scope, now.utc) if now.utc_trusted else NO_END
        row = WithdrawalRow(customer, scope, now.utc, until)
        self._put(row)
        if now.utc_trusted:
            self._bind(row, now)
        else:
            self._open[customer, scope] = now.monotonic_s
        return row

    def settle(self, now: Instant) -> tuple[WithdrawalRow, ...]:
        """Give an end to those that had none, once the wall clock can be trusted; return them to be kept."""
        if not self._open or not now.utc_trusted:
            return ()
        settled = []
        for (customer, scope), said_s in self._open.items():
            at = now.utc - timedelta(seconds=now.monotonic_s - said_s)
            row = WithdrawalRow(customer, scope, at, self._end(scope, at))
            self._put(row)
            self._bind(row, now)
            settled.append(row)
        self._open = {}
        return tuple(settled)

    def in_force(self, customer: CustomerId, utc: datetime, now_s: float = inf) -> bool:
        """Whether she must be left alone at a time. ``now_s``: the monotonic second, where it is about now."""
        rows = self._rows.get(customer)  # kept when they are over: a wall clock that runs ahead may be set back
        return rows is not None and (_longest(rows).until > utc or now_s < self._ends_s.get(customer, -inf))

    def covers(self, customer: CustomerId, scope: Scope, utc: datetime) -> bool:
        """Whether what is in force at a time is as much as this, so that hearing of it again changes nothing."""
        rows = self._rows.get(customer)
        if rows is None:
            return len(self._rows) >= KEPT_MAX
        row = _longest(rows)
        return utc < row.until and (scope == "today" or row.scope == "all")

    def lately(self, utc: datetime) -> tuple[WithdrawalRow, ...]:
        """Return those in force that were said within REPEAT, at most REPEATED_MAX, the newest first."""
        longest = map(_longest, self._rows.values())
        lately = [row for row in longest if utc < row.until and utc - row.at <= REPEAT]
        return tuple(sorted(lately, key=lambda row: row.at, reverse=True)[:REPEATED_MAX])

    def _put(self, row: WithdrawalRow) -> None:
        self._rows.setdefault(row.customer, {})[row.scope] = row

    def _bind(self, row: WithdrawalRow, now: Instant) -> None:
        ends_s = now.monotonic_s + (row.until - now.utc).total_seconds()
        self._ends_s[row.customer] = max(ends_s, self._ends_s.get(row.customer, ends_s))

    def _end(self, scope: Scope, utc: datetime) -> datetime:
        if scope == "all":
            return utc + KEEP
        tomorrow = utc.astimezone(self._zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self._zone).astimezone(utc.tzinfo)


def _longest(rows: Mapping[Scope, WithdrawalRow]) -> WithdrawalRow:
    return max(rows.values(), key=lambda row: row.until)
