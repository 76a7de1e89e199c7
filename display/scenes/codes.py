"""QR codes: drawn once per text, each module a whole number of pixels."""

from functools import lru_cache

import pygame
import segno

from display.colour import Colour
from display.scenes import vector

_QUIET_MODULES = 4  # the quiet zone that ISO/IEC 18004 demands


def modules_of(text: str) -> int:
    """Return the modules along one side of the code for ``text``, with the quiet zone; 0 for no text."""
    return len(_matrix(text)) + 2 * _QUIET_MODULES if text else 0


def draw_code(text: str, side_px: int, least_px: float, ink: Colour, corner: float) -> pygame.Surface | None:
    """Return the code on a white panel of ``side_px``; None where a module would be smaller than ``least_px``."""
    matrix = _matrix(text)
    scale = side_px // modules_of(text)
    if scale < least_px or scale < 1:
        return None
    small = pygame.Surface((len(matrix), len(matrix)), 0, 32)
    small.fill((255, 255, 255))
    for row, cells in enumerate(matrix):
        for column, dark in enumerate(cells):
            if dark:
                small.set_at((column, row), ink)
    drawn = len(matrix) * scale
    panel = vector.panel(side_px, side_px, 2 * scale * corner, (255, 255, 255)).copy()
    panel.blit(pygame.transform.scale(small, (drawn, drawn)), ((side_px - drawn) // 2, (side_px - drawn) // 2))
    return panel


@lru_cache(maxsize=8)
def _matrix(text: str) -> tuple[bytearray, ...]:
    code = segno.make(text, error="m", micro=False)  # the contract's 300 characters always fit
    return tuple(code.matrix)
