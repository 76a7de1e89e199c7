"""The words of a campaign in one language, as Fluent patterns. What they may reach is in :mod:`.pattern`."""

from typing import Annotated, Final

from pydantic import AfterValidator, Field

from edge_agent.contracts.base import FileContract
from edge_agent.contracts.pattern import CARD_SLOTS, PATTERN_MAX, SCREEN_SLOTS, check_pattern

HEADLINE_MAX: Final = 80
"""Characters of a headline once it is filled; a glance lasts one to five seconds."""

HEADLINE_WORDS_MAX: Final = 7
"""Words of a headline; ``edge-agent campaigns check`` warns of more."""

BODY_MAX: Final = 160
"""Characters of a second line once it is filled."""

OPENING_MAX: Final = 200
"""Characters of an opening line once it is filled."""


def _headline(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be empty")
    return check_pattern(text, SCREEN_SLOTS, HEADLINE_MAX)


Headline = Annotated[str, Field(min_length=1, max_length=PATTERN_MAX), AfterValidator(_headline)]
Body = Annotated[
    str, Field(max_length=PATTERN_MAX), AfterValidator(lambda text: check_pattern(text, SCREEN_SLOTS, BODY_MAX))
]
Opening = Annotated[
    str, Field(max_length=PATTERN_MAX), AfterValidator(lambda text: check_pattern(text, CARD_SLOTS, OPENING_MAX))
]


class ModeWording(FileContract):
    """What a screen says instead while it speaks in one mode. What is absent stays as in the language's wording."""

    headline: Headline | None = None
    """The line that is read first, in this mode."""
    body: Body | None = None
    """A second line, in this mode. Empty: none."""


class Wording(FileContract):
    """One message in one language: Fluent patterns, filled from permitted facts only."""

    headline: Headline
    """The line that is read first, at most seven words; slots: ``{ $badge } { $product } { $price } { $place }
    { $pieces } { $desk } { $time }``."""
    body: Body = ""
    """A second line; the same slots."""
    opening: Opening = ""
    """A suggested opening line for the clerk; the same slots, and ``{ $size } { $quantity }``."""
    contextual: ModeWording | None = None
    """Words for a screen that speaks about the topic and addresses nobody."""
    badge: ModeWording | None = None
    """Words for a screen that addresses a badge."""
    named: ModeWording | None = None
    """Words for a screen that only she can see, where she allowed that."""
