"""The files that fill a store.

A file of campaigns is what marketing writes. A store file holds catalogue, campaigns, customers and pictures, for
trials and the demo: JSON. Pictures are named by their path, relative to the file. A time (any field whose name ends in
``_at`` or ``_until``) may be written as an offset from the moment of loading, so that a sample stays fresh: ``"-20h"``,
``"+30d"``, ``"-5m"``.
"""

import hashlib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, ValidationError

from edge_agent.contracts.base import FileContract
from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.campaign_problems import read_campaigns
from edge_agent.contracts.catalogue import Catalogue
from edge_agent.contracts.problems import explain
from provisioning.records import CustomerRecord

_OFFSET = re.compile(r"([+-])(\d{1,6})([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MEDIA_TYPES = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp",
    ".avif": "image/avif", ".svg": "image/svg+xml",
}  # fmt: skip


class StoreFile(FileContract):
    """What a store file holds, once offsets are times and pictures are digests."""

    version: Literal[1]
    """Version of this format."""
    catalogue: Catalogue
    """What the store sells; without ``store`` and ``content``, which are filled in."""
    campaigns: CampaignFile
    """What could be said."""
    customers: Annotated[tuple[CustomerRecord, ...], Field(max_length=100_000)] = ()
    """Customers with their devices' identity keys."""


class StoreFileError(ValueError):
    """A store file is wrong; the message names file, field and what is allowed."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A store file, ready to be put into a hub."""

    content: StoreFile
    pictures: Mapping[str, Path]
    """Digest -> file."""


def read_store_file(path: Path, store: str, now: datetime) -> Loaded:
    """Read a store file for a store; raises StoreFileError."""
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise StoreFileError(f"{path}: {error}") from error
    pictures: dict[str, Path] = {}
    tree = _with_times(tree, now)
    tree = _with_pictures(tree, path.parent, pictures)
    if isinstance(tree, dict) and isinstance(tree.get("catalogue"), dict):
        tree["catalogue"] |= {"store": store, "content": [_item(digest, file) for digest, file in pictures.items()]}
    try:
        return Loaded(StoreFile.model_validate(tree), pictures)
    except ValidationError as error:
        raise StoreFileError("\n".join(f"{path}: {line}" for line in explain(error))) from error


def read_campaign_file(path: Path) -> CampaignFile:
    """Read a file of campaigns, TOML or JSON, as ``edge-agent campaigns check`` does.

    Raises StoreFileError with a line per mistake.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")  # editors on Windows write a mark before the first character
        is_json = path.suffix.lower() == ".json" or text.lstrip().startswith("{")
        tree = json.loads(text) if is_json else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise StoreFileError(f"{path}: {error}") from error
    right, mistakes = read_campaigns(tree)
    if mistakes:
        raise StoreFileError("\n".join(f"{path}: {line}" for line in mistakes))
    try:
        return CampaignFile(version=1, campaigns=tuple(right.values()))
    except ValidationError as error:  # too many
        raise StoreFileError("\n".join(f"{path}: {line}" for line in explain(error))) from error


def _with_times(value: JsonValue, now: datetime, name: str = "") -> JsonValue:
    """Return the tree with offsets turned into times."""
    if isinstance(value, dict):
        return {key: _with_times(item, now, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_times(item, now) for item in value]
    if isinstance(value, str) and name.endswith(("_at", "_until")) and (match := _OFFSET.fullmatch(value)):
        sign, count, unit = match.groups()
        offset = timedelta(**{_UNITS[unit]: int(count)})
        return (now + offset if sign == "+" else now - offset).isoformat()
    return value


def _with_pictures(value: JsonValue, folder: Path, pictures: dict[str, Path], name: str = "") -> JsonValue:
    """Return the tree with picture paths turned into digests, and note the files."""
    if isinstance(value, dict):
        return {key: _with_pictures(item, folder, pictures, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_pictures(item, folder, pictures) for item in value]
    if name == "picture" and isinstance(value, str) and not _DIGEST.fullmatch(value):
        file = folder / value
        if file.suffix.lower() not in _MEDIA_TYPES or not file.is_file():
            raise StoreFileError(f"picture: {file}: must be a file that ends in one of {', '.join(_MEDIA_TYPES)}")
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        pictures[digest] = file
        return digest
    return value


def _item(digest: str, file: Path) -> dict[str, JsonValue]:
    media_type = _MEDIA_TYPES[file.suffix.lower()]
    return {
        "sha256": digest,
        "size_bytes": file.stat().st_size,
        "media_type": media_type,
        "content_class": "public",  # whoever lays it beside the file of a shop's screens means it to be seen there
    }
