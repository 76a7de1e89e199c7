"""The smallest text that can be read from where people stand. Pure."""

import math
from typing import Final

CAPITAL_HEIGHT_M_PER_M: Final = 1 / 200
"""Capitals must be at least so high for each metre that the reader is away: 17 minutes of arc, the rule of thumb of
signs for eyes that are not perfect (ISO 9241-303 asks for 16 on screens at a desk)."""

CAPITAL_SHARE: Final = 0.714
"""Height of a capital in text sizes: Noto Sans has 0.714, Inter 0.727, DejaVu Sans 0.729. The letters of other scripts
are of about the same height at the same size, or larger."""

LEAST_SHARE: Final = 0.02
"""However near people stand, no text is smaller than this share of the screen's shorter side: a card is no page."""

MOST_SHARE: Final = 0.06
"""However far they stand, the smallest text is no larger than this: else no card holds a sentence. A panel that would
need more is too small for its place, which ``edge-display lint`` says."""

_METRES_PER_INCH = 0.0254


def readable_px(height_px: int, width_px: int, diagonal_inch: float, viewing_distance_m: float) -> float:
    """Return the size in pixels at which text can just be read from a distance on a panel.

    The panel's pixels are taken to be square.
    """
    pixels_per_m = math.hypot(height_px, width_px) / (diagonal_inch * _METRES_PER_INCH)
    return viewing_distance_m * CAPITAL_HEIGHT_M_PER_M * pixels_per_m / CAPITAL_SHARE


def smallest_px(height_px: int, width_px: int, diagonal_inch: float, viewing_distance_m: float) -> float:
    """Return the smallest text size in pixels that a panel may show; ``readable_px`` within what a card can bear."""
    side_px = shorter_px(height_px, width_px)
    wanted_px = readable_px(height_px, width_px, diagonal_inch, viewing_distance_m)
    return min(max(wanted_px, LEAST_SHARE * side_px), MOST_SHARE * side_px)


def shorter_px(height_px: int, width_px: int) -> float:
    """Return the shorter side of the screen; one that is nearer to a square counts as 16:9 within it."""
    return min(height_px, width_px, max(height_px, width_px) * 9 / 16)
