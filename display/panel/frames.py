"""A presented frame as a small JPEG file: for the live view, and for screenshots on request.

Encoding takes 3 ms here and 10 on a Pi: a thread does it, so that no frame of a fade waits for it. The file belongs on
tmpfs: a card would wear out.
"""

import errno
import logging
import threading
from pathlib import Path
from queue import Full, Queue

import pygame

log = logging.getLogger(__name__)

PERIOD_S = 0.25
"""At most four frames a second: a page that shows them needs no more, and the screen comes first."""

LONG_SIDE_PX = 960

FILE_MODE = 0o640
"""The agent reads the file through the group of its folder; nobody else does."""
_END_OF_IMAGE = b"\xff\xd9"


def reduced(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size of the picture in the file for a screen of ``size``."""
    factor = min(1.0, LONG_SIDE_PX / max(size))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


class FrameFile:
    """Writes frames atomically: a reader sees a whole picture, the old or the new one."""

    def __init__(self, path: Path, live: bool) -> None:
        """``live``: write what is presented all the time; otherwise only a frame that is asked for."""
        self._path = path
        self._live = live
        self._dirty = False
        self._not_before_s = 0.0
        self._failed = False
        self._waiting: Queue[tuple[int, pygame.Surface]] = Queue(maxsize=1)
        self._number = 0  # of the last frame that was given to us, and of the last one in the file
        self._written = 0
        self._writing = threading.Lock()
        threading.Thread(target=self._work, name="frames", daemon=True).start()

    def changed(self) -> None:
        """Tell that another frame was presented."""
        self._dirty = self._live

    def next_deadline(self) -> float:
        """Return when to call :meth:`write`; infinity where nothing changed."""
        return self._not_before_s if self._dirty else float("inf")

    def write(self, picture: pygame.Surface, now_s: float) -> None:
        """Have the frame written soon. A folder that is missing or full is said once and tried with the next frame."""
        self._not_before_s = now_s + PERIOD_S
        self._number += 1
        try:
            self._waiting.put_nowait((self._number, picture))
        except Full:  # the disk is slower than the screen: the next frame, then
            return
        self._dirty = False

    def write_now(self, picture: pygame.Surface) -> bool:
        """Write the frame before returning. Returns whether it is in the file; why not, is in the log."""
        self._number += 1
        return self._save(self._number, picture)

    def _work(self) -> None:
        while True:
            self._save(*self._waiting.get())

    def _save(self, number: int, picture: pygame.Surface) -> bool:
        with self._writing:
            if number < self._written:  # an older frame never comes after a newer one: it may show what has ended
                return False
            self._written = number
            part = self._path.with_name(f".{self._path.stem}.part.jpg")
            try:
                pygame.image.save(picture, part)  # by its name: only so does it let other threads run
                if not part.read_bytes().endswith(_END_OF_IMAGE):  # it does not tell that the disk is full
                    raise OSError(errno.ENOSPC, "no room for the whole picture")
                part.chmod(FILE_MODE)
                part.replace(self._path)
            except (OSError, pygame.error) as error:
                if not self._failed:
                    log.warning("cannot write frames to %s: %s", self._path, error)
                self._failed = True
            else:
                self._failed = False
            return not self._failed
