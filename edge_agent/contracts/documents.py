"""The interface documents, generated from the contracts: AsyncAPI 3 for the broker, OpenAPI 3.1 for the hub."""

from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from edge_agent.contracts.api import APP_ENDPOINTS, ENDPOINTS, Endpoint
from edge_agent.contracts.bus import BUS_MESSAGES, BusMessage
from edge_agent.contracts.event import EVENT_TYPES, CloudEvent
from edge_agent.contracts.presence import SCHEME as PRESENCE_SCHEME
from edge_agent.contracts.slice import Profile
from edge_agent.contracts.topics import StoreTopics
from edge_agent.contracts.unit import Problem

_REF: Final = "#/components/schemas/{model}"
_NAMES: Final = {
    "unit": "{unit}",
    "tablet": "{tablet}",
    "card": "{department}",
    "reply": "{unit}",
    "hello": "{tablet}",
    "sightings": "{unit}",
    "owners": "{unit}",
    "withdrawal": "{unit}",
}

Json = dict[str, Any]


def asyncapi() -> Json:
    """Return the AsyncAPI document of what travels on a store's broker."""
    channels, operations, messages = {}, {}, {}
    for message in BUS_MESSAGES:
        name = message.model.__name__
        messages[name] = _bus_message(message)
        parameter = _NAMES[message.kind].strip("{}")
        channels[message.kind] = {
            "address": StoreTopics("{store}").topic(message.kind, _NAMES[message.kind]),
            "description": f"{'Retained' if message.retained else 'Never retained'}, QoS {message.qos}.",
            "messages": {name: {"$ref": f"#/components/messages/{name}"}},
            "parameters": {
                "store": {"description": "The store."},
                parameter: {"description": f"The {parameter}."},
            },
        }
        from_unit = message.kind in ("unit", "card", "sightings", "withdrawal")
        operations[f"{message.kind}.{'send' if from_unit else 'receive'}"] = {
            "action": "send" if from_unit else "receive",
            "summary": _first_line(message.model),
            "channel": {"$ref": f"#/channels/{message.kind}"},
            "messages": [{"$ref": f"#/channels/{message.kind}/messages/{name}"}],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Store broker",
            "version": "1",
            "description": "MQTT 3.1.1, clean sessions. Payloads are CloudEvents 1.0 in JSON structured mode. "
            "Seen from a unit: it sends cards, its presence, its sightings and withdrawals; it receives replies, "
            "hellos and who owns which visit. The store's coordinator receives sightings, and every unit withdrawals.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": _schemas([message.model for message in BUS_MESSAGES] + [CloudEvent]),
        },
    }


def openapi() -> Json:
    """Return the OpenAPI document of the hub's interface for units and apps."""
    paths: dict[str, Json] = {}
    models: list[type[BaseModel]] = [Problem, Profile, CloudEvent]
    models += [model for model, _lane in EVENT_TYPES.values()]
    for endpoint in ENDPOINTS + APP_ENDPOINTS:
        models += [model for model in (endpoint.request, endpoint.response) if model is not None]
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hub",
            "version": "1",
            "description": "What units and apps ask of the platform's edge gateway.",
        },
        "paths": paths,
        "components": {
            "schemas": _schemas(models),
            "securitySchemes": {
                "unit": {
                    "type": "http",
                    "scheme": "Unit",
                    "description": "A JWT (ES256) signed with the unit's key, with its certificate chain (x5c), over "
                    "method, target, body digest and the hub's nonce; see RequestClaims.",
                },
                "app": {
                    "type": "http",
                    "scheme": PRESENCE_SCHEME,
                    "description": "HMAC-SHA256 over the body as it is sent, 64 hexadecimal digits, with a key derived "
                    "from the device's identity key; see docs/app-integration.md.",
                },
            },
        },
    }


def _bus_message(message: BusMessage[Any]) -> Json:
    return {
        "name": message.event_type,
        "summary": _first_line(message.model),
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                _ref(CloudEvent),
                {"properties": {"type": {"const": message.event_type}, "data": _ref(message.model)}},
            ]
        },
    }


def _operation(endpoint: Endpoint) -> Json:
    parameters = [_parameter(name, "path") for name in ("store", "unit", "sha256") if f"{{{name}}}" in endpoint.path]
    parameters += [_parameter(name, "query") for name in endpoint.query]
    success: Json = {"description": "Success."}
    schema = {} if endpoint.response is None else {"schema": _ref(endpoint.response)}
    if endpoint.status != 204:
        success["content"] = {endpoint.media_type: schema}
    responses: dict[str, Json] = {str(endpoint.status): success}
    if endpoint.conditional:
        parameters.append(_parameter("If-None-Match", "header"))
        success["headers"] = {"ETag": {"schema": {"type": "string"}}}
        responses["304"] = {"description": "Not changed."}
    if endpoint.gone:
        responses["410"] = _problem(endpoint.gone)
    responses["default"] = _problem("What went wrong.")
    operation: Json = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": responses,
        "security": [{"unit": []}] if endpoint.authenticated else [{"app": []}] if endpoint.app else [],
    }
    if endpoint.request is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _ref(endpoint.request)}},
        }
    return operation


def _parameter(name: str, where: str) -> Json:
    return {"name": name, "in": where, "required": where == "path", "schema": {"type": "string"}}


def _problem(description: str) -> Json:
    return {"description": description, "content": {"application/problem+json": {"schema": _ref(Problem)}}}


def _ref(model: type[BaseModel]) -> Json:
    return {"$ref": _REF.format(model=model.__name__)}


def _schemas(models: Iterable[type[BaseModel]]) -> Json:
    unique = dict.fromkeys(models)
    _, definitions = models_json_schema([(model, "validation") for model in unique], ref_template=_REF)
    schemas: Json = definitions["$defs"]
    return {name: schemas[name] for name in sorted(schemas)}


def _first_line(model: type[BaseModel]) -> str:
    return (model.__doc__ or "").strip().splitlines()[0]
