"""Draw a scene, a picture of the loop or the brand's name into one surface: a poster."""

from dataclasses import dataclass, replace
from pathlib import Path

import pygame

from display.errors import PosterError
from display.items import Brand, Item, LoopPicture
from display.scenes import layout
from display.scenes.paint import Painter, Words
from display.scenes.pictures import load_picture
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
    smallest_px: float | None = None
    """No text is smaller (``display.text.sizes``). Absent: what can be read from 3 m on a 43-inch panel."""

    def compose(self, item: Item) -> pygame.Surface:
        """Return the poster of an item. Raises PosterError where it cannot be drawn well."""
        match item:
            case Scene():
                contents = Contents(len(item.badges), item.picture is not None, bool(item.qr))
                return self._paint(layout.plan(item.layout, self.size, contents), words_of(item), item.picture)
            case LoopPicture():
                words = Words(item.language, {"headline": item.headline})
                return self._paint(layout.loop_plan(self.size), words, item.picture)
            case Brand():
                return self._brand()

    def _brand(self) -> pygame.Surface:
        plan = layout.brand_plan(self.size)
        try:
            return self._paint(plan, Words("en", {"headline": self.brand}), None)
        except PosterError:  # something must always be there to be shown
            return self._paint(plan, Words("en", {}), None)

    def _paint(self, plan: Plan, words: Words, picture: str | None) -> pygame.Surface:
        if self.smallest_px is not None and plan.minimum_px:
            plan = replace(plan, minimum_px=self.smallest_px)
        if is_right_to_left(words.language):
            plan = mirrored(plan, self.size[0])
        poster = pygame.Surface(self.size, 0, 32)
        painter = Painter(poster, plan, self.theme, self.typesetter)
        painter.ground()
        if picture is not None and plan.picture is not None:
            loaded = load_picture(self.content_folder, picture, painter.picture_size(), plan.picture_fit)
            painter.picture(loaded, under_words=any(words.texts.values()))
        painter.words(words)
        painter.brand(self.brand)
        return poster


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
