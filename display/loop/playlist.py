"""The order of the idle loop. Pure; the last good playlist is kept by whoever reads the file."""

from dataclasses import dataclass, replace

from pydantic import ValidationError

from display.errors import PlaylistError
from display.items import Brand, LoopPicture
from edge_agent.contracts.catalogue import LoopItem
from edge_agent.contracts.screen import Playlist


@dataclass(frozen=True, slots=True)
class Loop:
    """The pictures of the idle loop in their order; without any, the brand's name."""

    version: str = ""
    """Version of the playlist, for the proof of play."""
    pictures: tuple[LoopPicture, ...] = ()

    def first(self) -> LoopPicture | Brand:
        """Return what the loop begins with."""
        return self.pictures[0] if self.pictures else Brand()

    def after(self, number: int) -> int:
        """Return the position that follows ``number``; past the end, and in a loop that became shorter, the first."""
        return number + 1 if number + 1 < len(self.pictures) else 0

    def at(self, number: int) -> LoopPicture | Brand:
        """Return what stands at a position."""
        return self.pictures[number] if number < len(self.pictures) else self.first()

    def without(self, picture: str) -> "Loop":
        """Return the loop without a picture that cannot be drawn."""
        return replace(self, pictures=tuple(item for item in self.pictures if item.picture != picture))


def parse_playlist(content: bytes) -> Loop:
    """Return the loop that ``playlist.json`` describes.

    Raises PlaylistError, which names the wrong field.
    """
    try:
        playlist = Playlist.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "playlist"
        raise PlaylistError(f"{field}: {first['msg']}") from error
    return Loop(playlist.version, tuple(_picture(item, playlist.language) for item in playlist.items))


def _picture(item: LoopItem, language: str) -> LoopPicture:
    """Take the words in the language of the playlist, or in its plain form, or none."""
    for tag in (language, language.split("-")[0]):
        if tag in item.headline:
            return LoopPicture(item.picture, item.duration_s, item.headline[tag], tag)
    return LoopPicture(item.picture, item.duration_s)
