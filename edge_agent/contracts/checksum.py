"""The checksums that hub and unit both compute: of the operations of a slice page, of a catalogue's products."""

import hashlib
from collections.abc import Iterable, Sequence

import pydantic_core

from edge_agent.contracts.base import Identifier
from edge_agent.contracts.slice import SliceOperation


def operations_checksum(operations: Sequence[SliceOperation]) -> str:
    """Return the SHA-256 (hexadecimal) of the operations' canonical JSON, one line each.

    Sorted keys make it independent of the order in which a hub's database returns fields.
    """
    digest = hashlib.sha256()
    for operation in operations:
        canonical = [operation.kind, operation.customer, _sorted(operation.profile)]
        digest.update(pydantic_core.to_json(canonical) + b"\n")
    return digest.hexdigest()


def products_checksum(products: Iterable[Identifier]) -> str:
    """Return the SHA-256 (hexadecimal) of the ids of products, sorted, one a line: it tells who was forgotten."""
    return hashlib.sha256("".join(f"{product}\n" for product in sorted(products)).encode()).hexdigest()


def _sorted(value: object) -> object:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_sorted(item) for item in value]
    return value
