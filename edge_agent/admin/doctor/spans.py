"""Times and sizes as a person says them."""

from datetime import datetime
from typing import Final

_MINUTE_S: Final = 60
_HOUR_S: Final = 3600
_DAY_S: Final = 86_400


def span(seconds: float) -> str:
    """Return a duration in the unit that fits it: ``40 s``, ``12 min``, ``7 h``, ``3 days``."""
    if seconds < 2 * _MINUTE_S:
        return f"{seconds:.0f} s"
    if seconds < 2 * _HOUR_S:
        return f"{seconds / _MINUTE_S:.0f} min"
    if seconds < 2 * _DAY_S:
        return f"{seconds / _HOUR_S:.0f} h"
    return f"{seconds / _DAY_S:.0f} days"


def since_s(then: datetime, now: datetime) -> float:
    """Return how many seconds ago something was; 0 for what lies ahead."""
    return max(0.0, (now - then).total_seconds())


def left_s(then: datetime, now: datetime) -> float:
    """Return in how many seconds something will be; negative for what is past."""
    return (then - now).total_seconds()


def size(count_bytes: int) -> str:
    """Return a size: ``84 MB``, ``12.3 GB``."""
    if count_bytes < 1_000_000_000:
        return f"{count_bytes / 1e6:.0f} MB"
    return f"{count_bytes / 1e9:.1f} GB"


def many(count: int, what: str) -> str:
    """Return a number of things: ``1 event``, ``2 events``."""
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
