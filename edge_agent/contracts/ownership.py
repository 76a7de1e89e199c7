"""Who serves which customer: what units of a store and their coordinator tell each other, over the store's broker.

A question and its answer. Each unit asks once a second, with everybody whom it hears; the coordinator answers
that unit alone. And two words to all: who withdrew, and who was spoken to. No message carries a wall clock: a unit
measures the age of an answer on its own clock, from the moment in which it asked. Personal, therefore never retained
and never outside the store's broker.
"""

from typing import Annotated, Final, Literal

from pydantic import Field

from edge_agent.contracts.base import Contract, CustomerId, Identifier, Metres, Seconds
from edge_agent.contracts.campaign import Channel, MessageClass

HEARD_MAX: Final = 50
"""Customers in one message: about 1,250 bytes each at most, within the 64 KiB of every message. The nearest count."""

CAMPAIGNS_MAX: Final = 4
"""Campaigns of one kind in the state of a visit; hardly anybody meets more in one stay."""

SPOKEN_MAX: Final = 50
"""Contacts in one message: about 400 bytes each at most, and a look into a profile for each that is news."""

SPOKEN_AGE_MAX_S: Final = 90 * 86_400.0
"""No cap looks back farther than contacts are kept."""

EPOCH_MAX: Final = 2**53
"""JSON numbers are exact up to here."""

Campaigns = Annotated[tuple[Identifier, ...], Field(max_length=CAMPAIGNS_MAX)]

Count = Annotated[int, Field(ge=0, le=EPOCH_MAX)]
"""A number that only grows."""


class VisitState(Contract):
    """How far a visit has come, for whoever continues it."""

    visit: Identifier
    """Visit id."""
    age_s: Seconds = 0
    """Seconds since it began, on the clock of whoever says so."""
    badge: Annotated[int, Field(ge=0, le=255)] | None = None
    """Number of the badge with which it began."""
    campaign: Identifier | None = None
    """What was decided."""
    decision: Identifier | None = None
    """Which decision that was: its scene here and its card elsewhere are one contact."""
    greeted: bool = False
    """A screen has shown her message: no other greets her on this visit."""
    card: Identifier | None = None
    """The card that was sent last. The unit that sent it stays its arbiter; no other sends one about the same."""
    continues: Identifier | None = None
    """The first visit of her stay, where she has come back within minutes."""
    met: Campaigns = ()
    """Campaigns that are done with for this stay."""
    owed: Campaigns = ()
    """Campaigns whose obligation cards were taken back when she left; they go out again when she comes back."""
    held_out: bool = False
    """She is in the control group of what would have been said."""
    bought: bool = False
    """A clerk has sold her something."""


class HeardCustomer(Contract):
    """One customer, as one unit knows her."""

    customer: CustomerId
    """Opaque customer id."""
    distance_m: Metres | None = None
    """Her distance; ``None`` where the unit does not hear her at the moment, but has her visit."""
    near: bool = False
    """Whether she is near by that unit's own measure: only there can she be served."""
    holds: bool = False
    """Whether the unit acts as her owner, or still has to let go."""
    visit: VisitState | None = None
    """What the unit knows of her visit, its own or by an earlier answer."""
    ended: Identifier | None = None
    """Her visit that this unit has ended; said until it is answered."""
    left: VisitState | None = None
    """How far it had come."""


class UnitSightings(Contract):
    """Unit -> coordinator, once a second and when somebody comes near: whom do I serve?"""

    unit: Identifier
    """Who asks."""
    run: Identifier
    """Changes with each start of its agent, which lets go of everything that was assigned before."""
    number: Count
    """Grows with each question of a run."""
    answered: Count = 0
    """The question whose answer was accepted last; 0: none yet."""
    epoch: Count = 0
    """The highest epoch that it knows."""
    coordinator: Identifier | None = None
    """Whose epoch that is."""
    in_reach: bool = False
    """Whether that coordinator's last answer still counts."""
    heard: Annotated[tuple[HeardCustomer, ...], Field(max_length=HEARD_MAX)] = ()
    """Those whose visits it has or has ended first, then the nearest."""


class Assigned(Contract):
    """The coordinator's word on one customer."""

    customer: CustomerId
    """Opaque customer id."""
    yours: bool
    """Whether the asking unit owns her visit."""
    visit: VisitState | None = None
    """What is known of her visit."""
    ended: Identifier | None = None
    """Her visit that ended last: whoever still carries it drops it."""
    left: VisitState | None = None
    """How far that had come, where she has no visit now: if she comes back soon she goes on with it."""
    left_ago_s: Seconds = 0
    """Seconds since it ended, on the coordinator's clock."""


class Assignments(Contract):
    """Coordinator -> the unit that asked. A unit obeys the highest (epoch, coordinator) that it has seen."""

    unit: Identifier
    """Whose question is answered."""
    run: Identifier
    """Its run."""
    answers: Count
    """Number of the question."""
    coordinator: Identifier
    """Who answers."""
    epoch: Count
    """Grows with each start of the coordinator."""
    recovering: bool = False
    """The coordinator has just started: it confirms owners and appoints none."""
    customers: Annotated[tuple[Assigned, ...], Field(max_length=HEARD_MAX)] = ()
    """Everybody in the question."""


class Withdrawal(Contract):
    """Unit -> all units: a customer withdrew, or paused, here. They obey before the hub's tombstone comes."""

    unit: Identifier
    """Where it was said."""
    customer: CustomerId
    """Opaque customer id."""
    scope: Literal["all", "today"]
    """For ever, or for today."""


class Contact(Contract):
    """One contact that frequency caps count."""

    customer: CustomerId
    """Opaque customer id."""
    campaign: Identifier
    """What she was told of."""
    channel: Channel
    """Whether a screen has shown it, or a card has gone out."""
    message_class: MessageClass
    """What it was."""
    decision: Identifier
    """The decision that it carried out. With the channel it names the contact, which counts once however often it is
    told."""
    visit: Identifier | None = None
    """The first visit of her stay, where it is known."""
    age_s: Annotated[float, Field(ge=0, le=SPOKEN_AGE_MAX_S, allow_inf_nan=False)] = 0.0
    """Seconds since it was made, when it is told."""


class Spoken(Contract):
    """Unit -> all units: who was spoken to. They count it too, so that a cap holds for the whole store."""

    unit: Identifier
    """Who tells it: the unit that has spoken, or one that has heard of it and tells it again."""
    contacts: Annotated[tuple[Contact, ...], Field(min_length=1, max_length=SPOKEN_MAX)]
    """The newest first."""


UnitMessage = UnitSightings | Assignments | Withdrawal | Spoken
"""What units tell each other."""
