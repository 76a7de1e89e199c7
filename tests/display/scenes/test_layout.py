"""Boxes of every layout, for any screen."""

from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from display.scenes.boxes import Box, row, stack
from display.scenes.layout import TEXT_MIN, plan, unit_px
from display.scenes.plan import Contents, mirrored
from edge_agent.contracts.screen import Layout

SIZES = st.one_of(
    st.sampled_from([(1920, 1080), (1080, 1920), (1280, 720), (3840, 2160), (2160, 3840), (1024, 768), (1080, 1080)]),
    st.tuples(st.integers(400, 4000), st.integers(400, 4000)).filter(lambda size: 0.4 <= size[0] / size[1] <= 2.5),
)
CONTENTS = st.builds(Contents, st.integers(0, 4), st.booleans(), st.booleans())


def inside(box: Box, size: tuple[int, int]) -> bool:
    return box.x >= 0 and box.y >= 0 and box.right <= size[0] and box.bottom <= size[1]


def apart(one: Box, other: Box) -> bool:
    return one.right <= other.x or other.right <= one.x or one.bottom <= other.y or other.bottom <= one.y


@given(st.sampled_from(get_args(Layout)), SIZES, CONTENTS)
def test_everything_stands_on_the_screen_and_nothing_overlaps(
    layout: Layout, size: tuple[int, int], contents: Contents
) -> None:
    placed = plan(layout, size, contents)
    boxes = [*placed.badges, placed.column, placed.qr, placed.sign, placed.brand]
    if placed.picture_fit == "contain":
        boxes.append(placed.picture)
    present = [box for box in boxes if box is not None]
    for number, box in enumerate(present):
        assert inside(box, size), box
        assert box.width > 0
        assert box.height > 0
        assert all(apart(box, other) for other in present[number + 1 :])


@given(st.sampled_from(get_args(Layout)), SIZES, CONTENTS)
def test_no_text_is_planned_below_the_readable_minimum(
    layout: Layout, size: tuple[int, int], contents: Contents
) -> None:
    placed = plan(layout, size, contents)
    assert placed.minimum_px == round(TEXT_MIN * unit_px(size))
    assert all(slot.size_px >= placed.minimum_px for slot in placed.slots)


@given(st.sampled_from(get_args(Layout)), SIZES, CONTENTS)
def test_mirroring_twice_changes_nothing(layout: Layout, size: tuple[int, int], contents: Contents) -> None:
    placed = plan(layout, size, contents)
    assert mirrored(mirrored(placed, size[0]), size[0]) == placed


@given(st.integers(1, 4), st.integers(100, 2000), st.integers(100, 2000), st.integers(0, 30))
def test_a_row_fits_its_box(count: int, width: int, height: int, gap_px: int) -> None:
    within = Box(10, 20, width, height)
    boxes = row(count, within, gap_px)
    assert len(boxes) == count
    assert all(box.x >= 10 and box.right <= within.right and box.bottom <= within.bottom for box in boxes)
    assert len({box.width for box in boxes}) == 1


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
