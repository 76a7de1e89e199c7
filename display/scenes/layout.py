"""Where everything stands: boxes and text sizes of each layout, for any screen. Pure.

Texts flow: a column stacks its lines and shrinks them together until they fit. Parts that a scene
does not have leave no hole. What a layout has no place for (the picture of an order, say) is left out.
"""

from collections.abc import Callable
from dataclasses import replace

from display.scenes.boxes import Box, tiles
from display.scenes.canvas import QR_MODULE_LEAST_MM, Canvas
from display.scenes.plan import Align, Contents, Plan, Slot
from display.theme import GroundName
from edge_agent.contracts.screen import Layout

_PANEL = 44  # percent of the longer side that a picture's panel takes
_BADGE = 24  # units of a badge that stands in a column of words
_SMALL = 4.0  # units of the brand's name, and of the names below badges


def plan(layout: Layout, canvas: Canvas, contents: Contents) -> Plan:
    """Return where everything of a scene stands."""
    return _finished(_PLANS[layout](canvas, contents), canvas)


def loop_plan(canvas: Canvas) -> Plan:
    """Return the plan of a picture of the idle loop with words over it."""
    return _finished(_picture(canvas, Contents(picture=True)), canvas)


def brand_plan(canvas: Canvas) -> Plan:
    """Return the plan of the brand's own card, for when there is nothing else; a logo replaces the words."""
    slots = (Slot("headline", canvas.text(12), bold=True, lines=2),)
    return Plan("personal", canvas.safe, slots, "centre", brand_align="centre")


