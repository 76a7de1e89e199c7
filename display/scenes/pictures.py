"""Pictures of the content folder: checked before they are decoded, and never larger in memory than the screen."""

from pathlib import Path

import pygame

from display.errors import PosterError
from display.scenes.apart import decode_apart
from display.scenes.decoding import Fit, decode

FILE_MAX_BYTES = 64 * 1024 * 1024
"""As in the catalogue's content items."""


def load_picture(folder: Path, digest: str, size: tuple[int, int], fit: Fit) -> pygame.Surface:
    """Return the picture ``digest``, scaled into ``size`` (contain) or over it and cropped (cover).

    Raises PosterError where it is missing, too large, or not a picture.
    """
    path = folder / digest
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise PosterError(f"picture {digest[:12]}: more than {FILE_MAX_BYTES} bytes")
        content = path.read_bytes()
    except OSError as error:
        raise PosterError(f"picture {digest[:12]}: {error.strerror}") from error
    try:
        pixels = decode_apart(lambda: decode(content, size, fit), size)
    except PosterError as error:
        raise PosterError(f"picture {digest[:12]}: {error}") from error
    return pygame.image.frombytes(pixels.rows, pixels.size, pixels.mode)
