"""From signal strength to distance, per customer."""

from collections import deque
from dataclasses import dataclass
from statistics import median

from edge_agent.constants import RSSI_KEEP_S

_SAMPLES_MAX = 128  # per device: a minute at 2/s, and a bound where a phone sends faster
_DEVICES_MAX = 8  # as many as a profile may have
_NEVER = float("inf")
_NEAREST_M, _FARTHEST_M = 0.1, 100.0  # beyond these the model says nothing


@dataclass(frozen=True, slots=True)
class RangingRules:
    """How signal strength becomes distance at this unit."""

    path_loss_exponent: float
    calibration_db: float
    smoothing_s: float


def model_distance_m(loss_db: float, path_loss_exponent: float) -> float:
    """Return at which distance so much of the signal at 1 m is lost, within what the model can say."""
    exponent = loss_db / (10 * path_loss_exponent)
    return min(max(10.0**exponent if exponent < 3 else _FARTHEST_M, _NEAREST_M), _FARTHEST_M)


class Ranging:
    """The distance of one customer. She may carry several devices: the nearest counts."""

    def __init__(self, rules: RangingRules) -> None:
        self._rules = rules
        self._samples: dict[str, deque[tuple[float, float]]] = {}

    def observe(self, device: str, rssi_dbm: int, measured_power_dbm: int, now_s: float) -> float:
        """Feed one sample, heard at monotonic second ``now_s``; return her distance in metres.

        Log-distance path-loss model (Rappaport, Wireless Communications, 2002, eq. 4.69):
        ``loss = measured_power_dbm - rssi_dbm``, ``d = 10 ** (loss / (10 n))``, with the median of
        the losses of the last ``smoothing_s`` seconds.
        """
        loss_db = measured_power_dbm - (rssi_dbm + self._rules.calibration_db)
        self._forget_before(now_s - self._rules.smoothing_s)
        if device not in self._samples and len(self._samples) >= _DEVICES_MAX:
            del self._samples[min(self._samples, key=lambda name: self._samples[name][-1][0])]
        samples = self._samples.setdefault(device, deque(maxlen=_SAMPLES_MAX))
        samples.append((now_s, loss_db))
        return min(map(self._distance_m, self._samples.values()))

    def forget_at_s(self) -> float:
        """Return when :meth:`forget` is due: before the oldest sample turns ``RSSI_KEEP_S`` old (hard rule 2)."""
        newest_s = max((samples[-1][0] for samples in self._samples.values()), default=_NEVER)
        return newest_s + RSSI_KEEP_S - self._rules.smoothing_s  # no sample is older than the newest by more than that

    def forget(self, now_s: float) -> None:
        """Drop all samples when their time has come, heard or not."""
        if now_s >= self.forget_at_s():
            self._samples.clear()

    def _distance_m(self, samples: deque[tuple[float, float]]) -> float:
        return model_distance_m(median(loss_db for _, loss_db in samples), self._rules.path_loss_exponent)

    def _forget_before(self, oldest_s: float) -> None:
        for name, samples in list(self._samples.items()):
            while samples and samples[0][0] < oldest_s:
                samples.popleft()
            if not samples:
                del self._samples[name]
