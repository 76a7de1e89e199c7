"""Films become pixels: muted, at most 720 lines, through PyAV (the optional extra ``video``). Runs in a child only.

A Raspberry Pi's own decoder is used where the system offers it (``/dev/video*``), else FFmpeg's on two threads.
"""

import importlib.util
import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from display.errors import PosterError
from display.scenes.decoding import Pixels

if TYPE_CHECKING:
    import av
    from av.container import InputContainer

LINES_MAX = 720
WIDTH_MAX = 1280
"""Larger films are refused: a small computer cannot decode them beside everything else."""

_THREADS = 2


def available() -> bool:
    """Whether the extra ``video`` is installed."""
    return importlib.util.find_spec("av") is not None


def film_size(screen: tuple[int, int]) -> tuple[int, int]:
    """Return the size in which a film is decoded for a screen; the screen stretches it. Both sides are even."""
    factor = min(1.0, WIDTH_MAX / max(screen), LINES_MAX / min(screen))
    width, height = (max(2, round(side * factor) & ~1) for side in screen)
    return width, height


def first_picture(content: bytes, size: tuple[int, int]) -> Pixels:
    """Return what a film begins with, covering ``size``. Raises PosterError."""
    for _, pixels in pictures(content, size):
        return pixels
    raise PosterError("a film without a picture")


def pictures(content: bytes, size: tuple[int, int]) -> Iterator[tuple[float, Pixels]]:
    """Yield each picture of a film, covering ``size``, and the second at which it is due. Raises PosterError."""
    from av.error import FFmpegError

    begin_s: float | None = None
    try:
        with _opened(content) as container:
            for frame in _decoded(container):
                if frame.time is not None:
                    begin_s = frame.time if begin_s is None else begin_s
                    yield frame.time - begin_s, _covering(frame, size)
    except FFmpegError as error:
        raise PosterError(f"not a film that can be shown ({type(error).__name__})") from error


@contextmanager
def _opened(content: bytes) -> "Iterator[InputContainer]":
    import av

    with av.open(io.BytesIO(content), "r", options={"protocol_whitelist": ""}) as container:
        if not container.streams.video:
            raise PosterError("a film without a picture")
        context = container.streams.video[0].codec_context
        if min(context.width, context.height) > LINES_MAX or max(context.width, context.height) > WIDTH_MAX:
            raise PosterError(f"a film of {context.width}x{context.height}, more than {WIDTH_MAX}x{LINES_MAX}")
        yield container


def _decoded(container: "InputContainer") -> "Iterator[av.VideoFrame]":
    import av
    from av.error import FFmpegError

    stream = container.streams.video[0]
    name = f"{stream.codec_context.name}_v4l2m2m"
    if name in av.codecs_available and any(Path("/dev").glob("video1?")):
        try:
            decoder = cast(av.VideoCodecContext, av.CodecContext.create(name, "r"))
            decoder.extradata = stream.codec_context.extradata
            decoder.open()
        except FFmpegError:
            pass  # no such hardware: in software, then
        else:
            for packet in container.demux(stream):
                yield from decoder.decode(packet)
            return
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = _THREADS
    yield from container.decode(stream)


def _covering(frame: "av.VideoFrame", size: tuple[int, int]) -> Pixels:
    factor = max(size[0] / frame.width, size[1] / frame.height)
    width, height = max(size[0], round(frame.width * factor)), max(size[1], round(frame.height * factor))
    plane = frame.reformat(width, height, "rgb0").planes[0]
    rows, row_bytes = memoryview(plane), 4 * size[0]
    first = (height - size[1]) // 2 * plane.line_size + (width - size[0]) // 2 * 4
    if row_bytes == plane.line_size:
        return Pixels("RGBX", size, bytes(rows[first : first + row_bytes * size[1]]))
    cut = (rows[first + row * plane.line_size :][:row_bytes] for row in range(size[1]))
    return Pixels("RGBX", size, b"".join(cut))
