"""Rectangles of a screen, and how to line them up. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Anchor = Literal["top", "middle", "bottom"]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels, from the top left corner of the screen."""

    x: int
    y: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First pixel column to the right of it."""
        return self.x + self.width

    @property
    def bottom(self) -> int:
        """First pixel row below it."""
        return self.y + self.height


def row(count: int, within: Box, gap_px: int) -> tuple[Box, ...]:
    """Return ``count`` equal squares in a centred row that fills ``within`` as far as squares can."""
    side = min(within.height, (within.width - gap_px * (count - 1)) // max(count, 1))
    x = within.x + (within.width - count * side - (count - 1) * gap_px) // 2
    y = within.y + (within.height - side) // 2
    return tuple(Box(x + number * (side + gap_px), y, side, side) for number in range(count))


def stack(column: Box, heights: Sequence[float], gaps: Sequence[float], anchor: Anchor) -> list[int]:
    """Return the top of each piece of a column; gaps stand above each piece but the first."""
    total = sum(heights) + sum(gaps[1:])
    spare = column.height - total
    y = column.y + {"top": 0.0, "middle": spare / 2, "bottom": spare}[anchor]
    tops = []
    for number, height in enumerate(heights):
        if number:
            y += gaps[number]
        tops.append(round(y))
        y += height
    return tops
