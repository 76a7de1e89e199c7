"""Active or passive? Which way of scanning has its turn, decided by listening both ways. Pure.

Passive scanning never transmits, but many controllers and versions of BlueZ hear less that way. Where the
configuration asks for it, both ways take turns, :data:`TURNS` times each for :data:`TURN_S`, so that a crowd that
comes or goes touches both. Only frames that both can hear are compared: those a customer's phone or tag could send.
Passive is used when it heard at least :data:`ENOUGH` of the active rate; the comparison is repeated now and then.
"""

import math
from dataclasses import dataclass
from typing import Final

from edge_agent.radio.scan import ScanKind

TURNS: Final = 3
TURN_S: Final = 20.0
ENOUGH: Final = 0.8
HEARD_MIN: Final = 50
"""With fewer frames in the active turns, chance would decide."""

REPEAT_S: Final = 86_400.0
"""After a result."""
UNDECIDED_S: Final = 3600.0
"""After a comparison in which too little was heard."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One stretch of scanning."""

    kind: ScanKind
    until_s: float
    """Monotonic second at which the next turn begins."""
    test: bool = False
    """Whether it is part of a comparison."""


class Turns:
    """Which scan has its turn on one adapter. Times are monotonic seconds."""

    def __init__(self, wanted: ScanKind) -> None:
        self.kind: ScanKind = "active" if wanted == "passive" else wanted
        """How it scans between comparisons."""
        self.result = ""
        """What the last comparison found, as a sentence; empty before."""
        self._due_s = -math.inf if wanted == "passive" else math.inf
        self._taken: list[ScanKind] = []
        self._heard: dict[ScanKind, int] = {"active": 0, "passive": 0}
        self._listened_s: dict[ScanKind, float] = {"active": 0.0, "passive": 0.0}

    def turn(self, now_s: float) -> Turn:
        """Return how to scan from now on."""
        if now_s < self._due_s:
            return Turn(self.kind, self._due_s)
        kind: ScanKind = "active" if len(self._taken) % 2 == 0 else "passive"
        return Turn(kind, now_s + TURN_S, test=True)

    def listened(self, kind: ScanKind, frames: int, for_s: float, now_s: float) -> bool:
        """A turn of a comparison has ended. Returns true when it was the last one: there is a new result."""
        self._taken.append(kind)
        self._heard[kind] += frames
        self._listened_s[kind] += for_s
        if len(self._taken) < 2 * TURNS:
            return False
        self._conclude(now_s)
        return True

    def refused(self, reason: str, now_s: float) -> None:
        """Scanning passively is not possible here."""
        self._decide("active", f"scans actively, for passive scans are not possible: {reason}", now_s + REPEAT_S)

    def _conclude(self, now_s: float) -> None:
        heard = f"{self._heard['passive']} frames passively, {self._heard['active']} actively"
        if self._heard["active"] < HEARD_MIN:
            text = f"goes on {self.kind}, too little was heard to compare: {heard}"
            self._decide(self.kind, text, now_s + UNDECIDED_S)
        elif self._rate("passive") >= ENOUGH * self._rate("active"):
            self._decide("passive", f"scans passively, which hears as much: {heard}", now_s + REPEAT_S)
        else:
            self._decide("active", f"scans actively, for passively it hears less: {heard}", now_s + REPEAT_S)

    def _decide(self, kind: ScanKind, result: str, due_s: float) -> None:
        self.kind, self.result, self._due_s = kind, result, due_s
        self._taken = []
        self._heard = {"active": 0, "passive": 0}
        self._listened_s = {"active": 0.0, "passive": 0.0}

    def _rate(self, kind: ScanKind) -> float:
        return self._heard[kind] / max(self._listened_s[kind], 1e-9)
