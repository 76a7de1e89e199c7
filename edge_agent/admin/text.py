"""Lines for a terminal: coloured spans, cut to a width. Pure; whatever comes from outside is made harmless here."""

import unicodedata
from collections.abc import Iterable
from typing import Final

Span = tuple[str, str]
"""(text, style); the style is one of :data:`STYLES`, or empty."""

Line = tuple[Span, ...]

STYLES: Final = {
    "good": "32",
    "bad": "1;31",
    "odd": "33",
    "quiet": "2",
    "strong": "1",
    # Badges, in the 256 colours that every terminal of today has.
    "blue": "38;5;33",
    "orange": "38;5;208",
    "green": "38;5;34",
    "pink": "38;5;205",
    "yellow": "38;5;220",
    "violet": "38;5;135",
    "red": "38;5;196",
    "white": "38;5;255",
}
"""Style -> parameters of ECMA-48's "select graphic rendition"."""

_CUT: Final = "…"


def harmless(text: str) -> str:
    """Return a text without control characters: no name may move the cursor of who looks at it."""
    return "".join(char if char.isprintable() else "?" for char in text)


def width(text: str) -> int:
    """Return how many columns a text takes."""
    return sum(map(_columns, text))


def pad(text: str, columns: int) -> str:
    """Return a text of exactly so many columns: filled up, or cut."""
    return _clip(text, columns) + " " * max(0, columns - width(text))


def clip(line: Line, columns: int) -> Line:
    """Return a line of at most so many columns."""
    clipped: list[Span] = []
    for text, style in line:
        left = columns - sum(width(before) for before, _ in clipped)
        if left <= 0:
            break
        clipped.append((_clip(text, left), style))
    return tuple(clipped)


def render(line: Line, *, colour: bool) -> str:
    """Return a line as it is written to a terminal."""
    return "".join(f"\x1b[{STYLES[style]}m{text}\x1b[0m" if style and colour else text for text, style in line).rstrip()


def spread(lines: Iterable[Line], columns: int, *, colour: bool) -> list[str]:
    """Return lines as they are written to a terminal of so many columns."""
    return [render(clip(line, columns), colour=colour) for line in lines]


def _clip(text: str, columns: int) -> str:
    if width(text) <= columns:
        return text
    kept, used = [], 0
    for char in text:
        if used + _columns(char) > columns - 1:
            break
        kept.append(char)
        used += _columns(char)
    return "".join(kept) + _CUT if columns > 0 else ""


def _columns(char: str) -> int:
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
