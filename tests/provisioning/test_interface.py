"""The hub serves what its interface document says, and nothing else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.openapi.utils import get_openapi
from jsonschema import Draft202012Validator
from starlette.routing import BaseRoute

from edge_agent.contracts.config import HubServerConfig
from edge_agent.contracts.event import EVENT_TYPES, CloudEvent, CouponIssued, EventBatch, VisitStarted
from edge_agent.contracts.openapi import openapi
from edge_agent.contracts.platform_api import PLATFORM_ENDPOINTS
from provisioning.clock import utc_now
from provisioning.hub.app import make_app
from provisioning.hub.context import Hub
from provisioning.hub.platform import platform_routes
from tests.provisioning.hubs import STORE, UNIT, RunningHub, customer

DOCUMENT = openapi()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    opened = Hub.open(HubServerConfig(folder=tmp_path / "hub"), utc_now)
    yield opened
    opened.close()


def test_the_document_holds_every_route_and_no_other(hub: Hub) -> None:
    served = {
        (method, path) for path, item in get_openapi(title="", version="", routes=routes(hub))["paths"].items()
        for method in item
    }  # fmt: skip
    assert served == {(method, path) for path, item in DOCUMENT["paths"].items() for method in item}


def routes(hub: Hub) -> list[BaseRoute]:
    """Every route of the hub; none is kept out of what the framework would publish."""
    found = list(make_app(hub).routes)
    assert all(getattr(route, "include_in_schema", True) for route in found)
    return found


def test_the_platforms_operations_take_and_answer_what_the_document_says(hub: Hub) -> None:
    served = get_openapi(title="", version="", openapi_version="3.1.0", routes=platform_routes(hub).routes)
    for endpoint in PLATFORM_ENDPOINTS:
        handled = served["paths"][endpoint.path][endpoint.method.lower()]
        told = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
        assert parameters(handled) == parameters(told), endpoint.name
        assert body(handled) == body(told), endpoint.name
        status = str(endpoint.status)
        assert schema_of(handled["responses"][status]) == schema_of(told["responses"][status]), endpoint.name
        assert told["security"] == [{"platform": []}]
        assert {"401", "default"} <= set(told["responses"])


def parameters(operation: dict[str, Any]) -> dict[tuple[str, str], tuple[bool, dict[str, Any]]]:
    """Name and place of each parameter -> whether it must be there, and what it may be."""
    return {
        (one["in"], one["name"]): (one["required"], allowed(one["schema"])) for one in operation.get("parameters", ())
    }


def allowed(schema: dict[str, Any]) -> dict[str, Any]:
    """Reduce a schema to what it allows: an absent parameter is not the same as one that is null."""
    [kept] = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    return {key: value for key, value in kept.items() if key not in ("title", "description")}


def body(operation: dict[str, Any]) -> dict[str, Any] | None:
    content = operation.get("requestBody", {}).get("content", {})
    return schema_of({"content": content}) if "application/json" in content else None


def schema_of(answer: dict[str, Any]) -> dict[str, Any] | None:
    schema: dict[str, Any] | None = answer.get("content", {}).get("application/json", {}).get("schema")
    return schema


@pytest.mark.integration
async def test_what_the_hub_answers_is_what_the_document_says(served: RunningHub) -> None:
    served.claim()
    source = f"/stores/{STORE}/units/{UNIT}"
    visit = {"visit": "v1", "zone": "Door"}
    started = VisitStarted(**visit)
    issued = CouponIssued(
        **visit, decision="d1", campaign="care-kit", code_digest="a" * 64, expires_at="2099-01-01T00:00:00Z"
    )  # fmt: skip
    written = [
        CloudEvent(id=kind, source=source, type=kind, time=served.clock(), data=data.model_dump(mode="json"))
        for kind, data in (("visit.started", started), ("coupon.issued", issued))
    ]
    batch = EventBatch(events=tuple(event.model_dump(mode="json") for event in written))
    served.hub.events.deliver(STORE, source, batch, served.clock())
    async with served.platform() as platform:
        record = json.loads(customer("anna").model_dump_json(exclude={"tokens"}))
        Draft202012Validator({**DOCUMENT, "$ref": "#/components/schemas/CustomerRecord"}).validate(record)
        for method, path, given, status, template in (
            ("PUT", "/customers/anna", record, 204, "/customers/{customer}"),
            ("DELETE", "/customers/anna", None, 204, "/customers/{customer}"),
            ("DELETE", "/customers/nobody", None, 404, "/customers/{customer}"),
            ("GET", "/erasures", None, 200, "/erasures"),
            ("GET", "/events?limit=0", None, 422, "/events"),
            ("GET", "/events", None, 200, "/events"),
            ("GET", "/summary", None, 200, "/summary"),
            ("POST", "/redemptions", {"code": "x", "at": "2026-01-01T00:00:00Z"}, 202, "/redemptions"),
            ("POST", "/redemptions", {"code": "x", "at": "2026-01-02T00:00:00Z"}, 409, "/redemptions"),
        ):
            answer = await platform.request(method, path, json=given)
            assert answer.status_code == status, (method, path, answer.text)
            told = DOCUMENT["paths"]["/v1/platform/stores/{store}" + template][method.lower()]["responses"]
            content = told.get(str(status), told["default"]).get("content")
            if content is None:
                assert not answer.content
                continue
            [(media_type, form)] = content.items()
            assert answer.headers["content-type"] == media_type
            Draft202012Validator({**DOCUMENT, **form["schema"]}).validate(answer.json())
        lines = (await platform.get("/events")).json()["events"]
    assert [line["event"]["type"] for line in lines] == ["visit.started", "coupon.issued"]
    assert {line["event"]["type"] for line in lines} <= set(EVENT_TYPES)
