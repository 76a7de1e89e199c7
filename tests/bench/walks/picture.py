"""The trade-off as a picture: delay against error, down and left is better."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.walks.trial import Figure

OURS = "edge-agent"
_ZERO = 0.1  # where nothing went wrong is drawn here, on the logarithmic scale


@dataclass(frozen=True)
class Point:
    """One judge with one parameter."""

    name: str
    label: str
    delay_s: Figure
    error: Figure


@dataclass(frozen=True)
class Panel:
    """One of the pictures, with the aims."""

    title: str
    delay: str
    error: str
    points: Sequence[Point]
    aim_s: float
    aim_error: float


def draw(panels: Sequence[Panel], path: Path) -> None:
    """Write a PNG. Needs matplotlib."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Canvas

    canvas = Canvas(figsize=(11, 4.6), layout="constrained")
    FigureCanvasAgg(canvas)
    for place, panel in enumerate(panels):
        axes = canvas.add_subplot(1, len(panels), place + 1)
        axes.fill_between([0.1, panel.aim_s], _ZERO / 2, panel.aim_error, color="#e2f0df", label="the aim")
        for name in dict.fromkeys(point.name for point in panel.points):
            points = [point for point in panel.points if point.name == name]
            delays = [max(point.delay_s.value, 0.1) for point in points]
            errors = [max(point.error.value, _ZERO) for point in points]
            spread = [
                [max(e - max(p.error.low, _ZERO), 0) for p, e in zip(points, errors, strict=True)],
                [max(p.error.high - e, 0) for p, e in zip(points, errors, strict=True)],
            ]
            ours = {"color": "black", "marker": "*", "markersize": 15, "zorder": 5} if name == OURS else {"marker": "o"}
            axes.errorbar(delays, errors, yerr=spread, label=name, linewidth=1, capsize=2, **ours)
            for point, delay_s, error in zip(points, delays, errors, strict=True):
                axes.annotate(point.label, (delay_s, error), textcoords="offset points", xytext=(6, 4), fontsize=7)
        axes.set(xscale="log", yscale="log", title=panel.title, xlabel=panel.delay, ylabel=panel.error)
        axes.set_ylim(bottom=_ZERO / 2)
        axes.grid(alpha=0.25)
    axes.legend(fontsize=8)
    canvas.savefig(path, dpi=90)
