"""The palette of badges. App and unit number it alike: ``8 * colour + shape``."""

from collections.abc import Iterable
from typing import Final, get_args

from edge_agent.contracts.screen import Badge, BadgeColour, BadgeShape
from edge_agent.contracts.slice import RollingToken, Token
from edge_agent.identify.badge_names import label
from edge_agent.identify.keys import key_at, pack
from edge_agent.identify.token import badge_number

COLOURS: Final[tuple[BadgeColour, ...]] = get_args(BadgeColour)
SHAPES: Final[tuple[BadgeShape, ...]] = get_args(BadgeShape)
PALETTE_SIZE: Final = len(COLOURS) * len(SHAPES)


def badge_of(tokens: Iterable[Token], device: str, unix_s: int, palette_size: int) -> int | None:
    """Return the badge that the app on a customer's device shows at a time; ``None`` without an app."""
    for token in tokens:
        if isinstance(token, RollingToken) and token.device == device:
            key = key_at(pack(token.keys), unix_s)
            return None if key is None else badge_number(key, palette_size)
    return None


def badge(number: int, language: str) -> Badge:
    """Return a badge with its name in a language; English where the language has no names yet."""
    colour, shape = COLOURS[number // len(SHAPES)], SHAPES[number % len(SHAPES)]
    return Badge(number=number, colour=colour, shape=shape, label=label(colour, shape, language))
