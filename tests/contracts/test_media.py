"""What a file is, by its first bytes."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edge_agent.contracts.media import HEAD_BYTES, is_film, media_type_of

PICTURES = Path(__file__).parents[2] / "edge_agent" / "simulator" / "scenarios" / "flagship" / "pictures"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "avif"])
def test_a_real_picture_is_what_it_is(kind: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (16, 16), "orange").save(file, kind)
    assert media_type_of(file.getvalue()[:HEAD_BYTES]) == f"image/{kind}"


@pytest.mark.parametrize("path", sorted(PICTURES.glob("*.svg")), ids=lambda path: path.name)
def test_the_sample_drawings_are_svg(path: Path) -> None:
    assert media_type_of(path.read_bytes()[:HEAD_BYTES]) == "image/svg+xml"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- drawn --><!DOCTYPE svg PUBLIC 'x'>\n<svg>", "image/svg+xml"),
        (b"<!-- <svg> --><html>", None),
        (b"<svgx>", None),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41", "video/mp4"),
        (b"\x00\x00\x00\x18ftypqt  \x00\x00\x00\x00qt  ", None),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x84webm", "video/webm"),
        (b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81\x01\x42\x82\x88matroska", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_by_its_first_bytes(head: bytes, kind: str | None) -> None:
    assert media_type_of(head) == kind


@given(st.binary(max_size=HEAD_BYTES) | st.text("<!-> svg?xml").map(str.encode) | st.just(b"<!--" + b"--><!--" * 145))
def test_nothing_takes_long_or_fails(head: bytes) -> None:
    kind = media_type_of(head)
    assert kind is None or is_film(kind) in (True, False)
