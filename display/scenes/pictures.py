"""Pictures of the content folder: checked before they are decoded, and never larger in memory than the screen."""

import io
import math
import warnings
from pathlib import Path
from typing import Literal

import pygame
from PIL import Image, UnidentifiedImageError

from display.errors import PosterError

FILE_MAX_BYTES = 64 * 1024 * 1024
"""As in the catalogue's content items."""

PIXELS_MAX = 60_000_000
"""More pixels than any camera file that is meant for a screen: a decompression bomb is refused by its header."""

SVG_MAX_BYTES = 1024 * 1024
_FORMATS = ("PNG", "JPEG", "WEBP", "AVIF")

Fit = Literal["contain", "cover"]


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
        if content.lstrip()[:5] in (b"<svg ", b"<?xml"):
            return _from_svg(content, size, fit)
        return _from_pixels(content, size, fit)
    except PosterError as error:
        raise PosterError(f"picture {digest[:12]}: {error}") from error


def _from_svg(content: bytes, size: tuple[int, int], fit: Fit) -> pygame.Surface:
    if len(content) > SVG_MAX_BYTES:
        raise PosterError(f"SVG of more than {SVG_MAX_BYTES} bytes")
    try:
        natural = pygame.image.load_sized_svg(io.BytesIO(content), (64, 64)).get_size()
        scaled = _scaled(natural, size, fit)
        # To cover, it is drawn a little larger: the small probe rounds, and the outermost pixels are half transparent.
        more = 4 if fit == "cover" else 0
        picture = pygame.image.load_sized_svg(io.BytesIO(content), (scaled[0] + more, scaled[1] + more))
    except pygame.error as error:
        raise PosterError("not an SVG that can be drawn") from error
    return _cropped(picture, size) if fit == "cover" else picture


def _from_pixels(content: bytes, size: tuple[int, int], fit: Fit) -> pygame.Surface:
    try:
        with (
            warnings.catch_warnings(action="error", category=Image.DecompressionBombWarning),
            Image.open(io.BytesIO(content), formats=_FORMATS) as image,
        ):
            if image.width * image.height > PIXELS_MAX:
                raise PosterError(f"{image.width}x{image.height} pixels, more than {PIXELS_MAX}")
            scaled = _scaled(image.size, size, fit)
            image.draft("RGB", scaled)  # a JPEG is decoded at a fraction of its size
            pixels = image.convert("RGBA" if image.has_transparency_data else "RGB")
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise PosterError(f"not a picture that can be drawn ({type(error).__name__})") from error
    if pixels.size != scaled:
        pixels = pixels.resize(scaled, Image.Resampling.LANCZOS, reducing_gap=2)
    mode: Literal["RGBA", "RGB"] = "RGBA" if pixels.mode == "RGBA" else "RGB"
    picture = pygame.image.frombuffer(pixels.tobytes(), pixels.size, mode)
    return _cropped(picture, size) if fit == "cover" else picture


def _scaled(natural: tuple[int, int], size: tuple[int, int], fit: Fit) -> tuple[int, int]:
    ratios = size[0] / natural[0], size[1] / natural[1]
    if fit == "contain":
        return max(1, round(natural[0] * min(ratios))), max(1, round(natural[1] * min(ratios)))
    return math.ceil(natural[0] * max(ratios)), math.ceil(natural[1] * max(ratios))


def _cropped(picture: pygame.Surface, size: tuple[int, int]) -> pygame.Surface:
    """Return the middle of it."""
    width, height = picture.get_size()
    area = pygame.Rect(max(0, (width - size[0]) // 2), max(0, (height - size[1]) // 2), *size)
    return picture.subsurface(area.clip(picture.get_rect()))
