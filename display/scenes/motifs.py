"""The quiet shapes on a ground."""

import pygame

from display.scenes.canvas import Canvas
from display.theme import Ground, Motif

_RINGS = 4


def draw_motif(poster: pygame.Surface, motif: Motif, ground: Ground, canvas: Canvas, at_left: bool) -> None:
    """Draw them onto a poster that is filled with the ground's base, in the corner where reading ends."""
    match motif:
        case "rings":
            _rings(poster, ground, at_left)
        case "stripes":
            _stripes(poster, ground, canvas, at_left)
        case "blocks":
            _blocks(poster, ground, canvas, at_left)
        case "dots":
            _dots(poster, ground, canvas, at_left)
        case "none":
            pass


def _rings(poster: pygame.Surface, ground: Ground, at_left: bool) -> None:
    """The waves of a beacon."""
    width, height = poster.get_size()
    centre = (0 if at_left else width, height)
    for number in range(_RINGS, 0, -1):
        colour = ground.motif if number % 2 == 0 else ground.base
        pygame.draw.aacircle(poster, colour, centre, number * 0.224 * max(width, height))


def _stripes(poster: pygame.Surface, ground: Ground, canvas: Canvas, at_left: bool) -> None:
    width, height = poster.get_size()
    band, lean = canvas.px(14), height * 0.35
    for number in range(3):
        x = width - (2 * number + 1) * band
        corners = [(x + lean, 0.0), (x + band + lean, 0.0), (x + band, float(height)), (float(x), float(height))]
        pygame.draw.polygon(poster, ground.motif, [(width - px, py) if at_left else (px, py) for px, py in corners])


def _blocks(poster: pygame.Surface, ground: Ground, canvas: Canvas, at_left: bool) -> None:
    width, height = poster.get_size()
    side = canvas.px(24)
    for column, row in ((0, 0), (1, 0), (0, 1), (2, 1), (1, 2)):
        x = column * side if at_left else width - (column + 1) * side
        poster.fill(ground.motif, (x, height - (row + 1) * side, side, side))


def _dots(poster: pygame.Surface, ground: Ground, canvas: Canvas, at_left: bool) -> None:
    width, height = poster.get_size()
    step = canvas.px(6)
    for column in range(9):
        for row in range(9 - column):
            x = (column + 0.7) * step
            centre = (x if at_left else width - x, height - (row + 0.7) * step)
            pygame.draw.aacircle(poster, ground.motif, centre, step * (0.34 - 0.03 * (column + row)))
