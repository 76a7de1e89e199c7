"""Posters on a panel, in every position and by every way of drawing."""

import pygame
import pytest
from hypothesis import given
from hypothesis import strategies as st

from display.items import WHOLE, Area
from display.panel.canvas import Placed, SurfaceCanvas
from display.panel.geometry import Rotation, corners, pixels, seen_size
from display.panel.window import Offscreen

RED, GREEN, BLUE, WHITE, BLACK = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0)
ROTATIONS = pytest.mark.parametrize("rotation", [0, 90, 180, 270])


def poster(size: tuple[int, int]) -> pygame.Surface:
    """Return a white poster with a red corner at the top left and a green one at the top right."""
    surface = pygame.Surface(size, 0, 32)
    surface.fill(WHITE)
    surface.fill(RED, (0, 0, size[0] // 4, size[1] // 4))
    surface.fill(GREEN, (size[0] - size[0] // 4, 0, size[0] // 4, size[1] // 4))
    return surface


def corner_colours(surface: pygame.Surface) -> list[tuple[int, ...]]:
    """Return the colours at the four corners, clockwise from the top left one."""
    right, bottom = surface.get_width() - 2, surface.get_height() - 2
    return [tuple(surface.get_at(at))[:3] for at in ((1, 1), (right, 1), (right, bottom), (1, bottom))]


@ROTATIONS
def test_the_picture_is_turned_clockwise_on_the_panel_and_upright_in_the_file(rotation: Rotation) -> None:
    screen = Offscreen((320, 180), rotation)
    assert screen.size == ((320, 180) if rotation in (0, 180) else (180, 320))
    layers = [Placed(screen.upload(poster(screen.size)))]
    screen.present(layers)
    upright = [RED, GREEN, WHITE, WHITE]
    steps = rotation // 90
    assert corner_colours(screen.panel) == upright[-steps:] + upright[:-steps] if steps else upright
    small = screen.picture(layers, (screen.size[0] // 2, screen.size[1] // 2))
    assert corner_colours(small) == upright


@ROTATIONS
def test_a_part_of_a_poster_goes_where_it_should(rotation: Rotation) -> None:
    screen = Offscreen((320, 180), rotation)
    ground = pygame.Surface(screen.size, 0, 32)
    ground.fill(BLUE)
    red_corner = Placed(screen.upload(poster(screen.size)), 1.0, Area(0, 0, 0.25, 0.25), Area(0.5, 0.5, 0.25, 0.25))
    layers = [Placed(screen.upload(ground)), red_corner]
    screen.present(layers)
    seen = screen.picture(layers, screen.size)
    width, height = screen.size
    assert tuple(seen.get_at((width // 2 + 3, height // 2 + 3)))[:3] == RED
    assert tuple(seen.get_at((width // 2 - 3, height // 2 - 3)))[:3] == BLUE
    assert tuple(seen.get_at((width * 3 // 4 + 3, height * 3 // 4 + 3)))[:3] == BLUE


def test_what_nothing_covers_is_black() -> None:
    screen = Offscreen((320, 180))
    uploaded = screen.upload(poster(screen.size))
    screen.present([Placed(uploaded)])
    screen.present([Placed(uploaded, 1.0, WHOLE, Area(0.5, 0, 0.5, 1))])
    assert tuple(screen.panel.get_at((10, 10)))[:3] == BLACK
    screen.present([])
    assert corner_colours(screen.panel) == [BLACK] * 4


def test_a_poster_that_was_blended_is_opaque_again() -> None:
    target = pygame.Surface((40, 40), 0, 32)
    canvas = SurfaceCanvas(lambda: target, lambda: None, 0, (40, 40))
    white = pygame.Surface((40, 40), 0, 32)
    white.fill(WHITE)
    black = pygame.Surface((40, 40), 0, 32)
    canvas.draw([Placed(black), Placed(white, 0.5)])
    assert 120 <= target.get_at((5, 5))[0] <= 135
    canvas.draw([Placed(white)])
    assert tuple(target.get_at((5, 5)))[:3] == WHITE


@pytest.mark.parametrize("opacity", [0.999, 1.0])
def test_what_covers_fully_is_copied_and_not_blended(opacity: float) -> None:
    """Blended at full opacity, a poster takes 45 ms at 1920x1080: slides and the ends of fades would stand still."""
    screen = Offscreen((40, 40))
    ground, white = pygame.Surface((40, 40), 0, 32), pygame.Surface((40, 40), 0, 32)
    white.fill(WHITE)
    screen.present([Placed(ground), Placed(white, 0.5)])
    assert white.get_alpha() == 128
    screen.present([Placed(ground), Placed(white, opacity)])
    assert white.get_alpha() is None
    assert tuple(screen.panel.get_at((5, 5)))[:3] == WHITE


@pytest.mark.parametrize(("opacity", "shines"), [(1.0, 255), (0.5, 128)])
def test_words_on_nothing_let_through_what_is_below_them(opacity: float, shines: int) -> None:
    screen = Offscreen((40, 40))
    ground = pygame.Surface((40, 40), 0, 32)
    ground.fill(BLUE)
    words = pygame.Surface((40, 40), pygame.SRCALPHA, 32)
    words.fill(RED, (0, 0, 20, 40))
    screen.present([Placed(ground), Placed(words, opacity)])
    red, _, blue = tuple(screen.panel.get_at((5, 5)))[:3]
    assert red == pytest.approx(shines, abs=3)
    assert blue == pytest.approx(255 - shines, abs=3)
    assert tuple(screen.panel.get_at((30, 5)))[:3] == BLUE


def test_a_film_whose_channels_are_in_another_order_keeps_its_colours_in_a_fade() -> None:
    screen = Offscreen((40, 40))
    film = screen.upload(pygame.image.frombytes(bytes((200, 100, 20, 0)) * 1600, (40, 40), "RGBX"))
    ground = pygame.Surface((40, 40), 0, 32)
    for opacity in (0.5, 0.25, 1.0):
        screen.present([Placed(ground), Placed(film, opacity)])
        seen = tuple(screen.panel.get_at((5, 5)))[:3]
        assert seen == pytest.approx([part * opacity for part in (200, 100, 20)], abs=3)


fractions = st.floats(0, 1, allow_nan=False)


@given(fractions, fractions, st.integers(1, 4000), st.integers(1, 4000))
def test_neighbours_meet_and_fill_the_panel(x: float, y: float, width: int, height: int) -> None:
    size = width, height
    left = pixels(Area(0, 0, x, y), size)
    right = pixels(Area(x, 0, 1 - x, y), size)
    below = pixels(Area(0, y, x, 1 - y), size)
    assert left[2] + right[2] == width
    assert left[3] + below[3] == height
    assert left[0] + left[2] == right[0]


@given(fractions, fractions, fractions, fractions, st.sampled_from([0, 90, 180, 270]))
def test_corners_span_the_turned_area(x: float, y: float, width: float, height: float, rotation: Rotation) -> None:
    area = Area(x, y, width, height)
    points = corners(area, rotation)
    turned = area.turned(rotation)
    assert min(point[0] for point in points) == pytest.approx(turned.x)
    assert max(point[1] for point in points) == pytest.approx(turned.y + turned.height)
    assert seen_size(seen_size((3, 4), rotation), rotation) == (3, 4)
