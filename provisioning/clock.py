"""The only place of the platform's side that reads a clock."""

from collections.abc import Callable
from datetime import UTC, datetime

Now = Callable[[], datetime]
"""Tells the time, aware, UTC."""


def utc_now() -> datetime:
    """Return this moment by the machine's clock."""
    return datetime.now(UTC)
