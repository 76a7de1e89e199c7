"""The slice: the profiles that a store may hold, with token keys, consents and expiry. Hub -> unit.

A field that no decision and no card uses does not travel.
"""

from typing import Annotated, Literal

from pydantic import Field, JsonValue

from edge_agent.contracts.base import (
    Contract,
    CustomerId,
    Identifier,
    Key128,
    Language,
    Probability,
    ShortText,
    UtcTime,
)
from edge_agent.contracts.catalogue import ContentClass

Purpose = Literal["screen", "clerk", "clerk_name", "screen_name", "analytics"]
"""What a customer may consent to, one by one."""


class TemporaryKey(Contract):
    """The key of one device for one window of 65,536 s; it cannot be turned into the identity key."""

    window: Annotated[int, Field(ge=0, le=0xFFFF)]
    """Unix time in seconds, divided by 65,536."""
    key: Annotated[Key128, Field(repr=False)]
    """The Eddystone-EID temporary key of that window."""


class RollingToken(Contract):
    """A phone or tag with a rolling id (Eddystone-EID, or the same EID in the operator's service UUID)."""

    kind: Literal["rolling"] = "rolling"
    """Discriminator."""
    device: Identifier
    """Names the device within the customer; opaque."""
    rotation_exponent: Annotated[int, Field(ge=0, le=15)] = 10
    """K: the id changes every 2^K seconds."""
    keys: Annotated[tuple[TemporaryKey, ...], Field(max_length=4)]
    """The temporary keys of the windows that the lease touches."""


class StaticToken(Contract):
    """A tag or loyalty card with an id that does not change."""

    kind: Literal["static"] = "static"
    """Discriminator."""
    device: Identifier
    """Names the device within the customer; opaque."""
    token: Annotated[str, Field(pattern=r"^(ibeacon|altbeacon|eddystone_uid):[0-9a-f:-]{1,64}$", repr=False)]
    """``ibeacon:UUID:MAJOR:MINOR`` (numbers in hexadecimal, four digits), ``altbeacon:`` and the 20-byte
    id, or ``eddystone_uid:`` and the 16 bytes of namespace and instance; all lower case."""


Token = Annotated[RollingToken | StaticToken, Field(discriminator="kind")]
"""How one device of a customer is recognised."""


class Consent(Contract):
    """One consent for one purpose, as the platform recorded it."""

    purpose: Purpose
    """What it allows."""
    receipt: Identifier
    """Number of the consent receipt."""
    granted_at: UtcTime
    """When it was given."""
    expires_at: UtcTime
    """When it ends by itself."""


class ViewedProduct(Contract):
    """A product that the customer looked at on the web or in the app."""

    product: Identifier
    """Product id (GTIN) as in the catalogue."""
    viewed_at: UtcTime
    """When she looked at it last."""
    size: Annotated[str, Field(max_length=16)] | None = None
    """The size that she chose, where she chose one."""


class NextBestOffer(Contract):
    """The platform's estimate for one campaign and this customer."""

    campaign: Identifier
    """Campaign id."""
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    """What an acceptance is worth, in the store's currency."""
    probability: Probability
    """How likely she accepts."""


class ServiceTicket(Contract):
    """An open complaint or question. While one is open, no offer is made."""

    ticket: Identifier
    """Ticket id."""
    opened_at: UtcTime
    """When it was opened."""
    department: Identifier
    """Which department answers it."""


class ReadyOrder(Contract):
    """An order that waits in this store."""

    order: Identifier
    """Order id."""
    ready_at: UtcTime
    """Since when it can be collected."""
    desk: ShortText
    """Where it is handed over, as a customer would read it."""


class OpenedEmail(Contract):
    """An e-mail about a campaign that she opened; absent where she consents to no such measurement."""

    campaign: Identifier
    """Campaign id."""
    opened_at: UtcTime
    """When she opened it last."""


class Appointment(Contract):
    """An appointment that she made in this store."""

    appointment: Identifier
    """Appointment id."""
    at: UtcTime
    """When it begins."""
    department: Identifier
    """Which department expects her."""
    desk: ShortText
    """Where she is expected, as a customer would read it."""


class KnownSize(Contract):
    """A size that she wears, for one system of sizes."""

    size_system: Identifier
    """Which sizes these are; products name the same system: ``jackets``."""
    size: Annotated[str, Field(min_length=1, max_length=16)]
    """Her size in it."""


