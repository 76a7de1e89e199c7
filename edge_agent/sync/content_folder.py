"""The content folder: files by their digest, and the playlist that names them. We write, the display reads.

The playlist is written last and names only what is here, and a file is removed only when neither it nor the playlist
before it names it: whenever the power is cut, and however slowly the display follows, what is named can be read.
"""

import hashlib
import re
import shutil
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from edge_agent.contracts.base import Language, Sha256
from edge_agent.contracts.catalogue import ContentItem, Emergency, LoopItem
from edge_agent.contracts.screen import Playlist
from edge_agent.decide.languages import nearest
from edge_agent.errors import DiskError
from edge_agent.store.files import sweep_drafts, write_atomically
from edge_agent.sync.download import part_of
from edge_agent.sync.files import FOLDER_MODE, disk_told

PLAYLIST_FILE: Final = "playlist.json"

_DIGEST = re.compile(r"[0-9a-f]{64}")


def playlist_version(folder: Path) -> str:
    """Return the version of the playlist that lies in a content folder; empty: there is none that can be read."""
    playlist = read_playlist(folder)
    return "" if playlist is None else playlist.version


def read_playlist(folder: Path) -> Playlist | None:
    """Return the playlist that lies in a content folder; ``None``: there is none that can be read."""
    try:
        return Playlist.model_validate_json((folder / PLAYLIST_FILE).read_bytes())
    except (OSError, ValidationError):
        return None


class ContentFolder:
    """The files of one unit. Everything raises DiskError where the disk refuses; none of it is for the event loop."""

    def __init__(self, path: Path, languages: Sequence[Language]) -> None:
        self.path = path
        self._languages = languages
        self._damaged: set[Sha256] = set()
        self._before: frozenset[Sha256] = frozenset()  # what the playlist before the present one named
        self._swept = False

    def prepare(self) -> None:
        """Make the folder, and once remove what a power cut left half-written."""
        with disk_told(self.path):
            self.path.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
            if not self._swept:
                sweep_drafts(self.path)
                self._swept = True

    def held(self, items: Collection[ContentItem]) -> frozenset[Sha256]:
        """Return which files are here, whole by their size and not known to be damaged."""
        sizes = self._sizes()
        return frozenset(
            item.sha256
            for item in items
            if sizes.get(item.sha256) == item.size_bytes and item.sha256 not in self._damaged
        )

    def room_bytes(self, spare_bytes: int) -> int:
        """Return what all content may take before the disk has less than ``spare_bytes`` left."""
        with disk_told(self.path):
            return sum(self._sizes().values()) + shutil.disk_usage(self.path).free - spare_bytes

    def has_room(self, item: ContentItem, spare_bytes: int) -> bool:
        """Whether a file finds room beside everything that is here, and leaves ``spare_bytes``."""
        with disk_told(self.path):
            return shutil.disk_usage(self.path).free - item.size_bytes >= spare_bytes

    def sound(self, item: ContentItem) -> bool:
        """Read a file through; one that is not what its name says is not used any more."""
        with disk_told(self.path):
            try:
                with (self.path / item.sha256).open("rb") as file:
                    digest = hashlib.file_digest(file, "sha256").hexdigest()
            except FileNotFoundError:
                digest = ""
        if digest != item.sha256:
            self._damaged.add(item.sha256)
        return digest == item.sha256

    def fetched(self, sha256: Sha256) -> None:
        """A file has been fetched anew."""
        self._damaged.discard(sha256)

    def announce(self, emergency: Emergency | None) -> str | None:
        """Begin or end an emergency, all else as it is; return the playlist's version where it changed."""
        playlist = read_playlist(self.path) or Playlist(version="", language=self._languages[0])
        if playlist.version and playlist.emergency == emergency:
            return None
        changed = playlist.model_copy(update={"emergency": emergency})
        try:
            return self._write(changed)
        except DiskError:  # full? then what nobody needs now makes room
            self._sweep({item.sha256 for item in playlist.files}, ())
            return self._write(changed)

    def publish(
        self,
        items: Sequence[ContentItem],
        loop: Sequence[LoopItem],
        emergency: Emergency | None,
        *,
        wait: bool = False,
        unwanted: Collection[Sha256] = (),
    ) -> str | None:
        """Put into the playlist what is here of these files, and remove what nobody needs any more.

        ``wait``: more is on its way; as long as nothing of the loop is here, the one before goes on. ``unwanted``: what
        may not be shown, or has no room; it does not stay for the display's sake. Returns the playlist's version where
        it changed.
        """
        present = self.held(items)
        files = {item.sha256: item for item in items if item.sha256 in present}
        shown = tuple(self._worded(item) for item in loop if item.picture in present)
        before = read_playlist(self.path)
        if wait and loop and not shown and before is not None:
            old = {item.sha256: item for item in before.files}
            old_here = self.held(old.values()) - set(unwanted)
            shown = tuple(item for item in before.items if item.picture in old_here)
            files |= {item.picture: old[item.picture] for item in shown}
        playlist = Playlist(
            version="", language=self._languages[0], items=shown, files=tuple(files.values()), emergency=emergency
        )
        version = self._write(playlist)
        if version is not None:
            self._before = frozenset() if before is None else frozenset(item.sha256 for item in before.files)
        self._sweep((files.keys() | self._before) - set(unwanted) - self._damaged, {item.sha256 for item in items})
        return version

    def drop_old(self, coming: Collection[ContentItem]) -> None:
        """Remove at once what the playlist does not name: there is no room to let the display take its time."""
        self._before = frozenset()
        playlist = read_playlist(self.path)
        named = set() if playlist is None else {item.sha256 for item in playlist.files}
        self._sweep(named, {item.sha256 for item in coming})

    def _write(self, playlist: Playlist) -> str | None:
        """Write a playlist under the version that its content gives it; ``None``: that one lies here already."""
        unversioned = playlist.model_copy(update={"version": ""})
        version = hashlib.sha256(unversioned.model_dump_json().encode()).hexdigest()[:16]
        text = playlist.model_copy(update={"version": version}).model_dump_json(exclude_defaults=True).encode()
        path = self.path / PLAYLIST_FILE
        with disk_told(path):
            if path.exists() and path.read_bytes() == text:
                return None
            write_atomically(path, text)
        return version

    def _sweep(self, keep: Collection[Sha256], coming: Collection[Sha256]) -> None:
        """Remove all files but these; of downloads that have begun, ``coming`` may go on."""
        with disk_told(self.path):
            for entry in self.path.iterdir():
                part = part_of(entry.name)
                unneeded = entry.name not in keep if part is None else part not in coming
                if unneeded and (part is not None or _DIGEST.fullmatch(entry.name)):
                    entry.unlink(missing_ok=True)

    def _worded(self, item: LoopItem) -> LoopItem:
        """Return an item with the words that this shop can use: a playlist is small, whatever the hub has."""
        headline = {tag: text for tag, text in item.headline.items() if nearest(self._languages, (tag,)) is not None}
        return item.model_copy(update={"headline": headline})

    def _sizes(self) -> Mapping[str, int]:
        """Return what each file here takes, downloads that have begun included."""
        with disk_told(self.path):
            entries = [entry for entry in self.path.iterdir() if _DIGEST.fullmatch(entry.name) or part_of(entry.name)]
            return {entry.name: entry.stat().st_size for entry in entries}
