"""Until when the slice may be used. The wall clock says so, and the monotonic one, whichever says stop first."""

from datetime import datetime, timedelta

from edge_agent.constants import LEASE_MAX_S
from edge_agent.events import Instant


class Lease:
    """One lease after another. A wall clock that is set back does not lengthen one."""

    def __init__(self) -> None:
        self._until: datetime | None = None
        self._ends_s: float | None = None
        """Monotonic second; ``None`` until the wall clock can be trusted."""

    def grant(self, until: datetime | None) -> None:
        """Begin a new one; the same one again changes nothing. ``None``: there is none."""
        if until == self._until:
            return
        self._until = until
        self._ends_s = None

    def until(self, now: Instant) -> datetime | None:
        """Return when it ends by the wall clock; ``None`` where there is none, or it has run out by the other."""
        if self._until is None:
            return None
        if self._ends_s is None and now.utc_trusted:
            left_s = (self._until - now.utc) / timedelta(seconds=1)
            self._ends_s = now.monotonic_s + min(left_s, LEASE_MAX_S)
        return None if self._ends_s is not None and now.monotonic_s >= self._ends_s else self._until
