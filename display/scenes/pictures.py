"""Pictures of the content folder: checked before they are decoded, and never larger in memory than the screen."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import pygame

from display.errors import PosterError
from display.scenes.apart import Apart, decode_apart
from display.scenes.decoding import Fit, Pixels, decode
from display.scenes.films import first_picture
from edge_agent.contracts.catalogue import ContentItem
from edge_agent.contracts.media import HEAD_BYTES, is_film, media_type_of

FILE_MAX_BYTES = 64 * 1024 * 1024
"""As in the catalogue's content items."""


@dataclass(frozen=True, slots=True)
class Place:
    """Which picture a poster needs, and how it is shown."""

    digest: str
    """Name of the file in the content folder."""
    size: tuple[int, int]
    """Width and height of its place in pixels."""
    fit: Fit


def load_picture(folder: Path, digest: str, size: tuple[int, int], fit: Fit) -> pygame.Surface:
    """Return the picture ``digest``, scaled into ``size`` (contain) or over it and cropped (cover).

    Whoever drew it is trusted: it is not verified. Raises PosterError where it is missing, too large, or not a picture.
    """
    try:
        return surface(decode_apart(lambda: decode(_content(folder / digest), size, fit), size))
    except PosterError as error:
        raise PosterError(f"picture {digest[:12]}: {error}") from error


def begin(folder: Path, file: ContentItem, place: Place) -> Apart:
    """Begin to verify and decode a file of the playlist, in a child: neither may hold up a frame.

    What is decoded are the very bytes that were verified, each time anew: a card that goes bad is noticed too. Its
    result raises PosterError where the file is missing, is not what the playlist says, or not a picture.
    """

    def work() -> Pixels:
        content = verified(folder / file.sha256, file)
        if is_film(file.media_type):
            return first_picture(content, place.size)
        return decode(content, place.size, place.fit)

    return Apart(work, place.size)


def surface(pixels: Pixels) -> pygame.Surface:
    """Return a decoded picture as something that can be drawn."""
    return pygame.image.frombytes(pixels.rows, pixels.size, pixels.mode)


def verified(path: Path, file: ContentItem) -> bytes:
    """Return the bytes of a file, which are those that the playlist means. Raises PosterError."""
    content = _content(path)
    if len(content) != file.size_bytes:
        raise PosterError(f"has {len(content)} bytes, not {file.size_bytes} as listed")
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise PosterError("is not what was listed: its digest differs")
    media_type = media_type_of(content[:HEAD_BYTES])
    if media_type != file.media_type:
        raise PosterError(f"is {media_type or 'no picture'}, not {file.media_type} as listed")
    return content


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise PosterError(f"more than {FILE_MAX_BYTES} bytes")
        return path.read_bytes()
    except OSError as error:
        raise PosterError(error.strerror or "cannot be read") from error
