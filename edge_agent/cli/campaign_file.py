"""Reads a file of campaigns: TOML, JSON, or the campaigns of a store file."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.written_file import toml_or_json_tree
from edge_agent.errors import FileError

FILE_MAX_BYTES: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CampaignTree:
    """What a file holds, before it is checked."""

    campaigns: Any
    """The tree of a campaign file."""
    products: Mapping[str, Product] | None = field(default=None)
    """Products that the same file sells, as far as they can be read; ``None``: it says nothing of products."""


def read_tree(path: Path) -> CampaignTree:
    """Read a file. Raises FileError where it cannot be read, or is neither TOML nor JSON."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_MAX_BYTES + 1)
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    if len(content) > FILE_MAX_BYTES:
        raise FileError(f"{path}: is larger than {FILE_MAX_BYTES // 1024**2} MiB")
    try:
        tree = toml_or_json_tree(content, path.suffix)
    except ValueError as error:
        raise FileError(f"{path}: {error}") from error
    if isinstance(tree, dict) and isinstance(tree.get("campaigns"), dict):
        return CampaignTree(tree["campaigns"], _products(tree.get("catalogue")))
    return CampaignTree(tree)


def _products(catalogue: Any) -> Mapping[str, Product] | None:
    """Return what can be known of the products: names, place and class. Prices and stock do not matter here."""
    if not isinstance(catalogue, dict) or not isinstance(catalogue.get("products"), list):
        return None
    wanted = ("product", "names", "place", "department", "content_class")
    found = {}
    for raw in catalogue["products"]:
        try:
            product = Product.model_validate({name: raw[name] for name in wanted if name in raw})
        except (ValueError, TypeError):
            continue  # it is the loader's to complain about
        found[product.product] = product
    return found
