"""Where everything stands: boxes and text sizes of each layout, for any size of screen. Pure.

All lengths derive from the shorter side of the screen (a unit is a hundredth of it), so one
description serves portrait and landscape, 720p and 4K. Texts flow: a column stacks its lines
and shrinks them together until they fit.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from display.scenes.boxes import Box, row
from display.scenes.plan import Align, Contents, Plan, Slot
from display.theme import GroundName
from edge_agent.contracts.screen import Layout

TEXT_MIN = 4.0
"""Smallest text in units: 43 px at 1080p, capitals of 15 mm on a 43-inch panel, readable from 3 m."""


def plan(layout: Layout, size: tuple[int, int], contents: Contents) -> Plan:
    """Return where everything of a scene stands on a screen of ``size`` pixels."""
    return _PLANS[layout](_Canvas(*size), contents)


def loop_plan(size: tuple[int, int]) -> Plan:
    """Return the plan of a picture of the idle loop with words over it."""
    return _picture(_Canvas(*size), Contents(picture=True))


def brand_plan(size: tuple[int, int]) -> Plan:
    """Return the plan of the brand's own card, shown when there is nothing else."""
    canvas = _Canvas(*size)
    return Plan("personal", canvas.inner, (Slot("headline", canvas.px(12), bold=True, lines=2),), align="centre")


@dataclass(frozen=True, slots=True)
class _Canvas:
    """A screen, measured in units."""

    width: int
    height: int

    @property
    def landscape(self) -> bool:
        return self.width >= self.height

    @property
    def inner(self) -> Box:
        """The screen without its margins."""
        margin = self.px(7.5)
        return Box(margin, margin, self.width - 2 * margin, self.height - 2 * margin)

    @property
    def brand(self) -> Box:
        """The brand's name, in the bottom margin."""
        return Box(self.inner.x, self.height - self.px(11.5), self.inner.width, self.px(6))

    @property
    def body(self) -> Box:
        """The inner box above the brand's name."""
        return replace(self.inner, height=self.brand.y - self.inner.y - self.px(2))

    def px(self, units: float) -> int:
        return round(units * unit_px((self.width, self.height)))


def unit_px(size: tuple[int, int]) -> float:
    """Return a hundredth of the shorter side of the screen; a screen nearer to a square counts as 16:9 within it."""
    return min(*size, max(size) * 9 / 16) / 100


def _welcome(canvas: _Canvas, contents: Contents) -> Plan:
    if not contents.badges:
        return _spoken(canvas, "personal", align="centre")
    return _beside_badges(
        canvas,
        contents,
        (
            Slot("label", canvas.px(7), bold=True, lines=1),
            Slot("headline", canvas.px(12), canvas.px(1), bold=True),
            Slot("body", canvas.px(5.6), canvas.px(3), lines=4),
        ),
    )


def _order_ready(canvas: _Canvas, contents: Contents) -> Plan:
    slots = (
        Slot("label", canvas.px(7), bold=True, lines=1),
        Slot("headline", canvas.px(11), canvas.px(1), bold=True),
        Slot("body", canvas.px(5.6), canvas.px(2.5), lines=4),
        Slot("place", canvas.px(6.4), canvas.px(5), bold=True, lines=2),
    )
    if not contents.badges:
        return Plan("personal", canvas.body, slots[1:], "centre", minimum_px=canvas.px(TEXT_MIN), brand=canvas.brand)
    return _beside_badges(canvas, contents, slots)


