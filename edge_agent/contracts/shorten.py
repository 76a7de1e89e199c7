"""Makes a text fit, without cutting a word or a character in two."""

from typing import Final
from unicodedata import category, combining

_ELLIPSIS: Final = "…"
_OPEN: Final = "\N{FIRST STRONG ISOLATE}"
_CLOSE: Final = "\N{POP DIRECTIONAL ISOLATE}"
_CLINGING: Final = ("Mn", "Me", "Mc", "Cf")  # accents, vowel signs, joiners: they belong to what is before them
_CLINGING_LETTERS: Final = "\u0e33\u0eb3\uff9e\uff9f"
_VIRAMA: Final = 9  # combining class: what follows it is part of the same Indic letter


def shorten(text: str, most: int) -> str:
    """Return the text, or its beginning with an ellipsis, in at most ``most`` code points.

    It ends between two words where that leaves at least half of it, else between two characters as a reader sees
    them. Directions that were opened are closed.
    """
    if len(text) <= most:
        return text
    end = most - len(_ELLIPSIS) - len(_CLOSE) * text.count(_OPEN)
    while end > 0 and _one_character(text[end - 1], text[end]):
        end -= 1
    cut = text[: max(end, 0)]
    if not text[len(cut)].isspace():
        words = cut.rpartition(" ")[0]
        cut = words if len(words) >= most // 2 else cut
    cut = cut.rstrip(" ,;:،؛–—-")
    return cut + _CLOSE * (cut.count(_OPEN) - cut.count(_CLOSE)) + _ELLIPSIS


def _one_character(before: str, after: str) -> bool:
    """Whether a reader may take two code points for parts of one character.

    In doubt yes: stricter than Unicode's annex 29 needs, and thus without its tables, which take 10 MB of memory.
    """
    return (
        category(after) in _CLINGING
        or after in _CLINGING_LETTERS
        or category(before) == "Cf"
        or combining(before) == _VIRAMA
        or "\U0001f3fb" <= after <= "\U0001f3ff"  # colours of skin
        or (_half_a_flag(before) and _half_a_flag(after))
        or (_hangul(before) and _jamo(after))
        or (_jamo(before) and _hangul(after))
    )


def _half_a_flag(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"


def _jamo(character: str) -> bool:
    return "\u1100" <= character <= "\u11ff" or "\ua960" <= character <= "\ua97f" or "\ud7b0" <= character <= "\ud7ff"


def _hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3" or _jamo(character)
