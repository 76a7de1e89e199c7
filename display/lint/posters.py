"""Draw it, and look: does it fit, and do the words stand out from what is really behind them?"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, cast

import pygame

from display.colour import Colour, contrast
from display.errors import PosterError
from display.items import Item
from display.lint.findings import Finding
from display.lint.readable import check_contrast
from display.scenes.compose import Composer
from display.text.scripts import lacking
from display.text.sizes import readable_px, smallest_px
from display.text.typeset import Block, Style, Typesetter
from edge_agent.contracts.screen import Scene

_STEP: Final = 2  # pixels: every fourth is enough
_WORST: Final = 0.02  # so much of the ink may stand on something worse: a pixel is no letter
_INK_MIN: Final = 12  # pixels; fewer say nothing
_WHITE: Final = b"\xff\xff\xff"
_BLACK: Final = b"\0\0\0"


@dataclass(frozen=True, slots=True)
class _Marked:
    """Text that takes its room, and is drawn in another colour or not at all."""

    block: Block
    colour: Colour | None

    def __getattr__(self, name: str) -> object:
        return getattr(self.block, name)

    def draw(self, colour: Colour) -> pygame.Surface:
        drawn = self.block.draw(self.colour or colour)
        return drawn if self.colour else pygame.Surface(drawn.get_size(), pygame.SRCALPHA)


@dataclass(frozen=True, slots=True)
class _Marker:
    """Lays out as another typesetter does, and marks the text."""

    inner: Typesetter
    colour: Colour | None

    def lay(self, text: str, style: Style, width_px: int) -> Block:
        return cast(Block, _Marked(self.inner.lay(text, style, width_px), self.colour))


def check_poster(place: str, item: Item, composer: Composer) -> Iterator[Finding]:
    """Yield what is wrong with how an item looks on this screen."""
    try:
        seen = composer.compose(item)
    except PosterError as error:
        role, _, reason = str(error).partition(": ")
        advice = "say less" if "too long" in reason else "mend it: the screen would refuse it"
        yield Finding(f"{place}, {role}" if place else role, reason or str(error), advice)
        return
    if isinstance(item, Scene) and item.layout == "emergency":
        yield from _left_out(place, item, composer.typesetter)
    for ink, found in contrasts(item, composer, seen):
        yield from check_contrast(f"{place or 'words'} in #{bytes(ink).hex()}, as drawn", found)


def _left_out(place: str, scene: Scene, typesetter: Typesetter) -> Iterator[Finding]:
    """Yield the characters without which an emergency would be shown, where anything else would be refused."""
    for role in ("headline", "body", "place"):
        block = typesetter.lay(getattr(scene, role), Style(48, scene.language, bold=True), 4000)
        if block.missing:
            yield Finding(f"{place}, {role}" if place else role, lacking(block.missing), "it would be left out")


def contrasts(item: Item, composer: Composer, seen: pygame.Surface) -> Iterator[tuple[Colour, float]]:
    """Yield each ink of a poster with its contrast to what is really behind its strokes, be it a picture.

    It is the worst one but for two hundredths of the strokes.
    """

    def marked(colour: Colour | None) -> bytes:
        poster = replace(composer, typesetter=_Marker(composer.typesetter, colour)).compose(item)
        return pygame.image.tobytes(poster, "RGB")

    white, black, ground = marked((255, 255, 255)), marked((0, 0, 0)), marked(None)
    for ink, behind in _strokes(pygame.image.tobytes(seen, "RGB"), white, black, ground, seen.get_size()).items():
        total = sum(behind.values())
        passed = 0
        for found, count in sorted((contrast(ink, back), count) for back, count in behind.items()):
            passed += count
            if passed > total * _WORST and total >= _INK_MIN:
                yield ink, found
                break


def _strokes(
    seen: bytes, white: bytes, black: bytes, ground: bytes, size: tuple[int, int]
) -> dict[Colour, Counter[Colour]]:
    """Return what lies behind the full strokes of each ink: colours, and how many pixels have them."""
    width, height = size
    found: dict[Colour, Counter[Colour]] = {}
    for y in range(0, height, _STEP):
        row, end = y * width * 3, (y + 1) * width * 3
        if white[row:end] == black[row:end]:
            continue  # no text
        for at in range(row, end, 3 * _STEP):
            if white[at : at + 3] == _WHITE and black[at : at + 3] == _BLACK:
                ink, back = (cast(Colour, tuple(pixels[at : at + 3])) for pixels in (seen, ground))
                found.setdefault(ink, Counter())[back] += 1
    return found


def check_panel(width_px: int, height_px: int, diagonal_inch: float, distance_m: float) -> Iterator[Finding]:
    """Yield a doubt about a panel that is too small for where people stand."""
    needed_px = readable_px(height_px, width_px, diagonal_inch, distance_m)
    shown_px = smallest_px(height_px, width_px, diagonal_inch, distance_m)
    if needed_px > shown_px:
        problem = f"from {distance_m:g} m the smallest text of a {diagonal_inch:g}-inch panel cannot be read"
        advice = f"take a panel of {diagonal_inch * needed_px / shown_px:.0f} inches, or put it nearer"
        yield Finding("display.viewing_distance_m", problem, advice, "warning")
