"""Where people go: visitors who come, stay and leave; passers-by; people who stay at the border.

The unit is at the origin, metres. People walk at 0.8 to 1.5 m/s.
"""

import math
from bisect import bisect_right
from dataclasses import dataclass
from random import Random

ENTER_M, LEAVE_M = 2.0, 4.0
"""The distances that count as come and gone, for every judge."""

FROM_M = 15.0
"""Where walks begin, and where they end: a door through which nothing is heard."""

_SPEEDS_M_S = (0.8, 1.5)
_FRONT, _SIDE = 0.0, math.pi / 2


@dataclass(frozen=True)
class Leg:
    """One straight piece of a route, or a stop. Starts at ``at_s``, at (``x_m``, ``y_m``)."""

    at_s: float
    x_m: float
    y_m: float
    speed_x: float
    speed_y: float
    facing: float
    """Direction in which she looks, radians."""


@dataclass(frozen=True)
class Route:
    """A walk, and the truth about it."""

    legs: tuple[Leg, ...]
    end_s: float
    """When the door closes behind her."""
    phone: float
    """On which side of her body the phone is, radians from where she looks; 0: in her hand or a front pocket."""

    def at(self, now_s: float) -> tuple[float, float, float]:
        """Return x, y in metres, and the angle between the phone's side and the unit."""
        leg = self.legs[bisect_right(self.legs, now_s, key=lambda leg: leg.at_s) - 1]
        x_m = leg.x_m + leg.speed_x * (now_s - leg.at_s)
        y_m = leg.y_m + leg.speed_y * (now_s - leg.at_s)
        return x_m, y_m, leg.facing + self.phone - math.atan2(-y_m, -x_m)

    def distance_m(self, now_s: float) -> float:
        """Return the true distance to the unit."""
        x_m, y_m, _ = self.at(now_s)
        return math.hypot(x_m, y_m)

    def last_s(self, distance_m: float, step_s: float = 0.02) -> float:
        """Return when she is for the last time within ``distance_m``; 0 where she never is."""
        now_s = self.end_s
        while now_s > 0 and self.distance_m(now_s) > distance_m:
            now_s -= step_s
        return now_s

    def first_s(self, distance_m: float, step_s: float = 0.02) -> float:
        """Return when she comes within ``distance_m``; the end where she never does."""
        now_s = 0.0
        while now_s < self.end_s and self.distance_m(now_s) > distance_m:
            now_s += step_s
        return now_s


class _Feet:
    """Builds a route step by step."""

    def __init__(self, random: Random, x_m: float, y_m: float) -> None:
        self._random = random
        self._at_s, self._x_m, self._y_m = 0.0, x_m, y_m
        self._legs: list[Leg] = []

    def walk_to(self, x_m: float, y_m: float, speed_m_s: float) -> None:
        away_m = math.hypot(x_m - self._x_m, y_m - self._y_m)
        if away_m == 0:
            return
        speed_x, speed_y = ((x_m - self._x_m) / away_m * speed_m_s, (y_m - self._y_m) / away_m * speed_m_s)
        self._leg(speed_x, speed_y, math.atan2(speed_y, speed_x))
        self._at_s, self._x_m, self._y_m = self._at_s + away_m / speed_m_s, x_m, y_m

    def stand(self, seconds: float) -> None:
        """Stand, three quarters of the time towards the unit, else turned anywhere, a few seconds each."""
        until_s = self._at_s + seconds
        while self._at_s < until_s:
            to_unit = math.atan2(-self._y_m, -self._x_m)
            turned = self._random.random() < 0.25
            facing = self._random.uniform(-math.pi, math.pi) if turned else to_unit + self._random.gauss(0, 0.4)
            self._leg(0, 0, facing)
            self._at_s = min(until_s, self._at_s + self._random.uniform(2, 8))

    def stay(self, seconds: float, nearest_m: float, farthest_m: float) -> None:
        """Stand about, and take a step aside now and then."""
        until_s = self._at_s + seconds
        while self._at_s < until_s:
            self.stand(min(until_s - self._at_s, self._random.uniform(5, 15)))
            distance_m = self._random.uniform(nearest_m, farthest_m)
            angle = math.atan2(self._y_m, self._x_m) + self._random.gauss(0, 0.3)
            self.walk_to(distance_m * math.cos(angle), distance_m * math.sin(angle), 0.5)

    def route(self, phone: float) -> Route:
        return Route(tuple(self._legs), self._at_s, phone)

    def _leg(self, speed_x: float, speed_y: float, facing: float) -> None:
        self._legs.append(Leg(self._at_s, self._x_m, self._y_m, speed_x, speed_y, facing))


def carried(random: Random) -> float:
    """Return where she carries the phone: four of five in the hand or in front, the others at a side."""
    side = _FRONT if random.random() < 0.8 else random.choice((_SIDE, -_SIDE))
    return side + random.gauss(0, 0.35)


def visit(random: Random, nearest_m: float = 0.5, farthest_m: float = 1.2, phone: float | None = None) -> Route:
    """She comes, stays for half a minute to a minute and a half in front of the unit, and leaves the shop."""
    come, go = (random.uniform(-math.pi / 2, math.pi / 2) for _ in range(2))
    feet = _Feet(random, FROM_M * math.cos(come), FROM_M * math.sin(come))
    stand_m = random.uniform(nearest_m, farthest_m)
    feet.walk_to(stand_m * math.cos(come), stand_m * math.sin(come), random.uniform(*_SPEEDS_M_S))
    feet.stay(random.uniform(30, 90), nearest_m, farthest_m)
    feet.walk_to(FROM_M * math.cos(go), FROM_M * math.sin(go), random.uniform(*_SPEEDS_M_S))
    return feet.route(carried(random) if phone is None else phone)


def passing(random: Random, nearest_m: float = 2 * ENTER_M) -> Route:
    """Somebody walks by, straight, and is never nearer than ``nearest_m``."""
    feet = _Feet(random, nearest_m, -FROM_M)
    feet.walk_to(nearest_m, FROM_M, random.uniform(*_SPEEDS_M_S))
    return feet.route(carried(random) + (math.pi if random.random() < 0.5 else 0))  # either way round


def border(random: Random) -> Route:
    """She stays between the two limits, where nothing is right or wrong but changing one's mind."""
    return visit(random, ENTER_M, LEAVE_M - 0.5)
