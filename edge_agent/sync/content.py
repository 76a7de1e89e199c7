"""The content folder: pictures by digest and the playlist of the idle loop. We write, the display reads."""

import asyncio
import hashlib
import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import ValidationError

from edge_agent.contracts.api import CONTENT
from edge_agent.contracts.base import Identifier, Language
from edge_agent.contracts.catalogue import ContentItem, LoopItem
from edge_agent.contracts.screen import Playlist
from edge_agent.errors import AdapterError, DiskError, HubError
from edge_agent.store.files import Draft, sweep_drafts, write_atomically
from edge_agent.sync.client import HubClient
from edge_agent.sync.files import FOLDER_MODE, disk_told

log = logging.getLogger(__name__)

PLAYLIST_FILE = "playlist.json"

_DIGEST = re.compile(r"[0-9a-f]{64}")


def playlist_version(folder: Path) -> str:
    """Return the version of the playlist that lies in a content folder; empty: there is none that can be read."""
    try:
        return Playlist.model_validate_json((folder / PLAYLIST_FILE).read_bytes()).version
    except (OSError, ValidationError):
        return ""


class ContentFolder:
    """Files are moved in whole and verified, so what lies there can be shown unchecked."""

    def __init__(self, folder: Path, language: Language) -> None:
        self._folder = folder
        self._language = language
        self._swept = False

    async def fetch(self, client: HubClient, store: Identifier, items: Iterable[ContentItem]) -> AdapterError | None:
        """Bring in what is missing; return why the last file that still is could not be had.

        One file that the hub cannot give as it announced it, or that the disk does not take, keeps no
        other from the screen.
        """
        problem: AdapterError | None = None
        await asyncio.to_thread(self._make)
        for item in items:
            if not (self._folder / item.sha256).exists():
                try:
                    await self._fetch(client, store, item)
                except (HubError, DiskError) as error:
                    problem = error
        return problem

    def publish(self, items: Sequence[ContentItem], loop: Sequence[LoopItem]) -> str | None:
        """Write the playlist of the pictures that are here, and delete files that nothing mentions.

        Returns the playlist's version where it changed. Call it after :meth:`fetch`. Raises DiskError.
        """
        with disk_told(self._folder):
            present = tuple(item for item in loop if (self._folder / item.picture).exists())
            unversioned = Playlist(version="", language=self._language, items=present, files=tuple(items))
            version = hashlib.sha256(unversioned.model_dump_json().encode()).hexdigest()[:16]
            text = unversioned.model_copy(update={"version": version}).model_dump_json().encode()
            # First room, then the playlist: a full disk is freed by what nothing mentions.
            wanted = {item.sha256 for item in items}
            for held in self._folder.iterdir():
                if _DIGEST.fullmatch(held.name) and held.name not in wanted:
                    held.unlink(missing_ok=True)
            path = self._folder / PLAYLIST_FILE
            changed = not path.exists() or path.read_bytes() != text
            if changed:
                write_atomically(path, text)
        return version if changed else None

    def _make(self) -> None:
        """Make the folder, and once remove what a power cut left half-written. Raises DiskError."""
        with disk_told(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
            if not self._swept:
                sweep_drafts(self._folder)
                self._swept = True

    async def _fetch(self, client: HubClient, store: Identifier, item: ContentItem) -> None:
        path = self._folder / item.sha256
        digest, size_bytes = hashlib.sha256(), 0
        async with client.stream(CONTENT, {"store": store, "sha256": item.sha256}) as response:
            with disk_told(path):
                draft = Draft(path)
            with draft:
                async for chunk in response.aiter_bytes():
                    size_bytes += len(chunk)
                    if size_bytes > item.size_bytes:
                        raise HubError(f"content {item.sha256}: larger than the announced {item.size_bytes} bytes")
                    digest.update(chunk)
                    with disk_told(path):
                        await asyncio.to_thread(draft.write, chunk)
                if digest.hexdigest() != item.sha256:
                    raise HubError(f"content {item.sha256}: what the hub sent has another digest; it is not used")
                with disk_told(path):
                    await asyncio.to_thread(draft.keep)
        log.info("content %s: %d bytes are here", item.sha256[:12], size_bytes)
