"""Where posters are while they move."""

from hypothesis import given
from hypothesis import strategies as st

from display.items import WHOLE
from display.motion import GLIDE_SPARE, Entrance, glide

ENTRANCES = st.builds(Entrance, st.sampled_from(["fade", "slide", "wipe"]), st.floats(0, 2), st.booleans())


@given(ENTRANCES, st.floats(0, 5), st.floats(0, 1))
def test_an_entrance_only_ever_shows_more(entrance: Entrance, elapsed_s: float, more_s: float) -> None:
    earlier, later = entrance.progress(elapsed_s), entrance.progress(elapsed_s + more_s)
    assert 0 < earlier <= later <= 1
    assert 0 < entrance.opacity(earlier) <= 1
    assert entrance.at(earlier).width <= entrance.at(later).width
    assert entrance.source(earlier)[2:] == entrance.at(earlier)[2:]  # nothing is stretched


@given(ENTRANCES)
def test_at_its_end_everything_is_there(entrance: Entrance) -> None:
    done = entrance.progress(entrance.length_s)
    assert (entrance.opacity(done), entrance.source(done), entrance.at(done)) == (1, WHOLE, WHOLE)


@given(st.text("0123456789abcdef", min_size=64, max_size=64), st.floats(-1, 2))
def test_a_glide_never_leaves_its_picture_and_never_magnifies_it(digest: str, part: float) -> None:
    view = glide(digest, part)
    assert min(view) >= 0
    assert view.x + view.width <= 1 + 1e-9
    assert view.y + view.height <= 1 + 1e-9
    assert view.width == view.height >= 1 / (1 + GLIDE_SPARE) - 1e-9


def test_some_pictures_are_approached_and_some_left_behind() -> None:
    growing = {glide(f"{number:02x}", 0).width < glide(f"{number:02x}", 1).width for number in range(8)}
    assert growing == {True, False}
