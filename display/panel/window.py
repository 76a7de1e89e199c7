"""Where frames are presented: a GPU renderer, plain surfaces where there is none, or no screen at all.

A poster is uploaded once; a frame only blends uploaded posters. Which video driver is used is SDL's
choice (KMSDRM without a desktop, Wayland or X11 with one); SDL_VIDEODRIVER overrides it.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import pygame
from pygame._sdl2.video import Renderer, Texture

from display.errors import ScreenAbsent
from display.items import WHOLE, Area

log = logging.getLogger(__name__)

EVENTS_S = 0.25
"""A window's events are read at least so often."""

Rotation = Literal[0, 90, 180, 270]
Uploaded = pygame.Surface | Texture

_FAKE_DRIVERS = frozenset({"dummy", "offscreen"})  # SDL takes these when no screen is there: that is no screen


@dataclass(frozen=True, slots=True)
class Placed:
    """One uploaded poster of a frame, over those before it."""

    poster: Uploaded
    opacity: float = 1.0
    """Of the first one: always 1."""
    source: Area = WHOLE
    """Which part of the poster ..."""
    at: Area = WHOLE
    """... is drawn where on the screen, as a person sees it."""


class Screen(Protocol):
    """Something that can be looked at."""

    size: tuple[int, int]
    """Width and height of the picture in pixels, as a person sees it."""
    frame_s: float
    """Wanted time between two frames of a fade; 0 where presenting waits for the screen itself."""
    events_s: float
    """Longest time between two looks at what the window system has to say."""

    @property
    def scales(self) -> bool:
        """Whether a poster can be drawn larger or smaller in every frame. Otherwise it is only moved and cut."""
        ...

    def upload(self, poster: pygame.Surface) -> Uploaded:
        """Make a poster ready to be blended."""
        ...

    def present(self, layers: Sequence[Placed]) -> None:
        """Show posters over each other, the first one opaque and over the whole screen."""
        ...

    def grab(self) -> pygame.Surface:
        """Return what was presented."""
        ...

    def wants_redraw(self) -> bool:
        """Take note of what the window system has to say. Returns whether the picture must be drawn again."""
        ...

    def close(self) -> None:
        """Give the screen back."""
        ...


class Closed(Exception):
    """A person closed the window."""


class Offscreen:
    """A screen that nobody sees, for tests and the demo without a desktop."""

    frame_s = 1 / 30
    events_s = float("inf")
    scales = False

    def __init__(self, size: tuple[int, int]) -> None:
        self.size = size
        self._surface = pygame.Surface(size, 0, 32)

    def upload(self, poster: pygame.Surface) -> Uploaded:
        """Keep it as it is."""
        return poster

    def present(self, layers: Sequence[Placed]) -> None:
        """Blend the posters."""
        _blend(self._surface, layers)

    def grab(self) -> pygame.Surface:
        """Return what was presented."""
        return self._surface

    def wants_redraw(self) -> bool:
        """Never: nothing can cover it."""
        return False

    def close(self) -> None:
        """Nothing to give back."""


@dataclass(slots=True)
class WindowScreen:
    """A real screen or window. Built by :func:`open_screen`."""

    size: tuple[int, int]
    frame_s: float
    events_s: float
    _window: pygame.Window
    _renderer: Renderer | None
    _rotation: Rotation

    def upload(self, poster: pygame.Surface) -> Uploaded:
        """Turn the poster for the panel, and give it to the GPU where there is one."""
        turned = pygame.transform.rotate(poster, -self._rotation) if self._rotation else poster
        if self._renderer is None:
            return turned
        texture = Texture.from_surface(self._renderer, turned)
        texture.blend_mode = pygame.BLENDMODE_BLEND
        return texture

    @property
    def scales(self) -> bool:
        """A GPU draws a poster larger at no cost."""
        return self._renderer is not None

    def present(self, layers: Sequence[Placed]) -> None:
        """Blend the posters and flip."""
        if self._renderer is None:
            _blend(self._window.get_surface(), layers, self._rotation)
            self._window.flip()
            return
        for layer in layers:
            _draw(layer, self._window.size, self._rotation)
        self._renderer.present()

    def grab(self) -> pygame.Surface:
        """Return what was presented, upright."""
        picture = self._window.get_surface() if self._renderer is None else self._renderer.to_surface()
        return pygame.transform.rotate(picture, self._rotation) if self._rotation else picture

    def wants_redraw(self) -> bool:
        """Read the window's events. Raises Closed when a person closed it."""
        redraw = False
        for event in pygame.event.get():
            if event.type in (pygame.QUIT, pygame.WINDOWCLOSE):
                raise Closed
            redraw |= event.type in (pygame.WINDOWEXPOSED, pygame.WINDOWSHOWN, pygame.WINDOWRESTORED)
        return redraw

    def close(self) -> None:
        """Close the window, and let another process have the screen."""
        self._renderer = None
        self._window.destroy()
        pygame.display.quit()


