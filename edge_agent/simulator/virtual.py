"""A unit on a virtual clock: a day in a shop runs in a second."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from edge_agent.contracts.screen import Hello
from edge_agent.events import DisplayJoined, FromScreen, Input, Instant, Outcomes, ToScreen
from edge_agent.simulator.display import SimulatedDisplay


class Steps(Protocol):
    """A pipeline, or an engine with its databases."""

    def step(self, received: Input | None, instant: Instant) -> Outcomes:
        """Take one input, or ``None`` when only time has passed."""
        ...

    def next_deadline(self) -> float | None:
        """When to step without an input, monotonic second."""
        ...


class VirtualUnit:
    """Steps a pipeline or an engine through its inputs and deadlines, and plays its display."""

    def __init__(
        self,
        logic: Steps,
        start: datetime,
        gave: Callable[[Outcomes, Instant], None],
        *,
        screen: bool = True,
        trusted: bool = True,
    ) -> None:
        """``gave`` is called with what each step gave."""
        self._logic = logic
        self._gave = gave
        self.start = start
        """UTC at second 0. Set it, and the wall clock jumps while the monotonic one goes on."""
        self.trusted = trusted
        """Whether the wall clock may be believed."""
        self.now_s = 0.0
        """Seconds since the start; the unit's monotonic clock."""
        self.display = SimulatedDisplay()
        if screen:
            self.put(DisplayJoined(Hello(width_px=1920, height_px=1080)))
        self.put(None)

    @property
    def instant(self) -> Instant:
        """This moment."""
        return Instant(self.now_s, self.start + timedelta(seconds=self.now_s), self.trusted)

    def put(self, received: Input | None) -> None:
        """Step once, at this moment."""
        instant = self.instant
        outcomes = self._logic.step(received, instant)
        for effect in outcomes.effects:
            if isinstance(effect, ToScreen):
                self.display.tell(effect.message, instant.monotonic_s, instant.utc)
        self._gave(outcomes, instant)

    def advance(self, until_s: float) -> None:
        """Let time pass up to a second, stopping at each deadline."""
        while True:
            deadlines_s = (self._logic.next_deadline(), self.display.next_deadline())
            due_s = min((deadline_s for deadline_s in deadlines_s if deadline_s is not None), default=until_s)
            if due_s >= until_s:
                self.now_s = max(self.now_s, until_s)
                return
            self.now_s = max(self.now_s, due_s)
            for answer in self.display.answers(self.now_s):
                self.put(FromScreen(answer))
            self.put(None)
