"""What a store's screens may show and say: catalogue and campaigns with ETags, files by digest."""

import asyncio
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Literal

import pydantic_core
from sqlalchemy import Connection, delete, insert, select

from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue, ContentItem
from edge_agent.contracts.media import HEAD_BYTES, media_type_of
from provisioning.hub.catalogue_steps import Step, changes_since, note_step, step_between
from provisioning.hub.content_rules import problems
from provisioning.hub.fleet import etag
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import Database, next_sequence
from provisioning.hub.tables import content, documents, stores

FILE_MAX_BYTES = 64 * 1024 * 1024
"""Largest content file, as in :class:`edge_agent.contracts.catalogue.ContentItem`."""

_KINDS = "PNG, JPEG, WebP, AVIF, SVG, MP4 and WebM"  # as media_type_of knows them

_UNUSED_KEEP = timedelta(days=1)  # between a file and the catalogue that lists it

DocumentKind = Literal["catalogue", "campaigns"]


class Content:
    """Documents in the database; files in a folder, where equal files of several stores are one."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def put_catalogue(self, store: str, catalogue: Catalogue) -> None:
        """Replace a store's catalogue. An emergency that is on stays on: only who ends it ends it.

        Raises a 422 problem that names the field: a file that nobody has sent, or is not what the catalogue says, or
        what could never be shown.
        """
        if catalogue.store != store:
            raise ProblemError(422, "The catalogue belongs to another store.", f"store: {catalogue.store}")
        if catalogue.emergency is not None:
            raise ProblemError(
                422, "An emergency is put by itself.", "emergency: PUT .../emergency, and DELETE ends it"
            )
        if wrong := list(islice(problems(catalogue), 5)):
            raise ProblemError(422, "The catalogue cannot be shown like this.", "; ".join(wrong))
        listed = {item.sha256 for item in catalogue.content}
        used = {item.picture for item in catalogue.loop} | {p.picture for p in catalogue.products if p.picture}
        body = catalogue.model_dump_json(exclude_defaults=True)

        def with_emergency(before: str | None) -> str:
            on = None if before is None else json.loads(before).get("emergency")
            return body if on is None else pydantic_core.to_json({**json.loads(body), "emergency": on}).decode()

        def check(connection: Connection) -> None:
            held = set(connection.execute(select(content.c.sha256).where(content.c.store == store)).scalars())
            if missing := (listed - held) | (used - listed):
                raise ProblemError(
                    422, "The catalogue mentions files that are not there; put them first, and list them.",
                    f"content: {', '.join(sorted(missing)[:5])}",
                )  # fmt: skip

        with self._database.reading() as connection:
            check(connection)
        for number, item in enumerate(catalogue.content):
            self._check_file(f"content.{number}", item)
        self.replace_catalogue(store, with_emergency, check)

    def replace_catalogue(
        self, store: str, change: Callable[[str | None], str], check: Callable[[Connection], None] = lambda _: None
    ) -> None:
        """Make a store's next catalogue (JSON) of the present one, and note what has changed.

        ``change``: may be called twice, where somebody else was faster. ``check``: within the transaction.
        """
        # Before the lock: to compare takes seconds where there are many products.
        before = self.held_catalogue(store)
        body = change(None if before is None else before[0])
        step = _step(before, body)
        with self._database.writing() as connection:
            next_sequence(connection, store, 0)
            check(connection)
            present = _document_of(connection, store, "catalogue")
            if present != before:
                body = change(None if present is None else present[0])
                step = _step(present, body)
            since = None if present is None else present[1]
            if since == etag(body):
                return  # a platform may put it every five minutes, changed or not
            note_step(connection, store, next_sequence(connection, store), since, step)
            _put(connection, store, "catalogue", body)

    def held_catalogue(self, store: str) -> tuple[str, str] | None:
        """Return a store's catalogue (JSON) and its ETag; ``None``: nobody has put one."""
        with self._database.reading() as connection:
            return _document_of(connection, store, "catalogue")

    def put_campaigns(self, store: str, campaigns: CampaignFile) -> None:
        """Replace a store's campaigns."""
        with self._database.writing() as connection:
            next_sequence(connection, store)
            _put(connection, store, "campaigns", campaigns.model_dump_json(exclude_defaults=True))

    def changes(self, store: str, held: Sequence[str]) -> tuple[str, str]:
        """Return what leads from a version that a unit holds to the present one (JSON), and the ETag of that.

        Raises a 404 problem where nobody has put a catalogue, 410 where no version is known that it holds.
        """
        with self._database.reading() as connection:
            found = next((step for etag in held if (step := changes_since(connection, store, etag))), None)
            present = _etag_of(connection, store, "catalogue")
        if present is None:
            raise ProblemError(404, "The store has no catalogue yet.", f"store: {store}")
        if found is not None:
            return found.model_dump_json(exclude_defaults=True), found.etag
        if present in held:
            return "", present
        raise ProblemError(410, "That version of the catalogue is forgotten.", "Take the whole catalogue.")

    def document(self, store: str, kind: DocumentKind) -> tuple[str, str]:
        """Return a document (JSON) and its ETag; raises a 404 problem where nobody has put one."""
        with self._database.reading() as connection:
            found = _document_of(connection, store, kind)
        if found is None:
            raise ProblemError(404, f"The store has no {kind} yet.", f"store: {store}")
        return found

    async def put_file(self, store: str, sha256: str, chunks: AsyncIterator[bytes]) -> None:
        """Take a file in; raises a 422 problem where it does not have the digest."""
        draft = self._folder / f".{secrets.token_hex(8)}"
        try:
            with draft.open("xb") as file:
                async for chunk in chunks:
                    file.write(chunk)
            await asyncio.to_thread(self._take, store, sha256, draft)
        finally:
            draft.unlink(missing_ok=True)

    def copy_file(self, store: str, sha256: str, source: Path) -> None:
        """Take in a file of this machine; raises as :meth:`put_file` does."""
        draft = self._folder / f".{secrets.token_hex(8)}"
        try:
            shutil.copyfile(source, draft)
            self._take(store, sha256, draft)
        finally:
            draft.unlink(missing_ok=True)

    def _take(self, store: str, sha256: str, draft: Path) -> None:
        with draft.open("rb") as file:
            kind = media_type_of(file.read(HEAD_BYTES))
            file.seek(0)
            found = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        if found != sha256:
            raise ProblemError(422, "The file does not have this digest.", f"sha256: it is {found}")
        if kind is None:
            raise ProblemError(422, "The file is nothing that a screen can show.", f"it must be one of {_KINDS}")
        size_bytes = draft.stat().st_size
        with self._database.writing() as connection:
            next_sequence(connection, store, 0)
            draft.replace(self._folder / sha256)
            mine = (content.c.store == store, content.c.sha256 == sha256)
            connection.execute(delete(content).where(*mine))
            connection.execute(insert(content).values(store=store, sha256=sha256, size_bytes=size_bytes))

    def file(self, store: str, sha256: str) -> Path:
        """Return a file of a store; raises a 404 problem where it has none of this digest."""
        with self._database.reading() as connection:
            mine = (content.c.store == store, content.c.sha256 == sha256)
            held = connection.execute(select(content.c.sha256).where(*mine)).first()
        if held is None or not (self._folder / sha256).is_file():
            raise ProblemError(404, "The store has no such file.", f"sha256: {sha256}")
        return self._folder / sha256

    def forget_unused(self, now: datetime) -> int:
        """Delete the files that no catalogue lists any more and that were put a day ago; returns how many went."""
        with self._database.reading() as connection:
            names = connection.execute(select(stores.c.store)).scalars().all()
        for store in names:
            self._drop_unlisted(store, now)
        old = [path for path in self._folder.iterdir() if _put_before(path, now - _UNUSED_KEEP)]
        with self._database.writing() as connection:
            # Nobody may take a file in meanwhile, in any store: equal files of several stores are one.
            connection.execute(select(stores.c.store).order_by(stores.c.store).with_for_update()).all()
            used = set(connection.execute(select(content.c.sha256)).scalars())
            gone = [path for path in old if path.name not in used and _put_before(path, now - _UNUSED_KEEP)]
            for path in gone:
                path.unlink(missing_ok=True)
        return len(gone)

    def _check_file(self, where: str, item: ContentItem) -> None:
        """Raise a 422 problem where a file is not what the catalogue says of it."""
        path = self._folder / item.sha256
        try:
            size_bytes = path.stat().st_size
            with path.open("rb") as file:
                found = media_type_of(file.read(HEAD_BYTES))
        except FileNotFoundError as error:
            raise ProblemError(
                422, "A file of the catalogue is lost; put it again.", f"{where}: {item.sha256}"
            ) from error
        if size_bytes != item.size_bytes:
            raise ProblemError(422, "A file is of another size.", f"{where}.size_bytes: it has {size_bytes}")
        if found != item.media_type:
            raise ProblemError(422, "A file is of another kind.", f"{where}.media_type: it is {found or 'no picture'}")

    def _drop_unlisted(self, store: str, now: datetime) -> None:
        with self._database.writing() as connection:
            next_sequence(connection, store, 0)
            body = connection.execute(
                select(documents.c.body).where(documents.c.store == store, documents.c.kind == "catalogue")
            ).scalar_one_or_none()
            listed = set() if body is None else {item["sha256"] for item in json.loads(body).get("content", ())}
            held = set(connection.execute(select(content.c.sha256).where(content.c.store == store)).scalars())
            for digest in held - listed:
                if _put_before(self._folder / digest, now - _UNUSED_KEEP):
                    connection.execute(delete(content).where(content.c.store == store, content.c.sha256 == digest))


def _document_of(connection: Connection, store: str, kind: DocumentKind) -> tuple[str, str] | None:
    mine = (documents.c.store == store, documents.c.kind == kind)
    row = connection.execute(select(documents.c.body, documents.c.etag).where(*mine)).one_or_none()
    return None if row is None else (row.body, row.etag)


def _etag_of(connection: Connection, store: str, kind: DocumentKind) -> str | None:
    mine = (documents.c.store == store, documents.c.kind == kind)
    return connection.execute(select(documents.c.etag).where(*mine)).scalar_one_or_none()


def _step(before: tuple[str, str] | None, body: str) -> Step | None:
    return None if before is None else step_between(before[1], before[0], etag(body), body)


def _put(connection: Connection, store: str, kind: DocumentKind, body: str) -> None:
    connection.execute(delete(documents).where(documents.c.store == store, documents.c.kind == kind))
    connection.execute(insert(documents).values(store=store, kind=kind, etag=etag(body), body=body))


def _put_before(path: Path, before: datetime) -> bool:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC) < before
    except FileNotFoundError:
        return True
