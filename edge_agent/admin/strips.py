"""A picture of the samples of a calibration: how strongly she was received at each place, and what the model says.

Pure. In the terminal one strip per place; as SVG the samples over the distance, with the curves before and after.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from statistics import median
from typing import Final

from edge_agent.admin.text import Line
from edge_agent.contracts.admin import Sample

_BARS: Final = "▁▂▃▄▅▆▇█"
_MARGIN_DB: Final = 3
_COLUMNS_MAX: Final = 70
_LABEL: Final = 8


@dataclass(frozen=True, slots=True)
class Model:
    """What turns signal strength into distance: ``[presence]`` of the configuration."""

    calibration_db: float
    path_loss_exponent: float

    def rssi_dbm(self, distance_m: float, measured_power_dbm: float) -> float:
        """Return what a device is received with at a distance."""
        return measured_power_dbm - self.calibration_db - 10 * self.path_loss_exponent * math.log10(distance_m)

    def distance_m(self, samples: Sequence[Sample]) -> float:
        """Return how far away somebody with these samples is in the middle; presence believes the strongest more."""
        loss_db = median(sample.measured_power_dbm - sample.rssi_dbm for sample in samples) - self.calibration_db
        return float(10 ** (loss_db / (10 * self.path_loss_exponent)))


Places = Mapping[float, Sequence[Sample]]
"""Distance in metres -> what was heard there; at least one sample each."""


def strips(places: Places, model: Model) -> list[Line]:
    """Return the samples of each place as bars over their signal strength, and where the model expects them."""
    power_dbm = _power_dbm(places)
    expected = {distance_m: round(model.rssi_dbm(distance_m, power_dbm)) for distance_m in places}
    heard = [sample.rssi_dbm for samples in places.values() for sample in samples]
    lowest, highest = min(*heard, *expected.values()) - _MARGIN_DB, max(*heard, *expected.values()) + _MARGIN_DB
    scale = max(1, math.ceil((highest - lowest) / _COLUMNS_MAX))
    lines: list[Line] = [((" " * _LABEL + _axis(lowest, highest, scale), "quiet"),)]
    for distance_m, samples in places.items():
        counts = Counter((sample.rssi_dbm - lowest) // scale for sample in samples)
        most = max(counts.values())
        bars = "".join(_bar(counts[column], most) for column in range((highest - lowest) // scale + 1))
        middle = f"   {len(samples)} samples, median {median(s.rssi_dbm for s in samples):.0f} dBm"
        lines.append(((f"{distance_m:4g} m  ", "strong"), (bars, "good"), (middle, "quiet")))
        mark = " " * ((expected[distance_m] - lowest) // scale) + f"▲ {expected[distance_m]} dBm says the model"
        lines.append(((" " * _LABEL, ""), (mark, "odd")))
    return lines


def _axis(lowest: int, highest: int, scale: int) -> str:
    axis = ""
    for tick in range(-(-lowest // 10) * 10, highest + 1, 10):
        column = (tick - lowest) // scale
        if column >= len(axis):
            axis = axis.ljust(column) + str(tick) + " "
    return axis + "dBm"


def _bar(count: int, most: int) -> str:
    return " " if not count else _BARS[math.ceil(count / most * len(_BARS)) - 1]


def _power_dbm(places: Places) -> float:
    return median(sample.measured_power_dbm for samples in places.values() for sample in samples)


# --- SVG ----------------------------------------------------------------------------------------

_WIDTH, _HEIGHT, _EDGE = 640, 400, 50
_NEAREST_M, _FARTHEST_M = 0.5, 8.0
_STRONGEST_DBM, _WEAKEST_DBM = -30.0, -100.0


def svg(places: Places, before: Model, after: Model, title: str) -> str:
    """Return the samples over the distance (logarithmic), with the model before (dashed) and after."""
    power_dbm = _power_dbm(places)
    shapes = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'font-size="12"><rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_EDGE}" y="24" font-size="15">{escape(title)}</text>',
    ]
    for distance_m in (0.5, 1, 2, 4, 8):
        x = _x(distance_m)
        shapes.append(f'<path d="M{x:.1f} {_EDGE}V{_HEIGHT - _EDGE}" stroke="#ddd"/>')
        shapes.append(f'<text x="{x:.1f}" y="{_HEIGHT - 30}" text-anchor="middle">{distance_m:g} m</text>')
    for rssi_dbm in range(-100, -29, 10):
        y = _y(rssi_dbm)
        shapes.append(f'<path d="M{_EDGE} {y:.1f}H{_WIDTH - _EDGE}" stroke="#ddd"/>')
        shapes.append(f'<text x="{_EDGE - 6}" y="{y + 4:.1f}" text-anchor="end">{rssi_dbm}</text>')
    for distance_m, samples in places.items():
        for number, sample in enumerate(samples):
            x = _x(distance_m) + (number % 9 - 4) * 2  # beside each other, or they would cover each other
            shapes.append(f'<circle cx="{x:.1f}" cy="{_y(sample.rssi_dbm):.1f}" r="2.5" fill="#0b6" opacity="0.4"/>')
    shapes.append(_curve(before, power_dbm, "#888", "before", 'stroke-dasharray="6 4"'))
    shapes.append(_curve(after, power_dbm, "#c40", "proposed", ""))
    return "\n".join([*shapes, "</svg>"]) + "\n"


def _curve(model: Model, power_dbm: float, colour: str, label: str, dashes: str) -> str:
    from_y, to_y = (_y(model.rssi_dbm(distance_m, power_dbm)) for distance_m in (_NEAREST_M, _FARTHEST_M))
    line = f'<path d="M{_x(_NEAREST_M):.1f} {from_y:.1f}L{_x(_FARTHEST_M):.1f} {to_y:.1f}" stroke="{colour}" {dashes}/>'
    above = -10 if dashes else 12  # the two curves are often close together
    return line + f'<text x="{_x(_FARTHEST_M) + 4:.1f}" y="{to_y + above:.1f}" fill="{colour}">{label}</text>'


def _x(distance_m: float) -> float:
    share = math.log(distance_m / _NEAREST_M) / math.log(_FARTHEST_M / _NEAREST_M)
    return _EDGE + share * (_WIDTH - 2.6 * _EDGE)


def _y(rssi_dbm: float) -> float:
    share = (_STRONGEST_DBM - max(_WEAKEST_DBM, min(_STRONGEST_DBM, rssi_dbm))) / (_STRONGEST_DBM - _WEAKEST_DBM)
    return _EDGE + share * (_HEIGHT - 2 * _EDGE)
