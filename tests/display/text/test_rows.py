"""Lines below each other: even, near, and never touching."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from display.text.rows import Ink, rows

INKS = st.lists(st.builds(Ink, st.floats(-20, 300), st.floats(-20, 300)), min_size=1, max_size=12)


def test_a_script_with_marks_above_its_letters_gets_wider_lines() -> None:
    plain = [Ink(40, 10)] * 3
    assert rows(plain, 50, "en").height_px < rows(plain, 50, "vi").height_px < rows(plain, 50, "ar").height_px


def test_a_tall_stroke_moves_all_lines_apart_alike() -> None:
    stood = rows([Ink(40, 10), Ink(120, 10), Ink(40, 10)], 50, "en")
    first, second, third = stood.baselines_px
    assert second - first == third - second >= 130


@given(INKS, st.floats(8, 200), st.sampled_from(["en", "de", "ar", "th", "ja", "xx"]))
def test_no_stroke_leaves_the_block_or_touches_another_line(inks: list[Ink], size_px: float, language: str) -> None:
    stood = rows(inks, size_px, language)
    edges = [(base - ink.above_px, base + ink.below_px) for ink, base in zip(inks, stood.baselines_px, strict=True)]
    assert edges[0][0] >= 0
    assert edges[-1][1] <= stood.height_px
    for (_, bottom), (top, _) in itertools.pairwise(edges):
        assert bottom <= top + 1  # baselines stand on whole pixels
