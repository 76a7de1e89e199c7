"""Pango: shaping, both writing directions, line breaking and font fallback of all scripts."""

import cairocffi  # type: ignore[import-untyped]
import pangocairocffi  # type: ignore[import-untyped]
import pygame
from pangocffi import Alignment, Context, FontDescription, Layout, Weight, WrapMode, ffi, pango  # type: ignore[import-untyped]

from display.colour import Colour
from display.text.typeset import Style, is_right_to_left

_SCALE = 1024  # Pango counts in 1/1024 pixel
_TIGHT_SCRIPTS = frozenset({"cs", "da", "de", "en", "es", "fi", "fr", "it", "nl", "no", "pl", "pt", "sv"})
_ALIGNMENTS = {"start": Alignment.LEFT, "centre": Alignment.CENTER, "end": Alignment.RIGHT}
_TIGHT = 0.86  # Latin capitals and descenders need less leading than fonts for all scripts carry


class PangoTypesetter:
    """Lays out text with the fonts of the system."""

    def __init__(self, families: str) -> None:
        self._families = families
        # A context for measuring; blocks are drawn onto surfaces of their own.
        canvas = cairocffi.Context(cairocffi.ImageSurface(cairocffi.FORMAT_A8, 1, 1))
        self._context: Context = pangocairocffi.create_context(canvas)

    def lay(self, text: str, style: Style, width_px: int) -> "PangoBlock":
        """Break ``text`` into lines of at most ``width_px``; a word that is wider is broken."""
        layout = self._layout(text, style, width_px)
        _, logical = layout.get_extents()
        broken = logical.width > width_px * _SCALE
        if broken:
            layout.wrap = WrapMode.WORD_CHAR
        return PangoBlock(layout, width_px, broken)

    def _layout(self, text: str, style: Style, width_px: int) -> Layout:
        right_to_left = is_right_to_left(style.language)
        language = pango.pango_language_from_string(style.language.encode())
        pango.pango_context_set_language(self._context.pointer, language)
        pango.pango_context_set_base_dir(
            self._context.pointer, pango.PANGO_DIRECTION_RTL if right_to_left else pango.PANGO_DIRECTION_LTR
        )
        layout = Layout(self._context)
        font = FontDescription()
        font.family = self._families
        font.weight = Weight.BOLD if style.bold else Weight.NORMAL
        font.set_absolute_size(style.size_px * _SCALE)
        layout.font_description = font
        # The paragraph's direction is the scene's: a Latin product name does not turn an Arabic line round.
        pango.pango_layout_set_auto_dir(layout.pointer, 0)
        layout.wrap = WrapMode.WORD
        layout.width = width_px * _SCALE
        if style.language.split("-")[0] in _TIGHT_SCRIPTS:
            pango.pango_layout_set_line_spacing(layout.pointer, ffi.cast("float", _TIGHT))
        layout.alignment = _ALIGNMENTS[style.align]
        layout.text = text
        return layout


class PangoBlock:
    """Text laid out by Pango."""

    def __init__(self, layout: Layout, width_px: int, broken: bool) -> None:
        self._layout = layout
        self._width_px = width_px
        _, logical = layout.get_extents()
        self.width_px = -(-logical.width // _SCALE)
        self.height_px = -(-logical.height // _SCALE)
        self.lines = layout.get_line_count()
        self.broken = broken
        self.missing: int = pango.pango_layout_get_unknown_glyphs_count(layout.pointer)

    def draw(self, colour: Colour) -> pygame.Surface:
        """Return it as pixels with premultiplied alpha."""
        surface = cairocffi.ImageSurface(cairocffi.FORMAT_ARGB32, max(1, self._width_px), max(1, self.height_px))
        context = cairocffi.Context(surface)
        context.set_source_rgb(*(part / 255 for part in colour))
        pangocairocffi.show_layout(context, self._layout)
        surface.flush()
        size = surface.get_width(), surface.get_height()
        return pygame.image.frombuffer(bytes(surface.get_data()), size, "BGRA")
