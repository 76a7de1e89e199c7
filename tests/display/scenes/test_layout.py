"""Boxes of every layout, for any screen."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from display.scenes.boxes import Box, stack, tiles
from display.scenes.canvas import QR_MODULE_MM, Canvas, Viewing, measure
from display.scenes.layout import brand_plan, loop_plan, mark_box, plan
from display.scenes.plan import Contents, Plan, mirrored, settled
from display.theme import Space
from edge_agent.contracts.screen import Layout

SIZES = st.one_of(
    st.sampled_from([(1920, 1080), (1080, 1920), (1280, 720), (3840, 2160), (2160, 3840), (1024, 768), (1080, 1080)]),
    st.sampled_from([(3840, 1080), (1080, 2520), (1920, 540), (480, 1920)]),
    st.tuples(st.integers(400, 4000), st.integers(400, 4000)).filter(lambda size: 0.25 <= size[0] / size[1] <= 4),
)
CONTENTS = st.builds(Contents, st.integers(0, 4), st.booleans(), st.sampled_from([0, 33, 41, 53]))
VIEWINGS = st.builds(Viewing, st.floats(10, 100), st.floats(1, 6), st.floats(0, 10))
SPACES = st.builds(
    Space, margin=st.floats(4, 12), gap=st.floats(3, 10), brand=st.floats(3, 12), text=st.floats(0.8, 1.25)
)
CANVASES = st.builds(measure, SIZES, VIEWINGS, SPACES)
LAYOUTS = st.sampled_from(get_args(Layout))


def inside(box: Box, other: Box) -> bool:
    return box.x >= other.x and box.y >= other.y and box.right <= other.right and box.bottom <= other.bottom


def apart(one: Box, other: Box) -> bool:
    return one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y


def parts(placed: Plan) -> list[Box]:
    """What matters: everything but grounds, panels and pictures that fill the screen."""
    boxes = [*placed.badges, *placed.names, placed.column, placed.qr, placed.sign, placed.brand]
    if placed.picture_fit == "contain":
        boxes.append(placed.picture)
    return [box for box in boxes if box is not None]


@given(LAYOUTS, CANVASES, CONTENTS)
def test_everything_stands_in_the_safe_box_and_nothing_overlaps(
    layout: Layout, canvas: Canvas, contents: Contents
) -> None:
    present = parts(plan(layout, canvas, contents))
    for number, box in enumerate(present):
        assert inside(box, canvas.safe), box
        assert box.width > 0
        assert box.height > 0
        assert all(apart(box, other) for other in present[number + 1 :])


@given(LAYOUTS, CANVASES, CONTENTS, st.floats(0, 1))
def test_what_settles_stays_in_its_place(layout: Layout, canvas: Canvas, contents: Contents, filled: float) -> None:
    placed = plan(layout, canvas, contents)
    lowered = settled(placed, filled * placed.column.height)
    present = parts(lowered)
    assert lowered.column.height >= filled * placed.column.height - 1
    for number, box in enumerate(present):
        assert inside(box, canvas.safe)
        assert all(apart(box, other) for other in present[number + 1 :])


@given(LAYOUTS, CANVASES, CONTENTS)
def test_what_bleeds_reaches_the_edges_of_the_screen(layout: Layout, canvas: Canvas, contents: Contents) -> None:
    placed = plan(layout, canvas, contents)
    screen = canvas.screen
    if placed.picture_fit == "cover" and placed.picture is not None:
        assert placed.picture == screen
    if placed.panel is not None:
        assert placed.panel.right == screen.right
        assert placed.panel.bottom == screen.bottom if canvas.landscape else placed.panel.y == screen.y


@given(LAYOUTS, CANVASES, CONTENTS)
def test_no_text_is_planned_below_the_readable_minimum(layout: Layout, canvas: Canvas, contents: Contents) -> None:
    placed = plan(layout, canvas, contents)
    assert placed.minimum_px == canvas.smallest_px
    assert all(slot.size_px >= placed.minimum_px for slot in placed.slots if slot.role != "badge")


@given(LAYOUTS.filter(lambda layout: layout != "emergency"), CANVASES, st.booleans(), st.sampled_from([0, 41]))
def test_whoever_is_addressed_sees_the_badge_in_every_layout(
    layout: Layout, canvas: Canvas, picture: bool, modules: int
) -> None:
    placed = plan(layout, canvas, Contents(1, picture, modules))
    in_column = [slot.size_px for slot in placed.slots if slot.role == "badge"]
    assert len(placed.badges) + len(in_column) == 1
    if in_column:
        assert in_column[0] >= 0.2 * canvas.px(100)
    else:
        assert layout == "group" or any(slot.role == "label" for slot in placed.slots), "its name in words"


@given(LAYOUTS.filter(lambda layout: layout not in ("emergency", "group")), CANVASES, st.integers(0, 1), st.booleans())
def test_every_layout_that_an_offer_or_an_order_may_have_has_room_for_a_code(
    layout: Layout, canvas: Canvas, badges: int, picture: bool
) -> None:
    placed = plan(layout, canvas, Contents(badges, picture, 41))
    assert placed.qr is not None or canvas.qr_px(22, 41, canvas.body) == 0


@given(CANVASES)
def test_an_emergency_has_the_largest_words(canvas: Canvas) -> None:
    def largest(layout: Layout) -> float:
        return max(slot.size_px for slot in plan(layout, canvas, Contents()).slots if slot.role != "badge")

    assert all(largest("emergency") >= 1.25 * largest(other) for other in get_args(Layout) if other != "emergency")


@given(LAYOUTS, CANVASES, CONTENTS)
def test_mirroring_twice_changes_nothing(layout: Layout, canvas: Canvas, contents: Contents) -> None:
    placed = plan(layout, canvas, contents)
    assert mirrored(mirrored(placed, canvas.screen.width), canvas.screen.width) == placed


@given(LAYOUTS, CANVASES, CONTENTS)
def test_from_right_to_left_everything_stands_on_the_other_side(
    layout: Layout, canvas: Canvas, contents: Contents
) -> None:
    placed, width = plan(layout, canvas, contents), canvas.screen.width
    turned = mirrored(placed, width)
    for box, other in zip(parts(placed), parts(turned), strict=True):
        assert (other.x, other.right, other.y, other.bottom) == (width - box.right, width - box.x, box.y, box.bottom)
    other_side = {"start": "end", "centre": "centre"}
    assert (turned.align, turned.brand_align) == (other_side[placed.align], other_side[placed.brand_align])


@given(CANVASES, st.sampled_from([33, 41, 53]))
def test_the_modules_of_a_code_are_whole_pixels_and_as_large_as_a_phone_needs_where_there_is_room(
    canvas: Canvas, modules: int
) -> None:
    side = canvas.qr_px(22, modules, canvas.safe)
    assert side % modules == 0
    room = 0.42 * min(canvas.visible.width, canvas.visible.height)
    assert side // modules >= min(QR_MODULE_MM * canvas.mm_px - 1, room / modules - 1)


@given(CANVASES)
def test_the_brand_and_the_words_of_the_loop_stand_in_the_safe_box(canvas: Canvas) -> None:
    for box in (brand_plan(canvas).column, loop_plan(canvas).column, mark_box(canvas)):
        assert inside(box, canvas.safe)


def test_overscan_moves_what_matters_and_nothing_else() -> None:
    whole, cut = (measure((1920, 1080), Viewing(overscan_percent=percent), Space()) for percent in (0, 5))
    assert cut.visible == Box(96, 54, 1728, 972)
    assert cut.screen == whole.screen
    assert cut.smallest_px == whole.smallest_px


@given(st.integers(1, 4), st.integers(1, 4), st.integers(200, 2000), st.integers(300, 2000), st.integers(0, 30))
def test_tiles_fit_their_box(count: int, columns: int, width: int, height: int, spread_px: int) -> None:
    within = Box(10, 20, width, height)
    placed = tiles(count, columns, within, spread_px, 30)
    boxes = [box for pair in placed for box in pair]
    assert len(placed) == count
    assert all(inside(box, within) for box in boxes)
    assert len({square.width for square, _ in placed}) == 1
    assert all(apart(one, other) for number, one in enumerate(boxes) for other in boxes[number + 1 :])


@given(st.lists(st.tuples(st.floats(1, 100), st.floats(0, 20)), min_size=1, max_size=6))
def test_a_stack_keeps_order_and_gaps(pieces: list[tuple[float, float]]) -> None:
    heights, gaps = zip(*pieces, strict=True)
    column = Box(0, 50, 100, 1000)
    for anchor in ("top", "middle", "bottom"):
        tops = stack(column, heights, gaps, anchor)
        assert tops[0] >= column.y
        assert tops[-1] + heights[-1] <= column.bottom + 1
        for number in range(1, len(tops)):
            assert abs(tops[number] - tops[number - 1] - heights[number - 1] - gaps[number]) <= 1
