"""What badges are called, per language: the colour agrees with the shape where the language wants that."""

from dataclasses import dataclass
from typing import Final

from edge_agent.contracts.screen import BadgeColour, BadgeShape


@dataclass(frozen=True, slots=True)
class _Names:
    shapes: dict[BadgeShape, tuple[str, str]]
    """Shape -> its noun and the noun's gender."""
    colours: dict[BadgeColour, dict[str, str]]
    """Colour -> gender -> adjective; one gender is all where the adjective does not change."""
    colour_first: bool = False


def label(colour: BadgeColour, shape: BadgeShape, language: str) -> str:
    """Return the name of a badge; English where the language has no names yet."""
    names = _NAMES.get(language.split("-")[0], _NAMES["en"])
    noun, gender = names.shapes[shape]
    adjectives = names.colours[colour]
    adjective = adjectives.get(gender) or adjectives[""]
    return f"{adjective} {noun}" if names.colour_first else f"{noun} {adjective}"


def _one(word: str) -> dict[str, str]:
    return {"": word}


def _two(masculine: str, feminine: str) -> dict[str, str]:
    return {"m": masculine, "f": feminine}


def _three(stem: str) -> dict[str, str]:
    return {"m": f"{stem}er", "f": f"{stem}e", "n": f"{stem}es"}


_NAMES: Final = {
    "en": _Names(
        {
            "diamond": ("diamond", ""), "circle": ("circle", ""), "triangle": ("triangle", ""),
            "square": ("square", ""), "star": ("star", ""), "hexagon": ("hexagon", ""), "heart": ("heart", ""),
            "cross": ("cross", ""),
        },
        {
            "blue": _one("Blue"), "orange": _one("Orange"), "green": _one("Green"), "pink": _one("Pink"),
            "yellow": _one("Yellow"), "violet": _one("Violet"), "red": _one("Red"), "white": _one("White"),
        },
        colour_first=True,
    ),
    "de": _Names(
        {
            "diamond": ("Raute", "f"), "circle": ("Kreis", "m"), "triangle": ("Dreieck", "n"),
            "square": ("Quadrat", "n"), "star": ("Stern", "m"), "hexagon": ("Sechseck", "n"), "heart": ("Herz", "n"),
            "cross": ("Kreuz", "n"),
        },
        {
            "blue": _three("Blau"), "orange": _one("Orange"), "green": _three("Grün"), "pink": _one("Pink"),
            "yellow": _three("Gelb"), "violet": _three("Violett"), "red": _three("Rot"), "white": _three("Weiß"),
        },
        colour_first=True,
    ),
    "fr": _Names(
        {
            "diamond": ("Losange", "m"), "circle": ("Cercle", "m"), "triangle": ("Triangle", "m"),
            "square": ("Carré", "m"), "star": ("Étoile", "f"), "hexagon": ("Hexagone", "m"), "heart": ("Cœur", "m"),
            "cross": ("Croix", "f"),
        },
        {
            "blue": _two("bleu", "bleue"), "orange": _one("orange"), "green": _two("vert", "verte"),
            "pink": _one("rose"), "yellow": _one("jaune"), "violet": _two("violet", "violette"), "red": _one("rouge"),
            "white": _two("blanc", "blanche"),
        },
    ),
    "es": _Names(
        {
            "diamond": ("Rombo", "m"), "circle": ("Círculo", "m"), "triangle": ("Triángulo", "m"),
            "square": ("Cuadrado", "m"), "star": ("Estrella", "f"), "hexagon": ("Hexágono", "m"),
            "heart": ("Corazón", "m"), "cross": ("Cruz", "f"),
        },
        {
            "blue": _one("azul"), "orange": _one("naranja"), "green": _one("verde"), "pink": _one("rosa"),
            "yellow": _two("amarillo", "amarilla"), "violet": _one("violeta"), "red": _two("rojo", "roja"),
            "white": _two("blanco", "blanca"),
        },
    ),
    "it": _Names(
        {
            "diamond": ("Rombo", "m"), "circle": ("Cerchio", "m"), "triangle": ("Triangolo", "m"),
            "square": ("Quadrato", "m"), "star": ("Stella", "f"), "hexagon": ("Esagono", "m"),
            "heart": ("Cuore", "m"), "cross": ("Croce", "f"),
        },
        {
            "blue": _one("blu"), "orange": _one("arancione"), "green": _one("verde"), "pink": _one("rosa"),
            "yellow": _two("giallo", "gialla"), "violet": _one("viola"), "red": _two("rosso", "rossa"),
            "white": _two("bianco", "bianca"),
        },
    ),
    "ar": _Names(
        {
            "diamond": ("معيّن", "m"), "circle": ("دائرة", "f"), "triangle": ("مثلث", "m"), "square": ("مربع", "m"),
            "star": ("نجمة", "f"), "hexagon": ("سداسي", "m"), "heart": ("قلب", "m"), "cross": ("علامة زائد", "f"),
        },
        {
            "blue": _two("أزرق", "زرقاء"), "orange": _two("برتقالي", "برتقالية"), "green": _two("أخضر", "خضراء"),
            "pink": _two("وردي", "وردية"), "yellow": _two("أصفر", "صفراء"), "violet": _two("بنفسجي", "بنفسجية"),
            "red": _two("أحمر", "حمراء"), "white": _two("أبيض", "بيضاء"),
        },
    ),
}  # fmt: skip
