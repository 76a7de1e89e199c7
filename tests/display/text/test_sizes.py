"""The smallest readable text: from panel and distance, within what a card can bear."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.text.sizes import CAPITAL_SHARE, LEAST_SHARE, MOST_SHARE, readable_px, shorter_px, smallest_px

SIDES = st.integers(200, 8192)
DIAGONALS = st.floats(5, 200)
DISTANCES = st.floats(0.3, 30)


def test_capitals_on_a_43_inch_panel_are_15_mm_high_from_3_m() -> None:
    size_px = smallest_px(1080, 1920, 43, 3)
    panel_height_mm = 43 * 25.4 * 1080 / (1080**2 + 1920**2) ** 0.5
    assert size_px * CAPITAL_SHARE / 1080 * panel_height_mm == pytest.approx(15)
    assert size_px == pytest.approx(42.4, abs=0.1)


def test_it_follows_distance_diagonal_and_resolution() -> None:
    size_px = smallest_px(1080, 1920, 43, 3)
    assert smallest_px(2160, 3840, 43, 3) == pytest.approx(2 * size_px)
    assert smallest_px(1920, 1080, 43, 3) == size_px
    assert smallest_px(1080, 1920, 43, 2) == pytest.approx(size_px * 2 / 3)
    assert smallest_px(1080, 1920, 86, 6) == pytest.approx(size_px)


def test_a_small_panel_far_away_cannot_be_read() -> None:
    assert smallest_px(1080, 1920, 10, 5) == pytest.approx(MOST_SHARE * 1080)
    assert readable_px(1080, 1920, 10, 5) > 3 * smallest_px(1080, 1920, 10, 5)


@given(SIDES, SIDES, DIAGONALS, DISTANCES)
def test_it_stays_within_what_a_card_can_bear(height: int, width: int, diagonal: float, distance: float) -> None:
    side_px = shorter_px(height, width)
    assert LEAST_SHARE * side_px <= smallest_px(height, width, diagonal, distance) <= MOST_SHARE * side_px
