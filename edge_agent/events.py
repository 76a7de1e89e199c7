"""The pipeline's vocabulary: what comes in and what goes out, as frozen data."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from edge_agent.contracts.base import Contract, CustomerId, Identifier
from edge_agent.contracts.campaign import Channel, MessageClass
from edge_agent.contracts.clerk import Card, Reply, TabletHello
from edge_agent.contracts.ownership import UnitMessage
from edge_agent.contracts.screen import Hello, LoopPlayed, Panel, ProofOfPlay, Refused, Shown, ToDisplay
from edge_agent.contracts.slice import Purpose
from edge_agent.telling import Fact, Sighting


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment, on both clocks. Durations use the first, calendars the second."""

    monotonic_s: float
    """CLOCK_MONOTONIC, seconds; the same for all processes of a unit."""
    utc: datetime
    """Wall clock, aware, UTC."""
    utc_trusted: bool
    """Whether the wall clock was synchronised; while not, nothing personal may depend on it."""


# --- inputs -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Advertisement:
    """What a radio heard, whatever heard it. Several structures of one type are all kept.

    The address is for counting devices in a capture and for reading a characteristic;
    nothing prints, stores or sends it (hard rule 1).
    """

    rssi_dbm: int | None
    """Received power, dBm; ``None`` where the controller could not tell (127)."""
    manufacturer_data: tuple[tuple[int, bytes], ...] = field(default=(), repr=False)
    """(company identifier, payload) of each manufacturer-specific structure."""
    service_data: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    """(service UUID as 128 bits, lower case with dashes; payload) of each service-data structure."""
    service_uuids: tuple[str, ...] = field(default=(), repr=False)
    """Advertised service UUIDs, written in the same way."""
    address: str = field(default="", repr=False)
    """Address of the advertiser, ``AA:BB:CC:DD:EE:FF``; empty where it is not known."""
    address_type: Literal["public", "random", "unknown"] = "unknown"
    """Kind of the address."""
    rejected: tuple[str, ...] = ()
    """Why parts of its bytes could not be read (:class:`~edge_agent.frames.rejection.Rejection`).

    Empty where somebody else has read them: BlueZ passes over such parts without a word.
    """


@dataclass(frozen=True, slots=True)
class RadioHealth:
    """The scanner came up or went down: absences are frozen while it is down."""

    healthy: bool
    since_s: float | None = None
    """Where it fell silent without a word: the monotonic second since when it has been deaf. ``None``: since now."""


@dataclass(frozen=True, slots=True)
class TokenRead:
    """What a phone answered that was asked with :class:`ReadToken`. Neither part of it is ever printed or stored."""

    address: str = field(repr=False)
    """The phone's address, as it was asked."""
    token: bytes | None = field(repr=False)
    """The characteristic's value; ``None`` where the phone did not answer, or has no such characteristic."""


@dataclass(frozen=True, slots=True)
class AppPresent:
    """A customer's app told the hub that it hears this unit's beacon."""

    customer: CustomerId
    """Whose app."""
    device: str
    """On which of her devices."""
    rssi_dbm: int
    """How strongly her phone received the beacon."""
    heard_at_s: float
    """When, as a monotonic second of this unit."""


ScreenReport = Shown | ProofOfPlay | LoopPlayed | Panel | Refused
"""What a display says that the pipeline is to know."""


@dataclass(frozen=True, slots=True)
class DisplayJoined:
    """A display connected and said what it is showing."""

    hello: Hello


@dataclass(frozen=True, slots=True)
class DisplayLost:
    """The display's connection ended."""


@dataclass(frozen=True, slots=True)
class FromScreen:
    """The display reports on a scene, on the loop, or on its panel."""

    message: ScreenReport


@dataclass(frozen=True, slots=True)
class ClerkReplied:
    """A clerk answered a card."""

    reply: Reply


@dataclass(frozen=True, slots=True)
class TabletJoined:
    """A tablet asks for the open cards of its departments."""

    hello: TabletHello


@dataclass(frozen=True, slots=True)
class BusJoined:
    """The broker was (re)connected: open cards must be published again, for it may have forgotten them."""


@dataclass(frozen=True, slots=True)
class UnitJoined:
    """Another unit of the store came (back) to the broker: it may have missed who withdrew and who was spoken to."""

    unit: Identifier
    """Which unit."""


@dataclass(frozen=True, slots=True)
class FromUnit:
    """Another unit asks its coordinator, the coordinator answers, or somebody withdrew or was spoken to elsewhere."""

    message: UnitMessage
    arrived_s: float = 0.0
    """When, as a monotonic second of this unit. A lease counts in real time, also where the engine is behind."""


@dataclass(frozen=True, slots=True)
class SliceChanged:
    """A checkpoint of the slice was applied."""

    changed: frozenset[CustomerId] | None
    """Whose profile changed or went; ``None``: anybody's."""
    lease_until: datetime
    """Past this the slice is unusable."""
    gone: frozenset[CustomerId] = frozenset()
    """Whom the hub took out, and of whom something may be left here: the engine fills it in."""


