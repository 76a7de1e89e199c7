"""What happened, as CloudEvents 1.0: unit -> hub, and the payloads' vocabulary.

Properties follow the Segment e-commerce vocabulary where it has a name (``product_id``,
``order_id``, ``coupon``), and proofs of play the file format of Outsmart's playout reporting
standard (``startdate``, ``enddate``, ``spotlength``, ``creativeid``, ``creativename``). Customers
appear under opaque ids only; departments and roles are named, clerks and tablets never.
"""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from edge_agent.contracts.base import Contract, CustomerId, Identifier, Seconds, Sha256, ShortText, UtcTime
from edge_agent.contracts.campaign import MessageClass, ScreenMode
from edge_agent.contracts.clerk import Outcome
from edge_agent.contracts.explanation import Explanation

Lane = Literal["consent", "outcome", "telemetry"]
"""Order in which the outbox is sent: consent and audit first; telemetry is shed first."""

Milliseconds = Annotated[int, Field(ge=0, le=10 * 365 * 86_400_000)]
"""A duration in milliseconds."""


class VisitEvent(Contract):
    """What every event of a visit carries."""

    customer: CustomerId | None = None
    """Opaque customer id; absent where she does not consent to ``analytics``: then the visit alone is counted."""
    visit: Identifier
    """Visit id."""
    zone: ShortText
    """Area of the unit."""


class VisitStarted(VisitEvent):
    """She came near and stayed for the screen's dwell."""

    continues: Identifier | None = None
    """She was here minutes ago and goes on: the first visit of this stay. What was said then is not said again."""


class VisitEnded(VisitEvent):
    """She has left."""

    duration_s: Seconds
    """From arrival to the end of the visit, the patience with a silent phone included."""


class DecisionEvent(VisitEvent):
    """A decision, with the reasons of what lost."""

    decision: Identifier
    """Decision id; the message id of the scene."""
    campaign: Identifier | None = None
    """What was chosen."""
    message_class: MessageClass | None = None
    """Its class."""
    mode: ScreenMode = "generic"
    """How personally the screen spoke."""
    product_id: Identifier | None = None
    """The product that it is about."""
    explanation: Explanation | None = None
    """Why this, why not that."""


class DecisionSuppressed(VisitEvent):
    """Nothing may be said."""

    reason: Identifier
    """Name of the filter that silenced everything."""
    explanation: Explanation | None = None
    """Why not this, why not that."""


class ContentShown(VisitEvent):
    """The first frame of a scene was presented."""

    decision: Identifier
    """Which decision."""
    campaign: Identifier | None = None
    """Which campaign."""


class ContentPlayed(VisitEvent):
    """Proof of play: a scene has ended."""

    decision: Identifier
    """Which decision."""
    campaign: Identifier | None = None
    """Which campaign."""
    startdate: UtcTime
    """When its first frame was presented."""
    spotlength: Milliseconds
    """Milliseconds that it was visible: without those in which the panel was off or the window covered."""
    ended: Identifier
    """What ended it."""
    content_version: ShortText = ""
    """Version of the playlist at that time: pictures of products come with it."""


class ContentLooped(Contract):
    """Proof of play of the loop: what one item of it came to within an interval. About nobody.

    The standard reports each play by itself; these are counted up, so that months without a line take no room.
    """

    zone: ShortText
    """Area of the unit."""
    creativeid: Sha256
    """Digest of the file."""
    creativename: Identifier
    """Name of the item."""
    startdate: UtcTime
    """Begin of the interval."""
    enddate: UtcTime
    """End of the interval."""
    plays: Annotated[int, Field(ge=0, le=100_000)]
    """How often it came up in the interval. 0: it was up already when the interval began, and stayed."""
    spotlength: Milliseconds
    """Milliseconds that it was visible, of all plays together."""
    content_version: ShortText = ""
    """Version of the playlist."""


class ClerkEvent(VisitEvent):
    """A card was sent to, or claimed by, a department."""

    card: Identifier
    """Card id."""
    department: Identifier
    """Which department; never which clerk."""
    campaign: Identifier | None = None
    """Which campaign."""


class ClerkEscalated(ClerkEvent):
    """Nobody took an obligation in time."""

    role: Literal["lead"] = "lead"
    """Who sees it now as well; never which person."""


class ClerkOutcome(ClerkEvent):
    """A card has an outcome."""

    outcome: Outcome
    """How it ended."""
    order_id: Identifier | None = None
    """The order on the receipt, where the clerk knew it."""
    product_id: Identifier | None = None
    """The product that the card was about."""


