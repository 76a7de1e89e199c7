"""Whose visit ended minutes ago: whoever comes back so soon goes on with it."""

from datetime import datetime

from edge_agent.contracts.base import CustomerId
from edge_agent.visit.journey import Journey


class PastVisits:
    """The visits that ended here within ``keep_s``, one per customer. The journal holds them as well."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._visits: dict[CustomerId, tuple[Journey, float]] = {}
        """With the monotonic second of its end, the oldest first."""

    def add(self, journey: Journey, ended_s: float) -> None:
        """Remember a visit that ended at a monotonic second."""
        self._visits.pop(journey.customer, None)
        self._visits[journey.customer] = journey, ended_s

    def recall(self, journey: Journey, utc: datetime, now_s: float) -> bool:
        """Remember a visit of an earlier run; return whether it ended so lately. Call in the order of their ends."""
        assert journey.ended_at is not None
        ago_s = max(0.0, (utc - journey.ended_at).total_seconds())  # the clock may have been set back since
        if ago_s < self._keep_s:
            self.add(journey, now_s - ago_s)
        return ago_s < self._keep_s

    def of(self, customer: CustomerId, now_s: float) -> tuple[Journey, float] | None:
        """Return her last visit and the second at which it ended, or ``None``."""
        past = self._visits.get(customer)
        return past if past is not None and now_s < past[1] + self._keep_s else None

    def customers(self) -> set[CustomerId]:
        """Return everybody who is remembered."""
        return set(self._visits)

    def forget(self, customer: CustomerId) -> None:
        """Drop her: she withdrew, or is here again."""
        self._visits.pop(customer, None)

    def expire(self, now_s: float) -> None:
        """Drop those that ended too long ago."""
        while self._visits:
            customer, (_, ended_s) = next(iter(self._visits.items()))
            if now_s < ended_s + self._keep_s:
                break
            del self._visits[customer]

    def next_deadline(self) -> float | None:
        """When to call :meth:`expire`, monotonic second."""
        return next((ended_s + self._keep_s for _, ended_s in self._visits.values()), None)
