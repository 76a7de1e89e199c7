"""The hub's interface for units, apps and the platform as OpenAPI 3.1, made of the tables of endpoints and events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field, TypeAdapter

from edge_agent.contracts.api import APP_ENDPOINTS, ENDPOINTS, Caller, Endpoint
from edge_agent.contracts.base import CustomerId, Identifier, Sha256
from edge_agent.contracts.event import EVENT_TYPES, CloudEvent
from edge_agent.contracts.platform import EVENTS_MAX, EventLine
from edge_agent.contracts.platform_api import PLATFORM_ENDPOINTS
from edge_agent.contracts.presence import SCHEME as PRESENCE_SCHEME
from edge_agent.contracts.request import NONCE_HEADER
from edge_agent.contracts.request import SCHEME as UNIT_SCHEME
from edge_agent.contracts.schemas import Json, first_line, ref, ref_to, schemas_of
from edge_agent.contracts.slice import Profile
from edge_agent.contracts.unit import Problem


@dataclass(frozen=True, slots=True)
class _Parameter:
    type: Any
    meaning: str


_PATH: Final = {
    "store": _Parameter(Identifier, "The store."),
    "unit": _Parameter(Identifier, "The unit."),
    "customer": _Parameter(CustomerId, "Her id in this store."),
    "sha256": _Parameter(Sha256, "SHA-256 of the file."),
}
_QUERY: Final = {
    "cursor": _Parameter(Identifier, "Where the last pull ended; absent: from the beginning."),
    "customer": _Parameter(CustomerId, "Hers alone."),
    "after": _Parameter(Annotated[int, Field(ge=0, default=0)], "The sequence number of the last event that was read."),
    "limit": _Parameter(Annotated[int, Field(ge=1, le=EVENTS_MAX, default=EVENTS_MAX)], "How many events at most."),
}
_REFUSALS: Final[Mapping[Caller, Mapping[int, str]]] = {
    "unit": {
        401: f"Not signed, or not with a fresh nonce: sign again with the one in {NONCE_HEADER}.",
        403: "The certificate is not good here, or this belongs to another unit or store.",
    },
    "platform": {401: "The platform's token is needed."},
}
_SECURITY_SCHEMES: Final = {
    "unit": {
        "type": "http",
        "scheme": UNIT_SCHEME,
        "description": "A JWT (ES256) signed with the unit's key, with its certificate chain (x5c), over "
        "method, target, body digest and the hub's nonce; see RequestClaims.",
    },
    "app": {
        "type": "http",
        "scheme": PRESENCE_SCHEME,
        "description": "HMAC-SHA256 over the body as it is sent, 64 hexadecimal digits, with a key derived "
        "from the device's identity key; see docs/app-integration.md.",
    },
    "platform": {
        "type": "http",
        "scheme": "bearer",
        "description": "The token that the hub made at its first start (platform.token in its folder).",
    },
}
_EVENT: Final = "Event"
_JSON: Final = "application/json"
_FILE: Final = "application/octet-stream"


def openapi() -> Json:
    """Return the OpenAPI document of the hub's interface."""
    paths: dict[str, Json] = {}
    models: list[type[BaseModel]] = [Problem, Profile, CloudEvent]
    models += [model for model, _lane in EVENT_TYPES.values()]
    for endpoint in ENDPOINTS + APP_ENDPOINTS + PLATFORM_ENDPOINTS:
        models += [model for model in (endpoint.request, endpoint.response) if model is not None]
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    schemas = {**schemas_of(models), **_events()}
    line = schemas[EventLine.__name__]["properties"]
    line["event"] = {**ref(_EVENT), "description": line["event"]["description"]}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hub",
            "version": "1",
            "description": "What units, customers' apps and the platform ask of the platform's edge gateway. "
            "Events do not travel by themselves: the platform reads them (read_events).",
        },
        "tags": [{"name": name, "description": f"What {who} calls."} for name, who in _TAGS.items()],
        "paths": paths,
        "components": {"schemas": dict(sorted(schemas.items())), "securitySchemes": _SECURITY_SCHEMES},
    }


