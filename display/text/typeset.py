"""How text is asked for and what comes back, whoever lays it out; see :mod:`display.text.faces`."""

from dataclasses import dataclass
from typing import Literal, Protocol

import pygame

from display.colour import Colour


@dataclass(frozen=True, slots=True)
class Style:
    """How a piece of text looks."""

    size_px: float
    language: str
    bold: bool = False
    align: Literal["start", "centre", "end"] = "start"
    """Left, centred or right on the screen, whatever the language."""
    headline: bool = False
    """In the theme's face for headlines, where it has one."""


class Block(Protocol):
    """Text that has been laid out within a width."""

    width_px: int
    """Width of its longest line; more than was allowed only where not even one letter fits."""
    height_px: int
    """Height of all lines."""
    lines: int
    """How many lines it took."""
    broken: bool
    """Whether a word is wider than the width, so that it was broken."""
    missing: str
    """The characters that no installed font can draw, each once."""

    def draw(self, colour: Colour) -> pygame.Surface:
        """Return it as pixels with premultiplied alpha, exactly as wide as it was allowed to be."""
        ...


class Typesetter(Protocol):
    """Lays out text."""

    def lay(self, text: str, style: Style, width_px: int) -> Block:
        """Break ``text`` into lines of at most ``width_px``."""
        ...
