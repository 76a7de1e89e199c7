"""Composed and uploaded posters, kept for as long as they are likely to be shown."""

from collections import OrderedDict

from display.items import Item
from display.panel.window import Screen, Uploaded
from display.scenes.compose import Composer

KEEP = 4
"""The one that is up, the one that it replaces, the next of the loop, and one that the agent had prepared: 33 MB."""


class Posters:
    """A small cache; the least recently used poster goes first."""

    def __init__(self, composer: Composer, screen: Screen) -> None:
        self._composer = composer
        self._screen = screen
        self._kept: OrderedDict[Item, Uploaded] = OrderedDict()

    def has(self, item: Item) -> bool:
        """Whether the poster is ready. Asking counts as use."""
        if item in self._kept:
            self._kept.move_to_end(item)
        return item in self._kept

    def get(self, item: Item) -> Uploaded:
        """Return the poster, composing it if need be. Raises PosterError where it cannot be drawn."""
        poster = self._kept.get(item)
        if poster is None:
            while len(self._kept) >= KEEP:
                self._kept.popitem(last=False)
            poster = self._kept[item] = self._screen.upload(self._composer.compose(item))
        self._kept.move_to_end(item)
        return poster

    def forget(self, message_id: str) -> None:
        """Drop the poster of a scene that has ended: it may not come back."""
        for item in [item for item in self._kept if getattr(item, "message_id", None) == message_id]:
            del self._kept[item]
