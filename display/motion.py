"""How posters move: the entrance of one over another, and the slow glide over a picture. Pure geometry."""

from dataclasses import dataclass
from typing import Final, Literal

from display.items import WHOLE, Area

GLIDE_SPARE: Final = 0.12
"""A picture that glides is drawn by this share larger than the screen: it is never magnified, so it stays sharp."""

GLIDE_TAIL_S: Final = 1.0
"""It goes on for so long after its time, while the next one comes in."""

FIRST_STEP: Final = 0.02
"""An entrance begins with so much of the new poster, so that its first frame can be seen."""


@dataclass(frozen=True, slots=True)
class Entrance:
    """How a poster takes the place of another."""

    kind: Literal["fade", "slide", "wipe"] = "fade"
    length_s: float = 0.6
    from_left: bool = False
    """It slides or wipes in from the left: for languages that are read from right to left."""

    def progress(self, elapsed_s: float) -> float:
        """Return how much of it is done, eased at both ends; at least a first step, at most 1."""
        part = min(1.0, max(FIRST_STEP, elapsed_s / self.length_s)) if self.length_s > 0 else 1.0
        return part * part * (3 - 2 * part)

    def opacity(self, progress: float) -> float:
        """Return how opaque the poster is."""
        return progress if self.kind == "fade" else 1.0

    def source(self, progress: float) -> Area:
        """Return which part of the poster is seen."""
        match self.kind:
            case "fade":
                return WHOLE
            case "slide":
                return Area(1 - progress if self.from_left else 0.0, 0.0, progress, 1.0)
            case "wipe":
                return self.at(progress)

    def at(self, progress: float) -> Area:
        """Return where on the screen that part is."""
        if self.kind == "fade":
            return WHOLE
        return Area(0.0 if self.from_left else 1 - progress, 0.0, progress, 1.0)


def glide(seed: str, part: float) -> Area:
    """Return which part of a larger picture fills the screen after a part (0 to 1) of its time.

    Half of the pictures are approached, half are left behind, each towards a corner of its own. ``seed``: hexadecimal
    digits that differ from picture to picture.
    """
    number = int(seed[:2] or "0", 16)
    whole, narrow = 1.0, 1 / (1 + GLIDE_SPARE)
    begin, end = (whole, narrow) if number & 1 else (narrow, whole)
    side = begin + (end - begin) * min(1.0, max(0.0, part))
    spare = 1 - side
    return Area(spare * (number >> 1 & 1), spare * (number >> 2 & 1), side, side)


def within(outer: Area, inner: Area) -> Area:
    """Return the part ``inner`` of a part ``outer``."""
    return Area(
        outer.x + inner.x * outer.width,
        outer.y + inner.y * outer.height,
        inner.width * outer.width,
        inner.height * outer.height,
    )
