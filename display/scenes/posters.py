"""Composed and uploaded posters, kept for as long as they are likely to be shown.

Words are set at once; a picture is verified and decoded in a child meanwhile (:mod:`display.scenes.apart`), so that
neither a fade nor a scene waits for it.
"""

import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import pygame

from display import clock
from display.errors import PosterError
from display.items import Brand, Caption, Item, LoopPicture
from display.panel.window import Screen, Uploaded
from display.scenes import pictures
from display.scenes.apart import WAIT_MAX_S, Apart
from display.scenes.compose import Composer
from display.scenes.pictures import Place
from edge_agent.contracts.catalogue import ContentItem
from edge_agent.contracts.screen import Scene

log = logging.getLogger(__name__)

KEEP = 4
"""The one that is up, the one that it replaces, the next of the loop, and one that the agent had prepared: 33 MB at
1920x1080. The words of pictures that glide come on top, CAPTIONS_KEEP of them."""

CAPTIONS_KEEP = 2

CHILDREN_MAX = 2
"""So many pictures are decoded at a time. What is asked for first in a turn goes first, the others wait."""

LEFT_OUT_MAX = 100
"""So many pictures that scenes go without are remembered, so that each is told once."""

PICTURE_WAIT_S = 0.8
"""A scene waits so long for its picture, or until its turn, and is then shown without: she is here now."""


_LATE = "is not decoded in time"


@dataclass(slots=True)
class _Poster:
    uploaded: Uploaded
    composed_s: float
    """When it was ready."""


@dataclass(slots=True)
class _Errand:
    child: Apart
    until_s: float
    """Given up then."""
    asked: bool = True
    """Whether somebody asked for it in this turn."""


