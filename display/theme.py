"""How the brand looks: colours, fonts, spacing and motion, in one place."""

from dataclasses import dataclass, field
from typing import Literal

from edge_agent.contracts.screen import BadgeColour, Layout

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A background with the colours that are readable on it (contrast of text at least 7:1)."""

    base: Colour
    """The background itself."""
    motif: Colour
    """Large quiet shapes on it."""
    ink: Colour
    """Headlines."""
    soft: Colour
    """Second lines."""
    accent: Colour
    """The word that matters: a badge's name, a price."""
    chip: Colour
    """Fill of the small panel behind a place."""
    chip_ink: Colour
    """Text on that panel."""


@dataclass(frozen=True, slots=True)
class Motion:
    """How a poster takes the place of another."""

    kind: Literal["fade", "slide", "wipe"] = "fade"
    """Cross-fade; the new one slides in from the side where reading ends; or is uncovered from there."""
    length_s: float = 0.6
    """From the first frame to the last. 0: at once."""


PINE: Colour = (13, 43, 38)
PINE_LIGHT: Colour = (18, 55, 48)
CREAM: Colour = (248, 244, 236)
INK: Colour = (18, 32, 29)
SAND: Colour = (255, 205, 112)
RUST: Colour = (143, 49, 17)


@dataclass(frozen=True, slots=True)
class Theme:
    """One look. Sizes are shares of the screen's shorter side."""

    fonts: str = "Inter, Noto Sans, Noto Sans Arabic, Noto Kufi Arabic, DejaVu Sans, sans-serif"
    """Families in order of preference; the system adds what they lack."""
    dark: Ground = Ground(PINE, PINE_LIGHT, CREAM, (205, 220, 212), SAND, CREAM, INK)
    """Personal moments."""
    light: Ground = Ground(CREAM, (239, 232, 219), INK, (66, 79, 75), RUST, PINE, CREAM)
    """Products and notices."""
    warm: Ground = Ground(SAND, (255, 218, 148), INK, (58, 49, 26), (120, 36, 8), INK, CREAM)
    """Offers."""
    alarm: Ground = Ground((158, 12, 12), (172, 22, 20), (255, 255, 255), (255, 255, 255), (255, 234, 0), INK, CREAM)
    """Emergencies."""
    picture_ground: Colour = (221, 229, 220)
    """Behind a product picture."""
    plaque: Colour = (9, 24, 22)
    """Behind a badge: dark, so that each of its colours stands out alike."""
    badge_colours: dict[BadgeColour, Colour] = field(
        # Apart in lightness too, so that most pairs differ for colour-blind eyes; the shape decides the rest.
        default_factory=lambda: {
            "blue": (86, 164, 255),
            "orange": (255, 153, 0),
            "green": (38, 208, 124),
            "pink": (255, 128, 200),
            "yellow": (255, 229, 72),
            "violet": (183, 148, 255),
            "red": (255, 102, 90),
            "white": (255, 255, 255),
        }
    )
    """The badge palette."""
    fade_s: float = 0.6
    """Length of a cross-fade. With the longest permit it must stay under four seconds."""
    motions: dict[Layout | Literal["loop"], Motion] = field(default_factory=dict)
    """How scenes of a layout, and pictures of the loop, come; where absent: by a cross-fade."""

    def transition(self, layout: Layout | Literal["loop"]) -> Motion:
        """Return how a scene of ``layout``, or a picture of the loop, comes onto the screen.

        A personal scene always *leaves* by a fade of ``fade_s``, whatever comes after it.
        """
        return self.motions.get(layout, Motion("fade", self.fade_s))


DEFAULT = Theme()
