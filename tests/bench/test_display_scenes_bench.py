"""What a poster costs at 1920x1080: setting and drawing it, and decoding its picture. Run by ``make bench``."""

import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import get_args

import pytest

from display.scenes.compose import Composer
from display.scenes.pictures import load_picture
from display.scenes.samples import copy_pictures, sample_scene
from display.text.faces import open_typesetter
from display.themes import theme_or_house
from edge_agent.contracts.screen import Layout
from tests.display import bombs

SIZE = (1920, 1080)
ROUNDS = 15


@pytest.fixture
def composer(tmp_path: Path) -> Composer:
    copy_pictures(tmp_path)
    theme = theme_or_house(None)
    return Composer(SIZE, theme, open_typesetter(theme.fonts), tmp_path, "Northline")


def test_composing(composer: Composer, capsys: pytest.CaptureFixture[str]) -> None:
    rows = []
    for layout in get_args(Layout):
        scene = sample_scene(layout, "en")
        place = composer.picture_place(scene)
        picture = None
        decoding = ""
        if place is not None:
            load = partial(load_picture, composer.content_folder, place.digest, place.size, place.fit)
            picture = load()
            decoding = figures(load)
        rows.append((layout, figures(partial(composer.compose, scene, picture)), decoding))
    with capsys.disabled():
        title = f"posters of {SIZE[0]}x{SIZE[1]}, {ROUNDS} rounds"
        print(f"\n{title:<36} {'words and shapes':<27} its picture, in a child")
        for layout, composing, decoding in rows:
            print(f"  {layout:<34} {composing:<27} {decoding}")


def test_decoding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\npictures of 3840x2160 decoded, verified and scaled to {SIZE[0]}x{SIZE[1]}")
        for picture_format in ("PNG", "JPEG", "WEBP", "AVIF"):
            (tmp_path / "picture").write_bytes(bombs.encoded(picture_format, (3840, 2160)))
            print(f"  {picture_format:<34} {figures(partial(load_picture, tmp_path, 'picture', SIZE, 'cover'))}")


def figures(work: Callable[[], object]) -> str:
    work()
    taken_ms = []
    for _ in range(ROUNDS):
        began_s = time.perf_counter()
        work()
        taken_ms.append(1000 * (time.perf_counter() - began_s))
    return f"p50 {statistics.median(taken_ms):6.1f} ms, max {max(taken_ms):6.1f} ms"
