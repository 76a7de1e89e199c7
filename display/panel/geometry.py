"""Where a part of the picture lies on a panel that hangs turned. Pure."""

from typing import Literal

from display.items import Area

Rotation = Literal[0, 90, 180, 270]
"""How far the picture is turned clockwise."""

Point = tuple[float, float]
"""From the left and from the top, as fractions of the sides."""


def corners(area: Area, rotation: Rotation = 0) -> tuple[Point, Point, Point, Point]:
    """Return where the corners of a part of the picture are on the panel: clockwise from its top left one."""
    right, bottom = area.x + area.width, area.y + area.height
    return (
        _turned((area.x, area.y), rotation),
        _turned((right, area.y), rotation),
        _turned((right, bottom), rotation),
        _turned((area.x, bottom), rotation),
    )


def seen_size(panel: tuple[int, int], rotation: Rotation) -> tuple[int, int]:
    """Return width and height of the picture as a person sees it, in pixels; and the other way round."""
    return panel if rotation in (0, 180) else (panel[1], panel[0])


def pixels(area: Area, size: tuple[int, int]) -> tuple[int, int, int, int]:
    """Return left, top, width and height in whole pixels of a surface; neighbours meet, whatever is rounded."""
    left, top = round(area.x * size[0]), round(area.y * size[1])
    right, bottom = round((area.x + area.width) * size[0]), round((area.y + area.height) * size[1])
    return left, top, right - left, bottom - top


def _turned(point: Point, rotation: Rotation) -> Point:
    x, y = point
    match rotation:
        case 0:
            return x, y
        case 90:
            return 1 - y, x
        case 180:
            return 1 - x, 1 - y
        case 270:
            return y, 1 - x
