"""Cards for clerks and their replies, over the store's broker as CloudEvents. Personal payloads are never retained."""

from typing import Annotated, Literal

from pydantic import Field

from edge_agent.contracts.base import Contract, Identifier, Language, ShortText, UtcTime
from edge_agent.contracts.screen import BadgeColour, BadgeShape

CardState = Literal["open", "taken", "closed", "withdrawn", "expired"]
"""Where a card stands. ``closed``: it has an outcome."""

ReplyAction = Literal[
    "claim", "release", "snooze", "hand_over", "decline", "done", "not_here", "opted_out", "pause_today"
]
"""What a clerk can say about a card."""

Outcome = Literal["helped", "sold", "interested", "not_interested", "resolved"]
"""How it ended."""


class Card(Contract):
    """Unit -> tablets of a department, and the lead's once it has escalated: one notification, or its new state.

    The highest revision counts.
    """

    card: Identifier
    """Card id."""
    revision: Annotated[int, Field(ge=1)]
    """Grows with each change of the card."""
    unit: Identifier
    """The unit that owns the visit: replies go to it, and it alone decides who holds the card."""
    state: CardState
    """Where it stands."""
    kind: Literal["opportunity", "obligation"]
    """An opportunity expires silently; an obligation escalates."""
    department: Identifier
    """Whose clerks it is for."""
    escalated: bool = False
    """Nobody took this obligation in time: from then on the lead sees it too, and may take it."""
    zone: ShortText
    """Where the customer is."""
    language: Language = "en"
    """Language of the words."""
    title: ShortText = ""
    """Headline of the card; empty once it is no longer open or taken."""
    badge: Annotated[str, Field(max_length=40)] = ""
    """The customer's badge in words, as the screen shows it."""
    badge_colour: BadgeColour | None = None
    """Its colour, for drawing it."""
    badge_shape: BadgeShape | None = None
    """Its shape, for drawing it."""
    facts: Annotated[tuple[ShortText, ...], Field(max_length=3)] = ()
    """At most three permitted facts."""
    opening: ShortText = ""
    """A suggested opening line."""
    why: ShortText = ""
    """Why this card, in a sentence that can be said aloud."""
    holder: Identifier | None = None
    """The tablet that holds it; the others see "taken"."""
    created_at: UtcTime
    """When it was made."""
    waiting_since: UtcTime | None = None
    """Since when nobody holds it: since it was made, given back or handed over. Absent while somebody does."""
    expires_at: UtcTime
    """Past this it is gone from every tablet, whatever else arrives."""


class Reply(Contract):
    """Tablet -> the unit that owns the card."""

    reply: Identifier
    """Unique id, so that a repeated reply counts once."""
    card: Identifier
    """Which card."""
    tablet: Identifier
    """Which tablet."""
    action: ReplyAction
    """What the clerk says."""
    outcome: Outcome | None = None
    """How it ended; with ``done``."""
    department: Identifier | None = None
    """Where it goes; with ``hand_over``."""
    order_id: Identifier | None = None
    """The order on the receipt, where the clerk knows it; with ``done`` and ``sold``."""


class TabletHello(Contract):
    """Tablet -> units: I am here, send me the open cards."""

    tablet: Identifier
    """Which tablet."""
    departments: Annotated[tuple[Identifier, ...], Field(max_length=20)]
    """Whose cards it shows."""


class TabletPresence(Contract):
    """Retained; the tablet's last will says ``online: false``."""

    tablet: Identifier
    """Which tablet."""
    online: bool
    """Whether it is connected."""
