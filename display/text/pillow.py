"""Pillow with RAQM, where Pango is absent: shaping and both directions, but one font per text and simple wrapping."""

from functools import lru_cache
from pathlib import Path

import pygame
from PIL import Image, ImageDraw, ImageFont, features

from display.colour import Colour
from display.text.typeset import Style, is_right_to_left

# Pillow looks these up in the system's font folders; the first that is there and draws the text is taken.
_REGULAR = ("NotoSans-Regular.ttf", "DejaVuSans.ttf", "NotoKufiArabic-Regular.ttf", "NotoSansHebrew-Regular.ttf")
_BOLD = ("NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf", "NotoKufiArabic-Bold.ttf", "NotoSansHebrew-Bold.ttf")
_LEADING = 1.22  # line distance, in text sizes


class PillowTypesetter:
    """Lays out text with what Pillow can find."""

    def lay(self, text: str, style: Style, width_px: int) -> "PillowBlock":
        """Break ``text`` into lines of at most ``width_px``; a word that is wider is broken."""
        font = _font_for(text, round(style.size_px), style.bold)
        lines: list[str] = []
        broken = False
        for paragraph in text.split("\n"):
            line = ""
            for word in paragraph.split():
                joined = f"{line} {word}".strip()
                if font.getlength(joined) <= width_px:
                    line = joined
                    continue
                if line:
                    lines.append(line)
                line = word
                while font.getlength(line) > width_px and len(line) > 1:
                    broken = True
                    fits = next(
                        n for n in range(len(line) - 1, 0, -1) if n == 1 or font.getlength(line[:n]) <= width_px
                    )
                    lines.append(line[:fits])
                    line = line[fits:]
            lines.append(line)
        return PillowBlock(lines, font, style, width_px, broken)


class PillowBlock:
    """Text laid out by Pillow."""

    def __init__(
        self, lines: list[str], font: ImageFont.FreeTypeFont, style: Style, width_px: int, broken: bool
    ) -> None:
        self._lines, self._font, self._style, self._allowed_px = lines, font, style, width_px
        self.width_px = round(max(font.getlength(line) for line in lines))
        self.height_px = round(style.size_px * _LEADING * len(lines))
        self.lines = len(lines)
        self.broken = broken
        self.missing = sum(_lacks(font, character) for character in set("".join(lines)))

    def draw(self, colour: Colour) -> pygame.Surface:
        """Return it as pixels with premultiplied alpha."""
        mask = Image.new("L", (max(1, self._allowed_px), max(1, self.height_px)), 0)
        pen = ImageDraw.Draw(mask)
        direction = None
        if features.check("raqm"):
            direction = "rtl" if is_right_to_left(self._style.language) else "ltr"
        for number, line in enumerate(self._lines):
            spare = self._allowed_px - self._font.getlength(line)
            x = {"start": 0.0, "centre": spare / 2, "end": spare}[self._style.align]
            y = (number + 0.5) * self._style.size_px * _LEADING
            pen.text((x, y), line, fill=255, font=self._font, anchor="lm", direction=direction)
        # Premultiplied: every channel is the coverage times the colour.
        channels = [mask.point([value * part // 255 for value in range(256)]) for part in colour]
        image = Image.merge("RGBA", (*channels, mask))
        return pygame.image.frombuffer(image.tobytes(), image.size, "RGBA")


@lru_cache(maxsize=64)
def _open(name: str, size_px: int) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(name, size_px)
    except OSError:
        return None


def _font_for(text: str, size_px: int, bold: bool) -> ImageFont.FreeTypeFont:
    """Return the first font that has every character, or else the one that lacks fewest."""
    found = [font for name in (_BOLD if bold else _REGULAR) if (font := _open(name, size_px)) is not None]
    if not found:  # always there: it comes with pygame
        bundled = _open(str(Path(pygame.__file__).with_name(pygame.font.get_default_font())), size_px)
        assert bundled is not None
        return bundled
    return min(found, key=lambda font: sum(_lacks(font, character) for character in set(text)))


@lru_cache(maxsize=4096)
def _lacks(font: ImageFont.FreeTypeFont, character: str) -> bool:
    """Whether a font draws its "not defined" box for a character."""
    if character.isspace() or not character.isprintable():
        return False
    return bytes(font.getmask(character)) == bytes(font.getmask("\U0010ffff"))
