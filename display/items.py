"""What the stage can show."""

from dataclasses import dataclass

from edge_agent.contracts.screen import Scene


@dataclass(frozen=True, slots=True)
class Brand:
    """The brand's name, when there is nothing else to show."""


@dataclass(frozen=True, slots=True)
class LoopPicture:
    """One picture of the idle loop, in the language of the loop."""

    picture: str
    """Its digest: the name of the file in the content folder."""
    duration_s: float
    headline: str = ""
    language: str = "en"


Item = Scene | LoopPicture | Brand
"""Anything that fills the screen. Equal items look the same."""
