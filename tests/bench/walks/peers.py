"""How others judge presence: their published rules and default values, in our own words and code.

Every peer is helped: it gets the shop's path-loss exponent and a calibrated unit, the same limits (2 m and 4 m where
it has two, a curve of limits where it has one), the same dwell before an arrival counts, and absences that fire
without traffic, which not all of them have. Each has one absence for everything; silence alone ends a visit.
"""

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

from edge_agent.presence.tracker import Change
from tests.bench.walks.channel import MEASURED_POWER_DBM
from tests.bench.walks.hearing import SHOP, Walk
from tests.bench.walks.judging import DWELL_S, Judge, Said
from tests.bench.walks.routes import ENTER_M, LEAVE_M

Estimate = Callable[[float, int], float | None]
"""(second, RSSI in dBm) -> distance in metres; ``None``: nothing new."""

Patience = Callable[[float], float]
"""Second of something heard -> seconds of silence that mean absence."""


def metres(rssi_dbm: float) -> float:
    """The log-distance model of the calibrated unit."""
    return float(10 ** ((MEASURED_POWER_DBM - rssi_dbm) / (10 * SHOP.exponent)))


@dataclass(frozen=True)
class Peer:
    """One baseline: a name, the parameter that makes it a curve, and its rules."""

    name: str
    label: str
    judge: Judge


def _rules(make: Callable[[], tuple[Estimate, Patience]], enter_m: float, leave_m: float) -> Judge:
    """Near from ``enter_m``, away from ``leave_m`` or after silence, settled after the dwell."""

    def judge(walk: Walk) -> list[Said]:
        estimate, patience = make()
        said: list[Said] = []
        near_s: float | None = None
        settled = False
        silent_s = math.inf  # when silence will mean absence

        def settle(now_s: float) -> None:
            nonlocal settled
            if near_s is not None and not settled and now_s >= near_s + DWELL_S:
                settled = True
                said.append((near_s + DWELL_S, Change.SETTLED))

        def silence(now_s: float) -> None:
            nonlocal near_s, settled, silent_s
            if now_s > silent_s:
                settle(silent_s)
                if near_s is not None:
                    said.append((silent_s, Change.AWAY))
                said.append((silent_s, Change.GONE))
                near_s, settled, silent_s = None, False, math.inf

        for at_s, rssi_dbm in walk.heard:
            silence(at_s)
            settle(at_s)
            distance_m = estimate(at_s, rssi_dbm)
            silent_s = at_s + patience(at_s)
            if distance_m is None:
                continue
            if near_s is None and distance_m <= enter_m:
                near_s = at_s
            elif near_s is not None and distance_m > leave_m:
                near_s, settled = None, False
                said.append((at_s, Change.AWAY))
        silence(math.inf)
        return said

    return judge


def theengs(timeout_s: float = 120) -> Judge:
    """Theengs Gateway: scans 7 s, pauses 5 s; distance of each single advertisement; absent after 120 s of silence."""

    def make() -> tuple[Estimate, Patience]:
        return (lambda at_s, rssi_dbm: metres(rssi_dbm)), (lambda at_s: timeout_s)

    judge = _rules(make, ENTER_M, math.inf)  # only silence makes absent
    return lambda walk: judge(replace(walk, heard=tuple(heard for heard in walk.heard if heard[0] % 12 < 7)))


def espresense(window_s: float = 15) -> Judge:
    """ESPresense: median of the last 15 s; enter at 2 m, leave at 4 m; silent for a whole window is absent."""

    def make() -> tuple[Estimate, Patience]:
        samples: deque[tuple[float, int]] = deque()

        def estimate(at_s: float, rssi_dbm: int) -> float:
            samples.append((at_s, rssi_dbm))
            while samples[0][0] < at_s - window_s:
                samples.popleft()
            return metres(median(dbm for _, dbm in samples))

        return estimate, lambda at_s: window_s

    return _rules(make, ENTER_M, LEAVE_M)


def bermuda(radius_m: float = ENTER_M, samples: int = 20) -> Judge:
    """Bermuda: looks every 1.05 s; a retreat faster than 3 m/s is not believed; the mean of the last 20 distances,
    each no farther than any later one, and at once where it is nearer; one radius; unknown after 30 s of silence."""

    def make() -> tuple[Estimate, Patience]:
        history: deque[float] = deque(maxlen=samples)
        looked_s, believed_m, believed_s = -math.inf, math.inf, -math.inf

        def estimate(at_s: float, rssi_dbm: int) -> float | None:
            nonlocal looked_s, believed_m, believed_s
            if at_s < looked_s + 1.05:
                return None
            looked_s, raw_m = at_s, metres(rssi_dbm)
            if raw_m - believed_m > 3 * (at_s - believed_s):
                history.append(history[-1])
            else:
                history.append(raw_m)
                believed_m, believed_s = raw_m, at_s
            least_m, total_m = math.inf, 0.0
            for distance_m in reversed(history):
                least_m = min(least_m, distance_m)
                total_m += least_m
            return min(total_m / len(history), history[-1])

        return estimate, lambda at_s: 30.0

    return _rules(make, radius_m, radius_m)


def room_assistant(radius_m: float = ENTER_M) -> Judge:
    """room-assistant: a Kalman filter over the RSSI (process noise 0.8, measurement noise 15); one greatest distance;
    outdated after 5 s of silence."""

    def make() -> tuple[Estimate, Patience]:
        state: tuple[float, float] | None = None

        def estimate(at_s: float, rssi_dbm: int) -> float:
            nonlocal state
            if state is None:
                state = float(rssi_dbm), 15.0
            else:
                dbm, variance = state[0], state[1] + 0.8
                gain = variance / (variance + 15.0)
                state = dbm + gain * (rssi_dbm - dbm), variance * (1 - gain)
            return metres(state[0])

        return estimate, lambda at_s: 5.0

    return _rules(make, radius_m, radius_m)


def habluetooth(weight: float = 0.3) -> Judge:
    """habluetooth: moving average of the RSSI with weight 0.3; stale after the longest gap of the last 16, and 5 s;
    after 195 s while it has seen no gap (helped: it waits for all 16). It has no distance; it gets our limits."""

    def make() -> tuple[Estimate, Patience]:
        gaps_s: deque[float] = deque(maxlen=16)
        smooth_dbm: float | None = None
        last_s: float | None = None

        def estimate(at_s: float, rssi_dbm: int) -> float:
            nonlocal smooth_dbm, last_s
            if last_s is not None:
                gaps_s.append(at_s - last_s)
            last_s = at_s
            smooth_dbm = rssi_dbm if smooth_dbm is None else smooth_dbm + weight * (rssi_dbm - smooth_dbm)
            return metres(smooth_dbm)

        return estimate, lambda at_s: max(gaps_s) + 5.0 if gaps_s else 195.0

    return _rules(make, ENTER_M, LEAVE_M)


PEERS = (
    *(Peer("Theengs", f"{seconds:g} s", theengs(seconds)) for seconds in (30, 60, 120)),
    *(Peer("ESPresense", f"{seconds:g} s", espresense(seconds)) for seconds in (5, 10, 15)),
    *(Peer("Bermuda", f"{radius_m:g} m", bermuda(radius_m)) for radius_m in (2, 3, 4)),
    *(Peer("room-assistant", f"{radius_m:g} m", room_assistant(radius_m)) for radius_m in (2, 3, 4)),
    *(Peer("habluetooth", f"{weight:g}", habluetooth(weight)) for weight in (0.1, 0.3, 0.6)),
)
"""Published values, and around them the values that a user could choose."""
