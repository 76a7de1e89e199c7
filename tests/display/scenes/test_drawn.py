"""What is really on a poster: nothing outside the safe box, codes that scan, pictures and logos in their places."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pygame
import pytest
import segno
from PIL import Image

from display.colour import Colour
from display.items import Brand
from display.scenes import layout
from display.scenes.canvas import Viewing, measure
from display.scenes.codes import modules_of
from display.scenes.compose import Composer
from display.scenes.plan import Contents
from display.scenes.samples import copy_pictures, languages, sample_scene
from display.text.typeset import Typesetter
from display.theme import Logo, Theme
from display.themes import find_theme, house, shipped
from edge_agent.contracts.screen import Layout, Scene

SIZES = [(640, 360), (360, 640), (480, 480), (960, 270), (270, 630)]
MakeComposer = Callable[..., Composer]


@pytest.fixture
def make_composer(tmp_path: Path, typesetter: Typesetter) -> MakeComposer:
    copy_pictures(tmp_path)

    def make(size: tuple[int, int], theme: Theme | None = None, viewing: Viewing | None = None) -> Composer:
        return Composer(size, theme or house(), typesetter, tmp_path, "Northline", viewing or Viewing())

    return make


def image_of(poster: pygame.Surface) -> Image.Image:
    return Image.frombytes("RGB", poster.get_size(), pygame.image.tobytes(poster, "RGB"))


def colours_of(picture: Image.Image, box: tuple[int, int, int, int]) -> set[Colour]:
    if box[0] >= box[2] or box[1] >= box[3]:
        return set()
    found = picture.crop(box).getcolors(1 << 20) or []
    return {(red, green, blue) for _, (red, green, blue) in found}  # type: ignore[misc]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "ar", "th"])
def test_nothing_but_grounds_outside_the_safe_box(
    size: tuple[int, int], language: str, make_composer: MakeComposer
) -> None:
    viewing = Viewing(overscan_percent=4)
    cut_out = pygame.Surface((20, 20), pygame.SRCALPHA, 32)
    cut_out.fill((200, 20, 20, 255), (2, 2, 16, 16))
    for name in shipped() if language == "en" else shipped()[:1]:
        theme = find_theme(Path(name)).model_copy(update={"motif": "none"})
        composer, canvas = make_composer(size, theme, viewing), measure(size, viewing, theme.space)
        safe, (width, height) = canvas.safe, size
        strips = [
            (0, 0, width, safe.y - 2),
            (0, safe.bottom + 2, width, height),
            (0, 0, safe.x - 2, height),
            (safe.right + 2, 0, width, height),
        ]
        for kind in get_args(Layout):
            if kind == "picture":
                continue
            drawn = image_of(composer.compose(sample_scene(kind, language), cut_out))
            grounds = {theme.picture_ground, *(ground.base for ground in theme.ground.values())}
            for strip in strips:
                assert colours_of(drawn, strip) <= grounds, (name, kind, strip)


@pytest.mark.parametrize("size", SIZES[:3])
@pytest.mark.parametrize("kind", ["offer", "service"])
def test_the_code_on_a_poster_is_the_code_of_its_text(
    kind: Layout, size: tuple[int, int], make_composer: MakeComposer
) -> None:
    size = size[0] * 3, size[1] * 3
    scene = sample_scene(kind, "en")
    canvas = measure(size, Viewing(), house().space)
    placed = layout.plan(kind, canvas, Contents(0, scene.picture is not None, modules_of(scene.qr)))
    drawn = image_of(make_composer(size).compose(scene)).convert("L")
    assert placed.qr is not None
    matrix = segno.make(scene.qr, error="m", micro=False).matrix
    module = placed.qr.width / modules_of(scene.qr)
    assert module >= placed.module_px
    for row, cells in enumerate(matrix):
        for column, dark in enumerate(cells):
            at = placed.qr.x + (column + 4.5) * module, placed.qr.y + (row + 4.5) * module
            grey = drawn.getpixel((int(at[0]), int(at[1])))
            assert isinstance(grey, int | float)
            assert (grey < 128) == bool(dark)


def picture_of(image: Image.Image) -> pygame.Surface:
    file = io.BytesIO()
    image.save(file, "PNG")
    return pygame.image.load(io.BytesIO(file.getvalue()))


def test_the_panel_takes_the_colour_of_a_studio_picture(make_composer: MakeComposer) -> None:
    composer, scene = make_composer((640, 360)), sample_scene("product", "en")
    studio = Image.new("RGB", (300, 300), (250, 250, 252))
    studio.paste((200, 20, 20), (100, 100, 200, 200))
    assert image_of(composer.compose(scene, picture_of(studio))).getpixel((638, 2)) == (250, 250, 252)
    photo = Image.effect_noise((300, 300), 90).convert("RGB")
    assert image_of(composer.compose(scene, picture_of(photo))).getpixel((638, 2)) == house().picture_ground


def with_logo(file: Path, tint: bool = False) -> Theme:
    return house().model_copy(update={"logo": Logo(file=file, tint=tint)})


def test_a_logo_stands_in_its_corner_and_on_the_brands_card(tmp_path: Path, make_composer: MakeComposer) -> None:
    mark = tmp_path / "mark.svg"
    square = '<rect width="10" height="10" fill="#ff00ff"/>'
    mark.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" width="10" height="10">{square}</svg>'
    )
    for tint, colour in ((False, (255, 0, 255)), (True, house().ground["personal"].ink)):
        composer = make_composer((640, 360), with_logo(mark, tint))
        safe = measure((640, 360), Viewing(), house().space).safe
        assert (
            image_of(composer.compose(sample_scene("welcome", "en"))).getpixel((safe.x + 8, safe.bottom - 8)) == colour
        )
        mirrored = image_of(composer.compose(sample_scene("welcome", "ar")))
        assert mirrored.getpixel((safe.right - 8, safe.bottom - 8)) == colour
        assert image_of(composer.compose(Brand())).getpixel((320, 180)) == colour


def test_a_broken_logo_leaves_the_name(tmp_path: Path, make_composer: MakeComposer) -> None:
    (tmp_path / "mark.png").write_bytes(b"not a picture")
    scene = sample_scene("welcome", "en")
    broken, named = make_composer((640, 360), with_logo(tmp_path / "mark.png")), make_composer((640, 360))
    for item in (scene, Brand()):
        assert image_of(broken.compose(item)).tobytes() == image_of(named.compose(item)).tobytes()


@pytest.mark.parametrize("language", languages())
def test_there_is_an_example_of_every_layout(language: str, tmp_path: Path) -> None:
    copy_pictures(tmp_path)
    for kind in get_args(Layout):
        scene: Scene = sample_scene(kind, language)
        assert scene.language == language
        assert scene.picture is None or (tmp_path / scene.picture).is_file()
        assert len({badge.number for badge in scene.badges}) == len(scene.badges)
