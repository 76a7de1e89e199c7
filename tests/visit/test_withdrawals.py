"""Withdrawals and leases: no jump of the wall clock lets anybody be spoken to who must not be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.constants import LEASE_MAX_S
from edge_agent.events import Instant
from edge_agent.visit.lease import Lease
from edge_agent.visit.withdrawals import KEEP, NO_END, Withdrawals

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
NOW = Instant(1000.0, NOON, utc_trusted=True)
DAY, HOUR, SECOND = timedelta(days=1), timedelta(hours=1), timedelta(seconds=1)
JUMPS = st.sampled_from([timedelta(0), HOUR, -HOUR, DAY, -DAY, 365 * DAY, -365 * DAY])


def later(now: Instant, passed_s: float, jump: timedelta = timedelta(0), *, trusted: bool | None = None) -> Instant:
    utc = now.utc + timedelta(seconds=passed_s) + jump
    return Instant(now.monotonic_s + passed_s, utc, now.utc_trusted if trusted is None else trusted)


@pytest.mark.parametrize(
    ("scope", "timezone", "over_at"),
    [
        ("all", "UTC", NOON + KEEP),
        ("today", "UTC", datetime(2026, 3, 29, tzinfo=UTC)),
        ("today", "Asia/Tokyo", datetime(2026, 3, 28, 15, tzinfo=UTC)),
        ("today", "America/New_York", datetime(2026, 3, 29, 4, tzinfo=UTC)),
    ],
)
def test_a_withdrawal_lasts_and_a_pause_ends_at_the_stores_midnight(scope, timezone, over_at):
    withdrawals = Withdrawals(timezone)
    row = withdrawals.add("anna", scope, NOW)
    assert row.until == over_at
    restored = Withdrawals(timezone)
    restored.restore([row], NOW)
    for book in (withdrawals, restored):
        assert book.in_force("anna", over_at - SECOND)
        assert not book.in_force("anna", over_at, NOW.monotonic_s + (over_at - NOON).total_seconds())
        assert not book.in_force("bert", NOON, NOW.monotonic_s)


def test_a_pause_does_not_shorten_a_withdrawal():
    withdrawals = Withdrawals("UTC")
    withdrawals.add("anna", "all", NOW)
    withdrawals.add("anna", "today", NOW)
    assert withdrawals.in_force("anna", NOON + timedelta(days=20))


def test_a_clock_that_ran_ahead_loses_no_withdrawal():
    withdrawals = Withdrawals("UTC")
    withdrawals.restore([withdrawals.add("anna", "all", NOW)], NOW)
    assert not withdrawals.in_force("anna", NOON + timedelta(days=9999))
    assert withdrawals.in_force("anna", NOON)


@given(scope=st.sampled_from(["all", "today"]), passed_s=st.floats(0, 12 * 3600 - 2), jump=JUMPS)
def test_no_jump_ends_what_was_said_in_this_run_early(scope, passed_s, jump):
    withdrawals = Withdrawals("UTC")
    withdrawals.add("anna", scope, NOW)
    at = later(NOW, passed_s, jump)
    assert withdrawals.in_force("anna", at.utc, at.monotonic_s)


@given(
    scope=st.sampled_from(["all", "today"]), behind=st.timedeltas(DAY, 900 * DAY), passed_s=st.floats(0, 3600),
    restarted=st.booleans(),
)  # fmt: skip
def test_what_was_said_before_the_time_was_known_binds_from_when_it_was_said(scope, behind, passed_s, restarted):
    """Without a battery clock the time starts at the last one stored, which may lie years back."""
    withdrawals = Withdrawals("UTC")
    row = withdrawals.add("anna", scope, Instant(1000.0, NOON - behind, utc_trusted=False))
    assert row.until == NO_END
    if restarted:
        withdrawals = Withdrawals("UTC")
        withdrawals.restore([row], NOW)
    assert withdrawals.in_force("anna", NOON, NOW.monotonic_s)
    assert withdrawals.settle(replace(NOW, utc_trusted=False)) == ()
    known = later(NOW, passed_s)
    [settled] = withdrawals.settle(known)
    assert abs(settled.at - NOON) < SECOND
    assert abs(settled.until - (NOON + KEEP if scope == "all" else datetime(2026, 3, 29, tzinfo=UTC))) < SECOND
    assert withdrawals.in_force("anna", settled.until - SECOND)
    assert not withdrawals.in_force("anna", settled.until + SECOND)
    assert withdrawals.settle(known) == ()


@given(
    lasts_s=st.floats(60, 2 * LEASE_MAX_S),
    steps=st.lists(st.tuples(st.floats(1, 100_000), JUMPS, st.booleans()), max_size=12),
)
def test_no_jump_lengthens_a_lease(lasts_s, steps):
    lease = Lease()
    lease.grant(NOON + timedelta(seconds=lasts_s))
    assert lease.until(NOW) is not None
    now = NOW
    for passed_s, jump, trusted in steps:
        now = later(now, passed_s, jump, trusted=trusted)
        until = lease.until(now)
        usable = until is not None and now.utc < until
        used_s = now.monotonic_s - NOW.monotonic_s
        assert not usable or used_s < min(lasts_s, LEASE_MAX_S) + 1e-3  # a timedelta counts microseconds


def test_a_lease_that_has_run_out_stays_so_until_the_next_one():
    lease = Lease()
    assert lease.until(NOW) is None
    lease.grant(NOON + DAY)
    assert lease.until(NOW) == NOON + DAY
    over = later(NOW, 86_400, -DAY)
    assert lease.until(over) is None
    lease.grant(NOON + DAY)  # the same one, told again
    assert lease.until(over) is None
    following = over.utc + DAY + timedelta(seconds=1)
    lease.grant(following)
    assert lease.until(over) == following


def test_before_the_time_is_known_a_lease_does_not_begin_to_run_out():
    lease = Lease()
    lease.grant(NOON + DAY)
    behind = Instant(0.0, NOON - 100 * DAY, utc_trusted=False)
    assert lease.until(behind) is not None  # the filters refuse an untrusted clock by themselves
    assert lease.until(NOW) is not None
    assert lease.until(later(NOW, 86_400, -DAY)) is None
