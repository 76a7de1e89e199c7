"""Pictures of any kind, the hostile ones in a child process."""

import io
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from display.errors import PosterError
from display.scenes.apart import decode_apart
from display.scenes.decoding import Fit, Pixels, decode
from tests.display import bombs
from tests.display.units import children, png, resident_mb

SIZE = (320, 180)
FITS: tuple[Fit, ...] = ("contain", "cover")


def draw(content: bytes, fit: Fit = "cover") -> Pixels:
    return decode_apart(lambda: decode(content, SIZE, fit), SIZE)


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_every_format_of_the_contract_is_drawn(picture_format: str) -> None:
    content = bombs.encoded(picture_format, (640, 640))
    assert draw(content).size == SIZE
    assert draw(content, "contain").size == (180, 180)


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "WEBP", "AVIF"])
def test_a_photograph_stands_upright_however_the_camera_was_held(
    picture_format: str, orientation: int, fit: Fit
) -> None:
    """A red wall left of a blue one."""
    pixels = draw(bombs.held(picture_format, orientation), fit)
    assert pixels.size == SIZE
    for row in (5, 175):
        left, right = (pixels.rows[3 * (row * SIZE[0] + x) :][:3] for x in (10, 310))
        assert (left[0] > 200, left[2] > 200) == (True, False)
        assert (right[0] > 200, right[2] > 200) == (False, True)


def test_a_photograph_on_end_fills_its_place() -> None:
    content = bombs.held("JPEG", 6)
    assert decode(content, (90, 160), "contain").size == (90, 51)
    assert decode(content, (90, 160), "cover").size == (90, 160)


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0MM\0*\xff\xff\xff\xff", b"Exif\0\0nonsense", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"]
)
def test_a_photograph_whose_exif_data_are_broken_is_drawn_as_it_is(exif: bytes) -> None:
    file = io.BytesIO()
    Image.new("RGB", (320, 180)).save(file, "JPEG", exif=exif)
    assert draw(file.getvalue()).size == SIZE


def test_an_svg_is_drawn_at_the_size_where_it_is_shown() -> None:
    content = bombs.svg('<rect width="100" height="100" fill="#00f"/>')
    assert draw(content, "contain").size == (180, 180)
    covering = draw(content)
    assert covering.size == SIZE
    assert {covering.rows[i : i + 4] for i in range(0, len(covering.rows), 4)} == {b"\0\0\xff\xff"}


@pytest.mark.parametrize("fit", FITS)
@pytest.mark.parametrize("natural", [(1, 30_000), (30_000, 1), (1, 1)])
def test_the_thinnest_picture_never_becomes_larger_than_its_place(natural: tuple[int, int], fit: Fit) -> None:
    width, height = draw(bombs.png_of_zeros(*natural), fit).size
    assert width <= SIZE[0]
    assert height <= SIZE[1]


@pytest.mark.parametrize(
    ("make", "reason"),
    [  # made when its turn comes: the large ones take seconds, and every process that runs tests reads this file
        (lambda: b"", "not a picture"),
        (lambda: b"\x89PNG\r\n\x1a\n", "not a picture"),
        (lambda: b"GIF89a\x01\x00\x01\x00\x00\x00\x00;", "not a picture"),
        (bombs.png_cut, "not a picture"),
        (lambda: bombs.png_of_zeros(10_000, 10_000), "10000x10000 pixels, more than 40 million"),
        (lambda: bombs.png_of_zeros(20_000, 10_000), "more than 40 million pixels"),
        (bombs.png_with_long_text, "not a picture"),
        (lambda: bombs.encoded("JPEG", (8_000, 8_000)), "8000x8000 pixels, more than 60 million"),
        (lambda: b"<svg " + bytes(1024 * 1024), "SVG of"),
        (lambda: b"<?xml version='1.0'?><html/>", "not an SVG"),
        (lambda: b'<svg width="-5" height="1e400"></svg>', "not an SVG"),
    ],
    ids=[
        "empty",
        "header-only",
        "gif",
        "cut",
        "100-megapixel-png",
        "200-megapixel-png",
        "comment-bomb",
        "64-megapixel-jpeg",
        "large-svg",
        "other-xml",
        "svg-sizes",
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_reason(make: Callable[[], bytes], reason: str) -> None:
    content = make()
    before_mb = resident_mb(os.getpid(), "VmHWM")
    with pytest.raises(PosterError, match=reason):
        draw(content)
    assert resident_mb(os.getpid(), "VmHWM") - before_mb < 20


@pytest.mark.parametrize(
    "content",
    [bombs.billion_laughs(), bombs.prying_svg("/etc/passwd"), bombs.svg("<g>" * 100_000)],
    ids=["billion-laughs", "external", "deep"],
)
def test_an_svg_that_asks_for_more_gets_nothing(content: bytes) -> None:
    assert set(draw(content).rows) == {0}


def test_an_animation_is_its_first_frame() -> None:
    assert draw(bombs.encoded("WEBP", (320, 180), frames=50)).size == SIZE


def test_one_that_takes_too_much_memory_is_refused() -> None:
    # WebP's decoder and Pillow ask for it in turn.
    with pytest.raises(PosterError, match=r"takes (more than 256 MiB|too much memory)"):
        draw(bombs.encoded("WEBP", (6000, 6000), frames=2))


def swell() -> Pixels:
    return Pixels("RGB", SIZE, bytes(300 * 1024 * 1024))


def test_memory_is_bounded() -> None:
    with pytest.raises(PosterError, match="takes more than 256 MiB"):
        decode_apart(swell, SIZE)


def test_one_that_takes_too_long_is_refused() -> None:
    with pytest.raises(PosterError, match="takes more than 1 s"):
        decode_apart(lambda: decode(bombs.endless_svg(), (1920, 1080), "cover"), (1920, 1080), cpu_s=1)


def crash() -> Pixels:
    os.kill(os.getpid(), signal.SIGKILL)  # as a crash does, without the words
    time.sleep(60)
    raise AssertionError


def test_a_decoder_that_crashes_is_a_refusal() -> None:
    with pytest.raises(PosterError, match="ended without a picture"):
        decode_apart(crash, SIZE)


def test_where_memory_is_short_the_decoder_goes_first() -> None:
    def tell() -> Pixels:
        raise PosterError(Path("/proc/self/oom_score_adj").read_text().strip())

    with pytest.raises(PosterError, match="1000"):
        decode_apart(tell, SIZE)
    assert Path("/proc/self/oom_score_adj").read_text().strip() != "1000"


def test_a_decoder_that_answers_more_than_its_place_is_a_refusal() -> None:
    with pytest.raises(PosterError, match="ended without a picture"):
        decode_apart(lambda: Pixels("RGB", (1000, 1000), bytes(3_000_000)), SIZE)


def test_children_and_files_do_not_pile_up(tmp_path: Path) -> None:
    before, others = len(os.listdir("/proc/self/fd")), children(os.getpid())
    for _ in range(20):
        draw(png((1, 2, 3)))
        with pytest.raises(PosterError):
            draw(b"")
    assert len(os.listdir("/proc/self/fd")) == before
    assert children(os.getpid()) == others
