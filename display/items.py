"""What the stage can show."""

from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from edge_agent.contracts.screen import Scene


class Area(NamedTuple):
    """A rectangle as shares of a poster or of the screen, from the top left corner as a person sees it."""

    x: float
    y: float
    width: float
    height: float

    def turned(self, rotation: Literal[0, 90, 180, 270]) -> "Area":
        """Return where it lies on a panel for which the picture is turned clockwise."""
        match rotation:
            case 0:
                return self
            case 90:
                return Area(1 - self.y - self.height, self.x, self.height, self.width)
            case 180:
                return Area(1 - self.x - self.width, 1 - self.y - self.height, self.width, self.height)
            case 270:
                return Area(self.y, 1 - self.x - self.width, self.height, self.width)


WHOLE = Area(0, 0, 1, 1)
"""All of it."""


@dataclass(frozen=True, slots=True)
class Brand:
    """The brand's name, when there is nothing else to show."""


@dataclass(frozen=True, slots=True)
class LoopPicture:
    """One picture of the idle loop, in the language of the loop."""

    picture: str
    """Its digest: the name of the file in the content folder."""
    duration_s: float = field(compare=False)
    headline: str = ""
    language: str = "en"
    glides: bool = False
    """A slow pan and zoom, where the screen can do it smoothly."""
    film: bool = False
    """It moves by itself."""

    @property
    def caption(self) -> "Caption | None":
        """The words that stand still above it, where it moves."""
        return Caption(self.headline, self.language) if (self.glides or self.film) and self.headline else None

    def at_rest(self) -> "LoopPicture":
        """Return the same picture without its glide, for a screen that cannot do it smoothly."""
        return replace(self, glides=False)


@dataclass(frozen=True, slots=True)
class Caption:
    """The words over a picture that glides: they stand still above it, on nothing."""

    headline: str
    language: str


Item = Scene | LoopPicture | Caption | Brand
"""Anything that fills the screen. Equal items look the same."""
