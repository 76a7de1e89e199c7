"""How a brand looks: colours per ground, fonts, logo, spacing, motif and motion. One TOML file, see docs/themes.md."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import Field, model_validator

from display.colour import Colour, ColourField, contrast, hexadecimal
from edge_agent.contracts.base import FileContract, ShortText
from edge_agent.contracts.screen import BadgeColour, Layout

GroundName = Literal["personal", "product", "offer", "picture", "alarm"]
Motif = Literal["none", "rings", "stripes", "blocks", "dots"]

TEXT_CONTRAST = 4.5
"""Least contrast of any text on its ground (WCAG 2, AA). The linter warns below 7."""

SIGN_CONTRAST = 3.0
"""Least contrast of a badge on its plaque, and of a pictogram (WCAG 2, 1.4.11)."""


class Ground(FileContract):
    """A background with the colours that are readable on it."""

    base: ColourField
    """The background itself."""
    motif: ColourField
    """Large quiet shapes on it: near to the base, so that words stand on both alike."""
    ink: ColourField
    """Headlines."""
    soft: ColourField
    """Second lines."""
    accent: ColourField
    """The word that matters: a price; and pictograms."""
    chip: ColourField
    """Fill of the small panel behind a place."""
    chip_ink: ColourField
    """Text on that panel."""


class Motion(FileContract):
    """How a poster takes the place of another."""

    kind: Literal["fade", "slide", "wipe"] = "fade"
    """Cross-fade; the new one slides in from the side where reading ends; or is uncovered from there."""
    length_s: Annotated[float, Field(ge=0, le=0.9)] = 0.6
    """From the first frame to the last. 0: at once. At most 0.9: with the longest permit, 3 s, what is personal is
    out of sight within four."""


class Logo(FileContract):
    """The brand's mark."""

    file: Path
    """A PNG or SVG file, beside the theme."""
    tint: bool = False
    """Draw it in the ink of each ground, for a mark of one colour on a transparent background."""


class Space(FileContract):
    """Distances and sizes: shares of the screen's shorter side, so that one theme serves every screen."""

    margin: Annotated[float, Field(ge=4, le=12)] = 7.5
    """Free edge around everything that matters, in hundredths."""
    gap: Annotated[float, Field(ge=3, le=10)] = 6.5
    """Between two parts, in hundredths."""
    brand: Annotated[float, Field(ge=3, le=12)] = 5.0
    """Height of the logo in its corner, in hundredths."""
    text: Annotated[float, Field(ge=0.8, le=1.25)] = 1.0
    """Factor on all text sizes. No text gets smaller than the panel's viewing distance allows."""
    corner: Annotated[float, Field(ge=0, le=1)] = 0.4
    """Panels: 0 has square corners, 1 has round ends."""


class BadgeLook(FileContract):
    """The colours and shapes that stand for customers. The shape decides: colours are not seen by everybody."""

    plaque: ColourField = (9, 24, 22)
    """Behind a badge: dark, so that each of its colours stands out alike."""
    colours: dict[BadgeColour, ColourField]
    """The tones; the names are part of the contract with the app."""


class TextPair(NamedTuple):
    """A text or sign on what is behind it."""

    key: str
    """Where the theme says its colour: ``ground.offer.ink``."""
    front: Colour
    behind: str
    back: Colour
    least: float
    """The contrast that it must have."""

    @property
    def contrast(self) -> float:
        """1 (invisible) to 21."""
        return contrast(self.front, self.back)


class Theme(FileContract):
    """One look. Everything is named in ``docs/themes.md``."""

    name: ShortText = "unnamed"
    """For people, in logs and in the gallery."""
    fonts: ShortText = "Inter, Noto Sans, Noto Sans Arabic, Noto Kufi Arabic, DejaVu Sans, sans-serif"
    """Families in order of preference; the system adds what they lack."""
    headline_fonts: ShortText | None = None
    """Families of headlines and prices. Absent: the same. Emergencies are always set in ``fonts``."""
    logo: Logo | None = None
    """Absent: the brand's name in words."""
    space: Space = Space()
    motif: Motif = "rings"
    """The quiet shapes on a ground."""
    picture_ground: ColourField
    """Behind a picture that does not fill its panel."""
    ground: dict[GroundName, Ground]
    """``personal``: welcome, orders, groups, the brand's own card. ``product``: products and notices. ``offer``.
    ``picture``: words over a picture, which its base veils. ``alarm``: emergencies."""
    badge: BadgeLook
    fade: Motion = Motion()
    """How anything comes for which ``motion`` has nothing to say, and how what is personal leaves (always a fade)."""
    motion: dict[Layout | Literal["loop"], Motion] = Field(default_factory=dict)
    """How scenes of a layout, and pictures of the loop, come."""

    @property
    def fade_s(self) -> float:
        """Length of a cross-fade."""
        return self.fade.length_s

    def transition(self, layout: Layout | Literal["loop"]) -> Motion:
        """Return how a scene of ``layout``, or a picture of the loop, comes onto the screen.

        A personal scene always *leaves* by a fade of ``fade_s``, whatever comes after it.
        """
        return self.motion.get(layout, self.fade)

    def text_pairs(self) -> Iterator[TextPair]:
        """Yield every text that can stand on a ground; the theme is readable if each has its contrast."""
        for name, ground in self.ground.items():
            at = f"ground.{name}"
            for role in ("ink", "soft", "accent"):
                for behind in ("base", "motif"):
                    front, back = getattr(ground, role), getattr(ground, behind)
                    yield TextPair(f"{at}.{role}", front, f"{at}.{behind}", back, TEXT_CONTRAST)
            yield TextPair(f"{at}.chip_ink", ground.chip_ink, f"{at}.chip", ground.chip, TEXT_CONTRAST)

    def badge_pairs(self) -> Iterator[TextPair]:
        """Yield every colour of a badge on its plaque."""
        for name, colour in self.badge.colours.items():
            yield TextPair(f"badge.colours.{name}", colour, "badge.plaque", self.badge.plaque, SIGN_CONTRAST)

    @model_validator(mode="after")
    def _whole_and_readable(self) -> "Theme":
        problems = [
            f"ground.{name} is missing: add the table with base, motif, ink, soft, accent, chip and chip_ink"
            for name in get_args(GroundName)
            if name not in self.ground
        ]
        problems += [
            f"badge.colours.{name} is missing: apps show badges of every colour"
            for name in get_args(BadgeColour)
            if name not in self.badge.colours
        ]
        problems += [
            f"{pair.key} {hexadecimal(pair.front)} cannot be read on {pair.behind} {hexadecimal(pair.back)}:"
            f" contrast {pair.contrast:.1f}, needs {pair.least:g}; make one of them lighter or darker"
            for pair in (*self.text_pairs(), *self.badge_pairs())
            if pair.contrast < pair.least
        ]
        if problems:
            raise ValueError("\n".join(problems))
        return self
