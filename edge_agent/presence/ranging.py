"""From signal strength to distance, per customer."""

import math
from dataclasses import dataclass

LEAN_DB = 1.5
"""So much of every loss is put down to her body, which turns and bends and never stands as at the calibration."""

CLIMB_DB_S = 15.0
"""A signal rises by no more in a second. Somebody who walks up fast from 1.5 m to 1 m brings 13 dB/s; more is an
echo, and one echo moves nobody."""

DEVICE_KEEP_S = 15.0
"""A device that was not heard for so long has no distance any more. Less than ``RSSI_KEEP_S`` (hard rule 2)."""

_DEVICES_MAX = 8  # as many as a profile may have
_NEVER = float("inf")
_NEAREST_M, _FARTHEST_M = 0.1, 100.0  # beyond these the model says nothing


@dataclass(frozen=True, slots=True)
class RangingRules:
    """How signal strength becomes distance at this unit."""

    path_loss_exponent: float
    calibration_db: float
    smoothing_s: float


@dataclass(slots=True)
class _Device:
    loss_db: float
    heard_s: float


def model_distance_m(loss_db: float, path_loss_exponent: float) -> float:
    """Return at which distance so much of the signal at 1 m is lost, within what the model can say.

    Also for what her app reports of our beacon.
    """
    exponent = loss_db / (10 * path_loss_exponent)
    return min(max(10.0**exponent if exponent < 3 else _FARTHEST_M, _NEAREST_M), _FARTHEST_M)


class Ranging:
    """The distance of one customer. She may carry several devices: the nearest counts."""

    def __init__(self, rules: RangingRules) -> None:
        self._rules = rules
        self._devices: dict[str, _Device] = {}

    def observe(self, device: str, rssi_dbm: int, measured_power_dbm: int, now_s: float) -> float:
        """Feed one sample, heard at monotonic second ``now_s``; return her distance in metres.

        Log-distance path-loss model (Rappaport, Wireless Communications, 2002, eq. 4.69):
        ``loss = measured_power_dbm - rssi_dbm``, ``d = 10 ** ((loss - LEAN_DB) / (10 n))``.

        Bodies, shelves and fades take away from a signal and seldom add to it, so the strongest of the last
        seconds is the best witness of where she is: less loss is believed at once, within the bounds of an echo,
        more loss only with the time constant ``smoothing_s``. One number per device, no sample is kept.
        """
        self.forget(now_s)
        loss_db = measured_power_dbm - (rssi_dbm + self._rules.calibration_db)
        known = self._devices.get(device)
        if known is None:
            self._make_room()
            self._devices[device] = _Device(loss_db, now_s)
        else:
            known.loss_db += self._step_db(loss_db - known.loss_db, now_s - known.heard_s)
            known.heard_s = now_s
        return self._distance_m(min(each.loss_db for each in self._devices.values()))

    def forget_at_s(self) -> float:
        """Return when :meth:`forget` is due."""
        return min((each.heard_s for each in self._devices.values()), default=_NEVER) + DEVICE_KEEP_S

    def forget(self, now_s: float) -> None:
        """Drop what was measured of devices whose time is over, heard or not."""
        if now_s >= self.forget_at_s():
            self._devices = {name: each for name, each in self._devices.items() if now_s < each.heard_s + DEVICE_KEEP_S}

    def _step_db(self, change_db: float, passed_s: float) -> float:
        if self._rules.smoothing_s == 0:
            return change_db
        if change_db < 0:
            return max(change_db, -CLIMB_DB_S * passed_s)
        return change_db * (1 - math.exp(-passed_s / self._rules.smoothing_s))

    def _distance_m(self, loss_db: float) -> float:
        return model_distance_m(loss_db - LEAN_DB, self._rules.path_loss_exponent)

    def _make_room(self) -> None:
        if len(self._devices) >= _DEVICES_MAX:
            del self._devices[min(self._devices, key=lambda name: self._devices[name].heard_s)]
