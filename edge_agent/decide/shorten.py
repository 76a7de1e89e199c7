"""Makes a text fit, without cutting a word or a character in two."""

from typing import Final

import regex

_ELLIPSIS: Final = "…"
_OPEN: Final = "\N{FIRST STRONG ISOLATE}"
_CLOSE: Final = "\N{POP DIRECTIONAL ISOLATE}"
_CHARACTER: Final = regex.compile(r"\X")  # what a reader takes for one: a letter with its accents, a family of emoji


def shorten(text: str, most: int) -> str:
    """Return the text, or its beginning with an ellipsis, in at most ``most`` code points.

    It ends between two words where that leaves at least half of it, else between two characters as a reader sees
    them. Directions that were opened are closed.
    """
    if len(text) <= most:
        return text
    room = most - len(_ELLIPSIS) - len(_CLOSE) * text.count(_OPEN)
    end = 0
    for character in _CHARACTER.finditer(text):
        if character.end() > room:
            break
        end = character.end()
    cut = text[:end]
    if not text[end].isspace():
        words = cut.rpartition(" ")[0]
        cut = words if len(words) >= most // 2 else cut
    cut = cut.rstrip(" ,;:،؛–—-")
    return cut + _CLOSE * (cut.count(_OPEN) - cut.count(_CLOSE)) + _ELLIPSIS
