"""A film that plays: a child decodes it into a few places in shared memory, at the pace of its pictures.

The child waits for a free place, so it never runs ahead, and what is late is dropped, so it never runs behind. It is
nice: everything else on the machine goes first. Whatever happens to it, the screen goes on.
"""

import logging
import mmap
import os
import select
import signal
import struct
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Final, NoReturn

import pygame

from display.errors import PosterError
from display.items import Item, LoopPicture
from display.loop.program import Program
from display.scenes import films, pictures
from display.scenes.apart import confine
from display.scenes.films import film_size
from display.scenes.posters import Posters
from edge_agent.contracts.catalogue import ContentItem

log = logging.getLogger(__name__)

PLACES: Final = 3
"""Pictures that are decoded ahead: 11 MB."""

_NICE = 10
_CPU_MAX_S = 900
_HEAD = struct.Struct("=bd")  # which place, or what else; and the second at which the picture is due
_END, _BROKEN = -1, -2


class Player:
    """One film, from its first picture to its last."""

    def __init__(self, folder: Path, file: ContentItem, screen_size: tuple[int, int], now_s: float) -> None:
        self._size = film_size(screen_size)
        self._begin_s = now_s
        self._bytes = 4 * self._size[0] * self._size[1]
        self._shared = mmap.mmap(-1, PLACES * self._bytes)
        self._heads, write_heads = os.pipe()
        read_free, self._free = os.pipe()
        self._waiting: deque[tuple[int, float]] = deque()
        self._shown = 0
        self.ended = False
        """Whether the last picture has been shown, or there will be none."""
        self.problem = ""
        """Why it cannot be shown; empty while it can."""
        self._child = os.fork()
        if self._child == 0:
            os.close(self._free)
            os.close(self._heads)
            self._decode(folder / file.sha256, file, write_heads, read_free)
        os.close(write_heads)
        os.close(read_free)
        os.write(self._free, bytes(range(PLACES)))

    def fileno(self) -> int:
        """Becomes readable when a picture has been decoded."""
        return self._heads

    def next_deadline(self) -> float:
        """Return when the next picture is due."""
        return self._begin_s + self._waiting[0][1] if self._waiting else float("inf")

    def due(self, now_s: float) -> pygame.Surface | None:
        """Return the picture that should be seen now, if it is another one. Earlier ones are dropped."""
        self._read()
        if self._waiting and not self._shown:
            self._begin_s = now_s - self._waiting[0][1]  # its time begins with its first picture
        place = None
        while self._waiting and self._waiting[0][0] >= 0 and now_s >= self.next_deadline():
            if place is not None:
                os.write(self._free, bytes((place,)))
            place = self._waiting.popleft()[0]
        if place is None:
            self.ended |= bool(self._waiting) and self._waiting[0][0] < 0 and now_s >= self.next_deadline()
            return None
        self._shown += 1
        picture = pygame.image.frombytes(self._shared[place * self._bytes :][: self._bytes], self._size, "RGBX")
        os.write(self._free, bytes((place,)))
        return picture

    def close(self) -> None:
        """End the child."""
        os.kill(self._child, signal.SIGKILL)
        os.waitpid(self._child, 0)
        os.close(self._heads)
        os.close(self._free)
        self._shared.close()

    def _read(self) -> None:
        while not self.ended and select.select([self._heads], [], [], 0)[0]:
            head = os.read(self._heads, _HEAD.size)
            kind, due_s = _HEAD.unpack(head) if len(head) == _HEAD.size else (_BROKEN, 0.0)
            if kind == _BROKEN:
                self.ended, self.problem = True, "the film cannot be shown to its end"
                return
            self._waiting.append((kind, due_s))
            if kind == _END:
                return

    def _decode(self, path: Path, file: ContentItem, heads: int, free: int) -> NoReturn:
        """The child: verify, decode, and write each picture into a free place."""
        try:
            confine(_CPU_MAX_S)
            try:
                os.nice(_NICE)
            except OSError:
                pass  # not allowed under a strict service; then the kernel shares fairly
            last_s = self._fill(path, file, heads, free)
            os.write(heads, _HEAD.pack(_END, last_s))
            while os.read(free, PLACES):  # the parent ends us, or has gone itself
                pass
        except (PosterError, MemoryError, OSError):
            pass  # the parent reads the end of the pipe
        finally:
            os._exit(0)

    def _fill(self, path: Path, file: ContentItem, heads: int, free: int) -> float:
        """Write picture after picture; return when the last one is due."""
        due_s = 0.0
        for due_s, picture in films.pictures(pictures.verified(path, file), self._size):
            place = os.read(free, 1)
            if not place:
                raise PosterError("nobody watches")
            self._shared[place[0] * self._bytes : (place[0] + 1) * self._bytes] = picture.rows
            os.write(heads, _HEAD.pack(place[0], due_s))
        return due_s


class Projector:
    """Plays the film that is up, if one is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._player: Player | None = None
        self._item: LoopPicture | None = None

    @property
    def player(self) -> Player | None:
        """What plays: something to wait for, until its next deadline."""
        return self._player

    def turn(self, up: Item | None, program: Program, posters: Posters, now_s: float, utc: datetime) -> bool:
        """Go on with what is up, alone and complete. Returns whether its poster has changed.

        A film that has ended makes way; one that is broken leaves the loop.
        """
        film = up if isinstance(up, LoopPicture) and up.film else None
        if self._player is not None and (film != self._item or self._player.ended):
            self.close()
        file = program.loop.file(film.picture, utc) if film is not None else None
        if film is None or file is None:
            return False
        if self._player is None:
            self._player, self._item = Player(self._folder, file, posters.size, now_s), film
        picture = self._player.due(now_s)
        if picture is not None:
            posters.replace(film, picture)
        if self._player.problem:
            log.warning("film %s: %s; the loop goes on without it", film.picture[:12], self._player.problem)
            program.discard(film, now_s)
        elif self._player.ended:
            program.over(now_s)
        return picture is not None

    def close(self) -> None:
        """Stop whatever plays."""
        if self._player is not None:
            self._player.close()
        self._player = self._item = None
