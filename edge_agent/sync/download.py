"""One file from the hub into the content folder. A download that breaks goes on where it stood, also after a restart.

What has come lies in a part file. When all of it is there and is what was announced, it takes its name.
"""

import asyncio
import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

import httpx2

from edge_agent.contracts.api import CONTENT
from edge_agent.contracts.base import Identifier
from edge_agent.contracts.catalogue import ContentItem
from edge_agent.contracts.media import HEAD_BYTES, media_type_of
from edge_agent.errors import DiskError, HubError
from edge_agent.sync.client import HubClient, UnreachableError
from edge_agent.sync.files import disk_told

log = logging.getLogger(__name__)

SLOWEST_BYTES_PER_S: Final = 4096
"""A hub that sends more slowly for a whole file is given up for now, so that others get their turn."""

_PATIENCE_S: Final = 60.0
_PART: Final = re.compile(r"\.([0-9a-f]{64})\.part")
_FILE_MODE: Final = 0o644  # the display's user reads it


class _WrongFileError(HubError):
    """Whole, and not what was announced."""


def part_of(name: str) -> str | None:
    """Return the digest of the file that a part file belongs to; ``None``: the name is of no part file."""
    match = _PART.fullmatch(name)
    return match[1] if match else None


async def download(
    client: HubClient, store: Identifier, item: ContentItem, folder: Path, go_on: Callable[[], bool]
) -> bool:
    """Bring in a file; False where ``go_on`` said no first: what came is kept for the next time.

    Raises UnreachableError where the line broke (what came is kept), another HubError where the hub gave something else
    than it had announced, DiskError where the disk does not take it.
    """
    part = folder / f".{item.sha256}.part"
    try:
        try:
            return await _download(client, store, item, part, go_on)
        except _WrongFileError as error:
            log.warning("%s; what is here of it may be damaged, it is fetched from its beginning", error)
            with disk_told(part):
                part.unlink(missing_ok=True)
            return await _download(client, store, item, part, go_on)
    except UnreachableError:
        raise
    except (HubError, DiskError):
        with disk_told(part):
            part.unlink(missing_ok=True)
        raise


async def _download(
    client: HubClient, store: Identifier, item: ContentItem, part: Path, go_on: Callable[[], bool]
) -> bool:
    have_bytes = await asyncio.to_thread(_held_of, part, item.size_bytes)
    if have_bytes < item.size_bytes:
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have_bytes}-"} if have_bytes else {})
        try:
            async with asyncio.timeout(_PATIENCE_S + item.size_bytes / SLOWEST_BYTES_PER_S):
                place = {"store": store, "sha256": item.sha256}
                async with client.stream(CONTENT, place, headers=headers) as response:
                    if not await _receive(response, item, part, have_bytes, go_on):
                        return False
        except TimeoutError as error:
            raise UnreachableError(f"content {item.sha256}: the hub sends too slowly; it goes on later") from error
    await asyncio.to_thread(_take, item, part, resumed=have_bytes > 0)
    log.info("content %s: %d bytes are here", item.sha256[:12], item.size_bytes)
    return True


async def _receive(
    response: httpx2.Response, item: ContentItem, part: Path, have_bytes: int, go_on: Callable[[], bool]
) -> bool:
    """Write what comes behind what is here; a hub that does not know how to go on sends it from its beginning."""
    goes_on = response.status_code == httpx2.codes.PARTIAL_CONTENT
    if goes_on and not response.headers.get("content-range", "").startswith(f"bytes {have_bytes}-"):
        raise HubError(f"content {item.sha256}: the hub sent another part of it than was asked for")
    size_bytes = have_bytes if goes_on else 0
    with disk_told(part):
        file = part.open("ab" if goes_on else "wb")
    with _closing(file, part):
        async for chunk in response.aiter_bytes():
            size_bytes += len(chunk)
            if size_bytes > item.size_bytes:
                raise HubError(f"content {item.sha256}: larger than the announced {item.size_bytes} bytes")
            with disk_told(part):
                await asyncio.to_thread(file.write, chunk)
            if not go_on():
                return False
    if size_bytes < item.size_bytes:
        raise HubError(f"content {item.sha256}: smaller than the announced {item.size_bytes} bytes")
    return True


@contextmanager
def _closing(file: IO[bytes], path: Path) -> Iterator[None]:
    """Close a file whose last bytes the disk may refuse: told, unless something went wrong before."""
    try:
        yield
    except BaseException:
        with suppress(OSError):
            file.close()
        raise
    with disk_told(path):
        file.close()


def _held_of(part: Path, size_bytes: int) -> int:
    """Return how much of a file is here; more than all of it is worth nothing."""
    with disk_told(part):
        try:
            have_bytes = part.stat().st_size
        except FileNotFoundError:
            return 0
        if have_bytes > size_bytes:
            part.unlink()
            return 0
        return have_bytes


def _take(item: ContentItem, part: Path, *, resumed: bool) -> None:
    """Give a whole file its name; what is there afterwards survives a power cut."""
    with disk_told(part), part.open("rb") as file:
        head = file.read(HEAD_BYTES)
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
    if digest != item.sha256:
        said = f"content {item.sha256}: what the hub sent has another digest; it is not used"
        raise _WrongFileError(said) if resumed else HubError(said)
    found = media_type_of(head)
    if found != item.media_type:
        raise HubError(f"content {item.sha256}: it is {found or 'no picture'}, not {item.media_type}; it is not used")
    with disk_told(part):
        part.chmod(_FILE_MODE)
        part.replace(part.with_name(item.sha256))
        sync_folder(part.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
