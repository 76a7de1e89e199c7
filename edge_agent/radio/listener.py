"""The supervised part that keeps one adapter hearing: it scans, watches the scan, and climbs the recovery ladder."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from edge_agent.clock import Clock
from edge_agent.contracts.admin import AdapterStatus, LadderStep
from edge_agent.errors import RadioError, RadioTrouble
from edge_agent.events import Advertisement, Instant
from edge_agent.radio.ambient import Ambient
from edge_agent.radio.counting import Counting
from edge_agent.radio.recovery import Ladder
from edge_agent.radio.remedies import power_cycle, reset_unit, start_reset_service
from edge_agent.radio.scan import Hear, NewScan, Scan, ScanKind
from edge_agent.radio.turns import Turn, Turns
from edge_agent.supervisor import Health

log = logging.getLogger(__name__)

CHECK_S: Final = 0.5
"""How often silence and discovery are looked at; a lost adapter is noticed at once."""

DISCOVERY_GRACE_S: Final = 8.0
"""The kernel ends discovery every 10.24 s. BlueZ begins it again at once, or, where another program scans with other
filters or has just ended, 5 s later; only a longer pause means that it has stopped."""

RETRY_S: Final[dict[RadioTrouble, float]] = {"down": 2.0, "away": 5.0, "off": 5.0, "failed": 30.0, "deaf": CHECK_S}
"""How long after a trouble against which nothing is done now the adapter is looked at again."""

FAILED_PAUSE_S: Final = 1.0
"""Before a scan that failed is started again."""

FIRST_ADAPTER: Final = "hci0"
"""What is repaired where none was named and none was ever found."""

Tell = Callable[[bool, float, float | None], None]
"""Takes what :meth:`edge_agent.radio.ears.Ears.say` does: whether the adapter can be relied on, the monotonic second,
and since when it is ill or silent. Called all the time."""

Excused = Callable[[], bool]


def never() -> bool:
    """Return that nothing excuses a scan that has stopped."""
    return False


@dataclass(frozen=True, slots=True)
class Ear:
    """What one listener listens with."""

    scans: Mapping[ScanKind, NewScan]
    """How to build each kind of scan."""
    wanted: ScanKind
    """Which one the configuration asks for."""
    silent_s: float
    """A shorter silence is never a fault."""
    adapter: str | None = None
    """``hci0``; ``None``: the first that is switched on."""
    canary: str | None = None
    """UUID of the beacons of the operator's units."""
    of_interest: Callable[[Advertisement], bool] = field(default=lambda _: True)
    """Whether an advertisement counts when active and passive scans are compared."""
    excused: Excused = never
    """Whether discovery may be stopped now for a connection that this unit makes: no fault of the scan."""


