"""The presented frame as a small JPEG file, for the live view."""

import logging
from pathlib import Path

import pygame

log = logging.getLogger(__name__)

PERIOD_S = 0.25
"""At most four frames a second: a page that shows them needs no more, and the screen comes first."""

WIDTH_PX = 960


class FrameFile:
    """Writes frames atomically: a reader sees a whole picture, the old or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._dirty = False
        self._not_before_s = 0.0
        self._failed = False

    def changed(self) -> None:
        """Tell that another frame was presented."""
        self._dirty = True

    def next_deadline(self) -> float:
        """Return when to call :meth:`write`; infinity where nothing changed."""
        return self._not_before_s if self._dirty else float("inf")

    def write(self, picture: pygame.Surface, now_s: float) -> None:
        """Write the frame. A folder that is missing or full is said once and tried again with the next frame."""
        self._dirty = False
        self._not_before_s = now_s + PERIOD_S
        width, height = picture.get_size()
        small = pygame.transform.smoothscale(picture, (WIDTH_PX, max(1, round(WIDTH_PX * height / width))))
        part = self._path.with_name(f".{self._path.name}.part")
        try:
            with part.open("wb") as file:
                pygame.image.save(small, file, "frame.jpg")
            part.replace(self._path)
        except (OSError, pygame.error) as error:
            if not self._failed:
                log.warning("cannot write frames to %s: %s", self._path, error)
            self._failed = True
        else:
            self._failed = False
