"""The content folder: pictures by digest and the playlist of the idle loop. We write, the display reads."""

import asyncio
import hashlib
import logging
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from edge_agent.contracts.api import CONTENT
from edge_agent.contracts.base import Identifier, Language
from edge_agent.contracts.catalogue import ContentItem, LoopItem
from edge_agent.contracts.screen import Playlist
from edge_agent.errors import HubError
from edge_agent.sync.client import HubClient
from edge_agent.sync.files import FOLDER_MODE, write_atomically

log = logging.getLogger(__name__)

PLAYLIST_FILE = "playlist.json"

_DIGEST = re.compile(r"[0-9a-f]{64}")


class ContentFolder:
    """Files are moved in whole and verified, so what lies there can be shown unchecked."""

    def __init__(self, folder: Path, language: Language) -> None:
        self._folder = folder
        self._language = language

    async def fetch(self, client: HubClient, store: Identifier, items: Iterable[ContentItem]) -> str:
        """Bring in what is missing; return why the last file that still is could not be had, or nothing.

        One file that the hub cannot give as it announced it keeps no other from the screen.
        """
        problem = ""
        self._folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        for item in items:
            if not (self._folder / item.sha256).exists():
                try:
                    await self._fetch(client, store, item)
                except HubError as error:
                    problem = str(error)
        return problem

    def publish(self, items: Sequence[ContentItem], loop: Sequence[LoopItem]) -> bool:
        """Write the playlist of the pictures that are here, and delete files that nothing mentions.

        Returns whether the playlist changed.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        present = tuple(item for item in loop if (self._folder / item.picture).exists())
        draft = Playlist(version="", language=self._language, items=present)
        version = hashlib.sha256(draft.model_dump_json().encode()).hexdigest()[:16]
        playlist = draft.model_copy(update={"version": version})
        text = playlist.model_dump_json().encode()
        path = self._folder / PLAYLIST_FILE
        changed = not path.exists() or path.read_bytes() != text
        if changed:
            write_atomically(path, text)
        wanted = {item.sha256 for item in items}
        for held in self._folder.iterdir():
            if _DIGEST.fullmatch(held.name) and held.name not in wanted:
                held.unlink(missing_ok=True)
        return changed

    async def _fetch(self, client: HubClient, store: Identifier, item: ContentItem) -> None:
        body = bytearray()
        async with client.stream(CONTENT, {"store": store, "sha256": item.sha256}) as response:
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > item.size_bytes:
                    raise HubError(f"content {item.sha256}: larger than the announced {item.size_bytes} bytes")
        if hashlib.sha256(body).hexdigest() != item.sha256:
            raise HubError(f"content {item.sha256}: what the hub sent has another digest; it is not used")
        await asyncio.to_thread(write_atomically, self._folder / item.sha256, bytes(body))
        log.info("content %s: %d bytes are here", item.sha256[:12], len(body))
