"""What the unit hears of a walk: when, and how strongly.

An advertiser sends every ``interval_s`` plus a random 0 to 10 ms (advDelay, Bluetooth Core 5.4, Vol 6 Part B
4.4.2.2.1) on all three channels; the scanner listens to one of them at a time. Losses come in bursts (Gilbert, Bell
System Technical Journal 39, 1960), as where Wi-Fi shares the antenna: 5 % in good times, 60 % in bad ones, which
last half a second on average and begin every ten. What is weaker than the receiver's sensitivity is lost.
"""

import math
from dataclasses import dataclass
from random import Random

from tests.bench.walks.channel import Air, Channel
from tests.bench.walks.routes import Route

ADV_DELAY_S = 0.010
SENSITIVITY_DBM = -95
_GOOD_LOSS, _BAD_LOSS = 0.05, 0.60
_GOOD_S, _BAD_S = 10.0, 0.5

SHOP = Air()
HARD_SHOP = Air(exponent=2.5, exponent_error=0.5, phone_db=3.0, shadowing_db=4.0, decorrelation_m=1.5, body_db=14.0)
"""Metal shelves, phones of unknown power: measured too, without an aim."""

Heard = tuple[float, int]
"""(second since the start, RSSI in dBm)."""


@dataclass(frozen=True)
class Walk:
    """A route and what was heard of it."""

    route: Route
    heard: tuple[Heard, ...]
    deaf_s: tuple[float, float] | None = None
    """From when to when the scan was dead, where it died."""


@dataclass(frozen=True)
class Hearing:
    """How a phone sends, and how the unit listens."""

    name: str
    interval_s: float
    """Between two advertisements."""
    report_s: float | None = None
    """The controller reports a device only once in so many seconds; ``None``: whenever it hears it."""
    deaf_s: float | None = None
    """The scan dies once on every walk, without a word, for so long; ``None``: never."""


FAST, USUAL, SLOW = Hearing("100 ms", 0.1), Hearing("250 ms", 0.25), Hearing("1 s", 1.0)
STRICT = Hearing("reports each 10 s", 0.25, report_s=10)
DYING = Hearing("scan dies for 15 s", 0.25, deaf_s=15)
"""As long as it takes to notice (``radio.silent_s`` of 12 s, at least) and to start it again."""


def record(route: Route, hearing: Hearing, random: Random, air: Air = SHOP) -> Walk:
    """Let somebody walk ``route``."""
    channel = Channel(air, random)
    heard: list[Heard] = []
    now_s, reported_s = random.uniform(0, hearing.interval_s), -math.inf
    asked_s, (asked_x, asked_y, _) = now_s, route.at(now_s)
    bad, until_s = False, random.expovariate(1 / _GOOD_S)
    while now_s < route.end_s:
        while until_s <= now_s:
            bad = not bad
            until_s += random.expovariate(1 / (_BAD_S if bad else _GOOD_S))
        x_m, y_m, phone_angle = route.at(now_s)
        moved_m = math.hypot(x_m - asked_x, y_m - asked_y)
        rssi_dbm = channel.rssi_dbm(math.hypot(x_m, y_m), moved_m, now_s - asked_s, phone_angle)
        asked_s, asked_x, asked_y = now_s, x_m, y_m
        lost = rssi_dbm < SENSITIVITY_DBM or random.random() < (_BAD_LOSS if bad else _GOOD_LOSS)
        if not lost and (hearing.report_s is None or now_s >= reported_s + hearing.report_s):
            heard.append((now_s, rssi_dbm))
            reported_s = now_s
        now_s += hearing.interval_s + random.uniform(0, ADV_DELAY_S)
    if hearing.deaf_s is None:
        return Walk(route, tuple(heard))
    dies_s = random.uniform(0, route.end_s - hearing.deaf_s)
    lives_s = dies_s + hearing.deaf_s
    return Walk(route, tuple((at_s, dbm) for at_s, dbm in heard if not dies_s <= at_s < lives_s), (dies_s, lives_s))
