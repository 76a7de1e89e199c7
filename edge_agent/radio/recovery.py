"""The recovery ladder of one adapter: what to try next, how often, and when to leave it alone. Pure.

Recovery climbs from cheap to deep. Each step has its tries within a round and its budget within an hour, so that
nothing is started and stopped in a loop. When a round has not helped, the adapter rests, each time longer, before the
next one; it is watched meanwhile, and comes back by itself when it can.
"""

from collections import Counter, deque
from dataclasses import dataclass
from typing import Final

from edge_agent.contracts.admin import LadderStep
from edge_agent.errors import RadioTrouble

HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of the ladder."""

    step: LadderStep
    tries: int
    """How often it is taken in one round."""
    per_hour: int
    """How often it is taken within an hour, in all rounds."""


RUNGS: Final = (
    Rung("restart_scan", tries=2, per_hour=10),
    Rung("power_cycle", tries=1, per_hour=3),
    Rung("reset_service", tries=1, per_hour=2),
)


@dataclass(frozen=True, slots=True)
class Treatment:
    """What helps against a trouble."""

    rungs: tuple[Rung, ...]
    grace_s: float = 0.0
    """Before anything is tried: it may pass by itself."""


TREATMENTS: Final[dict[RadioTrouble, Treatment]] = {
    "deaf": Treatment(RUNGS),
    "failed": Treatment(RUNGS),
    "off": Treatment(RUNGS[1:], grace_s=10),  # whoever switched it off may switch it on
    "away": Treatment(RUNGS[2:], grace_s=120),  # plugged in again, or its driver comes back
    "down": Treatment(()),  # systemd brings bluetoothd and D-Bus back
}

RESTS_S: Final = (300.0, 600.0, 1200.0, 2400.0, 3600.0)
"""How long an adapter rests after the first round, the second one, and so on."""

SUSTAINED_S: Final = 120.0
"""Heard for so long without trouble: well again, and the next illness begins at the foot of the ladder."""


class Ladder:
    """Where one adapter is. Times are monotonic seconds and never go back."""

    def __init__(self) -> None:
        self.step: LadderStep = "listening"
        """Where it is on its way back."""
        self.taken: Counter[LadderStep] = Counter()
        """How often each step was taken since the start."""
        self.rest_until_s = 0.0
        """Nothing is tried before."""
        self._tries: Counter[LadderStep] = Counter()
        self._lately: dict[LadderStep, deque[float]] = {rung.step: deque(maxlen=rung.per_hour) for rung in RUNGS}
        self._rounds = 0
        self._trouble: RadioTrouble | None = None
        self._trouble_since_s = 0.0
        self._well_since_s: float | None = None

    def climb(self, trouble: RadioTrouble, now_s: float) -> LadderStep:
        """There is a trouble: return the step to take now; ``waiting``: none, ask again later."""
        self._well_since_s = None
        if trouble != self._trouble:
            self._trouble, self._trouble_since_s = trouble, now_s
        treatment = TREATMENTS[trouble]
        if now_s < self.rest_until_s or now_s - self._trouble_since_s < treatment.grace_s or not treatment.rungs:
            self.step = "waiting"
            return self.step
        for rung in treatment.rungs:
            if self._tries[rung.step] < rung.tries and self._affordable(rung, now_s):
                self._tries[rung.step] += 1
                self._lately[rung.step].append(now_s)
                self.taken[rung.step] += 1
                self.step = rung.step
                return self.step
        self._rest(now_s)
        return self.step

    def hearing(self, now_s: float) -> None:
        """It hears. What was tried is forgotten only when that lasts; budgets are kept all the same."""
        self._trouble = None
        if self._well_since_s is None:
            self._well_since_s = now_s
        if now_s - self._well_since_s >= SUSTAINED_S:
            self.step = "listening"
            self.rest_until_s = 0.0
            self._tries.clear()
            self._rounds = 0

    def _affordable(self, rung: Rung, now_s: float) -> bool:
        lately = self._lately[rung.step]
        return len(lately) < rung.per_hour or now_s - lately[0] >= HOUR_S

    def _rest(self, now_s: float) -> None:
        self.step = "waiting"
        self.rest_until_s = now_s + RESTS_S[min(self._rounds, len(RESTS_S) - 1)]
        self._rounds += 1
        self._tries.clear()
