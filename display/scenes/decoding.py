"""Pictures become pixels: PNG, JPEG, WebP, AVIF and SVG, scaled to where they are shown.

Whatever is wrong with a picture raises PosterError. Called through :mod:`display.scenes.apart`, since the decoders are
C and the bytes are somebody else's.
"""

import io
import math
import struct
import warnings
from dataclasses import dataclass
from typing import Literal

import pygame

# Named, so that they are loaded once and not in each child.
from PIL import (
    AvifImagePlugin,
    Image,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from display.errors import PosterError

PIXELS_MAX = 40_000_000
"""More than an 8K screen has (33 million): a decompression bomb is refused by its header."""

PHOTO_PIXELS_MAX = 60_000_000
"""For JPEG, which is decoded at a fraction of its size: cameras make 50 million."""

SVG_MAX_BYTES = 1024 * 1024
_FORMATS = [
    plugin.format
    for plugin in (
        PngImagePlugin.PngImageFile,
        JpegImagePlugin.JpegImageFile,
        WebPImagePlugin.WebPImageFile,
        AvifImagePlugin.AvifImageFile,
    )
]

Fit = Literal["contain", "cover"]
Mode = Literal["RGB", "RGBA", "RGBX"]

_ORIENTATION = 0x0112  # the tag of EXIF, from 1 (as it is) to 8
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LYING = (5, 6, 7, 8)  # their width is the height of what the camera saw


@dataclass(frozen=True, slots=True)
class Pixels:
    """A decoded picture."""

    mode: Mode
    size: tuple[int, int]
    """Width and height in pixels."""
    rows: bytes
    """Row by row, without gaps."""


def decode(content: bytes, size: tuple[int, int], fit: Fit) -> Pixels:
    """Return the picture scaled into ``size`` (contain), or over it and cropped to its middle (cover).

    Raises PosterError where it is too large, or not a picture; MemoryError where it takes more than there is.
    """
    if content.lstrip()[:5] in (b"<svg ", b"<?xml"):
        return _from_svg(content, size, fit)
    return _from_pixels(content, size, fit)


def _from_svg(content: bytes, size: tuple[int, int], fit: Fit) -> Pixels:
    """Draw an SVG. SDL_image's reader knows neither entities nor references: nothing is expanded or fetched."""
    if len(content) > SVG_MAX_BYTES:
        raise PosterError(f"SVG of {len(content)} bytes, more than {SVG_MAX_BYTES}")
    try:
        natural = pygame.image.load_sized_svg(io.BytesIO(content), (64, 64)).get_size()
        drawn = _drawn_size(natural, size, fit)
        # To cover, it is drawn a little larger: the small probe rounds, and the outermost pixels are half transparent.
        more = 4 if fit == "cover" else 0
        picture = pygame.image.load_sized_svg(io.BytesIO(content), (drawn[0] + more, drawn[1] + more))
    except pygame.error as error:
        raise PosterError("not an SVG that can be drawn") from error
    shown = _middle(picture, size) if fit == "cover" else picture
    return Pixels("RGBA", shown.get_size(), pygame.image.tobytes(shown, "RGBA"))


def _from_pixels(content: bytes, size: tuple[int, int], fit: Fit) -> Pixels:
    try:
        with (
            warnings.catch_warnings(action="ignore"),  # of bombs, which are told below, and of broken EXIF data
            Image.open(io.BytesIO(content), formats=_FORMATS) as image,
        ):
            most = PHOTO_PIXELS_MAX if image.format == "JPEG" else PIXELS_MAX
            if image.width * image.height > most:
                raise PosterError(f"{image.width}x{image.height} pixels, more than {most // 1_000_000} million")
            orientation = _orientation(image)
            if orientation in _LYING:  # turned last, when it is small
                size = size[1], size[0]
            drawn = _drawn_size(image.size, size, fit)
            image.draft("RGB", drawn)  # a JPEG is decoded at a fraction of its size
            image.load()
            mode: Literal["RGB", "RGBA"] = "RGBA" if image.has_transparency_data else "RGB"
            pixels: Image.Image = image if image.mode == mode else image.convert(mode)
    except Image.DecompressionBombError as error:
        raise PosterError(f"more than {PIXELS_MAX // 1_000_000} million pixels") from error
    except (UnidentifiedImageError, ValueError, SyntaxError, RuntimeError) as error:  # the last is libavif's
        raise PosterError(f"not a picture that can be drawn ({type(error).__name__})") from error
    except OSError as error:  # also the word of WebP's decoder where it is given no memory
        raise PosterError("not a picture that can be drawn, or one that takes too much memory") from error
    if fit == "cover":  # cut before it is scaled: a line of one pixel's height would become larger than any memory
        pixels = ImageOps.fit(pixels, size, Image.Resampling.LANCZOS)
    elif pixels.size != drawn:
        pixels = pixels.resize(drawn, Image.Resampling.LANCZOS, reducing_gap=2)
    if orientation in _TURNS:
        pixels = pixels.transpose(_TURNS[orientation])
    return Pixels(mode, pixels.size, pixels.tobytes())


def _orientation(image: Image.Image) -> int:
    """Return how the camera was held, as its EXIF data say; 1, upright, where they say nothing that makes sense."""
    try:
        found = image.getexif().get(_ORIENTATION, 1)
    except (SyntaxError, ValueError, struct.error):  # the picture is good all the same
        return 1
    return found if isinstance(found, int) else 1


def _drawn_size(natural: tuple[int, int], size: tuple[int, int], fit: Fit) -> tuple[int, int]:
    """Return how large the whole picture is drawn, so that it fits into ``size`` or covers it."""
    ratios = size[0] / natural[0], size[1] / natural[1]
    if fit == "contain":
        return max(1, round(natural[0] * min(ratios))), max(1, round(natural[1] * min(ratios)))
    return math.ceil(natural[0] * max(ratios)), math.ceil(natural[1] * max(ratios))


def _middle(picture: pygame.Surface, size: tuple[int, int]) -> pygame.Surface:
    width, height = picture.get_size()
    area = pygame.Rect(max(0, (width - size[0]) // 2), max(0, (height - size[1]) // 2), *size)
    return picture.subsurface(area.clip(picture.get_rect()))
