"""The brush: puts the parts of one plan onto one surface."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass

import pygame
import segno

from display.colour import Colour
from display.scenes import vector
from display.scenes.boxes import Box, stack
from display.scenes.columns import CHIP_PADDING, Line, flow
from display.scenes.plan import Plan, Role
from display.text.typeset import Style, Typesetter
from display.theme import Ground, Theme
from edge_agent.contracts.screen import Badge

log = logging.getLogger(__name__)

_RINGS = 4
_MODULE_MIN = 0.1  # of the smallest text: 2 mm on a 43-inch panel, for a phone at arm's length
_QR_QUIET_MODULES = 3  # the white panel around it adds the rest of the quiet zone


@dataclass(frozen=True, slots=True)
class Words:
    """What a poster says."""

    language: str
    texts: Mapping[Role, str]
    badges: tuple[Badge, ...] = ()
    qr: str = ""


class Painter:
    """Paints one poster."""

    def __init__(self, poster: pygame.Surface, plan: Plan, theme: Theme, typesetter: Typesetter) -> None:
        self._poster = poster
        self._plan = plan
        self._theme = theme
        self._typesetter = typesetter
        self._ground: Ground = theme.ground[plan.ground]

    def ground(self) -> None:
        """Fill the background, with wide quiet rings: the waves of a beacon."""
        self._poster.fill(self._ground.base)
        if self._plan.scrim:
            return
        width, height = self._poster.get_size()
        centre = (0 if self._plan.align == "end" else width, height)
        for number in range(_RINGS, 0, -1):
            radius = number * 0.28 * max(width, height) * 0.8
            colour = self._ground.motif if number % 2 == 0 else self._ground.base
            pygame.draw.aacircle(self._poster, colour, centre, radius)

    def picture_size(self) -> tuple[int, int]:
        """Return the size that a picture should be loaded in."""
        box = self._picture_box()
        return box.width, box.height

    def picture(self, picture: pygame.Surface, under_words: bool) -> None:
        """Put the picture into its box, on the theme's picture ground."""
        box = self._picture_box()
        panel = self._plan.panel
        if panel is not None:
            self._poster.fill(self._theme.picture_ground, (panel.x, panel.y, panel.width, panel.height))
        x = box.x + (box.width - picture.get_width()) // 2
        y = box.y + (box.height - picture.get_height()) // 2
        self._poster.blit(picture, (x, y))
        if self._plan.scrim and under_words:
            height = round(box.height * 0.6)
            self._poster.blit(
                vector.scrim(box.width, height, self._theme.ground["picture"].base), (box.x, box.bottom - height)
            )

    def words(self, words: Words) -> None:
        """Put badges, pictogram, QR code and texts in their places."""
        for badge, box in zip(words.badges, self._plan.badges, strict=False):
            self._poster.blit(self._badge(badge, box.width), (box.x, box.y))
            if self._plan.badge_labels:
                self._below(box, badge.label, words.language)
        if self._plan.sign is not None:
            draw = vector.warning if self._plan.ground == "alarm" else vector.notice
            sign = draw(self._ground.accent, self._ground.base, self._plan.sign.width)
            self._poster.blit(sign, (self._plan.sign.x, self._plan.sign.y))
        if self._plan.qr is not None and words.qr:
            self._qr(words.qr, self._plan.qr)
        column = self._plan.column
        lines = flow(self._plan, words.texts, words.language, self._typesetter)
        tops = stack(column, [line.height_px for line in lines], [line.gap_px for line in lines], self._plan.anchor)
        for line, top in zip(lines, tops, strict=True):
            self._line(line, top, words.badges)

    def brand(self, name: str) -> None:
        """Put the brand's name into its corner, where the plan has one."""
        box = self._plan.brand
        if box is None or not name:
            return
        style = Style(self._plan.minimum_px, "en", True, self._plan.align)
        block = self._typesetter.lay(name, style, box.width)
        if block.lines == 1:
            self._put(block.draw(self._ground.soft), box.x, box.y + (box.height - block.height_px) // 2)

    def _line(self, line: Line, top: int, badges: tuple[Badge, ...]) -> None:
        column, at_end = self._plan.column, self._plan.align == "end"
        match line.role:
            case "badge":
                side = round(line.size_px)
                x = column.right - side if at_end else column.x
                self._poster.blit(self._badge(badges[0], side), (x, top + round((line.height_px - side) / 2)))
                text_top = top + round((line.height_px - line.block.height_px) / 2)
                text = line.block.draw(self._ground.ink)
                text_x = column.right - round(line.indent_px) - text.get_width()
                self._put(text, text_x if at_end else column.x + round(line.indent_px), text_top)
            case "place":
                self._chip(line, top)
            case _:
                text = line.block.draw(self._colour(line.role, badges))
                spare = column.width - text.get_width()
                x = {"start": column.x, "centre": column.x + spare // 2, "end": column.x + spare}[self._plan.align]
                self._put(text, x, top)

    def _chip(self, line: Line, top: int) -> None:
        """A place: a pin and words on a panel with round ends."""
        column, padding = self._plan.column, line.size_px * CHIP_PADDING
        width = round(line.indent_px + line.block.width_px + padding)
        x = {
            "start": column.x,
            "centre": column.x + (column.width - width) // 2,
            "end": column.right - width,
        }[self._plan.align]
        height = round(line.height_px)
        self._poster.blit(vector.panel(width, height, line.size_px * 0.5, self._ground.chip), (x, top))
        side = round(line.size_px)
        pin = vector.pin(self._ground.chip_ink, self._ground.chip, side)
        at_end = self._plan.align == "end"
        pin_x = x + width - round(padding) - side if at_end else x + round(padding)
        self._poster.blit(pin, (pin_x, top + (height - side) // 2))
        text = line.block.draw(self._ground.chip_ink)
        text_x = x + width - round(line.indent_px) - text.get_width() if at_end else x + round(line.indent_px)
        self._put(text, text_x, top + (height - line.block.height_px) // 2)

    def _qr(self, text: str, box: Box) -> None:
        """A QR code on a white panel, each module a whole number of pixels; none where no phone could read it."""
        code = segno.make(text, error="m", micro=False)  # the contract's 300 characters always fit
        modules = code.symbol_size(border=0)[0]
        scale = box.width // (modules + 2 * _QR_QUIET_MODULES)
        if scale < _MODULE_MIN * self._plan.minimum_px:
            log.warning("a QR code of %d characters cannot be read on a screen so small: left out", len(text))
            return  # the words are worth showing without it
        self._poster.blit(
            vector.panel(box.width, box.height, self._plan.minimum_px / 2, (255, 255, 255)), (box.x, box.y)
        )
        offset = (box.width - modules * scale) // 2
        for row, cells in enumerate(code.matrix):
            for column, dark in enumerate(cells):
                if dark:
                    corner = box.x + offset + column * scale, box.y + offset + row * scale
                    self._poster.fill(self._theme.badge.plaque, (*corner, scale, scale))

    def _below(self, box: Box, label: str, language: str) -> None:
        """The name of a large badge, centred below it."""
        room = Box(box.x - box.width // 5, box.bottom + round(self._plan.minimum_px * 0.4), box.width * 7 // 5, 0)
        size_px = 1.25 * self._plan.minimum_px
        while (block := self._typesetter.lay(label, Style(size_px, language, True, "centre"), room.width)).broken:
            size_px *= 0.94
        self._put(block.draw(self._ground.ink), room.x, room.y)

    def _badge(self, badge: Badge, side_px: int) -> pygame.Surface:
        colour = self._theme.badge.colours[badge.colour]
        return vector.badge(badge.shape, colour, self._theme.badge.plaque, self._ground.ink, side_px)

    def _colour(self, role: Role, badges: tuple[Badge, ...]) -> Colour:
        match role:
            case "label" if badges:
                return self._theme.badge.colours[badges[0].colour]
            case "price":
                return self._ground.accent
            case "body" | "product_name":
                return self._ground.soft
        return self._ground.ink

    def _put(self, text: pygame.Surface, x: int, y: int) -> None:
        self._poster.blit(text, (x, y), special_flags=pygame.BLEND_PREMULTIPLIED)

    def _picture_box(self) -> Box:
        assert self._plan.picture is not None
        return self._plan.picture
