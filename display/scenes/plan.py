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
    small_px: float = 0
    """Size of the brand's name, and below large badges."""
    settles: bool = False
    """Badges, pictogram and column stand above each other: they move down together by half of what the texts leave
    free, so that a short sentence does not hang under the ceiling of a tall screen."""
    picture: Box | None = None
    """Where the picture goes ..."""
    panel: Box | None = None
    """... and the panel behind it, where it does not fill its box."""
    picture_fit: Literal["contain", "cover"] = "contain"
    badges: tuple[Box, ...] = ()
    """Large badges; small ones stand in the column."""
    names: tuple[Box, ...] = ()
    """Where the names of the large badges stand, one for each; none where the column has the name."""
    qr: Box | None = None
    """The white panel of a QR code, quiet zone included."""
    module_px: float = 0
    """A QR code with smaller modules is left out: no phone could read it."""
    sign: Box | None = None
    """A pictogram: the warning triangle of an emergency, the bubble of a notice."""
    brand: Box | None = None
    """The brand's corner."""
    brand_align: Align = "start"
    scrim: bool = False
    """Darken the picture below the text."""


@dataclass(frozen=True, slots=True)
class Contents:
    """Which parts a scene has; the layout leaves no hole for what is absent."""

    badges: int = 0
    picture: bool = False
    qr_modules: int = 0
    """Modules along one side of its QR code, with the quiet zone. 0: none."""


_ENDS: dict[Align, Align] = {"start": "end", "end": "start", "centre": "centre"}


def mirrored(plan: Plan, width: int) -> Plan:
    """Return the plan for a language that is written from right to left."""

    def flip(box: Box) -> Box:
        return replace(box, x=width - box.right)

    return replace(
        plan,
        column=flip(plan.column),
        align=_ENDS[plan.align],
        picture=plan.picture and flip(plan.picture),
        panel=plan.panel and flip(plan.panel),
        badges=tuple(map(flip, plan.badges)),
        names=tuple(map(flip, plan.names)),
        qr=plan.qr and flip(plan.qr),
        sign=plan.sign and flip(plan.sign),
        brand=plan.brand and flip(plan.brand),
        brand_align=_ENDS[plan.brand_align],
    )


def settled(plan: Plan, text_height_px: float) -> Plan:
    """Return the plan with what stands above each other moved to the middle of the free room."""
    drop = round((plan.column.height - text_height_px) * 0.45) if plan.settles else 0
    if drop <= 0:
        return plan

    def lower(box: Box) -> Box:
        return replace(box, y=box.y + drop)

    return replace(
        plan,
        column=replace(plan.column, y=plan.column.y + drop, height=plan.column.height - drop),
        badges=tuple(map(lower, plan.badges)),
        names=tuple(map(lower, plan.names)),
        sign=plan.sign and lower(plan.sign),
    )
