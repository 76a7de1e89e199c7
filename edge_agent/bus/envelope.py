"""Contracts in and out of CloudEvents (JSON structured mode), with a name for everything that can be wrong."""

import secrets
from typing import TypeVar

from pydantic import ValidationError

from edge_agent.contracts.base import MESSAGE_MAX_BYTES, Contract
from edge_agent.contracts.bus import BusMessage
from edge_agent.contracts.event import CloudEvent
from edge_agent.contracts.topics import Topic
from edge_agent.events import Instant

M = TypeVar("M", bound=Contract)


class Unreadable(ValueError):
    """A message from the broker that is not one of ours, or one too many. ``fault`` names its kind, for counting."""

    def __init__(self, fault: str, hint: str = "") -> None:
        super().__init__(f"{fault}: {hint}" if hint else fault)
        self.fault = fault


def encode(message: BusMessage[M], body: M, source: str, at: Instant) -> bytes:
    """Return ``body`` as a CloudEvent of ``source`` (``/stores/STORE/units/UNIT``)."""
    event = CloudEvent(
        id=secrets.token_hex(16), source=source, type=message.event_type, time=at.utc, data=body.model_dump(mode="json")
    )
    return event.model_dump_json().encode()


def decode(message: BusMessage[M], topic: Topic, payload: bytes) -> M:
    """Return the contract in ``payload``, or raise :class:`Unreadable`. The hint holds field names, never values."""
    if len(payload) > MESSAGE_MAX_BYTES:
        raise Unreadable("oversized", f"{len(payload)} bytes, at most {MESSAGE_MAX_BYTES}")
    try:
        event = CloudEvent.model_validate_json(payload)
    except ValidationError as error:
        raise Unreadable("not a CloudEvent", _fields(error)) from None
    if event.type != message.event_type:
        raise Unreadable("wrong type", f"expected {message.event_type}")
    try:
        body = message.model.model_validate(event.data)
    except ValidationError as error:
        raise Unreadable(f"not a {message.event_type}", _fields(error)) from None
    if message.names is not None and getattr(body, message.names) != topic.name:
        raise Unreadable("speaks for another", f"{message.names} differs from the topic")
    return body


def _fields(error: ValidationError) -> str:
    """Say which fields are wrong; values may be personal and stay out."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    return ", ".join(".".join(map(str, detail["loc"])) or detail["type"] for detail in details[:5])