def _beside_badges(canvas: _Canvas, contents: Contents, slots: tuple[Slot, ...]) -> Plan:
    """One large badge (or a few) with words beside or below it."""
    body, gap = canvas.body, canvas.px(7)
    if contents.badges > 1:
        return _group(canvas, contents, slots[1:])
    if canvas.landscape:
        side = min(canvas.px(58), body.width * 36 // 100)
        badge = Box(body.x, body.y + (body.height - side) // 2, side, side)
        column = replace(body, x=badge.right + gap, width=body.right - badge.right - gap)
        return Plan("personal", column, slots, minimum_px=canvas.px(TEXT_MIN), badges=(badge,), brand=canvas.brand)
    side = min(canvas.px(62), body.height * 42 // 100)
    badge = Box((canvas.width - side) // 2, body.y + canvas.px(4), side, side)
    column = replace(body, y=badge.bottom + gap, height=body.bottom - badge.bottom - gap)
    return Plan("personal", column, slots, "centre", "top", canvas.px(TEXT_MIN), badges=(badge,), brand=canvas.brand)


def _group(canvas: _Canvas, contents: Contents, slots: tuple[Slot, ...] = ()) -> Plan:
    slots = slots or (
        Slot("headline", canvas.px(10), bold=True),
        Slot("body", canvas.px(5.6), canvas.px(2.5), lines=4),
        Slot("place", canvas.px(6), canvas.px(4), bold=True, lines=2),
    )
    body = canvas.body
    if not contents.badges:
        return Plan("personal", body, slots, "centre", minimum_px=canvas.px(TEXT_MIN), brand=canvas.brand)
    gap = canvas.px(6)
    if canvas.landscape or contents.badges <= 2:
        tiles = replace(body, height=body.height * (46 if canvas.landscape else 38) // 100)
        badges = row(contents.badges, tiles, gap)
    else:  # two rows in portrait
        tiles = replace(body, height=body.height * 54 // 100)
        half = replace(tiles, height=(tiles.height - 2 * gap) // 2)
        upper = row(2, half, gap)
        lower = row(contents.badges - 2, replace(half, y=half.bottom + 2 * gap), gap)
        badges = upper + lower
    top = tiles.bottom + canvas.px(11)  # room for the names below the badges
    column = replace(body, y=top, height=body.bottom - top)
    return Plan(
        "personal",
        column,
        slots,
        "centre",
        "middle",
        canvas.px(TEXT_MIN),
        badges=badges,
        badge_labels=True,
        brand=canvas.brand,
    )


def _product(canvas: _Canvas, contents: Contents) -> Plan:
    slots = (
        Slot("badge", canvas.px(15)),
        Slot("headline", canvas.px(9.2), canvas.px(4.5), bold=True, lines=3),
        Slot("body", canvas.px(4.8), canvas.px(2), lines=3),
        Slot("product_name", canvas.px(5.4), canvas.px(4.5), lines=2),
        Slot("price", canvas.px(8), canvas.px(0.5), bold=True, lines=1),
        Slot("place", canvas.px(5), canvas.px(3.5), bold=True, lines=2),
    )
    return _beside_picture(canvas, contents, "product", slots, qr_units=20)


def _offer(canvas: _Canvas, contents: Contents) -> Plan:
    slots = (
        Slot("badge", canvas.px(13)),
        Slot("headline", canvas.px(10.5), canvas.px(4), bold=True, lines=3),
        Slot("price", canvas.px(13), canvas.px(2), bold=True, lines=1),
        Slot("product_name", canvas.px(5.4), canvas.px(0.5), lines=2),
        Slot("body", canvas.px(5), canvas.px(2.5), lines=3),
        Slot("place", canvas.px(5), canvas.px(3.5), bold=True, lines=2),
    )
    return _beside_picture(canvas, contents, "offer", slots, qr_units=30)


def _beside_picture(
    canvas: _Canvas, contents: Contents, ground: GroundName, slots: tuple[Slot, ...], qr_units: float
) -> Plan:
    """A panel with picture and QR code; words beside it, or below it in portrait."""
    body, gap, inset = canvas.body, canvas.px(6), canvas.px(6)
    side = canvas.px(qr_units)
    column, panel, picture, qr = body, None, None, None
    if contents.picture and canvas.landscape:
        panel = Box(canvas.width * 55 // 100, 0, canvas.width - canvas.width * 55 // 100, canvas.height)
        column = replace(body, width=panel.x - gap - body.x)
        picture = Box(panel.x + inset, inset, panel.width - 2 * inset, panel.height - 2 * inset)
        if contents.qr:
            qr = Box(panel.x + (panel.width - side) // 2, panel.bottom - inset - side, side, side)
            picture = replace(picture, height=qr.y - inset - canvas.px(3))
    elif contents.picture:
        panel = Box(0, 0, canvas.width, canvas.height * 46 // 100)
        column = replace(body, y=panel.bottom + gap, height=body.bottom - panel.bottom - gap)
        picture = Box(inset, inset, panel.width - 2 * inset, panel.height - 2 * inset)
        if contents.qr:
            qr = Box(panel.right - inset - side, panel.bottom - inset - side, side, side)
            picture = replace(picture, width=qr.x - inset)
    elif contents.qr and canvas.landscape:
        qr = Box(body.right - side, body.y + (body.height - side) // 2, side, side)
        column = replace(body, width=qr.x - gap - body.x)
    elif contents.qr:
        qr = Box(body.x, body.bottom - side, side, side)
        column = replace(body, height=qr.y - gap - body.y)
    return Plan(
        ground,
        column,
        slots,
        minimum_px=canvas.px(TEXT_MIN),
        picture=picture,
        panel=panel,
        qr=qr,
        brand=replace(canvas.brand, width=column.width),
    )


def _service(canvas: _Canvas, contents: Contents) -> Plan:
    plan = _spoken(canvas, "product", align="start" if canvas.landscape else "centre")
    side, gap = canvas.px(30), canvas.px(8)
    body = canvas.body
    column, sign = _sign_beside(canvas, side, gap)
    qr = None
    if contents.qr:
        side = canvas.px(26)
        if canvas.landscape:
            qr = Box(body.right - side, body.y + (body.height - side) // 2, side, side)
            column = replace(column, width=qr.x - gap - column.x)
        else:
            qr = Box((canvas.width - side) // 2, body.bottom - side, side, side)
            column = replace(column, height=qr.y - gap - column.y)
    return replace(plan, column=column, sign=sign, qr=qr)


def _emergency(canvas: _Canvas, _contents: Contents) -> Plan:
    plan = _spoken(canvas, "alarm", align="start" if canvas.landscape else "centre", headline_units=14)
    column, sign = _sign_beside(canvas, canvas.px(40), canvas.px(7))
    return replace(plan, column=column, sign=sign, brand=None)


def _sign_beside(canvas: _Canvas, side: int, gap: int) -> tuple[Box, Box]:
    """Return column and pictogram: side by side, or one above the other in portrait."""
    body = canvas.body
    if canvas.landscape:
        sign = Box(body.x, body.y + (body.height - side) // 2, side, side)
        return replace(body, x=sign.right + gap, width=body.right - sign.right - gap), sign
    sign = Box((canvas.width - side) // 2, body.y + canvas.px(12), side, side)
    return replace(body, y=sign.bottom + gap, height=body.bottom - sign.bottom - gap), sign


def _spoken(canvas: _Canvas, ground: GroundName, align: Align, headline_units: float = 12) -> Plan:
    """Words alone."""
    return Plan(
        ground,
        canvas.body,
        (
            Slot("headline", canvas.px(headline_units), bold=True, lines=4),
            Slot("body", canvas.px(6), canvas.px(3.5), lines=5),
            Slot("place", canvas.px(6), canvas.px(5), bold=True, lines=2),
        ),
        align,
        minimum_px=canvas.px(TEXT_MIN),
        brand=canvas.brand,
    )


def _picture(canvas: _Canvas, contents: Contents) -> Plan:
    inner = canvas.inner
    column = inner
    if canvas.landscape:
        column = replace(inner, width=inner.width * 62 // 100)
    return Plan(
        "personal",
        column,
        (Slot("headline", canvas.px(9.5), bold=True), Slot("body", canvas.px(5.2), canvas.px(2), lines=3)),
        anchor="bottom",
        minimum_px=canvas.px(TEXT_MIN),
        picture=Box(0, 0, canvas.width, canvas.height) if contents.picture else None,
        picture_fit="cover",
        scrim=contents.picture,
    )


_PLANS: dict[Layout, Callable[[_Canvas, Contents], Plan]] = {
    "welcome": _welcome,
    "product": _product,
    "offer": _offer,
    "order_ready": _order_ready,
    "group": _group,
    "service": _service,
    "picture": _picture,
    "emergency": _emergency,
}
