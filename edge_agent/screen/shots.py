"""Screenshots on request: the display writes its frame to a file on tmpfs, and the agent reads it there.

The picture never travels over the display's socket. What is personal is not in it: the display leaves that out before
it writes, except in the demo.
"""

from pathlib import Path
from typing import Final

from edge_agent.errors import DisplayError
from edge_agent.screen.link import ScreenLink
from edge_agent.telling import Shot

SHOT_MAX_BYTES: Final = 4 * 1024 * 1024
"""A reduced frame has some 100 KB. A larger file is not one of ours."""

_JPEG: Final = b"\xff\xd8\xff"


class Shots:
    """Takes pictures of the screen."""

    def __init__(self, link: ScreenLink, frame_file: Path) -> None:
        self._link = link
        self._frame_file = frame_file

    async def take(self) -> Shot:
        """Return what is on the screen. Raises DisplayError, which says what to do."""
        captured = await self._link.capture()
        return Shot(_read(self._frame_file), captured.redacted)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            picture = file.read(SHOT_MAX_BYTES + 1)
    except OSError as error:
        raise DisplayError(
            f"display.frame_file {path}: {error.strerror}; agent and display must both reach its folder "
            f"(systemd/tmpfiles.d/edge-agent.conf)"
        ) from error
    if len(picture) > SHOT_MAX_BYTES or not picture.startswith(_JPEG):
        raise DisplayError(f"display.frame_file {path}: is not a picture that the display has written")
    return picture
