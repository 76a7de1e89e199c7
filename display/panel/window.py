"""Where frames are presented: a real screen or window, or no screen at all.

By way of Wayland or X11 where there is a desktop, by KMSDRM where there is none; ``SDL_VIDEODRIVER`` overrides that.
"""

import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import pygame
from pygame._sdl2.video import Renderer

from display.errors import ScreenAbsent
from display.panel import drivers
from display.panel.canvas import Canvas, Placed, SurfaceCanvas, TextureCanvas, Uploaded
from display.panel.geometry import Rotation, seen_size
from display.panel.x11 import X11Watch

__all__ = ["Closed", "Offscreen", "Placed", "Screen", "Uploaded", "WindowScreen", "open_screen"]

log = logging.getLogger(__name__)

EVENTS_S = 0.25
"""A window's events are read at least so often: 0.01 ms each time, 0.2 % of a core with all that goes with a wake."""

_LOST_EVENTS = frozenset({pygame.QUIT, pygame.RENDER_DEVICE_RESET})
_REDRAW_EVENTS = frozenset(
    {pygame.WINDOWEXPOSED, pygame.WINDOWSHOWN, pygame.WINDOWRESTORED, pygame.RENDER_TARGETS_RESET}
)


class Screen(Protocol):
    """Something that can be looked at. Every method may raise ScreenAbsent where it has gone."""

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

    @property
    def covered(self) -> bool:
        """Whether other windows hide all of it."""
        ...

    @property
    def asleep(self) -> bool:
        """Whether the window system has switched the panel off."""
        ...

    def upload(self, poster: pygame.Surface) -> Uploaded:
        """Make a poster ready to be blended."""
        ...

    def present(self, layers: Sequence[Placed]) -> None:
        """Show posters over each other, the first one opaque; black where there is none."""
        ...

    def picture(self, layers: Sequence[Placed], size: tuple[int, int]) -> pygame.Surface:
        """Return what :meth:`present` would show, upright, in pixels of ``size``."""
        ...

    def wants_redraw(self) -> bool:
        """Take note of what the window system has to say. Returns whether the picture must be drawn again."""
        ...

    def power(self, on: bool) -> None:
        """Switch the panel on or off, where the window system can."""
        ...

    def close(self) -> None:
        """Give the screen back."""
        ...


class Closed(Exception):
    """A person closed the window."""


class Offscreen:
    """A screen that nobody sees, for tests and the demo without a desktop; and what stands in for an absent one."""

    frame_s = 1 / 30
    events_s = float("inf")
    scales = False
    covered = False
    asleep = False

    def __init__(self, size: tuple[int, int], rotation: Rotation = 0) -> None:
        """``size``: of the panel in pixels."""
        self.size = seen_size(size, rotation)
        self.panel = pygame.Surface(size, 0, 32)
        """What the panel shows."""
        self._canvas = SurfaceCanvas(lambda: self.panel, lambda: None, rotation, size)

    def upload(self, poster: pygame.Surface) -> Uploaded:
        """Turn the poster for the panel."""
        return self._canvas.upload(poster)

    def present(self, layers: Sequence[Placed]) -> None:
        """Blend the posters."""
        self._canvas.draw(layers)

    def picture(self, layers: Sequence[Placed], size: tuple[int, int]) -> pygame.Surface:
        """Blend reduced posters."""
        return self._canvas.picture(layers, size)

    def wants_redraw(self) -> bool:
        """Never: nothing can cover it."""
        return False

    def power(self, on: bool) -> None:
        """Nothing to switch."""

    def close(self) -> None:
        """Nothing to give back."""