_TAGS: Final[Mapping[Caller, str]] = {
    "anyone": "a unit that has no identity yet",
    "unit": "a unit",
    "app": "a customer's app",
    "platform": "the platform",
}


def event_name(event_type: str) -> str:
    """Return the name of the schema of an event with its payload: ``visit.started`` -> ``VisitStartedEvent``."""
    return "".join(word.capitalize() for word in event_type.replace("_", ".").split(".")) + _EVENT


def _events() -> Json:
    """Return a schema for each type of event with its payload, and the one that is told from the others by ``type``."""
    schemas: Json = {
        event_name(event_type): {
            "description": first_line(payload),
            "allOf": [
                ref_to(CloudEvent),
                {
                    "type": "object",
                    "properties": {"type": {"const": event_type}, "data": ref_to(payload)},
                    "required": ["type", "data"],
                },
            ],
        }
        for event_type, (payload, _lane) in EVENT_TYPES.items()
    }
    schemas[_EVENT] = {
        "description": "What happened in a store, by its type. New types may come: pass over what you do not know.",
        "oneOf": [ref(name) for name in schemas],
        "discriminator": {
            "propertyName": "type",
            "mapping": {event_type: ref(event_name(event_type))["$ref"] for event_type in EVENT_TYPES},
        },
    }
    return schemas


def _operation(endpoint: Endpoint) -> Json:
    parameters = [_parameter(name, "path") for name in _PATH if f"{{{name}}}" in endpoint.path]
    parameters += [_parameter(name, "query") for name in endpoint.query]
    if endpoint.conditional:
        parameters.append({"name": "If-None-Match", "in": "header", "required": False, "schema": {"type": "string"}})
    operation: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "tags": [endpoint.caller],
        "parameters": parameters,
        "responses": _responses(endpoint),
        "security": [] if endpoint.caller == "anyone" else [{endpoint.caller: []}],
    }
    if endpoint.request is not None:
        operation["requestBody"] = {"required": True, "content": {_JSON: {"schema": ref_to(endpoint.request)}}}
    elif endpoint.upload:
        operation["requestBody"] = {"required": True, "content": {_FILE: {}}}
    return operation


def _responses(endpoint: Endpoint) -> Json:
    success: Json = {"description": "Success."}
    if endpoint.status != 204:
        schema = {} if endpoint.response is None else {"schema": ref_to(endpoint.response)}
        success["content"] = {endpoint.media_type: schema}
    responses: Json = {str(endpoint.status): success}
    if endpoint.pending:
        responses["202"] = {**success, "description": endpoint.pending}
    if endpoint.conditional:
        success["headers"] = {"ETag": {"schema": {"type": "string"}}}
        responses["304"] = {"description": "Not changed."}
    problems = {**_REFUSALS.get(endpoint.caller, {}), **endpoint.problems}
    if endpoint.request is not None or endpoint.upload:
        responses["413"] = {"description": "The body is larger than the hub takes.", "content": {"text/plain": {}}}
        problems[422] = "The body is not valid, or a name in the path; detail says which field."
    responses |= {str(status): _problem(meaning) for status, meaning in problems.items()}
    if endpoint.caller == "unit":
        responses["401"]["headers"] = {NONCE_HEADER: {"schema": {"type": "string"}}}
    responses["default"] = _problem("What went wrong.")
    return dict(sorted(responses.items()))


def _parameter(name: str, where: str) -> Json:
    parameter = (_PATH if where == "path" else _QUERY)[name]
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": parameter.meaning,
        "schema": TypeAdapter(parameter.type).json_schema(),
    }


def _problem(description: str) -> Json:
    return {"description": description, "content": {"application/problem+json": {"schema": ref_to(Problem)}}}
