"""Fills Fluent patterns with facts. A pattern is compiled when it is first said; what is compiled is kept, bounded.

A pattern that passed :func:`~edge_agent.contracts.pattern.check_pattern` cannot fail here. Should one all the same, it
is counted, and whoever asked says something plainer instead: nothing is ever raised at the moment of showing.
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

from fluent.runtime import FluentBundle
from fluent.runtime.prepare import Compiler

from edge_agent.contracts.pattern import parse_pattern
from edge_agent.decide.languages import locale, right_to_left, written_right_to_left

Facts = Mapping[str, str | int]
"""Slot -> what fills it. An empty text or a zero: not known."""

_COMPILED_MAX: Final = 4096  # 200 campaigns in four languages have 2400 sentences; each takes about 3 KB
_FAILURES_MAX: Final = 100

failures: Final[Counter[str]] = Counter()
"""Patterns that could not be filled, and how often; at most a hundred of them."""


def fill(text: str, language: str, facts: Facts) -> str:
    """Return a pattern filled with facts, as one line; empty where it cannot be filled.

    Where a slot is empty, the punctuation that it leaves goes too: nobody reads ", welcome back", or a mere "!".
    """
    if "{" not in text:
        return _tidy(text)
    isolate = written_right_to_left(language) or any(isinstance(f, str) and right_to_left(f) for f in facts.values())
    try:
        filled, errors = _bundle(str(locale(language)), isolate).format_pattern(_compiled(text), dict(facts))
    except ValueError as error:
        filled, errors = "", [error]
    if errors:
        if text in failures or len(failures) < _FAILURES_MAX:
            failures[text] += 1
        return ""
    said = _tidy(str(filled))
    return said if any(map(str.isalnum, said)) else ""


def prepare(language: str) -> None:
    """Read the rules of a language from disk now, so that the first sentence in it does not wait for them."""
    fill("{ $count }", language, {"count": 1})


@lru_cache(32)
def _bundle(language: str, isolate: bool) -> FluentBundle:
    """Return the rules of a language. It holds no messages, so a pattern has nothing that it could refer to.

    ``isolate``: a sentence whose parts may run in two directions marks each part off from the others.
    """
    return FluentBundle([language], use_isolating=isolate)


@lru_cache(_COMPILED_MAX)
def _compiled(text: str) -> Any:
    return Compiler()(parse_pattern(text)).value


_EMPTY: Final = "\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}"


def _tidy(text: str) -> str:
    words = " ".join(text.replace(_EMPTY, "").split()).replace(" ,", ",")
    return words.lstrip(" ,;:،؛–—-").rstrip(" ,;،؛–—-")
