"""Posters over each other, and how they move: what a frame is made of. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from display.items import WHOLE, Area, Item, LoopPicture
from display.motion import GLIDE_TAIL_S, Entrance, glide, within
from display.play import Play
from edge_agent.contracts.screen import Scene

LAYERS_MAX: Final = 3
"""Items over each other; a storm of messages must not pile up posters."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One poster of a frame, over those before it."""

    item: Item
    opacity: float
    """Above 0, at most 1."""
    source: Area = WHOLE
    """Which part of the poster ..."""
    at: Area = WHOLE
    """... is drawn where on the screen."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What to draw, from the bottom up; the lowest layer is opaque, so that no frame is black."""

    layers: tuple[Layer, ...]
    changing: bool = False
    """One poster takes the place of another: nothing should be done that takes longer than a frame."""

    @property
    def personal(self) -> bool:
        """Whether anything of a personal scene is in it, also one that is leaving."""
        return any(isinstance(layer.item, Scene) and layer.item.personal for layer in self.layers)


@dataclass(slots=True)
class Laid:
    """An item on the stage, since when, and how far it had come when another began to cover it."""

    item: Item
    from_s: float
    entrance: Entrance
    play: Play | None = None
    held: float | None = None
    gone_by_s: float | None = None

    @property
    def complete_s(self) -> float:
        """When it covers everything below it."""
        return self.from_s + self.entrance.length_s

    def progress(self, now_s: float) -> float:
        """Return how far it has come in, 0 to 1."""
        return self.held if self.held is not None else self.entrance.progress(now_s - self.from_s)

    def glides(self, now_s: float) -> bool:
        """Whether the picture moves by itself."""
        item = self.item
        return isinstance(item, LoopPicture) and item.glides and now_s < self.from_s + item.duration_s + GLIDE_TAIL_S

    def layers(self, now_s: float, lowest: bool) -> list[Layer]:
        """Return its poster, and the words over a picture that moves below them."""
        progress = 1.0 if lowest else self.progress(now_s)
        opacity, at = self.entrance.opacity(progress), self.entrance.at(progress)
        source = self.entrance.source(progress)
        item = self.item
        if not isinstance(item, LoopPicture):
            return [Layer(item, opacity, source, at)]
        glided = (now_s - self.from_s) / (item.duration_s + GLIDE_TAIL_S)
        view = glide(item.picture, glided) if item.glides else WHOLE
        picture = Layer(item, opacity, within(view, source), at)
        return [picture] if item.caption is None else [picture, Layer(item.caption, opacity, source, at)]


class Stack:
    """The items on the stage, the lowest one opaque and over the whole screen."""

    def __init__(self, item: Item, entrance_of: Callable[[Item], Entrance], fade_s: float, now_s: float) -> None:
        self._entrance_of = entrance_of
        self._fade_s = fade_s
        self._laid = [Laid(item, now_s, Entrance(length_s=0))]

    @property
    def plays(self) -> list[Play]:
        """Scenes of which something is visible."""
        return [laid.play for laid in self._laid if laid.play is not None]

    def frame(self, now_s: float) -> Frame:
        """Return what to draw."""
        self.drop(now_s)
        drawn = [layer for number, laid in enumerate(self._laid) for layer in laid.layers(now_s, number == 0)]
        return Frame(tuple(drawn), len(self._laid) > 1)

    def moving(self, now_s: float) -> bool:
        """Whether the next frame looks different."""
        return len(self._laid) > 1 or self._laid[0].glides(now_s)

    def reset(self, item: Item, now_s: float, play: Play | None = None) -> None:
        """Show nothing but an item, at once."""
        self._laid = [Laid(item, now_s, Entrance(length_s=0), play)]

    def lay(self, item: Item, now_s: float, play: Play | None = None) -> None:
        """Lay an item over the others. What is up already stays as it is."""
        entrance = self._entrance_of(item)
        if not self._laid:
            self._laid = [Laid(item, now_s, entrance, play)]
            return
        top = self._laid[-1]
        if top.item == item and play is None and top.play is None:
            return
        if top.play is not None and top.play.scene.personal:
            entrance = Entrance("fade", self._fade_s)  # what is personal leaves by a fade, whatever comes
        top.held = top.progress(now_s)
        self._laid.append(Laid(item, now_s, entrance, play))
        self.drop(now_s)

    def leave_by(self, play: Play, gone_by_s: float) -> None:
        """See to it that a scene is out of sight at a moment, whatever covers it until then."""
        for laid in self._laid:
            if laid.play is play:
                laid.gone_by_s = gone_by_s

    def remove(self, play: Play) -> None:
        """Take away a scene that was never presented. Lay something afterwards."""
        self._laid = [laid for laid in self._laid if laid.play is not play]

    def drop(self, now_s: float) -> None:
        """Forget what is fully covered, and what must be gone by now."""
        if now_s >= self._laid[-1].complete_s:
            del self._laid[:-1]
        self._laid = [laid for laid in self._laid if laid.gone_by_s is None or now_s < laid.gone_by_s]
        del self._laid[:-LAYERS_MAX]
