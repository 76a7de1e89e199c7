"""Draw a scene, a picture of the loop or the brand's name into one surface: a poster."""

from dataclasses import dataclass, field
from pathlib import Path

import pygame

from display.errors import PosterError
from display.items import Brand, Caption, Item, LoopPicture
from display.motion import GLIDE_SPARE
from display.scenes import layout
from display.scenes.canvas import Canvas, Viewing, measure
from display.scenes.codes import modules_of
from display.scenes.films import film_size
from display.scenes.paint import Painter, Words
from display.scenes.pictures import Place, load_picture
from display.scenes.plan import Contents, Plan, Role, mirrored
from display.text.scripts import is_right_to_left
from display.text.typeset import Typesetter
from display.theme import Theme
from edge_agent.contracts.screen import Scene


@dataclass(frozen=True, slots=True)
class Composer:
    """Draws posters of one size."""

    size: tuple[int, int]
    """Width and height of the picture in pixels."""
    theme: Theme
    typesetter: Typesetter
    content_folder: Path
    """Where pictures lie, named by their digest."""
    brand: str
    """Name of the brand."""
    viewing: Viewing = field(default_factory=Viewing)
    """How large the panel is, and from where it is looked at."""

    def picture_place(self, item: Item) -> Place | None:
        """Return which picture the poster of an item needs, and how large; None: none."""
        match item:
            case LoopPicture(glides=True):
                return Place(item.picture, self._larger, "cover")
            case LoopPicture(film=True):
                return Place(item.picture, film_size(self.size), "cover")
            case LoopPicture() | Scene(picture=str()):
                plan = self._plan(item)
                if plan.picture is not None and item.picture is not None:
                    return Place(item.picture, (plan.picture.width, plan.picture.height), plan.picture_fit)
        return None

    def compose(self, item: Item, picture: pygame.Surface | None = None) -> pygame.Surface:
        """Return the poster of an item. Raises PosterError where it cannot be drawn well.

        ``picture``: what :meth:`picture_place` asks for; absent: it is decoded now, unverified, which takes its time.
        """
        place = self.picture_place(item)
        if picture is None and place is not None:
            picture = load_picture(self.content_folder, place.digest, place.size, place.fit)
        match item:
            case LoopPicture(film=True) if picture is not None:
                return picture
            case LoopPicture(glides=True):
                return self._large(picture)
            case LoopPicture():
                return self._paint(self._plan(item), Words(item.language, {"headline": item.headline}), picture)
            case Scene():
                return self._paint(self._plan(item), words_of(item), picture)
            case Caption():
                return self._caption(item)
            case Brand():
                return self._brand()

    @property
    def _canvas(self) -> Canvas:
        return measure(self.size, self.viewing, self.theme.space)

    @property
    def _larger(self) -> tuple[int, int]:
        """The size of a picture that glides: it is never magnified, so it stays sharp."""
        return round(self.size[0] * (1 + GLIDE_SPARE)), round(self.size[1] * (1 + GLIDE_SPARE))

    def _plan(self, item: Scene | LoopPicture) -> Plan:
        if isinstance(item, LoopPicture):
            return layout.loop_plan(self._canvas)
        contents = Contents(len(item.badges), item.picture is not None, modules_of(item.qr))
        return layout.plan(item.layout, self._canvas, contents)

    def _large(self, picture: pygame.Surface | None) -> pygame.Surface:
        """A picture that glides fills its poster; the words above it are a :class:`Caption`."""
        poster = pygame.Surface(self._larger, 0, 32)
        poster.fill(self.theme.picture_ground)
        if picture is not None:
            poster.blit(picture, (0, 0))
        return poster

    def _caption(self, caption: Caption) -> pygame.Surface:
        right_to_left = is_right_to_left(caption.language)
        plan = layout.loop_plan(self._canvas)
        poster = pygame.Surface(self.size, pygame.SRCALPHA, 32)
        plan = mirrored(plan, self.size[0]) if right_to_left else plan
        painter = Painter(poster, self._canvas, plan, self.theme, self.typesetter, right_to_left)
        try:
            painter.words(Words(caption.language, {"headline": caption.headline}))
        except PosterError:  # the picture is shown all the same
            poster.fill((0, 0, 0, 0))
        return poster

    def _brand(self) -> pygame.Surface:
        plan = layout.brand_plan(self._canvas)
        painter = self._painter(plan)
        if painter.mark(layout.mark_box(self._canvas)):
            return painter.poster
        try:
            return self._paint(plan, Words("en", {"headline": self.brand}), None)
        except PosterError:  # something must always be there to be shown
            return painter.poster

    def _paint(self, plan: Plan, words: Words, picture: pygame.Surface | None) -> pygame.Surface:
        right_to_left = is_right_to_left(words.language)
        if right_to_left:
            plan = mirrored(plan, self.size[0])
        painter = self._painter(plan, right_to_left)
        if picture is not None and plan.picture is not None:
            painter.picture(picture)
        painter.words(words)
        painter.brand(self.brand)
        return painter.poster

    def _painter(self, plan: Plan, right_to_left: bool = False) -> Painter:
        poster = pygame.Surface(self.size, 0, 32)
        painter = Painter(poster, self._canvas, plan, self.theme, self.typesetter, right_to_left)
        painter.ground()
        return painter


def words_of(scene: Scene) -> Words:
    """Return the texts of a scene by the place where they stand."""
    only = scene.badges[0].label if len(scene.badges) == 1 else ""
    texts: dict[Role, str] = {
        "badge": only,
        "label": only,
        "headline": scene.headline,
        "body": scene.body,
        "product_name": scene.product_name,
        "price": scene.price,
        "place": scene.place,
    }
    return Words(scene.language, texts, scene.badges, scene.qr)
