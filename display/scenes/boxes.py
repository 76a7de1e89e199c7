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


def tiles(count: int, columns: int, within: Box, spread_px: int, below_px: int) -> list[tuple[Box, Box]]:
    """Return ``count`` equal squares, each with a box of ``below_px`` for its name, as large as ``within`` allows.

    They stand in centred rows of ``columns``, from the top, ``spread_px`` apart; a name may take that room as well.
    """
    rows = -(-count // columns)
    side = min(within.width // columns, (within.height + spread_px) // rows - below_px) - spread_px
    side = max(side, 1)
    cell = side + spread_px
    placed = []
    for number in range(count):
        line, place = divmod(number, columns)
        here = min(columns, count - line * columns)
        x = within.x + (within.width - here * cell) // 2 + place * cell
        square = Box(x + spread_px // 2, within.y + line * (cell + below_px), side, side)
        placed.append((square, Box(x, square.bottom, cell, below_px)))
    return placed


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
