"""Draw a scene, a picture of the loop or the brand's name into one surface: a poster."""

from dataclasses import dataclass, field
from pathlib import Path

import pygame

from display.errors import PosterError
from display.items import Brand, Item, LoopPicture
from display.scenes import layout
from display.scenes.canvas import Canvas, Viewing, measure
from display.scenes.codes import modules_of
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
    viewing: Viewing = field(default_factory=Viewing)
    """How large the panel is, and from where it is looked at."""

    def compose(self, item: Item) -> pygame.Surface:
        """Return the poster of an item. Raises PosterError where it cannot be drawn well."""
        canvas = measure(self.size, self.viewing, self.theme.space)
        match item:
            case Scene():
                contents = Contents(len(item.badges), item.picture is not None, modules_of(item.qr))
                return self._paint(canvas, layout.plan(item.layout, canvas, contents), words_of(item), item.picture)
            case LoopPicture():
                words = Words(item.language, {"headline": item.headline})
                return self._paint(canvas, layout.loop_plan(canvas), words, item.picture)
            case Brand():
                return self._brand(canvas)

    def _brand(self, canvas: Canvas) -> pygame.Surface:
        plan = layout.brand_plan(canvas)
        painter = self._painter(canvas, plan)
        if painter.mark(layout.mark_box(canvas)):
            return painter.poster
        try:
            return self._paint(canvas, plan, Words("en", {"headline": self.brand}), None)
        except PosterError:  # something must always be there to be shown
            return painter.poster

    def _paint(self, canvas: Canvas, plan: Plan, words: Words, picture: str | None) -> pygame.Surface:
        if is_right_to_left(words.language):
            plan = mirrored(plan, self.size[0])
        painter = self._painter(canvas, plan)
        if picture is not None and plan.picture is not None:
            box = plan.picture
            loaded = load_picture(self.content_folder, picture, (box.width, box.height), plan.picture_fit)
            painter.picture(loaded, under_words=any(words.texts.values()))
        painter.words(words)
        painter.brand(self.brand)
        return painter.poster

    def _painter(self, canvas: Canvas, plan: Plan) -> Painter:
        painter = Painter(pygame.Surface(self.size, 0, 32), canvas, plan, self.theme, self.typesetter)
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
