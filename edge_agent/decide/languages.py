"""Which of the languages on offer is nearest to the ones that somebody wants."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from typing import Final, TypeVar
from unicodedata import bidirectional

from babel.core import Locale, UnknownLocaleError, get_global, parse_locale

_KEPT: Final = 256  # languages that are looked at again and again; a catalogue brings no more
_RIGHT_TO_LEFT: Final = ("R", "AL")

T = TypeVar("T")


def nearest(wanted: Sequence[str], offered: Collection[str]) -> str | None:
    """Return the offered language that a reader of the wanted ones understands best; ``None``: she has none of them.

    Her first language counts before her second, a script that she reads before another one. Of several regions of one
    language it is her own, else the region's parent (``pt-AO`` is written as ``pt-PT``), else the one without a region,
    else the language's home, else the first on offer.
    """
    for same_script in (True, False):
        for language in wanted:
            ranked = [
                (_distance(language, candidate), number, candidate)
                for number, candidate in enumerate(offered)
                if _base(candidate) == _base(language) and (_script(candidate) == _script(language)) is same_script
            ]
            if ranked:
                return min(ranked)[2]
    return None


def language_for(wanted: Sequence[str], offered: Sequence[str], written: Collection[str] | None = None) -> str:
    """Return her best language among those of the shop; the shop's first where she has none of them.

    ``written``: in which languages the words are; where the shop speaks some of these, it is one of them.
    """
    if written is not None:
        offered = [language for language in offered if nearest((language,), written) is not None] or offered
    return nearest(wanted, offered) or offered[0]


def pick(texts: Mapping[str, T], language: str) -> tuple[str, T]:
    """Return the nearest language that there is a text in, and the text; the first where none is near.

    ``texts`` must not be empty.
    """
    found = language if language in texts else nearest((language,), texts) or next(iter(texts))
    return found, texts[found]


def text_in(texts: Mapping[str, str], language: str) -> str:
    """Return what is written in the nearest language; empty where nothing is."""
    return pick(texts, language)[1] if texts else ""


@lru_cache(_KEPT)
def locale(language: str) -> Locale:
    """Return the rules by which a language writes numbers and dates; English ones where nobody knows it."""
    for known in (language, language.split("-")[0]):
        try:
            return Locale.parse(known, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")


def right_to_left(text: str) -> bool:
    """Whether some of a text is written from right to left."""
    return not text.isascii() and any(bidirectional(character) in _RIGHT_TO_LEFT for character in text)


def written_right_to_left(language: str) -> bool:
    """Whether a language is."""
    return locale(language).character_order == "right-to-left"


def _distance(wanted: str, candidate: str) -> int:
    """Rank two tags of the same language, 0: the same."""
    parents = _parents(wanted)
    if candidate in parents:
        return parents.index(candidate)
    return len(parents) + (candidate != _base(wanted)) + (_full(candidate) != _full(_base(wanted)))


def _parents(language: str) -> list[str]:
    """Return a tag and what it inherits from, as CLDR has it, nearest first."""
    exceptions = get_global("parent_exceptions")
    chain = [language]
    while "-" in chain[-1]:
        parent = exceptions.get(chain[-1].replace("-", "_"))
        chain.append(chain[-1].rpartition("-")[0] if parent in (None, "root") else parent.replace("_", "-"))
    return chain


def _base(language: str) -> str:
    base = language.split("-")[0]
    base = get_global("language_aliases").get(base, base)
    return "no" if base == "nb" else base  # two names of one language


def _script(language: str) -> str | None:
    return _full(language)[1]


@lru_cache(_KEPT)
def _full(language: str) -> tuple[str, str | None, str | None]:
    """Return (language, script, region); what a tag does not say is what it most likely means."""
    likely = get_global("likely_subtags")
    base, region, script = parse_locale(language, sep="-")[:3]
    for known in (language.replace("-", "_"), f"{base}_{script}" if script else "", base):
        if known in likely:
            _, likely_region, likely_script = parse_locale(likely[known])[:3]
            return base, script or likely_script, region or likely_region
    return base, script, region
