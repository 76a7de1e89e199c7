"""How long a text takes to read, in any script. Pure."""

import re
import unicodedata
from typing import Final

GLANCE_S: Final = 6.0
"""A scene that somebody shall read stays at least so long: passers-by look up a while after it came."""

FIRST_S: Final = 2.0
"""From noticing a screen to reading it."""

WORDS_PER_S: Final = 2.0
"""On the move and in passing: half of what a reader manages at a table (IReST: 3 to 4 words per second)."""

# Scripts without spaces. Their readers take about as long for so many characters as others for a word
# (Trauzettel-Klosinski and Dietz 2012, IReST: Chinese 1.6, Japanese 1.9; Thai words have about four letters).
_IDEOGRAPHS: Final = re.compile(r"[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_PER_IDEOGRAPH: Final = 1 / 1.6
_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")  # Thai, Lao, Burmese, Khmer
_PER_LETTER: Final = 1 / 4


def words(text: str) -> float:
    """Return how many words a text has for its readers.

    Where words stand apart, what is between two spaces counts, if it has a letter or digit (ICU's word rule, without
    parting what hyphens join). Chinese and Japanese characters, and letters of Thai, Lao, Burmese and Khmer, count as
    parts of a word.
    """
    ideographs = len(_IDEOGRAPHS.findall(text))
    letters = sum(unicodedata.category(letter) != "Mn" for letter in _UNSPACED.findall(text))
    spaced = _UNSPACED.sub(" ", _IDEOGRAPHS.sub(" ", text))
    whole = sum(any(character.isalnum() for character in word) for word in spaced.split())
    return whole + ideographs * _PER_IDEOGRAPH + letters * _PER_LETTER


def reading_s(*texts: str) -> float:
    """Return how long a screen with these texts must stay at least, for somebody who passes."""
    return max(GLANCE_S, FIRST_S + sum(map(words, texts)) / WORDS_PER_S)
