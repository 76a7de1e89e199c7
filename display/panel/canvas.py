"""Posters over each other: as textures that a GPU moves, or as surfaces where there is none.

A poster is uploaded once, upright in a texture, turned for the panel in a surface; a frame only says which part of it
goes where. Surfaces are copied at full speed; scaling them takes 20 ms and more, so that nothing should grow there,
and so does blending them in all but a few ways (:func:`_over`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import pygame
from pygame._sdl2.video import Renderer, Texture

from display.items import WHOLE, Area
from display.panel.geometry import Rotation, corners, pixels, seen_size

Uploaded = pygame.Surface | Texture
"""A poster that is ready to be shown. What it holds of the GPU is freed with its last reference."""

BLACK = (0, 0, 0, 255)

Scale = Callable[[pygame.Surface, tuple[int, int]], pygame.Surface]


@dataclass(frozen=True, slots=True)
class Placed:
    """One uploaded poster of a frame, over those before it."""

    poster: Uploaded
    opacity: float = 1.0
    """Above 0, at most 1."""
    source: Area = WHOLE
    """Which part of the poster ..."""
    at: Area = WHOLE
    """... fills which part of the screen, as a person sees it."""


class Canvas(Protocol):
    """Something to draw frames on."""

    scales: bool
    """Whether posters may grow and shrink at the pace of the screen."""

    @property
    def panel(self) -> tuple[int, int]:
        """Width and height of the panel in its own pixels."""
        ...

    def upload(self, poster: pygame.Surface) -> Uploaded:
        """Make an upright poster ready to be drawn."""
        ...

    def draw(self, layers: Sequence[Placed]) -> None:
        """Draw posters over each other; black where there is none."""
        ...

    def flip(self) -> None:
        """Show what was drawn."""
        ...

    def picture(self, layers: Sequence[Placed], size: tuple[int, int]) -> pygame.Surface:
        """Return a frame, upright and reduced to ``size``, without showing it."""
        ...


@dataclass(frozen=True, slots=True)
class SurfaceCanvas:
    """Plain surfaces, blended by the processor."""

    target: Callable[[], pygame.Surface]
    """Returns the surface to draw on: a window's may be another one after it was resized."""
    show: Callable[[], None]
    """Shows that surface."""
    rotation: Rotation
    panel: tuple[int, int]
    scales = False

    def upload(self, poster: pygame.Surface) -> Uploaded:
        """Turn the poster for the panel."""
        return pygame.transform.rotate(poster, -self.rotation) if self.rotation else poster

    def draw(self, layers: Sequence[Placed]) -> None:
        """Copy and blend."""
        self._blend(self.target(), layers, pygame.transform.scale)

    def flip(self) -> None:
        """Show the surface."""
        self.show()

    def picture(self, layers: Sequence[Placed], size: tuple[int, int]) -> pygame.Surface:
        """Blend reduced copies."""
        small = pygame.Surface(seen_size(size, self.rotation), 0, 32)
        self._blend(small, layers, pygame.transform.smoothscale)
        return pygame.transform.rotate(small, self.rotation) if self.rotation else small

    def _blend(self, target: pygame.Surface, layers: Sequence[Placed], scale: Scale) -> None:
        if not layers or layers[0].at != WHOLE:
            target.fill(BLACK)
        for number, layer in enumerate(layers):
            poster = layer.poster
            assert isinstance(poster, pygame.Surface)
            part = pygame.Rect(pixels(layer.source.turned(self.rotation), poster.get_size()))
            place = pygame.Rect(pixels(layer.at.turned(self.rotation), target.get_size()))
            if abs(part.width - place.width) > 1 or abs(part.height - place.height) > 1:  # not by rounding alone
                poster = scale(poster.subsurface(part.clip(poster.get_rect())), place.size)
                part = poster.get_rect()
            if number == 0:
                poster.set_alpha(None)
            else:
                poster = _over(target, poster, layer.opacity)
            target.blit(poster, place, part)


def _over(target: pygame.Surface, poster: pygame.Surface, opacity: float) -> pygame.Surface:
    """Return a poster that blends quickly over what is there already.

    What has no alpha of its own SDL blends pixel by pixel where its channels are in another order, and at full opacity:
    45 ms at 1920x1080, which has 4 ms to take, and a copy 1.5.
    """
    alpha = round(255 * opacity)
    if poster.get_masks()[3] != 0:
        poster.set_alpha(alpha)
        return poster
    if alpha < 255 and poster.get_masks() != target.get_masks():  # a picture of a film
        poster = poster.convert(target)
    poster.set_alpha(alpha if alpha < 255 else None)
    return poster


@dataclass(frozen=True, slots=True)
class TextureCanvas:
    """Textures, moved and blended by the GPU."""

    renderer: Renderer
    panel: tuple[int, int]
    rotation: Rotation
    scales = True

    def draws(self) -> bool:
        """Try it on one pixel, which nobody sees: with a library missing everything succeeds, and nothing is drawn."""
        white = pygame.Surface((1, 1), 0, 32)
        white.fill((255, 255, 255))
        self._draw([Placed(self.upload(white))], (1, 1))
        return self.renderer.to_surface(area=(0, 0, 1, 1)).get_at((0, 0))[:3] == (255, 255, 255)

    def upload(self, poster: pygame.Surface) -> Uploaded:
        """Give the poster to the GPU, as it is."""
        texture = Texture.from_surface(self.renderer, poster)
        texture.blend_mode = pygame.BLENDMODE_BLEND
        return texture

    def draw(self, layers: Sequence[Placed]) -> None:
        """Draw each poster as one quad: its corners may lie between pixels, so that slow movements do not tremble."""
        self._draw(layers, self.panel)

    def flip(self) -> None:
        """Hand the frame over, and wait for the screen's own beat."""
        self.renderer.present()

    def picture(self, layers: Sequence[Placed], size: tuple[int, int]) -> pygame.Surface:
        """Draw it small into the next frame's place and read that back: what was shown is no longer the GPU's to give.

        Every frame is drawn from the ground, so that nothing of it stays. Not into a texture: Mesa's GLES gives black.
        """
        small = seen_size(size, self.rotation)
        self._draw(layers, small)
        read = self.renderer.to_surface(area=(0, 0, *small))
        return pygame.transform.rotate(read, self.rotation) if self.rotation else read

    def _draw(self, layers: Sequence[Placed], panel: tuple[int, int]) -> None:
        self.renderer.draw_color = BLACK
        self.renderer.clear()
        width, height = panel
        for number, layer in enumerate(layers):
            assert isinstance(layer.poster, Texture)
            one, two, three, four = ((x * width, y * height) for x, y in corners(layer.at, self.rotation))
            tint = (255, 255, 255, 255 if number == 0 else round(255 * layer.opacity))
            layer.poster.draw_quad(one, two, three, four, *corners(layer.source), tint, tint, tint, tint)
