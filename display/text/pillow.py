"""Pillow with RAQM, where Pango is absent: shaping and both directions, but one font per text and simple wrapping.

What it lacks: a text that mixes scripts which no one font has is refused; Thai, Lao, Khmer and Burmese break between
any two letters; emoji are refused but for the few of DejaVu Sans.
"""

import math
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

import pygame
from PIL import Image, ImageDraw, ImageFont, features

from display.colour import Colour
from display.text.rows import Ink, rows
from display.text.scripts import breakable, is_right_to_left
from display.text.typeset import Style

# Pillow looks these up in the system's font folders; the first that is there and draws the text is taken.
_REGULAR = (
    *("NotoSans-Regular.ttf", "DejaVuSans.ttf", "NotoSansArabic-Regular.ttf", "NotoKufiArabic-Regular.ttf"),
    *("NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf", "NotoSansThai-Regular.ttf"),
    "NotoSansCJK-Regular.ttc",
)
_BOLD = tuple(name.replace("Regular", "Bold").replace("DejaVuSans.", "DejaVuSans-Bold.") for name in _REGULAR)
_CJK_FACES = {"ja": 0, "ko": 1, "zh": 2}  # within the collection; the rest of the world is shown Chinese

# What stands together on a line: a word, or one character of a script without spaces with the punctuation around it.
_WIDE = r"[\u2e80-\u2fff\u3040-\ua4cf\uf900-\ufaff\U00020000-\U0003ffff]"
_OPENING, _CLOSING = "[「『（【〈《“‘]", "[、。，．：；！？」』）】〉》”’ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ]"
_PIECE = re.compile(rf"\s*{_OPENING}*(?:{_WIDE}|(?:(?!{_WIDE}|{_OPENING}|{_CLOSING})\S)+){_CLOSING}*|\s*\S")


class PillowTypesetter:
    """Lays out text with what Pillow can find."""

    def lay(self, text: str, style: Style, width_px: int) -> "PillowBlock":
        """Break ``text`` into lines of at most ``width_px``; a word that is wider is broken."""
        text = breakable(text, style.language).replace("\N{WORD JOINER}", "")
        font = _font_for(text, round(style.size_px), style)
        lines: list[str] = []
        broken = False
        for paragraph in text.split("\n"):
            line = ""
            for piece in _PIECE.findall(paragraph):
                if _width(font, (line + piece).strip()) <= width_px:
                    line += piece
                    continue
                if line:
                    lines.append(line.strip())
                line = piece.strip()
                while _width(font, line) > width_px and (fits := _fitting(line, font, width_px)) < len(line):
                    broken = True
                    lines.append(line[:fits])
                    line = line[fits:]
            lines.append(line.strip())
        return PillowBlock(lines, font, style, width_px, broken)


class PillowBlock:
    """Text laid out by Pillow."""

    def __init__(
        self, lines: list[str], font: ImageFont.FreeTypeFont, style: Style, width_px: int, broken: bool
    ) -> None:
        self._lines, self._font, self._style, self._allowed_px = lines, font, style, width_px
        self._direction = None
        if features.check("raqm"):
            self._direction = "rtl" if is_right_to_left(style.language) else "ltr"
        self._boxes = [font.getbbox(line, anchor="ls", direction=self._direction) for line in lines]
        inks = [Ink(-top, bottom) for _, top, _, bottom in self._boxes]
        self._rows = rows(inks, style.size_px, style.language)
        self.width_px = max(_width(font, line) for line in lines)
        self.height_px = self._rows.height_px
        self.lines = len(lines)
        self.broken = broken
        self.missing = "".join(sorted(one for one in set("".join(lines)) if _lacks(font, one)))

    def draw(self, colour: Colour) -> pygame.Surface:
        """Return it as pixels with premultiplied alpha."""
        mask = Image.new("L", (max(1, self._allowed_px), max(1, self.height_px)), 0)
        pen = ImageDraw.Draw(mask)
        for line, (left, _, right, _), baseline_px in zip(
            self._lines, self._boxes, self._rows.baselines_px, strict=True
        ):
            spare = self._allowed_px - (right - left)
            x = {"start": 0.0, "centre": spare / 2, "end": spare}[self._style.align] - left
            pen.text((x, baseline_px), line, fill=255, font=self._font, anchor="ls", direction=self._direction)
        # Premultiplied: every channel is the coverage times the colour.
        channels = [mask.point([value * part // 255 for value in range(256)]) for part in colour]
        image = Image.merge("RGBA", (*channels, mask))
        return pygame.image.frombuffer(image.tobytes(), image.size, "RGBA")


def _width(font: ImageFont.FreeTypeFont, line: str) -> int:
    """Return what a line takes: its letters' own width, or its strokes where they are wider."""
    left, _, right, _ = font.getbbox(line, anchor="ls")
    return math.ceil(max(font.getlength(line), right - left))


def _fitting(line: str, font: ImageFont.FreeTypeFont, width_px: int) -> int:
    """Return how many characters of a line fit, at least one; none is parted from its marks."""
    ends = [n for n in range(1, len(line)) if not _clings(line[n - 1], line[n])] + [len(line)]
    return max((n for n in ends if _width(font, line[:n]) <= width_px), default=ends[0])


def _clings(before: str, after: str) -> bool:
    return unicodedata.category(after)[0] == "M" or "\N{ZERO WIDTH JOINER}" in (before, after)


@lru_cache(maxsize=64)
def _open(name: str, size_px: int, face: int) -> ImageFont.FreeTypeFont | None:
    try:
        return ImageFont.truetype(name, size_px, face)
    except OSError:
        return None


def _font_for(text: str, size_px: int, style: Style) -> ImageFont.FreeTypeFont:
    """Return the first font that has every character, or else the one that lacks fewest."""
    face = _CJK_FACES.get(style.language.split("-")[0], 2)
    names = [(name, face if name.endswith(".ttc") else 0) for name in (_BOLD if style.bold else _REGULAR)]
    found = [font for name, face in names if (font := _open(name, size_px, face)) is not None]
    if not found:  # always there: it comes with pygame
        bundled = _open(str(Path(pygame.__file__).with_name(pygame.font.get_default_font())), size_px, 0)
        assert bundled is not None
        return bundled
    return min(found, key=lambda font: sum(_lacks(font, character) for character in set(text)))


@lru_cache(maxsize=4096)
def _lacks(font: ImageFont.FreeTypeFont, character: str) -> bool:
    """Whether a font draws its "not defined" box for a character."""
    if character.isspace() or not character.isprintable():
        return False
    return bytes(font.getmask(character)) == bytes(font.getmask("\U0010ffff"))
