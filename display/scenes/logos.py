"""The brand's mark, in its corner and on its own card."""

import logging
from functools import lru_cache

import pygame

from display.colour import Colour
from display.errors import PosterError
from display.scenes.pictures import load_picture
from display.theme import Logo

log = logging.getLogger(__name__)


@lru_cache(maxsize=16)
def draw_logo(logo: Logo, width_px: int, height_px: int, ink: Colour) -> pygame.Surface | None:
    """Return the mark within a box; None where it cannot be drawn: the brand's name takes its place."""
    try:
        drawn = load_picture(logo.file.parent, logo.file.name, (width_px, height_px), "contain")
    except PosterError as error:
        log.warning("the logo %s is not used: %s", logo.file.name, error)
        return None
    if logo.tint:
        drawn.fill((255, 255, 255, 0), special_flags=pygame.BLEND_RGBA_MAX)
        drawn.fill((*ink, 255), special_flags=pygame.BLEND_RGBA_MULT)
    return drawn
