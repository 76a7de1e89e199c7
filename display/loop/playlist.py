"""What ``playlist.json`` says: the loop, the files that may be shown, and the emergency. Pure.

The last good playlist is kept by whoever reads the file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from display.errors import PlaylistError
from display.items import LoopPicture
from edge_agent.contracts.catalogue import ContentItem, Emergency, LoopItem
from edge_agent.contracts.dayparts import bounds, within
from edge_agent.contracts.media import is_film
from edge_agent.contracts.screen import Playlist


@dataclass(frozen=True, slots=True)
class Entry:
    """One picture or film of the loop, and when it may be shown."""

    shows: LoopPicture
    name: str
    """Its name for the proofs of play."""
    weight: int = 1
    """Its share of voice."""
    campaign: bool = False
    """It goes before what is merely idle."""
    dayparts_s: tuple[float, ...] = ()
    """Bounds of its dayparts in seconds of the week, see :mod:`edge_agent.contracts.dayparts`. Empty: always."""
    valid_from: datetime | None = None
    valid_until: datetime | None = None

    def due(self, utc: datetime, week_s: float) -> bool:
        """Whether it may be shown now. ``week_s``: second of the week by the clock on the store's wall."""
        return _valid(self, utc) and (not self.dayparts_s or within(self.dayparts_s, week_s))

    @property
    def timed(self) -> bool:
        """Whether it depends on the calendar."""
        return bool(self.dayparts_s) or self.valid_from is not None or self.valid_until is not None


@dataclass(frozen=True, slots=True)
class Loop:
    """A playlist, made ready to be asked each second."""

    version: str = ""
    """Version of the playlist, for the proofs of play."""
    entries: tuple[Entry, ...] = ()
    files: Mapping[str, ContentItem] = field(default_factory=dict)
    """Files that may be on this screen, by digest: those that are public and speak a language of the shop."""
    emergency: Emergency | None = None

    def file(self, digest: str, utc: datetime) -> ContentItem | None:
        """Return what is known of a file that may be shown now, or None where it may not."""
        file = self.files.get(digest)
        return file if file is not None and _valid(file, utc) else None


def parse_playlist(content: bytes, languages: tuple[str, ...] = (), films: bool = True) -> Loop:
    """Return the loop that ``playlist.json`` describes, as a shop of these languages shows it, with films or without.

    Raises PlaylistError, which names the wrong field. Items whose file is not listed or may not be shown here are left
    out: :func:`left_out` names them.
    """
    playlist = _read(content)
    spoken = languages or (playlist.language,)
    files = {
        file.sha256: file
        for file in playlist.files
        if _for_this_screen(file, spoken) and (films or not is_film(file.media_type))
    }
    entries = tuple(
        _entry(item, files[item.picture], playlist.language) for item in playlist.items if item.picture in files
    )
    return Loop(playlist.version, entries, files, playlist.emergency)


def left_out(content: bytes, loop: Loop) -> dict[str, str]:
    """Return the digests of the playlist's items that ``loop`` leaves out, and why, for the log."""
    playlist = _read(content)
    listed = {file.sha256: file for file in playlist.files}
    missing = [item.picture for item in playlist.items if item.picture not in loop.files]
    return {digest: _why_left_out(listed.get(digest)) for digest in missing}


def _why_left_out(file: ContentItem | None) -> str:
    if file is None:
        return "it is not listed"
    if file.content_class != "public":
        return f"it is {file.content_class}"
    if is_film(file.media_type):
        return "it is a film: set display.video, and install the extra 'video'"
    return "it speaks no language of this shop"


def in_language(words: Mapping[str, str], language: str) -> tuple[str, str]:
    """Return the words in a language or in its plain form, and which one it is; ("", language) where there are none."""
    for tag in (language, language.split("-")[0]):
        if tag in words:
            return words[tag], tag
    return "", language


def _read(content: bytes) -> Playlist:
    try:
        return Playlist.model_validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "playlist"
        raise PlaylistError(f"{field}: {first['msg']}") from error


def _for_this_screen(file: ContentItem, languages: Iterable[str]) -> bool:
    spoken = {form for language in languages for form in (language, language.split("-")[0])}
    return file.content_class == "public" and (
        not file.languages or any(language in spoken or language.split("-")[0] in spoken for language in file.languages)
    )


def _entry(item: LoopItem, file: ContentItem, language: str) -> Entry:
    headline, tag = in_language(item.headline, language)
    film = is_film(file.media_type)
    return Entry(
        LoopPicture(item.picture, item.duration_s, headline, tag, item.motion == "ken_burns" and not film, film),
        item.item or item.picture[:12],
        item.weight,
        item.kind == "campaign",
        bounds(item.dayparts),
        max((since for since in (item.valid_from, file.valid_from) if since), default=None),
        min((until for until in (item.valid_until, file.valid_until) if until), default=None),
    )


def _valid(of: Entry | ContentItem, utc: datetime) -> bool:
    return (of.valid_from is None or of.valid_from <= utc) and (of.valid_until is None or utc < of.valid_until)
