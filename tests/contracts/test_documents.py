"""The interface documents in docs/ are those of the code, whole and valid."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from edge_agent.cli.schema import schema
from edge_agent.contracts.asyncapi import asyncapi
from edge_agent.contracts.bus import BUS_MESSAGES
from edge_agent.contracts.event import EVENT_TYPES
from edge_agent.contracts.openapi import openapi

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"


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


# --- events -----------------------------------------------------------------------------------


def written_types() -> Iterator[str]:
    """Every type of event that agent and hub write: a literal where an event is made."""
    for folder in ("edge_agent", "provisioning"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and called(node) in ("report", "_report", "EventRow"):
                    for given in node.args:
                        for one in (given.body, given.orelse) if isinstance(given, ast.IfExp) else (given,):
                            if isinstance(one, ast.Constant) and isinstance(one.value, str):
                                yield one.value


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def test_the_document_holds_exactly_the_events_that_are_written():
    schemas = openapi()["components"]["schemas"]
    mapping = schemas["Event"]["discriminator"]["mapping"]
    assert set(mapping) == set(written_types()) == set(EVENT_TYPES)
    assert [each["$ref"] for each in schemas["Event"]["oneOf"]] == list(mapping.values())
    assert len(set(mapping.values())) == len(mapping)


def test_every_event_has_the_schema_of_its_payload():
    document = openapi()
    for event_type, (payload, _lane) in EVENT_TYPES.items():
        mapping = document["components"]["schemas"]["Event"]["discriminator"]["mapping"]
        schema = resolve(document, mapping[event_type])
        assert schema["allOf"][1]["properties"] == {
            "type": {"const": event_type},
            "data": {"$ref": f"#/components/schemas/{payload.__name__}"},
        }


def test_an_event_is_judged_by_its_type():
    validator = Draft202012Validator({**openapi(), "$ref": "#/components/schemas/Event"})
    event = {"specversion": "1.0", "id": "e1", "source": "/stores/vienna/units/door", "time": "2026-05-04T16:20:00Z"}
    visit = {"visit": "v1", "zone": "Door"}
    assert validator.is_valid({**event, "type": "visit.started", "data": visit})
    assert validator.is_valid({**event, "type": "visit.ended", "data": {**visit, "duration_s": 60}})
    assert not validator.is_valid({**event, "type": "visit.ended", "data": visit})
    assert not validator.is_valid({**event, "type": "visit.vanished", "data": visit})
    assert not validator.is_valid({**event, "type": "visit.started"})
