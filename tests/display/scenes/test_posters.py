"""Which pictures are decoded when several are wanted, and when a poster is ready."""

import hashlib
import os
import select
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from display.items import Item, LoopPicture
from display.panel.window import Offscreen
from display.scenes.apart import WAIT_MAX_S
from display.scenes.compose import Composer
from display.scenes.posters import CHILDREN_MAX, Posters
from display.text.typeset import Typesetter
from display.themes import theme_or_house
from edge_agent.contracts.catalogue import ContentItem
from edge_agent.contracts.screen import Scene
from tests.display.units import png

MakeScene = Callable[..., Scene]

SIZE = (480, 270)
WAIT_S = 30


class Store:
    """Posters, and the content folder whose pictures they show."""

    def __init__(self, folder: Path, typesetter: Typesetter) -> None:
        self._folder = folder
        self._files: dict[str, ContentItem] = {}
        self.complaints: list[str] = []
        composer = Composer(SIZE, theme_or_house(None), typesetter, folder, "Northline")
        screen = Offscreen(SIZE, 0)
        self.posters = Posters(composer, screen, folder, self._files.get, self.complaints.append)

    def add(self, red: int) -> str:
        """Put a picture into the folder; return its digest."""
        content = png((red, 80, 120))
        digest = hashlib.sha256(content).hexdigest()
        (self._folder / digest).write_bytes(content)
        return self._list(digest, len(content))

    def add_endless(self, name: str) -> str:
        """Put something into the folder that is never read to its end; return its digest."""
        digest = hashlib.sha256(name.encode()).hexdigest()
        os.mkfifo(self._folder / digest)
        return self._list(digest, 1)

    def turn(self, *items: Item, now_s: float, by_s: float = float("inf")) -> list[float | None]:
        """Ask for items as one turn of the display does, the first by a time; return since when each is ready."""
        self.posters.begin_turn()
        times = [by_s, *(float("inf") for _ in items)]
        ready = [self.posters.prepare(item, now_s, by) for item, by in zip(items, times, strict=False)]
        self.posters.give_up(now_s)
        return ready

    def turn_until(self, ready: Item, *items: Item) -> None:
        """Ask for items turn by turn, as often as one of them says that it has been decoded, until one is ready."""
        deadline_s = time.monotonic() + WAIT_S
        while not self.posters.has(ready):
            assert time.monotonic() < deadline_s, "its picture is never decoded"
            self.turn(*items, now_s=0.0)
            select.select(self.posters.children, [], [], 0 if self.posters.has(ready) else WAIT_S)

    def _list(self, digest: str, size_bytes: int) -> str:
        self._files[digest] = ContentItem(
            sha256=digest, size_bytes=size_bytes, media_type="image/png", content_class="public"
        )
        return digest


@pytest.fixture
def store(tmp_path: Path, typesetter: Typesetter) -> Iterator[Store]:
    store = Store(tmp_path, typesetter)
    yield store
    store.posters.close()


def test_more_pictures_than_children_become_ready_one_after_the_other(store: Store, make_scene: MakeScene) -> None:
    scene = make_scene(layout="offer", picture=store.add(1))
    items: list[Item] = [scene, *(LoopPicture(store.add(red), 3) for red in (2, 3, 4))]
    for item in items:
        store.turn_until(item, *items)


def test_a_scene_waits_no_longer_for_its_picture_because_the_loop_wants_two(
    store: Store, make_scene: MakeScene
) -> None:
    scene = make_scene(layout="offer", picture=store.add_endless("scene"))
    loop = [LoopPicture(store.add_endless(name), 3) for name in ("ground", "coming")]
    assert store.turn(scene, *loop, now_s=0.0, by_s=5.0)[0] is None
    assert store.turn(scene, *loop, now_s=4.99, by_s=5.0)[0] is None
    assert store.turn(scene, *loop, now_s=5.0, by_s=5.0)[0] is not None
    (complaint,) = store.complaints
    assert "not decoded" in complaint


def test_a_scene_that_is_only_prepared_waits_for_its_picture_until_it_is_to_be_shown(
    store: Store, make_scene: MakeScene
) -> None:
    scene = make_scene(layout="offer", picture=store.add_endless("scene"))
    assert store.turn(scene, now_s=0.0) == [None]
    assert store.turn(scene, now_s=WAIT_MAX_S - 1) == [None]
    assert store.turn(scene, now_s=WAIT_MAX_S - 1, by_s=WAIT_MAX_S - 1) != [None]


def test_what_is_asked_for_first_takes_the_place_of_what_nobody_asked_for(store: Store, make_scene: MakeScene) -> None:
    loop = [LoopPicture(store.add_endless(name), 3) for name in ("ground", "coming")]
    store.turn(*loop, now_s=0.0)
    assert len(store.posters.children) == CHILDREN_MAX
    scene = make_scene(layout="offer", picture=store.add(1))
    store.turn_until(scene, scene, *loop)


def test_what_was_asked_for_in_this_turn_is_not_given_up(store: Store, make_scene: MakeScene) -> None:
    """Its time may be over between the question and the end of the turn: the next question settles it."""
    scene = make_scene(layout="offer", picture=store.add_endless("scene"))
    store.turn(scene, now_s=0.0, by_s=5.0)
    store.posters.give_up(5.0)
    assert len(store.posters.children) == 1
    store.turn(now_s=5.0)
    assert store.posters.next_deadline() == float("inf")


def test_a_poster_is_ready_when_it_has_been_composed_not_when_that_began(store: Store, make_scene: MakeScene) -> None:
    asked_s = time.monotonic()
    composed_s = store.posters.prepare(make_scene(), asked_s)
    assert composed_s is not None
    assert asked_s < composed_s <= time.monotonic()
