"""The palette of badges. App and unit number it alike: ``8 * colour + shape``."""

from typing import Final, get_args

from edge_agent.contracts.screen import Badge, BadgeColour, BadgeShape

COLOURS: Final[tuple[BadgeColour, ...]] = get_args(BadgeColour)
SHAPES: Final[tuple[BadgeShape, ...]] = get_args(BadgeShape)
PALETTE_SIZE: Final = len(COLOURS) * len(SHAPES)

_WORDS: Final[dict[str, tuple[dict[str, str], dict[str, str]]]] = {
    "en": ({colour: colour.capitalize() for colour in COLOURS}, {shape: shape for shape in SHAPES}),
    "de": (
        dict(zip(COLOURS, ("Blau", "Orange", "Grün", "Pink", "Gelb", "Violett", "Rot", "Weiß"), strict=True)),
        dict(zip(SHAPES, ("Raute", "Kreis", "Dreieck", "Quadrat", "Stern", "Sechseck", "Herz", "Kreuz"), strict=True)),
    ),
}
_FORM: Final = {"en": "{colour} {shape}", "de": "{shape} {colour}"}


def badge(number: int, language: str) -> Badge:
    """Return a badge with its name in a language; English where the language has no names yet."""
    colour, shape = COLOURS[number // len(SHAPES)], SHAPES[number % len(SHAPES)]
    base = language.split("-")[0]
    words = base if base in _WORDS else "en"
    colours, shapes = _WORDS[words]
    label = _FORM[words].format(colour=colours[colour], shape=shapes[shape])
    return Badge(number=number, colour=colour, shape=shape, label=label)
