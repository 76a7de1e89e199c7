"""The files that fill a store.

A file of campaigns is what marketing writes. A store file holds catalogue, campaigns, customers, pictures and films,
for trials and the demo: JSON or TOML. Pictures and films are named by their path, relative to the file;
``catalogue.content`` need only name those that have words in them, or that are not valid for ever. A time (any field
whose name ends in ``_at``, ``_from`` or ``_until``) may be written as an offset from the moment of loading, so that a
sample stays fresh: ``"-20h"``, ``"+30d"``, ``"-5m"``.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from edge_agent.contracts.base import FileContract, Language, UtcTime
from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.campaign_problems import read_campaigns
from edge_agent.contracts.catalogue import Catalogue, ContentClass, LoopItem, MediaType
from edge_agent.contracts.media import HEAD_BYTES, media_type_of
from edge_agent.contracts.platform import CustomerRecord
from edge_agent.contracts.problems import explain
from edge_agent.contracts.written_file import toml_or_json_tree
from provisioning.typed import offset

_DIGEST = re.compile(r"[0-9a-f]{64}")
_TIMES = ("_at", "_from", "_until")


class FileNote(FileContract):
    """What a store file says of one picture or film beside it."""

    file: str
    """Its path, relative to the store file."""
    content_class: ContentClass = "public"
    """Whoever lays it beside the file of a shop's screens means it to be seen there."""
    languages: tuple[Language, ...] = ()
    """Languages of the words in it."""
    valid_from: UtcTime | None = None
    """Not shown before this."""
    valid_until: UtcTime | None = None
    """Not shown from this on."""


class StoreFile(FileContract):
    """What a store file holds, once offsets are times and pictures are digests."""

    version: Literal[1]
    """Version of this format."""
    catalogue: Catalogue
    """What the store sells and shows; without ``store``, which is filled in; for ``content`` see :class:`FileNote`."""
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
    tree = _with_times(_read(path), now)
    files = _Files(path.parent)
    catalogue = tree.get("catalogue") if isinstance(tree, dict) else None
    try:
        if isinstance(tree, dict) and isinstance(catalogue, dict):
            notes = TypeAdapter(tuple[FileNote, ...]).validate_python(catalogue.pop("content", ()))
            _check_loop(catalogue.get("loop"))
            tree = {**tree, "catalogue": files.named({**catalogue, "store": store})}
            tree["catalogue"]["content"] = files.items(notes)
        return Loaded(StoreFile.model_validate(tree), files.found)
    except ValidationError as error:
        raise StoreFileError("\n".join(f"{path}: {line}" for line in explain(error))) from error
    except StoreFileError as error:
        raise StoreFileError(f"{path}: {error}") from error


def read_campaign_file(path: Path) -> CampaignFile:
    """Read a file of campaigns, TOML or JSON, as ``edge-agent campaigns check`` does.

    Raises StoreFileError with a line per mistake.
    """
    tree = _read(path)
    right, mistakes = read_campaigns(tree)
    if mistakes:
        raise StoreFileError("\n".join(f"{path}: {line}" for line in mistakes))
    try:
        return CampaignFile(version=1, campaigns=tuple(right.values()))
    except ValidationError as error:  # too many
        raise StoreFileError("\n".join(f"{path}: {line}" for line in explain(error))) from error


def _read(path: Path) -> Any:
    """Return a file of JSON or TOML as a tree; raises StoreFileError."""
    try:
        return toml_or_json_tree(path.read_bytes(), path.suffix)
    except OSError as error:
        raise StoreFileError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise StoreFileError(f"{path}: {error}") from error


def _with_times(value: Any, now: datetime, name: str = "") -> Any:
    """Return the tree with offsets turned into times."""
    if isinstance(value, dict):
        return {key: _with_times(item, now, key) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_times(item, now) for item in value]
    if isinstance(value, str) and name.endswith(_TIMES) and (by := offset(value)) is not None:
        return (now + by).isoformat()
    return value


def _check_loop(loop: Any) -> None:
    """A word that no item has is a mistake of typing, and not for a newer version to know."""
    for number, item in enumerate(loop if isinstance(loop, list) else ()):
        for key in item if isinstance(item, dict) else ():
            if key not in LoopItem.model_fields:
                raise StoreFileError(f"catalogue.loop.{number}.{key}: no such key; check its spelling")


class _Files:
    """The pictures and films that a store file names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._types: dict[str, MediaType] = {}
        self.found: dict[str, Path] = {}

    def named(self, value: Any, name: str = "") -> Any:
        """Return the tree with paths turned into digests, and note the files."""
        if isinstance(value, dict):
            return {key: self.named(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [self.named(item) for item in value]
        if name == "picture" and isinstance(value, str) and not _DIGEST.fullmatch(value):
            return self._digest(name, value)
        return value

    def items(self, notes: Sequence[FileNote]) -> list[dict[str, Any]]:
        """Return the files as the catalogue lists them."""
        said = {self._digest("content.file", note.file): note for note in notes}
        return [
            {
                "sha256": digest,
                "size_bytes": file.stat().st_size,
                "media_type": self._types[digest],
                **said.get(digest, FileNote(file=file.name)).model_dump(exclude={"file"}),
            }
            for digest, file in self.found.items()
        ]

    def _digest(self, field: str, name: str) -> str:
        file = self._folder / name
        try:
            content = file.read_bytes()
        except OSError as error:
            raise StoreFileError(f"{field}: {file}: {error.strerror}") from error
        kind = media_type_of(content[:HEAD_BYTES])
        if kind is None:
            raise StoreFileError(
                f"{field}: {file}: must be a PNG, JPEG, WebP, AVIF or SVG picture, or an MP4 or WebM film"
            )
        digest = hashlib.sha256(content).hexdigest()
        self.found[digest], self._types[digest] = file, kind
        return digest
