"""What the platform (CDP, e-mail, web, call centre, tills) tells the hub about a store, and what it is answered."""

from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue, model_validator

from edge_agent.contracts.base import Contract, CustomerId, FileContract, Identifier, Key128, UtcTime
from edge_agent.contracts.slice import Profile, StaticToken, Token

EVENTS_MAX: Final = 1000
"""Events in one answer at most."""

ERASURES_MAX: Final = 1000
"""Erasures in one answer at most."""

ErasureState = Literal["waiting", "overdue", "late", "applied", "deleted", "shredded"]
"""How far the erasure of one customer has come on one unit; the first three are not confirmed."""


class RollingDevice(FileContract):
    """A phone or tag with a rolling id. Only the hub and the device know its identity key."""

    kind: Literal["rolling"] = "rolling"
    """Discriminator."""
    device: Identifier
    """Names the device within the customer; opaque."""
    identity_key: Annotated[Key128, Field(repr=False)]
    """Eddystone-EID identity key. It never leaves the hub."""
    rotation_exponent: Annotated[int, Field(ge=0, le=15)] = 10
    """K: the id changes every 2^K seconds."""


class StaticDevice(StaticToken, FileContract):
    """A tag or loyalty card with an id that does not change."""


Device = Annotated[RollingDevice | StaticDevice, Field(discriminator="kind")]
"""How one device of a customer is recognised, as the platform knows it."""


class CustomerRecord(Profile, FileContract):
    """Platform -> hub: a profile whose tokens the hub makes from ``devices``. Unknown fields are typing errors."""

    tokens: Annotated[tuple[Token, ...], Field(max_length=8, json_schema_extra={"maxItems": 0})] = ()
    """Empty: the hub makes them of ``devices``."""
    devices: Annotated[tuple[Device, ...], Field(max_length=8)] = ()
    """Her devices."""

    @model_validator(mode="after")
    def _tokens_are_made_by_the_hub(self) -> "CustomerRecord":
        if self.tokens:
            raise ValueError("tokens: the hub makes them; name the devices instead")
        return self

    @model_validator(mode="after")
    def _devices_have_names_of_their_own(self) -> "CustomerRecord":
        names = [device.device for device in self.devices]
        if len(set(names)) != len(names):
            raise ValueError("devices: two have the same name (device); give each its own")
        return self


class RedemptionNote(Contract):
    """What is kept of a redemption."""

    at: UtcTime
    """When the code was redeemed."""
    customer: CustomerId | None = None
    """Who redeemed it, under her id in this store, where that is known."""
    order_id: Identifier | None = None
    """The order that it was used in. Repeating a redemption with the same order, or without one at the same time,
    repeats its answer; another one is refused."""


class Redemption(RedemptionNote):
    """Platform -> hub: a code of a screen was redeemed."""

    code: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
    """The code as it stood in the QR code."""


class RedemptionAnswer(Contract):
    """Hub -> platform: what a code is worth."""

    status: Literal["redeemed", "pending"]
    """``pending``: no unit has told of such a code yet. Ask again."""
    campaign: Identifier | None = None
    """Which campaign showed it."""
    coupon: Identifier | None = None
    """Which coupon it gives."""


class EventLine(Contract):
    """One event with its place in the order of arrival."""

    sequence: int
    """Ask for ``after`` this number to read on."""
    event: dict[str, JsonValue]
    """The CloudEvent. Kept raw here: it was judged when it came, and is answered as it was stored."""


class EventLines(Contract):
    """Hub -> platform: events of a store, oldest first."""

    events: Annotated[tuple[EventLine, ...], Field(max_length=EVENTS_MAX)]
    """Empty: there is nothing newer."""


class Summary(Contract):
    """Hub -> platform: how many events of each type a store has delivered."""

    events: dict[str, int]
    """Event type -> count."""


class ErasureLine(Contract):
    """The erasure of one customer on one unit."""

    customer: CustomerId
    """Whose."""
    unit: Identifier
    """Where."""
    asked_at: UtcTime
    """When the store was told to erase her."""
    state: ErasureState
    """``waiting``: for a unit that is offline, or a moment. ``overdue``: the unit is online and should have done it.
    ``late``: more than a day; no lease of hers is in force any more. ``applied``: the unit's slice holds her no more,
    and it has sent no receipt. ``deleted``, ``shredded``: its receipt says so."""


class ErasureLines(Contract):
    """Hub -> platform: what a store's units have not confirmed, or how far the erasure of one customer has come."""

    erasures: Annotated[tuple[ErasureLine, ...], Field(max_length=ERASURES_MAX)]
    """The oldest first. An erasure is forgotten with its tombstone, after 30 days."""
