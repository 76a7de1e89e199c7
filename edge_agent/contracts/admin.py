"""The local commands ask the running agent over its admin socket.

``watch``, ``calibrate``, ``explain``, ``doctor`` and ``screenshot`` do.

A Unix ``SOCK_SEQPACKET`` socket, one JSON message per packet, at most 64 KiB, as between agent and display. A command
asks once for each connection; the agent answers until one of them closes it. No answer holds a customer id, a name or
an address: people are badges, and a number that only counts while somebody asks.
"""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Base64Bytes, Field, TypeAdapter, field_validator, model_validator

from edge_agent.contracts.base import Contract, CustomerId, Dbm, Identifier, Seconds, ShortText, UtcTime
from edge_agent.contracts.campaign import ScreenMode
from edge_agent.contracts.examination import Examination
from edge_agent.contracts.explanation import Explanation
from edge_agent.contracts.screen import Badge, PanelState
from edge_agent.contracts.unit import PartReport

ADMIN_PROTOCOL = 1
"""Version of these messages; a command of another version is told so."""

PEOPLE_MAX = 40
"""A snapshot names the nearest so many, and counts the others."""

PICTURE_PART_BYTES = 40_000
"""A picture is sent in parts of at most so many bytes: in base64 each fits into a message."""

SAMPLES_MAX = 200
"""Samples in one message: more than a second of any phone."""

LadderStep = Literal["listening", "restart_scan", "power_cycle", "reset_service", "waiting"]
"""Where an adapter is on its way back: well, or the deepest step that was taken last. ``waiting``: all steps were
tried, it is reported, and time has to pass."""


class AdapterStatus(Contract):
    """How one adapter hears."""

    adapter: ShortText
    """``hci0``; empty while none is found."""
    scan: Literal["active", "passive", "raw", "simulated"]
    """How it scans; ``raw``: through the kernel's management socket; ``simulated``: it only plays a scenario."""
    healthy: bool
    """Whether it can be relied on; while not, nobody is taken for gone."""
    heard_per_s: float
    """Advertisements per second, of the last ten seconds; of everybody, which is all that is said of strangers."""
    usual_per_s: float | None
    """What is usual in this shop at this hour; ``None`` until it is known."""
    silence_s: Seconds
    """Seconds since the last advertisement."""
    step: LadderStep
    """Where it is on the recovery ladder."""
    problem: ShortText = ""
    """What is wrong, and what to do."""


# --- what a command asks ------------------------------------------------------------------------


class Watch(Contract):
    """Tell how things are: a :class:`Snapshot` at once, and then one every second."""

    ask: Literal["watch"] = "watch"
    """Discriminator."""
    protocol: int = ADMIN_PROTOCOL
    """Version of these messages."""


class Listen(Contract):
    """Tell how strongly one person is received: :class:`Samples`, a few times a second."""

    ask: Literal["listen"] = "listen"
    """Discriminator."""
    protocol: int = ADMIN_PROTOCOL
    """Version of these messages."""
    person: Annotated[int, Field(ge=1)]
    """Her number in the snapshots; they must be asked for at the same time, on another connection."""


class Explain(Contract):
    """Tell why this and why not that is said to one customer: one :class:`Explained`. Changes nothing."""

    ask: Literal["explain"] = "explain"
    """Discriminator."""
    protocol: int = ADMIN_PROTOCOL
    """Version of these messages."""
    person: Annotated[int, Field(ge=1)] | None = None
    """Her number in the snapshots of somebody who watches at the same time ..."""
    customer: CustomerId | None = None
    """... or her opaque id; one of the two."""
    at: datetime | None = None
    """At which time; without an offset it is by the store's clock. Absent: now."""
    campaign: Identifier | None = None
    """The campaign that is asked about in particular."""

    @field_validator("at")
    @classmethod
    def _a_time_of_shops(cls, at: datetime | None) -> datetime | None:
        if at is not None and not 2000 <= at.year <= 2999:
            raise ValueError("must be of the years 2000 to 2999")
        return at

    @model_validator(mode="after")
    def _one_customer(self) -> "Explain":
        if (self.person is None) == (self.customer is None):
            raise ValueError("name the customer either by person or by customer")
        return self


class Doctor(Contract):
    """Tell what is wrong and what to do: one :class:`~edge_agent.contracts.examination.Examination`."""

    ask: Literal["doctor"] = "doctor"
    """Discriminator."""
    protocol: int = ADMIN_PROTOCOL
    """Version of these messages."""


class Screenshot(Contract):
    """Take a picture of what is on the screen: :class:`Picture`, in as many parts as it takes."""

    ask: Literal["screenshot"] = "screenshot"
    """Discriminator."""
    protocol: int = ADMIN_PROTOCOL
    """Version of these messages."""


Question = Annotated[Watch | Listen | Explain | Doctor | Screenshot, Field(discriminator="ask")]
QUESTION: TypeAdapter[Question] = TypeAdapter(Question)
"""Parses what a command asks."""


# --- what the agent answers ---------------------------------------------------------------------

PersonState = Literal["passing", "near", "arrived", "greeted", "carded", "claimed", "closed"]
"""``passing``: heard, not near. ``near``: her visit has not begun. Then the states of her visit."""

UnitSilence = Literal["no_notice", "clock_untrusted", "lease_expired"]
"""Why this unit knows nobody and says nothing personal."""


class Person(Contract):
    """A known customer who is heard, as much of her as a screen would show."""

    person: Annotated[int, Field(ge=1)]
    """A number that lasts as long as she is heard, and somebody watches."""
    badge: Badge | None
    """Her badge, as her app shows it; ``None`` for a tag or a loyalty card."""
    distance_m: Annotated[float, Field(ge=0)] | None
    """Her distance in metres; ``None`` as long as she has not been heard again after a restart."""
    near_s: Seconds | None
    """For how long she has been near; ``None`` while she is not."""
    state: PersonState
    """Where her visit stands."""
    on_screen: bool
    """Whether the present scene speaks to her."""


