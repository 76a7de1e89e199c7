"""How lines stand below each other: an even rhythm that suits the script, and never a stroke cut off. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

_ASCENT: Final = 1.07  # of the first line above its baseline, in text sizes, as fonts for Latin have it
_DESCENT: Final = 0.3  # of the last line below its baseline
_APART: Final = 0.04  # between the lowest stroke of a line and the highest of the next, in text sizes

# Distance of baselines in text sizes. Fonts that serve all scripts ask for much more than a sign needs.
_TIGHT: Final = 1.17
_WIDE: Final = 1.36  # marks above and below the letters
_LEADINGS: Final = {
    **dict.fromkeys(("cs", "da", "de", "en", "es", "fi", "fr", "it", "nl", "no", "pl", "pt", "sv"), _TIGHT),
    **dict.fromkeys(("ar", "ckb", "fa", "ps", "sd", "ug", "ur"), 1.5),
    **dict.fromkeys(("bn", "gu", "hi", "mr", "ne", "pa", "ta", "te", "th", "lo", "km", "my"), 1.45),
}


@dataclass(frozen=True, slots=True)
class Ink:
    """How far the strokes of a line reach from its baseline, in pixels; negative where they do not reach it."""

    above_px: float
    below_px: float


@dataclass(frozen=True, slots=True)
class Rows:
    """Where the lines of a block stand."""

    baselines_px: tuple[int, ...]
    """From the top of the block."""
    height_px: int
    """Of the whole block: no stroke leaves it."""


def rows(inks: Sequence[Ink], size_px: float, language: str) -> Rows:
    """Return where lines of these strokes stand: evenly, as near as the script allows, and none touches the next."""
    if not inks:
        return Rows((), 0)
    leading_px = _LEADINGS.get(language.split("-")[0], _WIDE) * size_px
    for upper, lower in pairwise(inks):
        leading_px = max(leading_px, upper.below_px + lower.above_px + _APART * size_px)
    first_px = math.ceil(max(inks[0].above_px, _ASCENT * size_px))
    baselines = tuple(first_px + round(number * leading_px) for number in range(len(inks)))
    return Rows(baselines, baselines[-1] + math.ceil(max(inks[-1].below_px, _DESCENT * size_px)))
