"""Where the pictures are that words stand on: in the content folder, beside a store file, or nowhere to be seen."""

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from display.scenes.pictures import FILE_MAX_BYTES
from edge_agent.contracts.media import HEAD_BYTES, is_film, media_type_of

_DIGEST_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Pictures:
    """Finds pictures for a poster that is only looked at."""

    content: Path | None
    """The content folder, where files are named by their digests. Absent: not known."""
    scratch: Path
    """An empty folder; copies are put there."""

    def find(self, picture: str, beside: Path) -> tuple[Path, str]:
        """Return folder and digest of a picture, given by its digest or by its name beside a file.

        A white picture, the worst that light words can stand on, takes the place of a film, and of a picture that
        nobody said where to find. Raises OSError where a file cannot be read.
        """
        by_digest = len(picture) == _DIGEST_CHARACTERS
        if by_digest and self.content is None:
            return self._white()
        folder = self.content if by_digest and self.content is not None else beside
        file = folder / picture
        if _films(file):
            return self._white()
        if by_digest:
            return folder, picture
        with file.open("rb") as opened:
            return self._put(opened.read(FILE_MAX_BYTES + 1))

    def _white(self) -> tuple[Path, str]:
        file = io.BytesIO()
        Image.new("RGB", (640, 360), (255, 255, 255)).save(file, "PNG")
        return self._put(file.getvalue())

    def _put(self, content: bytes) -> tuple[Path, str]:
        digest = hashlib.sha256(content).hexdigest()
        (self.scratch / digest).write_bytes(content)
        return self.scratch, digest


def _films(path: Path) -> bool:
    """Whether a file is a film."""
    with path.open("rb") as file:
        media_type = media_type_of(file.read(HEAD_BYTES))
    return media_type is not None and is_film(media_type)