class SceneStatus(Contract):
    """The personal scene that stands on the screen."""

    message_id: Identifier
    """Its id, as events and proofs of play carry it."""
    mode: ScreenMode
    """How personally it speaks."""
    shown_s: Seconds | None
    """Seconds since its first frame; ``None``: it has not come up yet."""
    left_s: Seconds
    """Seconds until its time is over."""


class EndedScene(Contract):
    """The personal scene that ended last."""

    message_id: Identifier
    """Its id."""
    why: ShortText
    """What ended it, as in a proof of play; or why the display refused it."""
    on_screen_s: Seconds
    """Seconds that it was visible."""
    ago_s: Seconds
    """How long ago it ended."""


class ScreenStatus(Contract):
    """How the screen is, and how fast it turns to a customer."""

    panel: PanelState | None
    """Whether anybody can see it; ``None``: no display is connected, or it does not say."""
    scenes: Annotated[int, Field(ge=0)]
    """Scenes of late that the figures are made of."""
    p50_s: Seconds | None
    """Half of them took no longer from the decision to the first frame; ``None``: there were none."""
    p99_s: Seconds | None
    """All but one in a hundred took no longer."""


class QueueStatus(Contract):
    """One of the agent's queues."""

    queue: Identifier
    """``radio``, ``clerks``, ``units``, ``urgent`` or ``outbox``."""
    waiting: Annotated[int, Field(ge=0)]
    """What waits in it."""
    dropped: Annotated[int, Field(ge=0)]
    """What it has lost since the start of the agent."""


class Snapshot(Contract):
    """How the unit is."""

    type: Literal["snapshot"] = "snapshot"
    """Discriminator."""
    protocol: int = ADMIN_PROTOCOL
    """Version of these messages."""
    at: UtcTime
    """When."""
    unit: Identifier
    """The unit."""
    store: Identifier
    """Its store."""
    zone: ShortText
    """The area that it serves."""
    version: ShortText
    """Version of the agent."""
    adapters: Annotated[tuple[AdapterStatus, ...], Field(max_length=8)]
    """How each adapter hears."""
    heard_per_s: Annotated[float, Field(ge=0)]
    """Advertisements per second of everybody, over the last ten seconds of this watch."""
    recognised_per_s: Annotated[float, Field(ge=0)]
    """Those of known customers among them."""
    customers: Annotated[int, Field(ge=0)]
    """Customers whose tokens are known."""
    silent: UnitSilence | None
    """Why nobody is known here; ``None``: nothing stands in the way."""
    people: Annotated[tuple[Person, ...], Field(max_length=PEOPLE_MAX)]
    """Known customers who are heard, the nearest first."""
    others: Annotated[int, Field(ge=0)]
    """How many more there are."""
    scene: SceneStatus | None
    """The personal scene on the screen; ``None``: the loop."""
    ended: EndedScene | None
    """The one that ended last, since the start of the agent."""
    screen: ScreenStatus | None
    """How the screen is; ``None``: this unit has none."""
    parts: Annotated[tuple[PartReport, ...], Field(max_length=32)]
    """Every part, with its problem and what to do."""
    queues: Annotated[tuple[QueueStatus, ...], Field(max_length=8)]
    """What waits, and what was lost."""


class Sample(Contract):
    """One advertisement of the person who is listened to."""

    device: Annotated[int, Field(ge=1)]
    """Which of her devices: they are numbered as they are heard."""
    rssi_dbm: Dbm
    """Received power, before calibration."""
    measured_power_dbm: Dbm
    """What the device says that one receives 1 m away from it."""


class Samples(Contract):
    """What was heard of the person since the last message. Kept nowhere."""

    type: Literal["samples"] = "samples"
    """Discriminator."""
    samples: Annotated[tuple[Sample, ...], Field(max_length=SAMPLES_MAX)]
    """Oldest first; empty while she is silent."""


class Explained(Contract):
    """Why this, why not that."""

    type: Literal["explained"] = "explained"
    """Discriminator."""
    unit: Identifier
    """The unit that decides."""
    store: Identifier
    """Its store."""
    zone: ShortText
    """The area that it serves."""
    timezone: ShortText
    """The store's time zone, IANA name."""
    held: bool
    """Whether a profile of hers is held."""
    person: Person | None = None
    """How she is served just now; ``None``: she is not heard, or may not be known."""
    campaign: Identifier | None = None
    """The campaign that was asked about."""
    explanation: Explanation
    """What would be said to her at that time, as if it were decided anew."""


class Picture(Contract):
    """One part of a picture of the screen; the parts come in order."""

    type: Literal["picture"] = "picture"
    """Discriminator."""
    part: Annotated[Base64Bytes, Field(max_length=PICTURE_PART_BYTES)]
    """Bytes of a JPEG."""
    left: Annotated[int, Field(ge=0)]
    """How many bytes follow in other parts."""
    redacted: bool
    """Whether something personal was on the screen, and is not in the picture."""


class Refusal(Contract):
    """The agent does not answer. It closes the connection."""

    type: Literal["refusal"] = "refusal"
    """Discriminator."""
    reason: ShortText
    """Why, and what to do."""


Answer = Annotated[Snapshot | Samples | Explained | Examination | Picture | Refusal, Field(discriminator="type")]
ANSWER: TypeAdapter[Answer] = TypeAdapter(Answer)
"""Parses what the agent answers."""