class CouponIssued(VisitEvent):
    """A screen showed a QR code with a single-use code in it."""

    decision: Identifier
    """Which decision; the message id of the scene."""
    campaign: Identifier
    """Which campaign."""
    coupon: Identifier | None = None
    """The coupon that it gives; absent: it only leads to the campaign."""
    code_digest: Sha256
    """SHA-256 of the code, by which the platform recognises it when it is redeemed."""
    expires_at: UtcTime
    """Past this it is worth nothing."""


class CouponRedeemed(Contract):
    """The platform saw a code of a screen redeemed; the hub writes it beside the units' events."""

    campaign: Identifier
    """Which campaign."""
    coupon: Identifier | None = None
    """Which coupon."""
    decision: Identifier
    """The decision whose scene showed the code."""
    visit: Identifier
    """The visit in which it was shown."""
    customer: CustomerId | None = None
    """Who redeemed it, where the platform says so."""
    order_id: Identifier | None = None
    """The order that it was used in."""


class CardWithdrawn(ClerkEvent):
    """A card ended without an outcome."""

    reason: Identifier
    """Why: left, expired, consent, not_here, campaign (it was withdrawn, or may not speak of its product any more)."""


class ConsentRevoked(Contract):
    """She withdrew consent, or paused, in the store."""

    customer: CustomerId
    """Opaque customer id."""
    scope: Literal["all", "today"]
    """For ever, or for today."""
    source: Literal["clerk", "hub", "app"]
    """Where it was said."""


class ErasureReceipt(Contract):
    """A withdrawal was carried out on this unit."""

    customer: CustomerId
    """Opaque customer id."""
    method: Literal["deleted", "shredded"]
    """``shredded`` only where the key was destroyed as well, see the security notes."""


EVENT_TYPES: dict[str, tuple[type[Contract], Lane]] = {
    "visit.started": (VisitStarted, "outcome"),
    "visit.ended": (VisitEnded, "outcome"),
    "decision.made": (DecisionEvent, "outcome"),
    "decision.suppressed": (DecisionSuppressed, "outcome"),
    "decision.holdout": (DecisionEvent, "outcome"),
    "content.shown": (ContentShown, "outcome"),
    "content.played": (ContentPlayed, "telemetry"),
    "content.loop_played": (ContentLooped, "telemetry"),
    "clerk.notified": (ClerkEvent, "outcome"),
    "clerk.claimed": (ClerkEvent, "outcome"),
    "clerk.escalated": (ClerkEscalated, "outcome"),
    "clerk.outcome": (ClerkOutcome, "outcome"),
    "clerk.withdrawn": (CardWithdrawn, "outcome"),
    "coupon.issued": (CouponIssued, "outcome"),
    "coupon.redeemed": (CouponRedeemed, "outcome"),
    "consent.revoked": (ConsentRevoked, "consent"),
    "consent.erased": (ErasureReceipt, "consent"),
}
"""Stable event type -> payload and lane."""


class CloudEvent(Contract):
    """CloudEvents 1.0, JSON structured mode."""

    specversion: Literal["1.0"] = "1.0"
    """Version of CloudEvents."""
    id: Annotated[str, Field(min_length=1, max_length=64)]
    """Unique with ``source``: the hub counts it once."""
    source: Annotated[str, Field(min_length=1, max_length=200)]
    """``/stores/STORE/units/UNIT``."""
    type: Annotated[str, Field(min_length=1, max_length=64)]
    """One of the stable event types."""
    time: UtcTime
    """When it happened."""
    datacontenttype: Literal["application/json"] = "application/json"
    """Kind of the payload."""
    bootid: Annotated[str, Field(max_length=64)] = ""
    """Boot of the unit, so that ``monotonic`` can be compared."""
    monotonic: Annotated[str, Field(max_length=32)] = ""
    """CLOCK_MONOTONIC second of the unit, as a decimal string: the order of events whatever the clock did."""
    data: dict[str, JsonValue]
    """The payload of its type."""


class EventBatch(Contract):
    """Unit -> hub, ``POST /v1/events``."""

    events: Annotated[tuple[dict[str, JsonValue], ...], Field(max_length=500)]
    """:class:`CloudEvent` objects. Kept raw here, so that one broken event is refused alone."""


class EventReceipt(Contract):
    """Hub -> unit: what became of one event."""

    id: str
    """The event's id; empty where it had none."""
    status: Literal["accepted", "duplicate", "rejected"]
    """Accepted and duplicate events leave the outbox; rejected ones go to the dead letters."""
    reason: str = ""
    """Why it was rejected."""


class EventReceipts(Contract):
    """Hub -> unit: answers in the order of the batch."""

    receipts: tuple[EventReceipt, ...]
    """One per event."""
