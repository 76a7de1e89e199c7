"""Text that flows: lay out the lines of a column, and shrink them together until they fit."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from display.errors import PosterError
from display.scenes.plan import Plan, Role, Slot
from display.text.scripts import is_right_to_left, lacking
from display.text.typeset import Block, Style, Typesetter
from edge_agent.contracts.shorten import shorten

CHIP_PADDING = 0.55
"""Padding of the panel around a place, in text sizes."""

CHIP_PIN = 1.35
"""Width that the pin in that panel takes, in text sizes."""

_SHRINK = 0.94
_BALANCE_LINES = 4  # longer texts look balanced by themselves
_BADGE_GAP = 0.2  # between a small badge and its name, in badge sizes
_BADGE_TEXT = 0.3  # size of its name, in badge sizes
_BADGE_LEAST = 2.4  # side of a badge, in smallest texts
_NAME_SIZES = (1.25, 1.1, 1.0)  # of a name below a large badge, in small texts
_NAME_SPARE = 0.25  # of a small text: marks below the second line may reach into the gap
_TRIED_PX, _TRIED_WIDTH_PX = 48, 4000  # whether a font has a character does not depend on them
_MAY_BE_CUT: tuple[Role, ...] = ("body", "product_name")
_SHARES = (0.8, 0.6, 0.4, 0.25)  # of its characters are kept


@dataclass(frozen=True, slots=True)
class Line:
    """One slot of a column, laid out."""

    role: Role
    block: Block
    size_px: float
    """Text size, or the side of the badge."""
    height_px: float
    gap_px: float
    indent_px: float
    """Where its text begins, from the edge of the column."""
    too_wide: bool
    """Whether the column is too narrow for even one letter of it."""


@dataclass(frozen=True, slots=True)
class Balanced:
    """Lays text out in the narrowest width that takes no more lines: no word is left alone on the last one."""

    typesetter: Typesetter

    def lay(self, text: str, style: Style, width_px: int) -> Block:
        """Break ``text`` into lines of at most ``width_px``, of about the same length."""
        block = self.typesetter.lay(text, style, width_px)
        if block.broken or not 2 <= block.lines <= _BALANCE_LINES:
            return block
        narrow_px, wide_px = width_px // 2, width_px
        while wide_px - narrow_px > max(8, width_px // 40):
            middle_px = (narrow_px + wide_px) // 2
            tried = self.typesetter.lay(text, style, middle_px)
            if tried.lines > block.lines or tried.broken:
                narrow_px = middle_px
            else:
                wide_px = middle_px
        return self.typesetter.lay(text, style, wide_px)


def flow(placed: Plan, texts: Mapping[Role, str], language: str, typesetter: Typesetter) -> list[Line]:
    """Return the lines of a column that have a text, all at the largest common scale that fits.

    What does not fit at the smallest size that can be read from the floor loses the end of its second line, then of
    the product's name. Raises PosterError where even that does not help, or where no font has the characters; an
    emergency is shown without them.
    """
    if placed.ground == "alarm":
        texts = {role: _drawable(text, language, typesetter) for role, text in texts.items()}
    slots = [slot for slot in placed.slots if texts.get(slot.role)]

    def fits(step: tuple[float, bool]) -> bool:
        scale, smallest = step
        lines = [_lay(slot, scale, placed, texts[slot.role], language, typesetter) for slot in slots]
        _check_glyphs(lines)
        wild = any(line.block.broken or line.block.lines > slot.lines for line, slot in zip(lines, slots, strict=True))
        return _fit(lines, placed) and (smallest or not wild)

    steps = list(_scales(placed, slots))
    # Each new size costs milliseconds, so the largest that fits is looked for by halves.
    found = 0 if fits(steps[0]) else bisect_left(steps, True, lo=1, key=fits)
    scale, _ = steps[min(found, len(steps) - 1)]
    if found < len(steps):
        balanced = Balanced(typesetter)
        return [_lay(slot, scale, placed, texts[slot.role], language, balanced) for slot in slots]
    for less in _shortened(texts):
        lines = [_lay(slot, scale, placed, less[slot.role], language, typesetter) for slot in slots]
        if _fit(lines, placed):
            return lines
    longest = max(slots, key=lambda slot: len(texts[slot.role]))
    raise PosterError(
        f"{longest.role}: too long: its {len(texts[longest.role])} characters do not fit at {placed.minimum_px:.0f} px,"
        " the smallest size that can be read on this screen (display.viewing_distance_m)"
    )


def name_blocks(placed: Plan, names: Sequence[str], language: str, typesetter: Typesetter) -> list[Block]:
    """Return the names of large badges for the boxes below them, all of one size; on two lines where they are long.

    Raises PosterError as ``flow`` does.
    """
    pairs = list(zip(names, placed.names, strict=False))
    spare_px = _NAME_SPARE * placed.small_px
    for one_line, size_px in (
        *((True, factor * placed.small_px) for factor in _NAME_SIZES),
        (False, placed.small_px),
        (False, placed.minimum_px),
    ):
        style = Style(size_px, language, True, "centre")
        blocks = [typesetter.lay(name, style, box.width) for name, box in pairs]
        for block in blocks:
            if block.missing:
                raise PosterError(f"badges: {lacking(block.missing)}")
        if all(
            block.width_px <= box.width and (block.lines == 1 if one_line else block.height_px <= box.height + spare_px)
            for block, (_, box) in zip(blocks, pairs, strict=True)
        ):
            return blocks
    raise PosterError(f"badges: too long: a name does not fit below its badge at {placed.minimum_px:.0f} px")


def _fit(lines: list[Line], placed: Plan) -> bool:
    """Whether the lines stand within their column, one below the other."""
    height_px = sum(line.height_px for line in lines) + sum(line.gap_px for line in lines[1:])
    return height_px <= placed.column.height and not any(line.too_wide for line in lines)


def _shortened(texts: Mapping[Role, str]) -> Iterator[Mapping[Role, str]]:
    """Yield texts that say less and less. Headline, price and place are never cut."""
    less = dict(texts)
    for role in _MAY_BE_CUT:
        whole = texts.get(role, "")
        for share in _SHARES if whole else ():
            less[role] = shorten(whole, max(2, round(len(whole) * share)))
            yield less


def _scales(placed: Plan, slots: list[Slot]) -> Iterator[tuple[float, bool]]:
    """Yield scales from 1 downwards, the last of which brings every text to the smallest size."""
    largest = max((slot.size_px for slot in slots), default=0)
    scale = 1.0
    while largest * scale > placed.minimum_px > 0:
        yield scale, False
        scale *= _SHRINK
    yield scale, True


def _lay(slot: Slot, scale: float, placed: Plan, text: str, language: str, typesetter: Typesetter) -> Line:
    size_px = max(slot.size_px * scale, placed.minimum_px)
    width_px = placed.column.width
    gap_px = slot.gap_px * scale
    match slot.role:
        case "badge":
            side_px = max(slot.size_px * scale, _BADGE_LEAST * placed.minimum_px)
            indent_px = side_px * (1 + _BADGE_GAP)
            allowed_px = max(1, round(width_px - indent_px))
            style = Style(max(side_px * _BADGE_TEXT, placed.minimum_px), language, True, placed.align)
            block = typesetter.lay(text, style, allowed_px)
            height_px, size_px = max(side_px, block.height_px), side_px
        case "place":
            indent_px = size_px * (CHIP_PADDING + CHIP_PIN)
            allowed_px = max(1, round(width_px - indent_px - size_px * CHIP_PADDING))
            style = Style(size_px, language, slot.bold, "end" if is_right_to_left(language) else "start")
            block = typesetter.lay(text, style, allowed_px)
            height_px = block.height_px + size_px * CHIP_PADDING
        case _:
            indent_px, allowed_px = 0.0, width_px
            headline = slot.role in ("headline", "price") and placed.ground != "alarm"
            style = Style(size_px, language, slot.bold, placed.align, headline)
            block = typesetter.lay(text, style, allowed_px)
            height_px = block.height_px
    return Line(slot.role, block, size_px, height_px, gap_px, indent_px, block.width_px > allowed_px)


def _drawable(text: str, language: str, typesetter: Typesetter) -> str:
    """Return a text without the characters that no font has, unless it is nothing without them."""
    missing = typesetter.lay(text, Style(_TRIED_PX, language, bold=True), _TRIED_WIDTH_PX).missing
    rest = "".join(character for character in text if character not in missing).strip()
    return rest if any(character.isalnum() for character in rest) else text


def _check_glyphs(lines: list[Line]) -> None:
    for line in lines:
        if line.block.missing:
            raise PosterError(f"{line.role}: {lacking(line.block.missing)}")