def open_screen(size: tuple[int, int] | None, rotation: Rotation, title: str) -> Screen:
    """Open a window of ``size``, or the whole screen.

    Raises ScreenAbsent where no screen is connected or it may not be opened.
    """
    try:
        pygame.display.init()
        driver = pygame.display.get_driver()
        if driver in _FAKE_DRIVERS:
            pygame.display.quit()
            raise ScreenAbsent("no screen is connected, or no permission to open it")
        panel = size if size is not None else pygame.display.get_desktop_sizes()[0]
        window = pygame.Window(title, panel, fullscreen_desktop=size is None, borderless=size is None)
        panel = window.size
    except pygame.error as error:
        pygame.display.quit()
        raise ScreenAbsent(str(error)) from error
    pygame.mouse.set_visible(size is not None)
    renderer = _renderer(window)
    log.info("screen of %dx%d through %s, %s", *panel, driver, "renderer" if renderer else "surfaces")
    seen = panel if rotation in (0, 180) else (panel[1], panel[0])
    return WindowScreen(seen, 0.0 if renderer else 1 / 60, EVENTS_S, window, renderer, rotation)


def _renderer(window: pygame.Window) -> Renderer | None:
    """Return a GPU renderer; SDL's software one is no gain over surfaces."""
    try:
        return Renderer(window, accelerated=1, vsync=True)
    except pygame.error:
        return None


def _draw(layer: Placed, size: tuple[int, int], rotation: Rotation) -> None:
    """Draw a texture with shares of pixels: what moves slowly would tremble on whole ones."""
    texture = layer.poster
    assert isinstance(texture, Texture)
    alpha = round(255 * layer.opacity)
    if layer.source == WHOLE == layer.at:
        texture.alpha = alpha
        texture.draw()
        return
    (left, top, right, bottom) = _edges(layer.at.turned(rotation), size)
    (from_left, from_top, from_right, from_bottom) = _edges(layer.source.turned(rotation), (1, 1))
    tint = (255, 255, 255, alpha)
    texture.draw_quad(
        (left, top),
        (right, top),
        (right, bottom),
        (left, bottom),
        (from_left, from_top),
        (from_right, from_top),
        (from_right, from_bottom),
        (from_left, from_bottom),
        tint,
        tint,
        tint,
        tint,
    )


def _blend(target: pygame.Surface, layers: Sequence[Placed], rotation: Rotation = 0) -> None:
    """Draw surfaces at their own size, on whole pixels."""
    for layer in layers:
        poster = layer.poster
        assert isinstance(poster, pygame.Surface)
        poster.set_alpha(None if layer.opacity == 1 else round(255 * layer.opacity))
        left, top, _, _ = _edges(layer.at.turned(rotation), target.get_size())
        part = _edges(layer.source.turned(rotation), poster.get_size())
        from_left, from_top, from_right, from_bottom = map(round, part)
        area = pygame.Rect(from_left, from_top, from_right - from_left, from_bottom - from_top)
        target.blit(poster, (round(left), round(top)), area)


def _edges(part: Area, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Return the left, upper, right and lower edge in pixels."""
    width, height = size
    return part.x * width, part.y * height, (part.x + part.width) * width, (part.y + part.height) * height