def mark_box(canvas: Canvas) -> Box:
    """Return where the logo stands on the brand's own card."""
    safe = canvas.safe
    width, height = min(safe.width, canvas.px(110)), min(safe.height, canvas.px(34))
    return Box(safe.x + (safe.width - width) // 2, safe.y + (safe.height - height) // 2, width, height)


def _finished(plan: Plan, canvas: Canvas) -> Plan:
    return replace(
        plan, minimum_px=canvas.smallest_px, small_px=canvas.text(_SMALL), module_px=QR_MODULE_LEAST_MM * canvas.mm_px
    )


def _welcome(canvas: Canvas, contents: Contents) -> Plan:
    if not contents.badges:
        return _with_code(canvas, contents, _spoken(canvas, "personal", headline_units=14))
    slots = (
        _label(canvas),
        Slot("headline", canvas.text(12), canvas.px(1), bold=True),
        Slot("body", canvas.text(5.6), canvas.px(3), lines=4),
    )
    return _with_code(canvas, contents, _beside_badges(canvas, contents, slots))


def _order_ready(canvas: Canvas, contents: Contents) -> Plan:
    slots = (
        _label(canvas),
        Slot("headline", canvas.text(11.5), canvas.px(1), bold=True),
        Slot("body", canvas.text(5.6), canvas.px(2.5), lines=4),
        Slot("place", canvas.text(6.4), canvas.px(5), bold=True, lines=2),
    )
    if contents.badges:
        return _with_code(canvas, contents, _beside_badges(canvas, contents, slots))
    plan = Plan("personal", canvas.middle, slots[1:], "centre", brand=canvas.brand, brand_align="centre")
    return _with_code(canvas, contents, plan)


def _label(canvas: Canvas) -> Slot:
    """The name of a large badge, first of its column."""
    return Slot("label", canvas.text(7.5), bold=True, lines=1)


def _beside_badges(canvas: Canvas, contents: Contents, slots: tuple[Slot, ...]) -> Plan:
    """One large badge (or a few) with words beside or below it."""
    if contents.badges > 1:
        return _group(canvas, contents, slots[1:])
    body, full = canvas.middle, 100 if not contents.qr_modules else 72  # a QR code takes room from badge and words
    if canvas.landscape:
        side = min(canvas.px(60), body.width * 37 // 100, body.height) * full // 100
        badge = Box(body.x, body.y + (body.height - side) // 2, side, side)
        column = replace(body, x=badge.right + canvas.gap, width=body.right - badge.right - canvas.gap)
        return Plan("personal", column, slots, badges=(badge,), brand=canvas.brand)
    side = min(canvas.px(66), body.height * 42 // 100) * full // 100
    badge = Box(body.x + (body.width - side) // 2, body.y, side, side)
    return Plan(
        "personal",
        _below(body, badge.bottom + canvas.gap),
        slots,
        "centre",
        "top",
        settles=True,
        badges=(badge,),
        brand=canvas.brand,
        brand_align="centre",
    )


def _group(canvas: Canvas, contents: Contents, slots: tuple[Slot, ...] = ()) -> Plan:
    slots = slots or (
        Slot("headline", canvas.text(10), bold=True),
        Slot("body", canvas.text(5.6), canvas.px(2.5), lines=4),
        Slot("place", canvas.text(6), canvas.px(4), bold=True, lines=2),
    )
    body, count = canvas.middle, contents.badges
    if not count:
        return Plan("personal", body, slots, "centre", brand=canvas.brand, brand_align="centre")
    name_px = round(2.75 * canvas.text(_SMALL))  # two lines, or a larger one
    low = body.width > 1.9 * canvas.visible.height or canvas.text(_SMALL) > canvas.px(5)
    if canvas.landscape and low:  # no room for words below
        room = replace(body, width=body.width * (24 + 9 * count) // 100)
        column = replace(body, x=room.right + canvas.gap, width=body.right - room.right - canvas.gap)
        placed = tiles(count, count, room, canvas.gap, name_px)
        drop = (body.bottom - placed[-1][1].bottom) // 2
        badges, names = ([replace(box, y=box.y + drop) for box in boxes] for boxes in zip(*placed, strict=True))
        return Plan("personal", column, slots, badges=tuple(badges), names=tuple(names), brand=canvas.brand)
    columns, spread = (count, 2 * canvas.gap) if canvas.landscape else (min(count, 2), canvas.gap)
    room = replace(body, height=body.height * (58 if canvas.landscape else 22 + 19 * -(-count // columns)) // 100)
    squares, labels = zip(*tiles(count, columns, room, spread, name_px), strict=True)
    column = _below(body, labels[-1].bottom)
    return Plan(
        "personal",
        column,
        slots,
        "centre",
        "top",
        settles=True,
        badges=squares,
        names=labels,
        brand=canvas.brand,
        brand_align="centre",
    )


def _product(canvas: Canvas, contents: Contents) -> Plan:
    slots = (
        Slot("badge", canvas.px(_BADGE)),
        Slot("headline", canvas.text(8.8), canvas.px(2.5), bold=True, lines=3),
        Slot("body", canvas.text(4.8), canvas.px(1), lines=3),
        Slot("product_name", canvas.text(5), canvas.px(2.5), lines=2),
        Slot("price", canvas.text(8.2), canvas.px(0), bold=True, lines=1),
        Slot("place", canvas.text(4.8), canvas.px(2.5), bold=True, lines=2),
    )
    return _beside_picture(canvas, contents, "product", slots, qr_units=22)


def _offer(canvas: Canvas, contents: Contents) -> Plan:
    slots = (
        Slot("badge", canvas.px(_BADGE)),
        Slot("headline", canvas.text(10.5), canvas.px(3.5), bold=True, lines=3),
        Slot("price", canvas.text(13), canvas.px(2), bold=True, lines=1),
        Slot("product_name", canvas.text(5.2), canvas.px(0.5), lines=2),
        Slot("body", canvas.text(5), canvas.px(2.5), lines=3),
        Slot("place", canvas.text(5), canvas.px(3.5), bold=True, lines=2),
    )
    return _beside_picture(canvas, contents, "offer", slots, qr_units=30)


def _beside_picture(
    canvas: Canvas, contents: Contents, ground: GroundName, slots: tuple[Slot, ...], qr_units: float
) -> Plan:
    """A panel with picture and QR code; words beside it, or below it on an upright screen."""
    if not contents.picture:
        return _beside_code(canvas, contents, ground, slots, qr_units)
    body, gap, screen, visible = canvas.body, canvas.gap, canvas.screen, canvas.visible
    inset = canvas.px(canvas.space.margin)
    qr = None
    if canvas.landscape:
        panel = _right_of(screen, visible.right - visible.width * _PANEL // 100)
        column = replace(body, width=panel.x - gap - body.x)
        inner = Box(panel.x + inset, canvas.safe.y, canvas.safe.right - panel.x - inset, canvas.safe.height)
        picture = inner
        if side := canvas.qr_px(qr_units, contents.qr_modules, inner):
            qr = Box(inner.x + (inner.width - side) // 2, inner.bottom - side, side, side)
            picture = replace(inner, height=qr.y - gap // 2 - inner.y)
    else:
        panel = replace(screen, height=visible.y + visible.height * _PANEL // 100)
        column = _below(body, panel.bottom + gap)
        inner = Box(canvas.safe.x, canvas.safe.y, canvas.safe.width, panel.bottom - inset - canvas.safe.y)
        picture = inner
        if side := canvas.qr_px(qr_units, contents.qr_modules, inner):
            qr = Box(inner.right - side, inner.bottom - side, side, side)
            picture = replace(inner, width=qr.x - gap // 2 - inner.x)
    return Plan(
        ground,
        column,
        slots,
        picture=picture,
        panel=panel,
        qr=qr,
        brand=replace(canvas.brand, x=column.x, width=column.width),
    )


def _beside_code(
    canvas: Canvas, contents: Contents, ground: GroundName, slots: tuple[Slot, ...], qr_units: float
) -> Plan:
    """Words, larger than beside a picture, and a QR code beside or below them; a badge has the picture's room."""
    if contents.badges:
        spoken = (_label(canvas), *(slot for slot in slots if slot.role != "badge"))
        return _with_code(canvas, contents, replace(_beside_badges(canvas, contents, spoken), ground=ground))
    slots = tuple(replace(slot, size_px=1.3 * slot.size_px, gap_px=1.3 * slot.gap_px) for slot in slots)
    body, gap, qr = canvas.middle, canvas.gap, None
    column = body
    if side := canvas.qr_px(qr_units * 1.35, contents.qr_modules, body):
        if canvas.landscape:
            qr = Box(body.right - side, body.y + (body.height - side) // 2, side, side)
            column = replace(body, width=qr.x - gap - body.x)
        else:
            qr = Box(body.x, body.bottom - side, side, side)
            column = replace(body, height=qr.y - gap - body.y)
    return Plan(ground, column, slots, qr=qr, brand=replace(canvas.brand, x=column.x, width=column.width))


def _service(canvas: Canvas, contents: Contents) -> Plan:
    if not contents.badges:
        return _with_code(canvas, contents, _beside_sign(canvas, _spoken(canvas, "product", headline_units=10.5), 28))
    slots = (
        _label(canvas),
        Slot("headline", canvas.text(10.5), canvas.px(1), bold=True, lines=4),
        Slot("body", canvas.text(5.6), canvas.px(2.5), lines=5),
        Slot("place", canvas.text(5.6), canvas.px(4), bold=True, lines=2),
    )
    return _with_code(canvas, contents, replace(_beside_badges(canvas, contents, slots), ground="product"))


def _with_code(canvas: Canvas, contents: Contents, plan: Plan) -> Plan:
    """Take the room for a QR code from the words: at their end, or below them on an upright screen."""
    column = plan.column
    if canvas.landscape:
        side = canvas.qr_px(28, contents.qr_modules, replace(column, width=column.width // 2))
        qr = Box(column.right - side, column.y + (column.height - side) // 2, side, side)
        column = replace(column, width=qr.x - canvas.gap - column.x)
    else:
        side = canvas.qr_px(28, contents.qr_modules, replace(column, height=column.height // 2))
        qr = Box(column.x + (column.width - side) // 2, column.bottom - side, side, side)
        column = replace(column, height=qr.y - canvas.gap - column.y)
    if not side or contents.badges > 1:
        return plan
    if canvas.landscape:
        return replace(plan, column=column, qr=qr, align="start", brand_align="start")
    return replace(plan, column=column, qr=qr)


def _emergency(canvas: Canvas, _contents: Contents) -> Plan:
    """As large as it can be: the texts shrink from a size that fills the screen."""
    slots = (
        Slot("headline", canvas.text(22), bold=True, lines=4),
        Slot("body", canvas.text(9.5), canvas.px(4), bold=True, lines=5),
        Slot("place", canvas.text(9), canvas.px(5), bold=True, lines=2),
    )
    words = Plan("alarm", replace(canvas.middle, height=canvas.safe.height), slots)
    return _beside_sign(canvas, words, 36)


def _beside_sign(canvas: Canvas, plan: Plan, units: float) -> Plan:
    """Words with a pictogram: side by side, or one above the other on an upright screen."""
    column = plan.column
    side = min(canvas.px(units), column.width * 28 // 100 if canvas.landscape else column.height * 24 // 100)
    if canvas.landscape:
        sign = Box(column.x, column.y + (column.height - side) // 2, side, side)
        beside = replace(column, x=sign.right + canvas.gap, width=column.right - sign.right - canvas.gap)
        return replace(plan, column=beside, sign=sign, align="start", brand_align="start")
    sign = Box(column.x + (column.width - side) // 2, column.y, side, side)
    below = _below(column, sign.bottom + canvas.gap)
    return replace(plan, column=below, sign=sign, align="centre", anchor="top", settles=True)


def _spoken(canvas: Canvas, ground: GroundName, headline_units: float) -> Plan:
    """Words alone."""
    align: Align = "centre"
    slots = (
        Slot("headline", canvas.text(headline_units), bold=True, lines=4),
        Slot("body", canvas.text(6), canvas.px(3.5), lines=5),
        Slot("place", canvas.text(6), canvas.px(5), bold=True, lines=2),
    )
    return Plan(ground, canvas.middle, slots, align, brand=canvas.brand, brand_align=align)


def _picture(canvas: Canvas, contents: Contents) -> Plan:
    """A picture to its edges, with words at the bottom."""
    slots = (
        Slot("badge", canvas.px(_BADGE)),
        Slot("headline", canvas.text(9.5), canvas.px(3), bold=True),
        Slot("body", canvas.text(5.2), canvas.px(2), lines=3),
        Slot("price", canvas.text(8), canvas.px(2), bold=True, lines=1),
        Slot("place", canvas.text(5), canvas.px(3.5), bold=True, lines=2),
    )
    if not contents.picture:
        return _beside_code(canvas, contents, "personal", slots, qr_units=26)
    safe, qr = canvas.safe, None
    column = replace(safe, width=min(safe.width, canvas.px(120))) if canvas.landscape else safe
    if side := canvas.qr_px(26, contents.qr_modules, safe):
        qr = Box(safe.right - side, safe.bottom - side if canvas.landscape else safe.y, side, side)
        if canvas.landscape:
            column = replace(column, width=min(column.width, qr.x - canvas.gap - column.x))
        else:
            column = _below(column, qr.bottom + canvas.gap)
    return Plan(
        "picture",
        column,
        slots,
        anchor="bottom",
        picture=canvas.screen,
        picture_fit="cover",
        qr=qr,
        scrim=True,
    )


def _below(box: Box, y: int) -> Box:
    return replace(box, y=y, height=max(1, box.bottom - y))


def _right_of(box: Box, x: int) -> Box:
    return replace(box, x=x, width=box.right - x)


_PLANS: dict[Layout, Callable[[Canvas, Contents], Plan]] = {
    "welcome": _welcome,
    "product": _product,
    "offer": _offer,
    "order_ready": _order_ready,
    "group": _group,
    "service": _service,
    "picture": _picture,
    "emergency": _emergency,
}