@dataclass(frozen=True, slots=True)
class KnowledgeChanged:
    """Catalogue or campaigns were replaced."""


Input = (
    Advertisement
    | RadioHealth
    | TokenRead
    | AppPresent
    | DisplayJoined
    | DisplayLost
    | FromScreen
    | ClerkReplied
    | TabletJoined
    | BusJoined
    | UnitJoined
    | FromUnit
    | SliceChanged
    | KnowledgeChanged
)
"""Everything that can happen to a pipeline, besides time."""


# --- what is remembered and reported (committed together) --------------------------------------


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit as the journal keeps it, enough to go on after a restart."""

    visit: str
    customer: CustomerId
    state: str
    """Name of the journey's state."""
    badge: int | None
    started_at: datetime
    message_id: str | None
    """The scene that was decided for it."""
    campaign: str | None
    card: str | None
    ended_at: datetime | None = None
    """When it ended, or when another unit went on with it: then ``state`` is not that of a visit that has ended."""
    decision: str | None = None
    """The decision that is being carried out."""
    continues: str | None = None
    """The first visit of her stay, where she has come back within minutes."""
    met: tuple[str, ...] = ()
    """Campaigns that are done with for this stay."""
    owed: tuple[str, ...] = ()
    """Campaigns whose obligation cards were taken back when she left: they go out again when she comes back."""
    held_out: bool = False
    """She is in the control group of what would have been said: no offer comes up any more."""
    bought: bool = False
    """A clerk has sold her something."""
    left_in: str | None = None
    """Name of the state in which she left."""


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card as the journal keeps it: the message, plus what must not leave the unit."""

    card: Card
    customer: CustomerId
    visit: str
    campaign: str | None
    product: str | None = None
    """The product that it is about."""
    needs: tuple[Purpose, ...] = ("clerk",)
    """The consents without which it may not stay."""
    replies: tuple[str, ...] = ()
    """Ids of the replies that were heard, so that each counts once."""


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact that frequency caps count."""

    customer: CustomerId
    campaign: str
    channel: Channel
    at: datetime
    visit: str = ""
    """In which visit; empty: not known."""
    decision: str = ""
    """Which decision it carried out: a scene and the card of the same decision are one contact. Empty: not known."""
    message_class: MessageClass = "offer"
    """What it was; an offer where that is not known, for offers are held back the most."""


@dataclass(frozen=True, slots=True)
class WithdrawalRow:
    """She withdrew, or paused until a time; it outlives the profile, so that no late page brings her back."""

    customer: CustomerId
    scope: Literal["all", "today"]
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class EventRow:
    """One event for the outbox; the engine stamps it with id, source and boot."""

    type: str
    """One of :data:`edge_agent.contracts.event.EVENT_TYPES`."""
    data: Contract
    """Its payload."""
    at: Instant
    """When it happened."""
    customer: CustomerId | None = None
    """Whom it is about, also where the payload does not say so: it is deleted with her while it waits."""


@dataclass(frozen=True, slots=True)
class EpochRow:
    """The epoch of this coordinator: its next start begins a higher one."""

    epoch: int


Row = VisitRow | CardRow | ContactRow | WithdrawalRow | EpochRow | EventRow
"""One thing to commit."""


# --- effects ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToScreen:
    """Tell the display. Does not wait for the commit."""

    message: ToDisplay
    heard_s: float | None = None
    """Of a scene that follows the dwell: the monotonic second since when she has been near whom it addresses."""
    decided_s: float | None = None
    """Of a scene: the monotonic second for which it was decided. The step itself may run later."""


@dataclass(frozen=True, slots=True)
class ToClerks:
    """Publish a card, or its new state. Waits for the commit."""

    card: Card


@dataclass(frozen=True, slots=True)
class ToUnits:
    """Tell the other units of the store, or one of them. Waits for the commit."""

    message: UnitMessage


@dataclass(frozen=True, slots=True)
class Forget:
    """Delete a customer's profile from the slice now; the hub's tombstone will follow. Waits for the commit."""

    customer: CustomerId


@dataclass(frozen=True, slots=True)
class ReadToken:
    """Ask one phone for its token; :class:`TokenRead` brings the answer. It may be a stranger's: in memory only."""

    address: str = field(repr=False)
    """The phone's address, ``AA:BB:CC:DD:EE:FF``."""


Effect = ToScreen | ToClerks | ToUnits | Forget | ReadToken
"""What the shell does after a step."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Everything that one step gave."""

    effects: tuple[Effect, ...] = ()
    rows: tuple[Row, ...] = ()
    facts: tuple[Fact, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    """Recognised customers only."""


NOBODY = Outcomes()
"""This very object: a stranger advertised, and nothing has changed, not even the next deadline."""
