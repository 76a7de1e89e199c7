"""The interface documents in docs/ are those of the code, whole and valid."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from edge_agent.cli.schema import schema
from edge_agent.contracts.bus import BUS_MESSAGES
from edge_agent.contracts.documents import asyncapi, openapi

DOCS = Path(__file__).parents[2] / "docs"


def references(document: object) -> set[str]:
    if isinstance(document, dict):
        here = {document["$ref"]} if isinstance(document.get("$ref"), str) else set()
        return here.union(*map(references, document.values()))
    return set().union(*map(references, document)) if isinstance(document, list) else set()


def resolve(document: dict, reference: str) -> object:
    found: object = document
    for step in reference.removeprefix("#/").split("/"):
        assert isinstance(found, dict), reference
        found = found[step.replace("~1", "/").replace("~0", "~")]
    return found


@pytest.mark.parametrize("kind", ["asyncapi", "openapi"])
def test_the_committed_document_is_current(kind):
    printed = CliRunner().invoke(schema, [kind]).output
    assert (DOCS / f"{kind}.json").read_text() == printed, f"run: edge-agent schema {kind} > docs/{kind}.json"


@pytest.mark.parametrize("make", [asyncapi, openapi])
def test_every_reference_leads_somewhere_in_the_document(make):
    document = json.loads(json.dumps(make()))
    found = references(document)
    assert len(found) > 10
    for reference in found:
        assert reference.startswith("#/"), reference
        assert isinstance(resolve(document, reference), dict)


@pytest.mark.parametrize("make", [asyncapi, openapi])
def test_every_schema_is_valid_and_every_field_is_described(make):
    for name, definition in make()["components"]["schemas"].items():
        Draft202012Validator.check_schema(definition)
        for field, described in definition.get("properties", {}).items():
            assert described.get("description") or "$ref" in described, f"{name}.{field}"


def test_the_openapi_document_is_valid():
    validate(openapi())


def test_the_asyncapi_document_holds_every_message_of_the_bus():
    document = asyncapi()
    assert set(document["channels"]) == {message.kind for message in BUS_MESSAGES}
    retained = {kind for kind, channel in document["channels"].items() if channel["description"].startswith("Retained")}
    assert retained == {"unit", "tablet"}, "nothing that is about a customer is ever retained"
    assert document["channels"]["card"]["address"] == "ea/1/{store}/card/{department}"
