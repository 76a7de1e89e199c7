"""Colours: how files write them, and how well one is read on another. Pure."""

from typing import Annotated

from pydantic import BeforeValidator

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


def parse_colour(text: object) -> object:
    """Return the colour of ``#rrggbb``. Raises ValueError for any other text."""
    if not isinstance(text, str):
        return text
    if len(text) != 7 or text[0] != "#" or not set(text[1:].lower()) <= set("0123456789abcdef"):
        raise ValueError("must look like #0d2b26: red, green and blue, two hexadecimal digits each")
    return tuple(bytes.fromhex(text[1:]))


def hexadecimal(colour: Colour) -> str:
    """Return ``#rrggbb``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


ColourField = Annotated[Colour, BeforeValidator(parse_colour)]
"""A colour of a file that a person writes."""


def luminance(colour: Colour) -> float:
    """Return the relative luminance, 0 (black) to 1 (white), as WCAG 2 defines it."""
    red, green, blue = (_linear(part / 255) for part in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours as WCAG 2 defines it: 1 (none) to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
