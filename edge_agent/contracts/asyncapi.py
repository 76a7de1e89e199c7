"""What travels on a store's broker as AsyncAPI 3, made of the table of its messages."""

from typing import Any, Final

from edge_agent.contracts.bus import BUS_MESSAGES, BusMessage
from edge_agent.contracts.event import CloudEvent
from edge_agent.contracts.schemas import Json, first_line, ref_to, schemas_of
from edge_agent.contracts.topics import StoreTopics

_NAMES: Final = {
    "unit": "{unit}",
    "tablet": "{tablet}",
    "card": "{department}",
    "reply": "{unit}",
    "hello": "{tablet}",
    "sightings": "{unit}",
    "owners": "{unit}",
    "withdrawal": "{unit}",
    "spoken": "{unit}",
}


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
        from_unit = message.kind in ("unit", "card", "sightings", "withdrawal", "spoken")
        operations[f"{message.kind}.{'send' if from_unit else 'receive'}"] = {
            "action": "send" if from_unit else "receive",
            "summary": first_line(message.model),
            "channel": {"$ref": f"#/channels/{message.kind}"},
            "messages": [{"$ref": f"#/channels/{message.kind}/messages/{name}"}],
        }
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Store broker",
            "version": "1",
            "description": "MQTT 3.1.1, clean sessions. Payloads are CloudEvents 1.0 in JSON structured mode. "
            "Seen from a unit: it sends cards, its presence, its sightings, withdrawals and whom it has spoken to; it "
            "receives replies, hellos and who owns which visit. The store's coordinator receives sightings, and every "
            "unit withdrawals and whom the others have spoken to.",
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": schemas_of([message.model for message in BUS_MESSAGES] + [CloudEvent]),
        },
    }


def _bus_message(message: BusMessage[Any]) -> Json:
    return {
        "name": message.event_type,
        "summary": first_line(message.model),
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                ref_to(CloudEvent),
                {"properties": {"type": {"const": message.event_type}, "data": ref_to(message.model)}},
            ]
        },
    }
