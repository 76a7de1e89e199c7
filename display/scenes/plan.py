"""A layout made concrete for one screen: boxes, and text that flows in a column. Pure."""

from dataclasses import dataclass, replace
from typing import Literal

from display.scenes.boxes import Anchor, Box
from display.theme import GroundName

Role = Literal["badge", "label", "headline", "body", "product_name", "price", "place"]
"""What a line of a column is."""

Align = Literal["start", "centre", "end"]


@dataclass(frozen=True, slots=True)
class Slot:
    """One line or paragraph of a column; sizes in pixels."""

    role: Role
    size_px: float
    """Wanted text size, or height of the badge row."""
    gap_px: float = 0
    """Space above it, unless it comes first."""
    bold: bool = False
    lines: int = 3
    """At most so many lines at the wanted size; smaller text may take more."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A layout made concrete for one screen."""

    ground: GroundName
    column: Box
    """Where the texts flow."""
    slots: tuple[Slot, ...]
    """From top to bottom."""
    align: Align = "start"
    anchor: Anchor = "middle"
    minimum_px: float = 0
    """No text is smaller."""
    picture: Box | None = None
    """Where the picture goes ..."""
    panel: Box | None = None
    """... and the panel behind it, where it does not fill its box."""
    picture_fit: Literal["contain", "cover"] = "contain"
    badges: tuple[Box, ...] = ()
    """Large badges; small ones stand in the column."""
    badge_labels: bool = False
    """Whether their names stand below the large badges."""
    qr: Box | None = None
    sign: Box | None = None
    """A pictogram: the warning triangle of an emergency, the bell of a notice."""
    brand: Box | None = None
    """The brand's name."""
    scrim: bool = False
    """Darken the picture below the text."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Which parts a scene has; the layout leaves no hole for what is absent."""

    badges: int = 0
    picture: bool = False
    qr: bool = False


def mirrored(plan: Plan, width: int) -> Plan:
    """Return the plan for a language that is written from right to left."""

    def flip(box: Box) -> Box:
        return replace(box, x=width - box.right)

    ends: dict[Align, Align] = {"start": "end", "end": "start", "centre": "centre"}
    return replace(
        plan,
        column=flip(plan.column),
        align=ends[plan.align],
        picture=plan.picture and flip(plan.picture),
        panel=plan.panel and flip(plan.panel),
        badges=tuple(flip(box) for box in plan.badges),
        qr=plan.qr and flip(plan.qr),
        sign=plan.sign and flip(plan.sign),
        brand=plan.brand and flip(plan.brand),
    )
