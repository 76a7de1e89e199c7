"""Pictures that nobody should try to draw."""

import io
import itertools
import struct
import zlib

from PIL import Image

_SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="100" height="100">{}</svg>'


def png_of_zeros(width: int, height: int) -> bytes:
    """A black RGB picture of any size in a few kilobytes per hundred megapixels."""
    deflate = zlib.compressobj(9)
    row = bytes(1 + 3 * width)
    rows = b"".join(deflate.compress(row) for _ in range(height)) + deflate.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def png_with_long_text() -> bytes:
    """A small picture with a comment that unpacks to 100 MB."""
    whole = png_of_zeros(4, 4)
    comment = _chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(100_000_000)))
    return whole[:33] + comment + whole[33:]


def png_cut() -> bytes:
    """A picture whose second half never arrived."""
    whole = png_of_zeros(400, 4000)
    return whole[: len(whole) // 2]


def encoded(picture_format: str, size: tuple[int, int], frames: int = 1) -> bytes:
    """A picture as Pillow writes it; of several frames an animation."""
    file = io.BytesIO()
    pictures = [Image.new("RGB", size, (number, 0, 0)) for number in range(frames)]
    more: dict[str, object] = {"save_all": True, "append_images": pictures[1:]} if frames > 1 else {}
    if picture_format == "AVIF":
        more["speed"] = 10
    pictures[0].save(file, picture_format, **more)
    return file.getvalue()


def held(picture_format: str, orientation: int) -> bytes:
    """A photograph of a red wall left of a blue one, 320 x 180, by a camera held in one of EXIF's eight ways."""
    seen = Image.new("RGB", (320, 180), (255, 0, 0))
    seen.paste((0, 0, 255), (160, 0, 320, 180))
    undone = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    (seen if undone is None else seen.transpose(undone)).save(file, picture_format, exif=exif.tobytes())
    return file.getvalue()


def svg(inside: str) -> bytes:
    """A drawing of 100 x 100."""
    return _SVG.format(inside).encode()


def billion_laughs() -> bytes:
    """Entities that unfold to ten billion letters."""
    names = "abcdefghij"
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in itertools.pairwise(names))
    head = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha ha ha">{entities}]>'
    return head.encode() + svg("<text>&j;</text>")


def prying_svg(path: str) -> bytes:
    """A drawing that asks for another file."""
    head = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a SYSTEM "file://{path}">]>'
    return head.encode() + svg(f'<image href="file://{path}" width="100" height="100"/><text>&a;</text>')


def endless_svg() -> bytes:
    """A megabyte of shapes, each over the whole screen: minutes of work."""
    return svg('<path d="M0 0h100v100h-100z" fill="#f0f8"/>' * 20_000)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
