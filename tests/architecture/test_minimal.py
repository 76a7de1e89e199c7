"""A field of a profile that no decision and no card uses does not travel: every one of them is read on the unit."""

import ast
from pathlib import Path

import pytest
from pydantic import BaseModel

from edge_agent.contracts import slice as contracts
from edge_agent.contracts.slice import Profile, SliceOperation, SlicePage

READERS = ("decide", "visit", "identify", "pipeline.py")
"""Where a profile is put to use. What stores it, moves it or shows it to an operator does not count."""

KEPT_UNREAD = {
    "receipt": "the proof of a consent stays beside it",
    "ticket": "tells two tickets apart",
    "order": "tells two orders apart",
    "ready_at": "since when an order waits; the unit says where",
    "appointment": "tells two appointments apart",
}
"""Fields of the parts of a profile that nothing reads, each with its reason."""

PARTS = [
    model
    for model in vars(contracts).values()
    if isinstance(model, type)
    and issubclass(model, BaseModel)
    and model.__module__ == contracts.__name__
    and model not in {Profile, SliceOperation, SlicePage}
]


@pytest.fixture(scope="module")
def reads(root: Path) -> list[ast.Attribute]:
    """Return every place that reads an attribute of something."""
    paths = [root / "edge_agent" / reader for reader in READERS]
    modules = [module for path in paths for module in ([path] if path.is_file() else sorted(path.rglob("*.py")))]
    nodes = (node for module in modules for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))))
    return [node for node in nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)]


@pytest.mark.parametrize("field", Profile.model_fields)
def test_every_field_is_read(field: str, reads: list[ast.Attribute]) -> None:
    """A profile is called ``profile`` wherever it is used."""
    of_profiles = {node.attr for node in reads if ast.unparse(node.value).split(".")[-1] == "profile"}
    assert field in of_profiles, "a decision or a card uses it, or it does not travel"


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_field_of_a_part_is_read_or_has_its_reason(part: type[BaseModel], reads: list[ast.Attribute]) -> None:
    unread = set(part.model_fields) - {node.attr for node in reads}
    assert unread <= set(KEPT_UNREAD)


def test_no_reason_is_left_over(reads: list[ast.Attribute]) -> None:
    assert {name for part in PARTS for name in part.model_fields} >= set(KEPT_UNREAD)
    assert not {node.attr for node in reads} & set(KEPT_UNREAD)
