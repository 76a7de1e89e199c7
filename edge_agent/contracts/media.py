"""What a file is, by its first bytes: a name or a header can say anything. Pure."""

import re
from typing import Final

from edge_agent.contracts.catalogue import MediaType

HEAD_BYTES: Final = 1024
"""So many bytes of a file's beginning are enough; an SVG may begin with a comment."""

_SVG: Final = re.compile(
    rb"""(?:\xef\xbb\xbf)? \s* (?:<\?xml[^>]*>\s*)?
    (?:<!--(?:(?!-->).)*-->\s* | <!DOCTYPE\s+svg[^>]*>\s*)*  # no comment reaches beyond its end: one way to read it
    <svg[\s>]""",
    re.DOTALL | re.VERBOSE,
)
_AVIF_BRANDS: Final = frozenset({b"avif", b"avis"})
_MP4_BRANDS: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"dash", b"M4V "}
)


def media_type_of(head: bytes) -> MediaType | None:
    """Return what a file is, by its first :data:`HEAD_BYTES` bytes; ``None``: nothing that a screen can show."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        brands = _brands(head)
        return "image/avif" if brands & _AVIF_BRANDS else "video/mp4" if brands & _MP4_BRANDS else None
    if head.startswith(b"\x1a\x45\xdf\xa3") and b"webm" in head[:64]:
        return "video/webm"
    if _SVG.match(head):
        return "image/svg+xml"
    return None


def is_film(media_type: MediaType) -> bool:
    """Whether it moves."""
    return media_type.startswith("video/")


def _brands(head: bytes) -> set[bytes]:
    """Return the brands that the first box of an ISO media file names: its own and those that it is compatible with."""
    size_bytes = min(int.from_bytes(head[:4], "big"), len(head))
    compatible = (head[at : at + 4] for at in range(16, size_bytes - 3, 4))
    return {head[8:12], *compatible}
