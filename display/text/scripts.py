"""What the scripts of the world ask of a screen: fonts, and the packages that bring them. Pure."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

RIGHT_TO_LEFT = frozenset({"ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"})
"""Languages that are written from right to left."""

# One code point, four ways to draw it: Chinese characters look different in Japan, Korea, Taiwan and China.
_FAMILIES: Final = {
    "ja": "Noto Sans CJK JP",
    "ko": "Noto Sans CJK KR",
    "zh": "Noto Sans CJK SC",
    "zh-hant": "Noto Sans CJK TC",
    "zh-tw": "Noto Sans CJK TC",
    "zh-hk": "Noto Sans CJK HK",
    "zh-mo": "Noto Sans CJK HK",
}

_EAST_ASIAN: Final = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "IDEOGRAPHIC", "FULLWIDTH", "HALFWIDTH")
_CORE: Final = (
    *("LATIN", "GREEK", "CYRILLIC", "ARABIC", "HEBREW", "DEVANAGARI", "THAI", "ARMENIAN", "GEORGIAN", "BENGALI"),
    *("GUJARATI", "GURMUKHI", "TAMIL", "TELUGU", "KANNADA", "MALAYALAM", "SINHALA", "LAO", "KHMER", "MYANMAR"),
    *("ETHIOPIC", "TIBETAN", "MONGOLIAN", "ORIYA"),
)
_NAMED_MAX: Final = 3
_NO_FONT: Final = "none can have it, take it out"

# Between two signs of one word, though Unicode would end a line there.
_INSIDE_WORDS: Final = {"ko": re.compile("(?<=[가-힣])(?=[가-힣])"), "ja": re.compile("(?<=[ァ-ヺー])(?=[ァ-ヺー])")}
_UNSEEN: Final = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202d\u202e\ud800-\udfff\ufffe\uffff]")


def is_right_to_left(language: str) -> bool:
    """Whether a BCP 47 language is written from right to left."""
    return language.split("-")[0] in RIGHT_TO_LEFT


def families_for(language: str, families: str) -> str:
    """Return the families of a theme, and after them the one that a language needs."""
    parts = language.lower().split("-")
    tags = ["-".join((parts[0], part)) for part in parts[1:]] + [parts[0]]
    return ", ".join([families, *(_FAMILIES[tag] for tag in tags if tag in _FAMILIES)][:2])


def breakable(text: str, language: str) -> str:
    """Return the text with invisible marks where a line may not end though Unicode's rules allow it.

    Korean is read word by word, as it is written, and so are the foreign words of Japanese: on a sign none is torn
    apart. Control characters, which no font can draw, become spaces; so do those that turn the direction of letters and
    digits around by force (UAX #9, overrides): no price reads backwards.
    """
    text = _UNSEEN.sub(" ", text)
    inside = _INSIDE_WORDS.get(language.split("-")[0])
    return inside.sub("\N{WORD JOINER}", text) if inside else text


def lacking(characters: Iterable[str]) -> str:
    """Return which characters cannot be drawn, by script and number, and which packages bring fonts for them."""
    distinct = sorted(set(characters))
    named = [f"U+{ord(character):04X} ({_script(character)})" for character in distinct[:_NAMED_MAX]]
    more = f" and {len(distinct) - _NAMED_MAX} more" if len(distinct) > _NAMED_MAX else ""
    packages = " ".join(sorted({_package(character) for character in distinct} - {""}))
    return f"no installed font has {', '.join(named)}{more}; {f'apt-get install {packages}' if packages else _NO_FONT}"


def _script(character: str) -> str:
    """Return the script of a character, as Unicode's names begin: ``THAI``, ``CJK``."""
    if _is_emoji(character):
        return "emoji"
    name = unicodedata.name(character, "")
    return name.split()[0].split("-")[0].capitalize() if name else "unassigned"


def _package(character: str) -> str:
    """Return the Debian package that has a font for a character; empty for what is no character."""
    name = unicodedata.name(character, "")
    if _is_emoji(character):
        return "fonts-noto-color-emoji"
    if not name:
        return ""
    if name.startswith(_EAST_ASIAN):
        return "fonts-noto-cjk"
    return "fonts-noto-core" if name.startswith(_CORE) else "fonts-noto-extra"


def _is_emoji(character: str) -> bool:
    """Whether it is of the blocks that hold nearly all emoji."""
    return "\U0001f000" <= character <= "\U0001faff" or "\u2600" <= character <= "\u27bf"
