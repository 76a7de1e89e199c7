"""What changed from one version of a store's catalogue to the next, so that units need not pull it whole.

Steps form a chain that ends with the present version: where it would break, or grow too long, its older end is dropped,
and a unit with an older version pulls the whole.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, insert, select

from edge_agent.contracts.catalogue import CatalogueChanges
from edge_agent.contracts.checksum import products_checksum
from provisioning.hub.tables import catalogue_steps as table

STEPS_MAX: Final = 100
"""Steps of one store: a working day of stock counts, one every five minutes."""

SIZE_MAX_BYTES: Final = 4 * 1024 * 1024
"""... and their size in all; more would be no saving."""

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """From one version to the next."""

    since: str
    """ETag of the former version."""
    etag: str
    """ETag of the next one."""
    products: Mapping[str, Tree | None]
    """What changed: the product as it is now; ``None``: it is gone."""
    rest: Tree | None
    """Everything but the products, where that changed."""
    checksum: str
    """Of the products of the next version."""


def step_between(since: str, before: str, etag: str, after: str) -> Step:
    """Compare two versions (ETag and JSON)."""
    old, new = json.loads(before), json.loads(after)
    old_products, products = _by_id(old), _by_id(new)
    changed: dict[str, Tree | None] = dict.fromkeys(old_products.keys() - products.keys())
    changed |= {name: product for name, product in products.items() if old_products.get(name) != product}
    old_rest, rest = {**old, "products": []}, {**new, "products": []}
    return Step(since, etag, changed, None if rest == old_rest else rest, products_checksum(products))


def note_step(connection: Connection, store: str, number: int, present: str | None, step: Step | None) -> None:
    """Add a step to the chain, within the transaction that puts the next version; ``number`` grows with each.

    ``present``: ETag of the version that is replaced. A step from another one, or none at all, breaks the chain.
    """
    if step is None or step.since != present:
        connection.execute(delete(table).where(table.c.store == store))
        return
    body = json.dumps({"products": step.products, "rest": step.rest})
    row = {
        "store": store, "number": number, "since": step.since, "etag": step.etag, "checksum": step.checksum,
        "size_bytes": len(body), "body": body,
    }  # fmt: skip
    connection.execute(insert(table).values(row))
    mine = table.c.store == store
    sizes = connection.execute(
        select(table.c.number, table.c.size_bytes).where(mine).order_by(table.c.number.desc())
    ).all()
    total_bytes = 0
    for count, held in enumerate(sizes, start=1):
        total_bytes += held.size_bytes
        if count > STEPS_MAX or total_bytes > SIZE_MAX_BYTES:
            connection.execute(delete(table).where(mine, table.c.number <= held.number))
            break


def changes_since(connection: Connection, store: str, etag: str) -> CatalogueChanges | None:
    """Return what changed since a version; ``None``: the chain does not reach back to it."""
    mine = table.c.store == store
    start = connection.execute(
        select(table.c.number).where(mine, table.c.since == etag).order_by(table.c.number.desc()).limit(1)
    ).scalar_one_or_none()
    if start is None:
        return None
    rows = connection.execute(select(table).where(mine, table.c.number >= start).order_by(table.c.number)).all()
    if not rows:
        return None  # dropped a moment ago
    products: dict[str, Tree | None] = {}
    rest: Tree | None = None
    for row in rows:
        step = json.loads(row.body)
        products |= step["products"]
        rest = step["rest"] or rest
    return CatalogueChanges.model_validate(
        {
            "store": store,
            "since": etag,
            "etag": rows[-1].etag,
            "products": [product for product in products.values() if product is not None],
            "removed": [name for name, product in products.items() if product is None],
            "rest": rest,
            "checksum": rows[-1].checksum,
        }
    )


def _by_id(catalogue: Tree) -> dict[str, Tree]:
    return {product["product"]: product for product in catalogue["products"]}
