"""Catalogue and campaigns as the hub sent them last; they lie in ``slice.db``."""

import logging
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from edge_agent.contracts.base import Identifier
from edge_agent.contracts.campaign import Campaign, CampaignFile
from edge_agent.contracts.catalogue import Catalogue, CatalogueChanges, Product
from edge_agent.contracts.checksum import products_checksum
from edge_agent.store.database import DatabaseFile
from edge_agent.store.migrations import SLICE_STEPS

log = logging.getLogger(__name__)

LOOKED_AT: Final = 1000
"""Products that are looked at for the age of the stock: about 10 ms."""

DocumentKind = Literal["catalogue", "campaigns"]
Document = TypeVar("Document", bound=BaseModel)


class _UnfitError(Exception):
    """Undoes a transaction."""


class CatalogueStore:
    """What may be talked about. Opening it raises what :class:`DatabaseFile` raises."""

    def __init__(self, path: Path) -> None:
        self._file = DatabaseFile(path, "NORMAL", SLICE_STEPS)
        self._drop_unreadable("catalogue", Catalogue)
        self._drop_unreadable("campaigns", CampaignFile)

    # --- reading (any thread) ---

    def etag(self, kind: DocumentKind) -> str | None:
        """Version of what is held, for ``If-None-Match``; ``None``: nothing is held."""
        rows = self._file.rows("SELECT etag FROM documents WHERE kind = ?", (kind,))
        return rows[0][0] if rows else None

    def product(self, product: Identifier) -> Product | None:
        """Return one product, or ``None`` where the store does not know it."""
        rows = self._file.rows("SELECT body FROM products WHERE product = ?", (product,))
        if not rows:
            return None
        try:
            return Product.model_validate_json(rows[0][0])
        except ValidationError:
            log.warning("product %s cannot be read and is not used", product)
            return None

    def campaigns(self) -> tuple[Campaign, ...]:
        """Everything that could be said."""
        held = self._document("campaigns", CampaignFile)
        return held.campaigns if held else ()

    def screens(self) -> Catalogue | None:
        """Return the catalogue without its products: files, loop and emergency; ``None``: there is none yet."""
        return self._document("catalogue", Catalogue)

    def stock_counted_at(self) -> datetime | None:
        """When stock was counted last, of the first :data:`LOOKED_AT` products; ``None``: none of them has any."""
        newest = self._file.rows(
            "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', max(julianday(json_extract(count.value, '$.counted_at')))) "
            "FROM (SELECT body FROM products LIMIT ?) AS product, json_each(product.body, '$.stock') AS count",
            (LOOKED_AT,),
        )[0][0]
        return None if newest is None else datetime.fromisoformat(newest)

    # --- writing (the worker's thread) ---

    def put_catalogue(self, catalogue: Catalogue, etag: str) -> None:
        """Replace the catalogue. Only products that changed are written: stock changes all day, cards wear."""
        bodies = {product.product: product.model_dump_json(exclude_unset=True) for product in catalogue.products}
        rest = catalogue.model_copy(update={"products": ()})
        with self._file.transaction() as database:
            held = {product for (product,) in database.execute("SELECT product FROM products")}
            gone = [(product,) for product in held - bodies.keys()]
            database.conn.executemany("DELETE FROM products WHERE product = ?", gone)
            database.conn.executemany(
                "INSERT INTO products (product, body) VALUES (?, ?) "
                "ON CONFLICT (product) DO UPDATE SET body = excluded.body WHERE body <> excluded.body",
                bodies.items(),
            )
            self._put("catalogue", rest, etag)

    def change_catalogue(self, changes: CatalogueChanges) -> bool:
        """Bring the catalogue to its next version; False where the changes do not fit what is held: nothing is done."""
        bodies = [(product.product, product.model_dump_json(exclude_unset=True)) for product in changes.products]
        try:
            with self._file.transaction() as database:
                held = database.execute("SELECT etag FROM documents WHERE kind = 'catalogue'").fetchone()
                if held != (changes.since,):
                    raise _UnfitError
                gone = [(product,) for product in changes.removed]
                database.conn.executemany("DELETE FROM products WHERE product = ?", gone)
                database.conn.executemany(
                    "INSERT INTO products (product, body) VALUES (?, ?) "
                    "ON CONFLICT (product) DO UPDATE SET body = excluded.body WHERE body <> excluded.body",
                    bodies,
                )
                products = (product for (product,) in database.execute("SELECT product FROM products"))
                if products_checksum(products) != changes.checksum:
                    raise _UnfitError
                if changes.rest is not None:
                    self._put("catalogue", changes.rest.model_copy(update={"products": ()}), changes.etag)
                else:
                    database.execute("UPDATE documents SET etag = ? WHERE kind = 'catalogue'", (changes.etag,))
        except _UnfitError:
            return False
        return True

    def put_campaigns(self, campaigns: CampaignFile, etag: str) -> None:
        """Replace the campaigns."""
        with self._file.transaction():
            self._put("campaigns", campaigns, etag)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _put(self, kind: DocumentKind, document: BaseModel, etag: str) -> None:
        row = {"kind": kind, "etag": etag, "body": document.model_dump_json()}
        self._file.write.table("documents").upsert(row, pk="kind")

    def _document(self, kind: DocumentKind, model: type[Document]) -> Document | None:
        rows = self._file.rows("SELECT body FROM documents WHERE kind = ?", (kind,))
        return model.model_validate_json(rows[0][0]) if rows else None

    def _drop_unreadable(self, kind: DocumentKind, model: type[BaseModel]) -> None:
        """After a change of version a document may no longer fit; without its ETag it is pulled again."""
        try:
            self._document(kind, model)
        except ValidationError:
            log.warning("%s: what is held does not fit this version; it is pulled again", kind)
            with self._file.transaction() as database:
                database.execute("DELETE FROM documents WHERE kind = ?", (kind,))
