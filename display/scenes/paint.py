"""The brush: puts the parts of one plan onto one surface."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

import pygame

from display.colour import Colour, contrast
from display.scenes import vector
from display.scenes.boxes import Box, stack
from display.scenes.canvas import Canvas
from display.scenes.codes import draw_code
from display.scenes.columns import CHIP_PADDING, Line, flow, name_blocks
from display.scenes.logos import draw_logo
from display.scenes.motifs import draw_motif
from display.scenes.plan import Plan, Role, settled
from display.text.typeset import Style, Typesetter
from display.theme import TEXT_CONTRAST, Ground, Theme
from edge_agent.contracts.screen import Badge

log = logging.getLogger(__name__)

_WHITE: Colour = (255, 255, 255)


@dataclass(frozen=True, slots=True)
class Words:
    """What a poster says."""

    language: str
    texts: Mapping[Role, str]
    badges: tuple[Badge, ...] = ()
    qr: str = ""


@dataclass(slots=True)
class Painter:
    """Paints one poster."""

    poster: pygame.Surface
    canvas: Canvas
    plan: Plan
    theme: Theme
    typesetter: Typesetter
    right_to_left: bool = False
    _ground: Ground = field(init=False)

    def __post_init__(self) -> None:
        self._ground = self.theme.ground[self.plan.ground]

    def ground(self) -> None:
        """Fill the background, with the theme's quiet shapes."""
        self.poster.fill(self._ground.base)
        if not self.plan.scrim:
            draw_motif(self.poster, self.theme.motif, self._ground, self.canvas, self.right_to_left)

    def picture(self, picture: pygame.Surface) -> None:
        """Put the picture into its box. The panel behind it takes the colour of a picture's own even ground."""
        box, panel = self.plan.picture, self.plan.panel
        assert box is not None
        if panel is not None:
            own = _even_edge(picture)
            self.poster.fill(own or self.theme.picture_ground, (panel.x, panel.y, panel.width, panel.height))
            if own is None and not picture.get_flags() & pygame.SRCALPHA:
                picture = vector.rounded(picture, self.canvas.px(3 * self.theme.space.corner))
        if picture.get_flags() & pygame.SRCALPHA:
            picture = vector.native(picture)
        x = box.x + (box.width - picture.get_width()) // 2
        y = box.y + (box.height - picture.get_height()) // 2
        self.poster.blit(picture, (x, y))

    def words(self, words: Words) -> None:
        """Put badges, pictogram, QR code and texts in their places."""
        lines = flow(self.plan, words.texts, words.language, self.typesetter)
        heights, gaps = [line.height_px for line in lines], [line.gap_px for line in lines]
        plan = self.plan = settled(self.plan, sum(heights) + sum(gaps[1:]))
        tops = stack(plan.column, heights, gaps, plan.anchor)
        if plan.scrim and tops:
            self._veil(tops[0])
        for badge, box in zip(words.badges, plan.badges, strict=False):
            self.poster.blit(self._badge(badge, box.width), (box.x, box.y))
        self._names(words)
        if plan.sign is not None:
            draw = vector.warning if plan.ground == "alarm" else vector.notice
            self.poster.blit(draw(self._ground.accent, self._ground.base, plan.sign.width), (plan.sign.x, plan.sign.y))
        if plan.qr is not None and words.qr:
            self._code(words.qr, plan.qr)
        for line, top in zip(lines, tops, strict=True):
            self._line(line, top, words.badges)

    def _veil(self, top: int) -> None:
        """Darken the picture where words stand on it, from ``top`` on, and gently above them."""
        width, height = self.poster.get_size()
        above = min(top, round(0.3 * height))
        veil = vector.scrim(width, height - top + above, above, self._ground.base)
        self.poster.blit(veil, (0, top - above))

    def brand(self, name: str) -> None:
        """Put the brand's mark or name into its corner, where the plan has one."""
        box = self.plan.brand
        if box is None or self.mark(box) or not name:
            return
        block = self.typesetter.lay(name, Style(self.plan.small_px, "en", True, self.plan.brand_align), box.width)
        if block.lines == 1 and not block.missing and not block.broken:
            self._put(block.draw(self._ground.soft), box.x, box.bottom - block.height_px)

    def mark(self, box: Box) -> bool:
        """Put the brand's mark into a box. Returns whether there is one that can be drawn."""
        if self.theme.logo is None:
            return False
        logo = draw_logo(self.theme.logo, box.width, box.height, self._ground.ink)
        if logo is None:
            return False
        spare = box.width - logo.get_width()
        x = box.x + {"start": 0, "centre": spare // 2, "end": spare}[self.plan.brand_align]
        self.poster.blit(logo, (x, box.y + (box.height - logo.get_height()) // 2))
        return True

    def _line(self, line: Line, top: int, badges: tuple[Badge, ...]) -> None:
        column, at_end = self.plan.column, self.right_to_left
        match line.role:
            case "badge":
                side = round(line.size_px)
                x = column.right - side if at_end else column.x
                self.poster.blit(self._badge(badges[0], side), (x, top + round((line.height_px - side) / 2)))
                text_top = top + round((line.height_px - line.block.height_px) / 2)
                text = line.block.draw(self._ground.ink)
                text_x = column.right - round(line.indent_px) - text.get_width()
                self._put(text, text_x if at_end else column.x + round(line.indent_px), text_top)
            case "place":
                self._chip(line, top)
            case _:
                text = line.block.draw(self._colour(line.role, badges))
                self._put(text, self._x_of(text.get_width()), top)

    def _chip(self, line: Line, top: int) -> None:
        """A place: a pin and words on a panel."""
        padding, height, at_end = line.size_px * CHIP_PADDING, round(line.height_px), self.right_to_left
        width = round(line.indent_px + line.block.width_px + padding)
        x = self._x_of(width)
        radius = self.theme.space.corner * min(height / 2, 0.95 * line.size_px)  # two lines get no wider ends
        self.poster.blit(vector.panel(width, height, radius, self._ground.chip), (x, top))
        side = round(line.size_px)
        pin = vector.pin(self._ground.chip_ink, self._ground.chip, side)
        self.poster.blit(
            pin, (x + width - round(padding) - side if at_end else x + round(padding), top + (height - side) // 2)
        )
        text = line.block.draw(self._ground.chip_ink)
        text_x = x + width - round(line.indent_px) - text.get_width() if at_end else x + round(line.indent_px)
        self._put(text, text_x, top + (height - line.block.height_px) // 2)

    def _code(self, text: str, box: Box) -> None:
        """A QR code; none where no phone could read it."""
        drawn = draw_code(text, box.width, self.plan.module_px, self.theme.badge.plaque, self.theme.space.corner)
        if drawn is None:
            log.warning("a QR code of %d characters cannot be read on a screen so small: left out", len(text))
            return  # the words are worth showing without it
        self.poster.blit(drawn, (box.x, box.y))

    def _names(self, words: Words) -> None:
        """The names of large badges, centred below them."""
        labels = [badge.label for badge in words.badges]
        blocks = name_blocks(self.plan, labels, words.language, self.typesetter)
        for block, box in zip(blocks, self.plan.names, strict=False):
            self._put(block.draw(self._ground.ink), box.x, box.y + round(0.25 * self.plan.small_px))

    def _badge(self, badge: Badge, side_px: int) -> pygame.Surface:
        colour = self.theme.badge.colours[badge.colour]
        return vector.badge(badge.shape, colour, self.theme.badge.plaque, self._ground.ink, side_px)

    def _colour(self, role: Role, badges: tuple[Badge, ...]) -> Colour:
        match role:
            case "label" if badges:
                colour = self.theme.badge.colours[badges[0].colour]
                behind = self._ground.base, self._ground.motif
                return colour if min(contrast(colour, one) for one in behind) >= TEXT_CONTRAST else self._ground.ink
            case "price":
                return self._ground.accent
            case "body" | "product_name":
                return self._ground.soft
        return self._ground.ink

    def _x_of(self, width: int) -> int:
        """Return where something of this width begins in the column."""
        column = self.plan.column
        spare = column.width - width
        return column.x + {"start": 0, "centre": spare // 2, "end": spare}[self.plan.align]

    def _put(self, text: pygame.Surface, x: int, y: int) -> None:
        self.poster.blit(text, (x, y), special_flags=pygame.BLEND_PREMULTIPLIED)


def _even_edge(picture: pygame.Surface) -> Colour | None:
    """Return the colour of an opaque picture's edge where it is the same all around, as in a studio; else None."""
    if picture.get_flags() & pygame.SRCALPHA:
        return None
    right, bottom = picture.get_width() - 1, picture.get_height() - 1
    points = [(x * right // 8, y) for x in range(9) for y in (0, bottom)]
    points += [(x, y * bottom // 8) for y in range(9) for x in (0, right)]
    seen = [tuple(picture.get_at(point))[:3] for point in points]
    spread = max(max(parts) - min(parts) for parts in zip(*seen, strict=True))
    middle = sorted(seen)[len(seen) // 2]
    return (middle[0], middle[1], middle[2]) if spread <= 10 else None