class Listener:
    """A supervised part that listens for ever on one adapter."""

    def __init__(
        self,
        ear: Ear,
        clock: Clock,
        health: Health,
        hear: Hear,
        tell: Tell,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        check_s: float = CHECK_S,
    ) -> None:
        self.health = health
        self.ladder = Ladder()
        """What was tried, for the metrics."""
        self.heard = Counting(ear.canary)
        """What was heard, for the metrics."""
        self._ear = ear
        self._clock = clock
        self._hear = hear
        self._tell = tell
        self._sleep = sleep
        self._check_s = check_s
        self._turns = Turns(ear.wanted)
        self._scan: Scan | None = None
        self._ambient: Ambient | None = None
        self.adapter = ear.adapter or ""
        """``hci0``; empty until one was found."""
        self.healthy = False
        """Whether it can be relied on."""
        self._trouble: RadioTrouble | None = None
        self._problem = ""
        self._ill_since_s = clock.now().monotonic_s
        self._comparing = False
        self._compared = 0

    async def run(self) -> None:
        """Listen until cancelled. The ladder, not the supervisor, decides what is tried after a failure."""
        try:
            while True:
                await self._take(await self._listen())
        finally:
            self._ill("", self._clock.now().monotonic_s)

    def status(self, now_s: float) -> AdapterStatus:
        """Return how the adapter hears, for the local commands."""
        now = self._clock.now()
        usual_per_s = None if self._ambient is None else self._ambient.usual_per_s(now.utc.timestamp())
        heard_s = self._ill_since_s if self._ambient is None else self._ambient.heard_s
        return AdapterStatus(
            adapter=self.adapter,
            scan=self._turns.kind if self._scan is None else self._scan.kind,
            healthy=self.healthy,
            heard_per_s=self.heard.per_s(now_s),
            usual_per_s=usual_per_s,
            silence_s=max(0.0, now_s - heard_s),
            step=self.ladder.step,
            problem=(self._problem or self._turns.result)[:200],
        )

    # --- one scan -----------------------------------------------------------------------------

    async def _listen(self) -> LadderStep | None:
        """Scan until it is ill or its turn is over; return the step to take then."""
        begun_s = self._now_s()
        turn = self._turns.turn(begun_s)
        self._comparing, self._compared = turn.test, 0
        scan = self._scan = self._ear.scans[turn.kind](self._on_heard)
        try:
            await scan.start()
            self.adapter = scan.adapter
            return await self._watch(scan, turn, begun_s)
        except RadioError as error:
            now_s = self._now_s()
            if turn.test and turn.kind == "passive" and error.trouble == "failed":
                self._turns.refused(str(error), now_s)
                log.warning("%s: %s", self._name, self._turns.result)
                return None
            self._trouble = error.trouble
            self._ill(str(error), now_s, self._certain_s(now_s))
            return self.ladder.climb(error.trouble, now_s)
        finally:
            await scan.stop()

    async def _watch(self, scan: Scan, turn: Turn, begun_s: float) -> LadderStep | None:
        discovering_s = self._now_s()
        heard = self.heard.total
        ambient = self._begin(discovering_s)
        while True:
            await scan.wait(self._check_s)
            if scan.problem is not None:
                raise scan.problem
            now = self._clock.now()
            if scan.discovering or self._ear.excused():
                discovering_s = now.monotonic_s
            elif now.monotonic_s - discovering_s >= DISCOVERY_GRACE_S:
                raise RadioError(f"the scan on {scan.adapter} stopped by itself")
            if turn.test and turn.kind == "passive":
                self._tell(False, now.monotonic_s, None)  # whether it hears enough is still to be found out
            elif turn.test:
                self._note(ambient, now)
                sustained, silent_since_s = self.heard.total > heard, ambient.silent_since_s(now.monotonic_s)
                self._well(now.monotonic_s, sustained=sustained, silent_since_s=silent_since_s)
            elif (step := self._judge(ambient, now)) is not None:
                return step
            if now.monotonic_s >= turn.until_s:
                self._end_turn(turn, begun_s, now.monotonic_s)
                return None

    def _begin(self, now_s: float) -> Ambient:
        """A scan has begun: take it for well unless the last one was not."""
        self.heard.take(now_s)
        if self._ambient is None:
            self._ambient = Ambient(self._ear.silent_s, now_s)
        else:
            self._ambient.begun(now_s, listened=self._trouble == "deaf")
        return self._ambient

    def _note(self, ambient: Ambient, now: Instant) -> None:
        count, canary = self.heard.take(now.monotonic_s)
        if count:
            ambient.heard(now.monotonic_s, _utc_s(now), count, canary=canary)

    def _judge(self, ambient: Ambient, now: Instant) -> LadderStep | None:
        self._note(ambient, now)
        now_s, silent_since_s = now.monotonic_s, ambient.silent_since_s(now.monotonic_s)
        match ambient.judge(now_s, _utc_s(now)):
            case "deaf":
                return self._deaf(ambient.heard_s, now_s)
            case "suspected":
                self._ill("", now_s, ambient.heard_s)
            case "doubt":
                self._tell(self.healthy, now_s, silent_since_s)
            case "hearing" | "quiet" as verdict:
                self._well(now_s, sustained=verdict == "hearing", silent_since_s=silent_since_s)
        return None

    def _deaf(self, heard_s: float, now_s: float) -> LadderStep | None:
        """Nothing is heard, which is unusual. While nothing may be tried, the scan goes on: it may hear again."""
        self._trouble = "deaf"
        step = self.ladder.climb("deaf", now_s)
        if step == "waiting":
            text = f"{self.adapter} hears nothing, which is unusual here, and all was tried: unplug it and plug it in"
            self._ill(f"{text} (a built-in one: switch the unit off and on)", now_s, heard_s)
            return None
        self._ill("", now_s, heard_s)
        log.warning("%s: nothing heard for %.0f s on %s", self._name, now_s - heard_s, self.adapter)
        return step

    def _end_turn(self, turn: Turn, begun_s: float, now_s: float) -> None:
        self._trouble = None
        before = self._turns.kind
        if turn.test and self._turns.listened(turn.kind, self._compared, now_s - begun_s, now_s):
            log.info("%s: %s", self._name, self._turns.result)
            if self._turns.kind != before:
                self._ambient = None  # another kind of scan hears another world

    def _on_heard(self, advertisement: Advertisement) -> None:
        self.heard.count(advertisement)
        if self._comparing and self._ear.of_interest(advertisement):
            self._compared += 1
        self._hear(advertisement)

    # --- health and recovery ------------------------------------------------------------------

    def _well(self, now_s: float, *, sustained: bool, silent_since_s: float | None) -> None:
        """``sustained``: this scan has heard something; otherwise the shop is taken for empty."""
        if not self.healthy and self.health.report.state == "running":  # otherwise running() says it
            how = "hears again" if sustained else "hears nothing, which is taken for an empty shop,"
            log.info("%s: %s %s after %.0f s", self._name, self.adapter, how, now_s - self._ill_since_s)
        self.healthy = True
        self._problem = ""
        self._trouble = None
        if sustained:
            self.ladder.hearing(now_s)
        self.health.running()
        self._tell(True, now_s, silent_since_s)

    def _ill(self, problem: str, now_s: float, since_s: float | None = None) -> None:
        if self.healthy:
            self._ill_since_s = now_s if since_s is None else since_s
        self.healthy = False
        self._problem = problem
        if problem:
            self.health.waiting(problem)
        self._tell(False, now_s, since_s)

    async def _take(self, step: LadderStep | None) -> None:
        adapter = self.adapter or FIRST_ADAPTER
        match step:
            case "restart_scan":
                log.info("%s: scan restarted", self._name)
                if self._trouble == "failed":
                    await self._sleep(FAILED_PAUSE_S)
            case "power_cycle":
                log.warning("%s: %s is switched off and on", self._name, adapter)
                await self._try(power_cycle(adapter))
            case "reset_service":
                log.warning("%s: %s is reset; journalctl -u %s", self._name, adapter, reset_unit(adapter))
                await self._try(start_reset_service(adapter))
            case "waiting":
                await self._sleep(RETRY_S[self._trouble or "failed"])
            case _:
                pass  # the next turn begins at once

    async def _try(self, remedy: Awaitable[None]) -> None:
        try:
            await remedy
        except RadioError as error:
            log.warning("%s: %s", self._name, error)

    def _certain_s(self, now_s: float) -> float:
        """When it was certainly well for the last time: what hangs before it fails has sent nothing meanwhile."""
        if not self.healthy or self._ambient is None:
            return now_s
        return max(self._ambient.heard_s, now_s - self._ear.silent_s)

    @property
    def _name(self) -> str:
        return self.health.report.part

    def _now_s(self) -> float:
        return self._clock.now().monotonic_s


def _utc_s(now: Instant) -> float | None:
    return now.utc.timestamp() if now.utc_trusted else None
