"""Pango: shaping, both writing directions, line breaking and font fallback of all scripts."""

import math
from dataclasses import dataclass

import pygame

from display.colour import Colour
from display.text.bindings import cairocffi, pangocairocffi, pangocffi
from display.text.rows import Ink, rows
from display.text.scripts import breakable, families_for, is_right_to_left
from display.text.typeset import Style

pango = pangocffi.pango

_SCALE = 1024  # Pango counts in 1/1024 pixel
_SIGNS_MIN = 4
"""Where not so many of a text's widest sign fit into a line, no word of it is broken: a sign that is put together from
several fonts and wider than its line makes Pango 1.50 end the process (``process_line: assertion failed``)."""
_ALIGNMENTS = {
    "start": pangocffi.Alignment.LEFT,
    "centre": pangocffi.Alignment.CENTER,
    "end": pangocffi.Alignment.RIGHT,
}


class PangoTypesetter:
    """Lays out text with the fonts of the system."""

    def __init__(self, families: str) -> None:
        self._families = families
        # A context for measuring; blocks are drawn onto surfaces of their own.
        canvas = cairocffi.Context(cairocffi.ImageSurface(cairocffi.FORMAT_A8, 1, 1))
        self._context: pangocffi.Context = pangocairocffi.create_context(canvas)

    def lay(self, text: str, style: Style, width_px: int) -> "PangoBlock":
        """Break ``text`` into lines of at most ``width_px``; a word that is wider is broken.

        In a line of less than four signs it is not: the block is wider then.
        """
        text = breakable(text, style.language)
        layout, broken = self._wrapped(text, style, width_px)
        before_px, after_px = _overhang(layout, width_px)
        if before_px or after_px:  # strokes that leave their letter's own width: a j, a swash
            layout, broken = self._wrapped(text, style, max(1, width_px - before_px - after_px))
        block = PangoBlock(layout, style, width_px, _indent(layout, width_px, before_px), broken)
        if pango.pango_layout_get_unknown_glyphs_count(layout.pointer):
            block.missing = self._missing(text, style)
        return block

    def _wrapped(self, text: str, style: Style, width_px: int) -> tuple[pangocffi.Layout, bool]:
        """Return the text in lines, and whether a word had to be broken."""
        layout = self._layout(text, style, width_px)
        _, logical = layout.get_extents()
        broken = logical.width > width_px * _SCALE
        if broken and width_px >= _SIGNS_MIN * _widest_px(layout):
            layout.wrap = pangocffi.WrapMode.WORD_CHAR
        return layout, broken

    def _missing(self, text: str, style: Style) -> str:
        """Return the characters that no font has; text that cannot be drawn is rare, so each is tried by itself."""
        return "".join(
            character
            for character in sorted(set(text))
            if pango.pango_layout_get_unknown_glyphs_count(self._layout(character, style, 1).pointer)
        )

    def _layout(self, text: str, style: Style, width_px: int) -> pangocffi.Layout:
        right_to_left = is_right_to_left(style.language)
        language = pango.pango_language_from_string(style.language.encode())
        pango.pango_context_set_language(self._context.pointer, language)
        pango.pango_context_set_base_dir(
            self._context.pointer, pango.PANGO_DIRECTION_RTL if right_to_left else pango.PANGO_DIRECTION_LTR
        )
        layout = pangocffi.Layout(self._context)
        font = pangocffi.FontDescription()
        font.family = families_for(style.language, self._families)
        font.weight = pangocffi.Weight.BOLD if style.bold else pangocffi.Weight.NORMAL
        font.set_absolute_size(style.size_px * _SCALE)
        layout.font_description = font
        # The paragraph's direction is the scene's: a Latin product name does not turn an Arabic line round.
        pango.pango_layout_set_auto_dir(layout.pointer, 0)
        layout.wrap = pangocffi.WrapMode.WORD
        layout.width = width_px * _SCALE
        layout.alignment = _ALIGNMENTS[style.align]
        layout.text = text
        return layout


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of a layout."""

    x_px: float
    """Where it begins, from the left edge of the layout."""
    ink: Ink


class PangoBlock:
    """Text laid out by Pango."""

    def __init__(self, layout: pangocffi.Layout, style: Style, width_px: int, indent_px: float, broken: bool) -> None:
        self._layout = layout  # owns the lines that are drawn
        self._allowed_px = width_px
        self._indent_px = indent_px
        self._lines = _lines(layout)
        self._rows = rows([line.ink for line in self._lines], style.size_px, style.language)
        ink, logical = layout.get_extents()
        left, right = min(ink.x, logical.x), max(ink.x + ink.width, logical.x + logical.width)
        self.width_px = math.ceil((right - left) / _SCALE)
        self.height_px = self._rows.height_px
        self.lines = len(self._lines)
        self.broken = broken
        self.missing = ""

    def draw(self, colour: Colour) -> pygame.Surface:
        """Return it as pixels with premultiplied alpha."""
        surface = cairocffi.ImageSurface(cairocffi.FORMAT_ARGB32, max(1, self._allowed_px), max(1, self.height_px))
        context = cairocffi.Context(surface)
        context.set_source_rgb(*(part / 255 for part in colour))
        for number, (line, baseline_px) in enumerate(zip(self._lines, self._rows.baselines_px, strict=True)):
            context.move_to(self._indent_px + line.x_px, baseline_px)
            pangocairocffi.pangocairo.pango_cairo_show_layout_line(
                context._pointer,  # as pangocairocffi itself does: cairocffi has no public way to it
                pango.pango_layout_get_line_readonly(self._layout.pointer, number),
            )
        surface.flush()
        size = surface.get_width(), surface.get_height()
        return pygame.image.frombuffer(bytes(surface.get_data()), size, "BGRA")


def _lines(layout: pangocffi.Layout) -> list[_Line]:
    # Not by the binding's own get_iter(), which never frees it: six kilobytes of every scene stayed.
    walk = pangocffi.LayoutIter.from_pointer(pango.pango_layout_get_iter(layout.pointer))
    lines = []
    try:
        while True:
            ink, logical = walk.get_line_extents()
            baseline = walk.get_baseline()
            above, below = (baseline - ink.y, ink.y + ink.height - baseline) if ink.height else (0, 0)
            lines.append(_Line(logical.x / _SCALE, Ink(above / _SCALE, below / _SCALE)))
            if not walk.next_line():
                return lines
    finally:
        pango.pango_layout_iter_free(walk.pointer)


def _widest_px(layout: pangocffi.Layout) -> float:
    """Return the width of the widest sign."""
    walk = pangocffi.LayoutIter.from_pointer(pango.pango_layout_get_iter(layout.pointer))
    try:
        widest: int = 0
        while True:
            _, logical = walk.get_cluster_extents()
            widest = max(widest, int(logical.width))
            if not walk.next_cluster():
                return widest / _SCALE
    finally:
        pango.pango_layout_iter_free(walk.pointer)


def _overhang(layout: pangocffi.Layout, width_px: int) -> tuple[int, int]:
    """Return by how many pixels strokes leave the width, to the left and to the right."""
    ink, _ = layout.get_extents()
    return max(0, math.ceil(-ink.x / _SCALE)), max(0, math.ceil((ink.x + ink.width) / _SCALE - width_px))


def _indent(layout: pangocffi.Layout, width_px: int, wanted_px: float) -> float:
    """Return how far the layout begins from the edge: lines that were broken anew may reach elsewhere than before.

    Less than nothing where strokes stand away from its left edge and beyond its right one.
    """
    ink, _ = layout.get_extents()
    least_px: float = -ink.x / _SCALE
    most_px: float = width_px - (ink.x + ink.width) / _SCALE
    return max(least_px, min(wanted_px, most_px))
