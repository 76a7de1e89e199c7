"""The only place of the display that reads a clock."""

import time
from datetime import UTC, datetime


def monotonic_s() -> float:
    """Return CLOCK_MONOTONIC in seconds, the clock of the agent's permits."""
    return time.monotonic()


def utc_now() -> datetime:
    """Return the wall clock: for the calendar of loop and panel, and for proofs of play."""
    return datetime.now(UTC)