@dataclass(slots=True)
class WindowScreen:
    """A real screen or window. Built by :func:`open_screen`."""

    size: tuple[int, int]
    frame_s: float
    _window: pygame.Window
    _canvas: Canvas
    _x11: X11Watch | None
    events_s: float = EVENTS_S
    _hidden: bool = False

    @property
    def scales(self) -> bool:
        """A GPU draws a poster larger at no cost."""
        return self._canvas.scales

    @property
    def covered(self) -> bool:
        """X11 tells; Wayland does not; without a desktop nothing can cover it."""
        return self._hidden or (self._x11 is not None and self._x11.covered)

    @property
    def asleep(self) -> bool:
        """Whether X11 has switched the panel off."""
        return self._x11 is not None and self._x11.asleep()

    def upload(self, poster: pygame.Surface) -> Uploaded:
        """Give it to the GPU where there is one."""
        try:
            return self._canvas.upload(poster)
        except pygame.error as error:
            raise ScreenAbsent(f"the screen has gone: {error}") from error

    def present(self, layers: Sequence[Placed]) -> None:
        """Blend the posters and flip."""
        try:
            self._canvas.draw(layers)
            self._canvas.flip()
        except pygame.error as error:
            raise ScreenAbsent(f"the screen has gone: {error}") from error

    def picture(self, layers: Sequence[Placed], size: tuple[int, int]) -> pygame.Surface:
        """Draw it once more, small."""
        try:
            return self._canvas.picture(layers, size)
        except pygame.error as error:
            raise ScreenAbsent(f"the screen has gone: {error}") from error

    def wants_redraw(self) -> bool:
        """Read the window's events. Raises Closed when a person closed it."""
        redraw = False
        for event in pygame.event.get():
            if event.type == pygame.WINDOWCLOSE:
                raise Closed
            if event.type in _LOST_EVENTS:  # QUIT without WINDOWCLOSE: the compositor has gone
                raise ScreenAbsent("the window system or the graphics card has gone")
            if event.type == pygame.WINDOWSIZECHANGED:
                raise ScreenAbsent("the screen has another size now")
            if event.type in (pygame.WINDOWHIDDEN, pygame.WINDOWMINIMIZED):
                self._hidden = True
            elif event.type in (pygame.WINDOWSHOWN, pygame.WINDOWRESTORED):
                self._hidden = False
            redraw |= event.type in _REDRAW_EVENTS
        if self._x11 is not None:
            self._x11.look()
        return redraw

    def power(self, on: bool) -> None:
        """Switch the panel, where X11 can."""
        if self._x11 is not None:
            self._x11.power(on)

    def close(self) -> None:
        """Close the window, and let another process have the screen."""
        if self._x11 is not None:
            self._x11.close()
        self._window.destroy()
        pygame.display.quit()


def open_screen(size: tuple[int, int] | None, rotation: Rotation, title: str) -> WindowScreen:
    """Open a window of ``size``, or the whole screen.

    Raises ScreenAbsent where no screen is connected or it may not be opened.
    """
    drivers.ask_kindly()
    try:
        pygame.display.init()
        driver = pygame.display.get_driver()
        if driver in drivers.NEVER_A_SCREEN:
            raise pygame.error("no screen is connected, or no permission to open it")
        gpu = drivers.has_gpu()
        drivers.ask_for_renderer(driver, gpu=gpu)
        whole = size is None
        window = pygame.Window(
            title,
            size or pygame.display.get_desktop_sizes()[0],
            fullscreen_desktop=whole,
            borderless=whole,
            allow_high_dpi=True,  # a desktop's scaling is not ours: we draw in the panel's own pixels
        )
        pygame.mouse.set_visible(not whole)
        canvas = (_textures(window, rotation) if gpu else None) or _surfaces(window, rotation)
        watch = _x11_watch(window) if driver == "x11" else None
        pygame.event.clear()  # how the window came to its place and size
    except pygame.error as error:
        pygame.display.quit()
        asked = os.environ["SDL_VIDEODRIVER"]
        raise ScreenAbsent(f"no screen by way of {asked}: {error} (docs/screen.md: no screen)") from error
    log.info("screen of %dx%d through %s, %s", *canvas.panel, driver, "GPU" if canvas.scales else "surfaces")
    seen = seen_size(canvas.panel, rotation)
    return WindowScreen(seen, 0.0 if canvas.scales else 1 / 60, window, canvas, watch)


def _textures(window: pygame.Window, rotation: Rotation) -> TextureCanvas | None:
    """Return what a GPU draws on, or None where it does not draw; SDL's software renderer is no gain over surfaces."""
    try:
        renderer = Renderer(window, accelerated=1, vsync=True)
        canvas = TextureCanvas(renderer, renderer.get_viewport().size, rotation)
        if canvas.draws():
            return canvas
        problem = "what it draws stays black"
    except pygame.error as error:
        problem = str(error)
    log.warning("no GPU (%s): plain surfaces instead; is libgles2 installed?", problem)
    return None


def _surfaces(window: pygame.Window, rotation: Rotation) -> SurfaceCanvas:
    """Return what the processor draws on. Raises pygame.error where it cannot be had."""
    return SurfaceCanvas(window.get_surface, window.flip, rotation, window.get_surface().get_size())


def _x11_watch(window: pygame.Window) -> X11Watch | None:
    try:
        return X11Watch(window.handle)
    except OSError as error:
        log.warning("cannot watch the X server (%s): a covered window counts as seen", error)
        return None
