"""A screen, measured: what the panel cuts off, where words may stand, and how large a unit is. Pure.

All lengths derive from the shorter side of what is visible (a unit is a hundredth of it), so one
description of a layout serves portrait and landscape, 720p and 4K.
"""

import math
from dataclasses import dataclass, replace

from display.scenes.boxes import Box
from display.text.sizes import smallest_px
from display.theme import Space

QR_MODULE_MM = 3.0
"""Wanted side of one module of a QR code: a phone's camera sees three of its pixels at 1.5 m (1080 lines, 60°)."""

QR_MODULE_LEAST_MM = 2.0
"""With smaller modules no phone reads the code from 1 m."""

_WIDEST = 2.1  # of its height: words on wider screens stand in the middle, so that no eye travels along a wall
_SQUAREST = 0.64  # shorter side by longer one: a screen nearer to a square has room for no larger words
_MM_PER_INCH = 25.4


@dataclass(frozen=True, slots=True)
class Viewing:
    """The panel, and who looks at it from where."""

    diagonal_inch: float = 43.0
    distance_m: float = 3.0
    """From how far away the smallest text must be readable."""
    overscan_percent: float = 0.0
    """Share of each side that the panel cuts off."""


@dataclass(frozen=True, slots=True)
class Canvas:
    """One screen, in pixels. Built by :func:`measure`."""

    screen: Box
    """Everything; grounds and pictures fill it."""
    visible: Box
    """What the panel does not cut off."""
    unit_px: float
    space: Space
    smallest_px: float
    """No text is smaller."""
    mm_px: float
    """Pixels of a millimetre."""

    @property
    def landscape(self) -> bool:
        """Whether parts stand side by side, rather than above each other."""
        return self.visible.width >= 1.15 * self.visible.height

    @property
    def safe(self) -> Box:
        """Where words, badges and codes may stand: the visible part without its margins."""
        margin, visible = self.px(self.space.margin), self.visible
        return Box(visible.x + margin, visible.y + margin, visible.width - 2 * margin, visible.height - 2 * margin)

    @property
    def brand(self) -> Box:
        """The brand's corner, at the bottom of the safe box, below the middle."""
        height = min(max(self.px(self.space.brand), round(1.4 * self.smallest_px)), self.safe.height // 6)
        x, width = self._middle
        return Box(x, self.safe.bottom - height, width, height)

    @property
    def body(self) -> Box:
        """The safe box above the brand."""
        return replace(self.safe, height=self.brand.y - self.px(3.5) - self.safe.y)

    @property
    def middle(self) -> Box:
        """The body, as wide as words should run."""
        x, width = self._middle
        return replace(self.body, x=x, width=width)

    @property
    def _middle(self) -> tuple[int, int]:
        safe = self.safe
        width = min(safe.width, round(_WIDEST * self.visible.height))
        return safe.x + (safe.width - width) // 2, width

    @property
    def gap(self) -> int:
        """Between two parts."""
        return self.px(self.space.gap)

    def px(self, units: float) -> int:
        """Return a length in pixels."""
        return round(units * self.unit_px)

    def text(self, units: float) -> float:
        """Return a text size in pixels, as the theme wants it."""
        return max(units * self.unit_px * self.space.text, self.smallest_px)

    def qr_px(self, units: float, modules: int, within: Box) -> int:
        """Return the side of a QR code: about ``units``, or more where its modules would be too small for a phone.

        A multiple of its modules, so that each is a whole number of pixels; 0 where there is no room, or no code.
        """
        if not modules:
            return 0
        wanted_px = max(self.px(units), modules * QR_MODULE_MM * self.mm_px)
        most_px = min(self.visible.width * 42 // 100, self.visible.height * 42 // 100, within.width, within.height)
        return modules * min(math.ceil(wanted_px / modules), most_px // modules)


def measure(size: tuple[int, int], viewing: Viewing, space: Space) -> Canvas:
    """Return the canvas of a screen of ``size`` pixels."""
    width, height = size
    x, y = (round(side * viewing.overscan_percent / 100) for side in size)
    visible = Box(x, y, width - 2 * x, height - 2 * y)
    short, long = sorted((visible.width, visible.height))
    return Canvas(
        screen=Box(0, 0, width, height),
        visible=visible,
        unit_px=min(short, long * _SQUAREST) / 100,
        space=space,
        smallest_px=smallest_px(height, width, viewing.diagonal_inch, viewing.distance_m),
        mm_px=math.hypot(width, height) / (viewing.diagonal_inch * _MM_PER_INCH),
    )
