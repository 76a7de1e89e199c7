"""Posters as they are drawn: structure against golden pictures, texts, refusals."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pygame
import pytest
from PIL import Image

from display.colour import contrast
from display.errors import PosterError
from display.items import Brand, LoopPicture
from display.scenes.canvas import Viewing
from display.scenes.compose import Composer
from display.text.typeset import Style, Typesetter
from display.themes import house
from edge_agent.contracts.screen import Badge, Scene

GOLDEN = Path(__file__).with_name("golden")
LANDSCAPE, PORTRAIT = (480, 270), (270, 480)
BLOCKS = 12
"""Pictures are compared by the mean colours of 12x12 blocks: another version of a font changes them little,
a part that is missing, moved or wrongly coloured changes them much."""
TOLERANCE = 34  # of 255, per block
MakeScene = Callable[..., Scene]
MakeComposer = Callable[..., Composer]

BADGES = (
    Badge(number=0, colour="blue", shape="diamond", label="Blue diamond"),
    Badge(number=6, colour="red", shape="cross", label="Red cross"),
    Badge(number=7, colour="white", shape="square", label="White square"),
)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def jacket(content: Path) -> str:
    """A picture of the sample store in the content folder; returns its digest."""
    name = "edge_agent/simulator/scenarios/flagship/pictures/trail-jacket.svg"
    picture = (Path(__file__).parents[3] / name).read_bytes()
    return add(content, picture)


@pytest.fixture
def composer(content: Path, typesetter: Typesetter) -> MakeComposer:
    def make(size: tuple[int, int] = LANDSCAPE) -> Composer:
        return Composer(size, house(), typesetter, content, "Northline")

    return make


def add(content: Path, picture: bytes) -> str:
    digest = hashlib.sha256(picture).hexdigest()
    (content / digest).write_bytes(picture)
    return digest


def blocks(picture: Image.Image) -> list[tuple[int, int, int]]:
    small = picture.convert("RGB").resize((BLOCKS, BLOCKS), Image.Resampling.BOX)
    return [(red, green, blue) for red, green, blue in small.get_flattened_data()]  # type: ignore[misc]


def image_of(poster: pygame.Surface) -> Image.Image:
    return Image.frombytes("RGB", poster.get_size(), pygame.image.tobytes(poster, "RGB"))


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT], ids=["landscape", "portrait"])
@pytest.mark.parametrize(
    "layout", ["welcome", "product", "offer", "order_ready", "group", "service", "picture", "emergency"]
)
def test_posters_look_like_their_golden_pictures(
    layout: str, size: tuple[int, int], composer: MakeComposer, jacket: str, request: pytest.FixtureRequest
) -> None:
    pictured = layout in ("product", "offer", "picture")
    scene = Scene.model_validate(
        {
            "message_id": "m1",
            "layout": layout,
            "mode": "generic" if layout in ("service", "emergency", "picture") else "badge",
            "language": "en",
            "headline": "The trail jacket is here",
            "body": "Waterproof, and it packs into its own pocket.",
            "badges": {"group": BADGES, "service": (), "emergency": (), "picture": ()}.get(layout, BADGES[:1]),
            "product_name": "Ridgeline trail jacket",
            "price": "€179.00",
            "place": "Rack 4",
            "picture": jacket if pictured else None,
            "qr": "https://example.org/t/8gh3" if layout in ("offer", "service") else "",
        }
    )
    drawn = image_of(composer(size).compose(scene))
    golden_file = GOLDEN / f"{layout}-{'landscape' if size == LANDSCAPE else 'portrait'}.png"
    if request.config.getoption("--golden", default=False):
        drawn.save(golden_file, optimize=True)
    with Image.open(golden_file) as golden:
        pairs = zip(blocks(drawn), blocks(golden), strict=True)
    worst = max(abs(one - other) for mine, theirs in pairs for one, other in zip(mine, theirs, strict=True))
    assert worst <= TOLERANCE


def test_arabic_percentages_read_the_right_way(typesetter: Typesetter) -> None:
    """The digits of a number keep their order: 25 must not become 52."""

    def ink(text: str, language: str) -> bytes:
        block = typesetter.lay(text, Style(40, language), 600)
        picture = pygame.image.tobytes(block.draw((255, 255, 255)), "RGBA")
        alpha = Image.frombytes("RGBA", (600, block.height_px), picture).getchannel("A")
        return alpha.crop(alpha.getbbox()).tobytes()

    assert ink("25", "ar") == ink("25", "en")
    assert ink("25", "ar") != ink("52", "ar")
    with_words = typesetter.lay("خصم 25 %", Style(40, "ar"), 600)
    turned = typesetter.lay("خصم 52 %", Style(40, "ar"), 600)
    assert pygame.image.tobytes(with_words.draw((9, 9, 9)), "RGBA") != pygame.image.tobytes(
        turned.draw((9, 9, 9)), "RGBA"
    )
    assert with_words.missing == ""


def test_right_to_left_scenes_are_mirrored(composer: MakeComposer, jacket: str, make_scene: MakeScene) -> None:
    scene = make_scene(layout="product", picture=jacket)
    latin = image_of(composer().compose(scene))
    arabic = image_of(composer().compose(scene.model_copy(update={"language": "ar"})))
    panel = house().picture_ground
    assert latin.getpixel((475, 5)) == panel
    assert arabic.getpixel((5, 5)) == panel


@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT])
def test_long_words_shrink_and_absurd_ones_are_refused(
    size: tuple[int, int], composer: MakeComposer, make_scene: MakeScene
) -> None:
    composer(size).compose(make_scene(language="de", headline="Donaudampfschifffahrtsgesellschaftskapitänsmütze da"))
    wordy = {"headline": "W" * 120, "body": "W" * 240, "product_name": "W" * 200, "place": "W" * 200, "price": "9" * 32}
    far = replace(composer(size), viewing=Viewing(distance_m=12))  # they stand so far away that nothing may be smaller
    with pytest.raises(PosterError, match="too long"):
        far.compose(make_scene(layout="product", **wordy))


def test_characters_without_a_font_are_refused(composer: MakeComposer, make_scene: MakeScene) -> None:
    with pytest.raises(PosterError, match="no installed font"):
        composer().compose(make_scene(headline="\U000e0fff\U0010fffd\ufdd0 unassigned"))


def test_a_qr_code_that_no_phone_could_read_is_left_out(composer: MakeComposer, make_scene: MakeScene) -> None:
    def white(qr: str) -> int:
        drawn = image_of(composer().compose(make_scene(layout="offer", qr=qr)))
        return sum(count for count, pixel in drawn.convert("RGB").getcolors(1 << 24) or () if pixel == (255, 255, 255))

    assert white("https://example.org/t/8gh3") > white("")
    assert white("x" * 300) == white("")


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "content_bytes",
    [
        b"",
        b"not a picture",
        b"<svg ",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='0' height='0'></svg>",
        png(Image.new("L", (64, 64)))[:60],
        png(Image.new("1", (10_000, 10_000))),
    ],
    ids=["empty", "text", "cut SVG", "empty SVG", "cut PNG", "bomb"],
)
def test_broken_pictures_are_refused(
    content_bytes: bytes, composer: MakeComposer, content: Path, make_scene: MakeScene
) -> None:
    digest = add(content, content_bytes)
    with pytest.raises(PosterError, match=f"picture {digest[:12]}"):
        composer().compose(make_scene(layout="picture", picture=digest))
    with pytest.raises(PosterError):
        composer().compose(LoopPicture(digest, 10))


def test_the_brand_can_always_be_drawn(content: Path, typesetter: Typesetter) -> None:
    for brand in ("", "Northline", "\U0010fffd" * 80):
        poster = Composer(LANDSCAPE, house(), typesetter, content, brand).compose(Brand())
        assert poster.get_size() == LANDSCAPE


def test_the_theme_is_readable() -> None:
    theme = house()
    assert all(pair.contrast >= 7 for pair in theme.text_pairs())
    for colour in theme.badge.colours.values():
        assert contrast(colour, theme.badge.plaque) >= 6
