"""Reads a file of campaigns: TOML, JSON, or the campaigns of a store file."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from edge_agent.contracts.catalogue import Product
from edge_agent.errors import FileError

FILE_MAX_BYTES: Final = 16 * 1024 * 1024
_ENDLESS: Final = "brackets within brackets without end"
_DIGITS: Final = "a number with thousands of digits"


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
        text = content.decode("utf-8-sig")  # editors on Windows write a mark before the first character
    except OSError as error:
        raise FileError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FileError(f"{path}: byte {error.start} is not UTF-8 text; save it as UTF-8") from error
    if len(content) > FILE_MAX_BYTES:
        raise FileError(f"{path}: is larger than {FILE_MAX_BYTES // 1024**2} MiB")
    tree = _json(path, text) if path.suffix.lower() == ".json" or text.lstrip().startswith("{") else _toml(path, text)
    if isinstance(tree, dict) and isinstance(tree.get("campaigns"), dict):
        return CampaignTree(tree["campaigns"], _products(tree.get("catalogue")))
    return CampaignTree(tree)


def _toml(path: Path, text: str) -> Any:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise FileError(f"{path}: is not TOML: {error}") from error
    except ValueError as error:
        raise FileError(f"{path}: is not TOML that anybody wrote: {_DIGITS}") from error
    except RecursionError as error:
        raise FileError(f"{path}: is not TOML that anybody wrote: {_ENDLESS}") from error


def _json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise FileError(f"{path}: is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except ValueError as error:
        raise FileError(f"{path}: is not JSON that anybody wrote: {_DIGITS}") from error
    except RecursionError as error:
        raise FileError(f"{path}: is not JSON that anybody wrote: {_ENDLESS}") from error


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