class Posters:
    """A small cache; the least recently used poster goes first."""

    def __init__(
        self,
        composer: Composer,
        screen: Screen,
        folder: Path,
        file_of: Callable[[str], ContentItem | None],
        complain: Callable[[str], None],
    ) -> None:
        """``file_of`` says what the playlist says of a file that may be shown now, None of any other.

        ``complain`` hears, once, which picture is left out of scenes, and why.
        """
        self._composer = composer
        self._screen = screen
        self._folder = folder
        self._file_of = file_of
        self._complain = complain
        self._kept: OrderedDict[Item, _Poster] = OrderedDict()
        self._errands: OrderedDict[Item, _Errand] = OrderedDict()
        self._left_out: deque[str] = deque(maxlen=LEFT_OUT_MAX)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the screen in pixels."""
        return self._screen.size

    @property
    def children(self) -> list[Apart]:
        """What becomes readable when :meth:`prepare` should be asked again for what was asked for in this turn."""
        return [errand.child for errand in self._errands.values() if errand.asked]

    def begin_turn(self) -> None:
        """Tell that everything that is still wanted will be asked for anew, what matters most first."""
        for errand in self._errands.values():
            errand.asked = False

    def has(self, item: Item) -> bool:
        """Whether the poster is ready. Asking counts as use."""
        if item in self._kept:
            self._kept.move_to_end(item)
        return item in self._kept

    def get(self, item: Item) -> Uploaded:
        """Return the poster; what is not ready is composed at once, without its picture.

        In the place of what cannot be drawn so, and of a picture, stands the brand's name: there is no black frame.
        """
        if not self.has(item):
            if isinstance(item, LoopPicture):
                return self.get(Brand())
            try:
                self._keep(item, _without_picture(item), None)
            except PosterError as error:
                log.warning("the brand's name is shown instead: %s", error)
                return self.get(Brand())
        return self._kept[item].uploaded

    def prepare(self, item: Item, now_s: float, by_s: float = float("inf")) -> float | None:
        """Return since when the poster is ready; None: its picture is still being decoded, ask again.

        A scene whose picture cannot be had, or not by ``by_s``, is composed without it. Raises PosterError where
        nothing can be shown.
        """
        if not self.has(item):
            place = self._composer.picture_place(item)
            if place is None:
                self._keep(item, item, None)
            elif not self._with_picture(item, place, now_s, by_s):
                return None
        return self._kept[item].composed_s

    def replace(self, item: Item, picture: pygame.Surface) -> None:
        """Take the next picture of a film as the poster of its item."""
        if item in self._kept:
            self._kept[item].uploaded = self._screen.upload(picture)

    def next_deadline(self) -> float:
        """Return when to ask again, or to :meth:`give_up`, what is not finished until then."""
        return min((errand.until_s for errand in self._errands.values()), default=float("inf"))

    def give_up(self, now_s: float) -> None:
        """Forget what takes too long and nobody asked for in this turn."""
        for item, errand in list(self._errands.items()):
            if not errand.asked and now_s >= errand.until_s:
                self._errands.pop(item).child.close()

    def forget(self, message_id: str) -> None:
        """Drop the poster of a scene that has ended: it may not come back."""
        self._forget([item for item in (*self._kept, *self._errands) if _is_scene(item, message_id)])

    def forget_scenes(self, but: Collection[str]) -> None:
        """Drop the posters of all scenes but these: nobody waits for them any more."""
        scenes = (item for item in (*self._kept, *self._errands) if isinstance(item, Scene))
        self._forget([scene for scene in scenes if scene.message_id not in but])

    def _forget(self, items: Iterable[Item]) -> None:
        for item in items:
            self._kept.pop(item, None)
            errand = self._errands.pop(item, None)
            if errand is not None:
                errand.child.close()

    def close(self) -> None:
        """End what is being decoded."""
        while self._errands:
            self._errands.popitem()[1].child.close()

    def _with_picture(self, item: Item, place: Place, now_s: float, by_s: float) -> bool:
        """Go on with an item that has a picture. Returns whether its poster is ready."""
        errand = self._errands.get(item)
        try:
            if errand is None:
                file = self._file_of(place.digest)
                if file is None:
                    raise PosterError("is not listed, or may not be shown now")
                if now_s >= by_s:
                    raise PosterError(_LATE)
                self._begin(item, file, place, min(by_s, now_s + WAIT_MAX_S))
                return False
            errand.asked, errand.until_s = True, min(by_s, errand.until_s)
            finished = errand.child.finished
            if not finished and now_s < errand.until_s:
                return False
            del self._errands[item]
            if not finished:
                errand.child.close()
                raise PosterError(_LATE)
            picture = pictures.surface(errand.child.result())
        except PosterError as error:
            self._without(item, place, error)
        else:
            self._keep(item, item, picture)
        return True

    def _without(self, item: Item, place: Place, error: PosterError) -> None:
        if not isinstance(item, Scene):
            raise PosterError(f"picture {place.digest[:12]}: {error}") from error
        if place.digest not in self._left_out:
            self._complain(f"scenes are shown without the picture {place.digest[:12]}: {error}")
            self._left_out.append(place.digest)
        self._keep(item, _without_picture(item), None)

    def _begin(self, item: Item, file: ContentItem, place: Place, until_s: float) -> None:
        """Begin to decode a picture, unless others are that were asked for before it: it will be asked for again.

        Nothing that was asked for in this turn makes room: three that took each other's place would never be ready.
        """
        if len(self._errands) >= CHILDREN_MAX:
            unasked = next((other for other, errand in self._errands.items() if not errand.asked), None)
            if unasked is None:
                return
            self._errands.pop(unasked).child.close()
        self._errands[item] = _Errand(pictures.begin(self._folder, file, place), until_s)

    def _keep(self, item: Item, drawn: Item, picture: pygame.Surface | None) -> None:
        uploaded = self._screen.upload(self._composer.compose(drawn, picture))
        most = CAPTIONS_KEEP if isinstance(item, Caption) else KEEP
        alike = [kept for kept in self._kept if isinstance(kept, Caption) == isinstance(item, Caption)]
        for oldest in alike[: max(0, len(alike) + 1 - most)]:
            del self._kept[oldest]
        self._kept[item] = _Poster(uploaded, clock.monotonic_s())


def _without_picture(item: Item) -> Item:
    return item.model_copy(update={"picture": None}) if isinstance(item, Scene) else item


def _is_scene(item: Item, message_id: str) -> bool:
    return isinstance(item, Scene) and item.message_id == message_id
