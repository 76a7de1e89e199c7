"""Who sends this token, at this time: the index with its tables kept up, and no id that goes backwards."""

from typing import Final

from edge_agent.constants import SLOT_OVERLAP_S
from edge_agent.events import Instant
from edge_agent.identify.freshness import Freshness
from edge_agent.identify.index import Device, TokenIndex

DERIVATIONS_PER_STEP: Final = 100
"""Derived at once: 0.5 to 1 ms, on a Raspberry Pi 4 about 3 ms. Nothing else happens meanwhile."""

STEP_S: Final = 0.02
"""Pause between two steps. Together 5,000/s: twice what slot changes may take
(:data:`~edge_agent.identify.index.DERIVATIONS_PER_S_MAX`), so that every table is done in time."""

BLIND_STEP_S: Final = 0.002
"""Pause while the table of the present slot is missing: then nobody is recognised, and it is urgent."""

CHECK_S: Final = 10.0
"""A wall clock can be set at any time, and then other slots count: nobody is missed for longer than this."""


class Recogniser:
    """Recognises devices; :attr:`index` may be replaced whole, what it remembers of the ids goes on."""

    def __init__(self, index: TokenIndex) -> None:
        self.index = index
        """Who sends which token."""
        self._freshness = Freshness(SLOT_OVERLAP_S)
        self._due_s: float | None = None

    @property
    def ignored(self) -> int:
        """How many ids were ignored because their device had sent a later one."""
        return self._freshness.ignored

    def find(self, token: bytes | str | None, now_s: float) -> Device | None:
        """Return the device that sends a token that was heard at ``now_s`` (monotonic), or ``None``: unknown."""
        device = None if token is None else self.index.find(token)
        return device if device is not None and self._freshness.accepts(device, now_s) else None

    def let_time_pass(self, instant: Instant) -> None:
        """Work on the tables, where it is time for that."""
        now_s, (unix_s, fraction_s) = instant.monotonic_s, _seconds(instant)
        if self._due_s is not None and now_s < self._due_s and not self.index.blind(unix_s):
            return
        self.index.work(unix_s, DERIVATIONS_PER_STEP, instant.utc_trusted)
        rest_s = self.index.next_work_s(unix_s)
        if rest_s > 0:
            self._freshness.forget(now_s, self.index.__contains__)
            self._due_s = now_s + min(rest_s - fraction_s, CHECK_S)
        else:
            self._due_s = now_s + (BLIND_STEP_S if self.index.blind(unix_s) else STEP_S)

    def next_deadline(self) -> float | None:
        """When to let time pass again, monotonic second; ``None``: not begun."""
        return self._due_s


def _seconds(instant: Instant) -> tuple[int, float]:
    """Return Unix time as whole seconds and a fraction."""
    unix_s = instant.utc.timestamp()
    return int(unix_s), unix_s % 1