class Need(Contract):
    """Something that she volunteered about what she is looking for. Clerks only, never a screen."""

    topic: Identifier
    """What campaigns ask for: ``waterproof``."""
    words: dict[Language, ShortText] = Field(default_factory=dict)
    """How a card says it, per language."""
    content_class: ContentClass = "sensitive"
    """A sensitive one is said nowhere; a hub that does not say is taken at its strictest."""


class Contacts(Contract):
    """How often other channels have spoken to her about a campaign; the caps count them too."""

    campaign: Identifier
    """Campaign id."""
    count: Annotated[int, Field(ge=0)]
    """Contacts in all channels within the campaign's cap period."""


class Profile(Contract):
    """What a store may know of one customer, and until when."""

    customer: CustomerId
    """Opaque id of the customer in this store."""
    tokens: Annotated[tuple[Token, ...], Field(max_length=8)] = ()
    """Her devices."""
    languages: Annotated[tuple[Language, ...], Field(max_length=4)] = ()
    """Preferred languages, best first."""
    salutation: Annotated[ShortText | None, Field(repr=False)] = None
    """How she wants to be addressed; used only under ``clerk_name`` or ``screen_name``."""
    tier: Annotated[str, Field(max_length=32)] | None = None
    """Loyalty tier."""
    age: Literal["adult", "minor", "unknown"] = "unknown"
    """Only an adult is profiled."""
    consents: Annotated[tuple[Consent, ...], Field(max_length=16)] = ()
    """Consents in force when the slice was made."""
    do_not_disturb: bool = False
    """She asked to be left alone: no card and no personal scene."""
    paused_until: UtcTime | None = None
    """She paused for today: until then it is as if she had withdrawn, but nothing is deleted."""
    holdout: bool = False
    """She is in the platform's global control group: nothing is shown, an event says so."""
    viewed: Annotated[tuple[ViewedProduct, ...], Field(max_length=5)] = ()
    """Last viewed products, newest first."""
    basket: Annotated[tuple[Identifier, ...], Field(max_length=10)] = ()
    """Products left in the web basket."""
    offers: Annotated[tuple[NextBestOffer, ...], Field(max_length=10)] = ()
    """Next best offers."""
    sizes: Annotated[tuple[KnownSize, ...], Field(max_length=10)] = ()
    """Her sizes."""
    needs: Annotated[tuple[Need, ...], Field(max_length=5)] = ()
    """What she said she needs."""
    emails: Annotated[tuple[OpenedEmail, ...], Field(max_length=5)] = ()
    """E-mails that she opened, newest first."""
    appointments: Annotated[tuple[Appointment, ...], Field(max_length=5)] = ()
    """Her appointments in this store, soonest first."""
    tickets: Annotated[tuple[ServiceTicket, ...], Field(max_length=5)] = ()
    """Open service tickets."""
    orders: Annotated[tuple[ReadyOrder, ...], Field(max_length=5)] = ()
    """Orders ready in this store."""
    contacts: Annotated[tuple[Contacts, ...], Field(max_length=20)] = ()
    """Contacts in other channels."""
    valid_until: UtcTime
    """Past this the profile is unusable."""


class SliceOperation(Contract):
    """One change of the slice, in the hub's commit order."""

    kind: Literal["put", "tombstone"]
    """Store the profile, or delete it."""
    customer: CustomerId
    """Whose profile."""
    profile: dict[str, JsonValue] | None = None
    """A :class:`Profile` for ``put``. Kept raw here: one broken profile is skipped and counted, the rest is used."""


class SlicePage(Contract):
    """Answer to ``GET /v1/stores/{store}/slice``: operations up to a cursor."""

    store: Identifier
    """Whose slice."""
    snapshot: bool
    """True: this is the first page of a whole slice; what the store holds is replaced at the checkpoint."""
    operations: Annotated[tuple[SliceOperation, ...], Field(max_length=1000)]
    """Changes in commit order."""
    cursor: Identifier
    """Where the next pull goes on."""
    checkpoint: bool
    """True: what was pulled up to here is complete and may be applied."""
    checksum: str
    """SHA-256 over the operations of this page, see :func:`edge_agent.contracts.checksum.operations_checksum`."""
    lease_until: UtcTime
    """Past this the whole slice is unusable until the next pull."""
