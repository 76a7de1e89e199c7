"""A tiny film, made where the optional extra ``video`` is installed."""

from pathlib import Path

import pytest


def make_film(folder: Path, pictures: int = 30, size: tuple[int, int] = (64, 36), rate: int = 30) -> bytes:
    """Return an MP4 film that grows from black to red. Skips the test where it cannot be made."""
    av = pytest.importorskip("av", reason="no PyAV: pip install 'edge-agent[video]'")
    path = folder / "film.mp4"
    with av.open(str(path), "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=rate)
        stream.width, stream.height = size
        for number in range(pictures):
            frame = av.VideoFrame(*size, "rgb24")
            plane = frame.planes[0]
            red = bytes((round(255 * number / max(1, pictures - 1)), 0, 0))
            row = (red * size[0]).ljust(plane.line_size, b"\0")
            plane.update(row * size[1])
            for packet in stream.encode(frame.reformat(format="yuv420p")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path.read_bytes()
