"""The state machine of a visit. All transitions stand in one table."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from typing import Final, Literal

from edge_agent.contracts.base import CustomerId
from edge_agent.events import VisitRow


class State(Enum):
    """Where a visit stands."""

    ARRIVED = "arrived"
    """She has settled; nothing was shown yet."""
    GREETED = "greeted"
    """The screen has shown her message."""
    CARDED = "carded"
    """A clerk was told."""
    CLAIMED = "claimed"
    """A clerk takes care."""
    CLOSED = "closed"
    """The card has an outcome, or nobody wants it any more."""
    ENDED = "ended"
    """She has left, or withdrew."""


STATES: Final = frozenset(state.value for state in State)
"""Their names, as the journal keeps them."""


class Signal(Enum):
    """What can happen to a visit."""

    SHOWN = "shown"
    CARD_SENT = "card_sent"
    CLAIMED = "claimed"
    RELEASED = "released"
    CARD_CLOSED = "card_closed"
    LEFT = "left"


TRANSITIONS: Final[dict[State, dict[Signal, State]]] = {
    State.ARRIVED: {
        Signal.SHOWN: State.GREETED,
        Signal.CARD_SENT: State.CARDED,  # an obligation, or a unit without a screen
        Signal.LEFT: State.ENDED,
    },
    State.GREETED: {
        Signal.SHOWN: State.GREETED,
        Signal.CARD_SENT: State.CARDED,
        Signal.LEFT: State.ENDED,
    },
    State.CARDED: {
        Signal.SHOWN: State.CARDED,
        Signal.CLAIMED: State.CLAIMED,
        Signal.CARD_CLOSED: State.CLOSED,
        Signal.LEFT: State.ENDED,
    },
    State.CLAIMED: {
        Signal.SHOWN: State.CLAIMED,
        Signal.RELEASED: State.CARDED,
        Signal.CARD_CLOSED: State.CLOSED,
        Signal.LEFT: State.ENDED,
    },
    State.CLOSED: {
        Signal.SHOWN: State.CLOSED,
        Signal.LEFT: State.ENDED,
    },
    State.ENDED: {
        Signal.CARD_CLOSED: State.ENDED,  # a claimed card may outlive her stay
        Signal.RELEASED: State.ENDED,
    },
}
"""State -> signal -> next state. A signal that is not listed is a bug of the caller."""


class ImpossibleSignalError(Exception):
    """A signal that a visit in this state cannot get."""


@dataclass(frozen=True, slots=True)
class Journey:
    """One visit. Immutable: a signal gives the next one."""

    visit: str
    customer: CustomerId
    started_at: datetime
    started_s: float
    """Monotonic second of the start; of the restart for a visit that was restored."""
    state: State = State.ARRIVED
    badge: int | None = None
    """A visit keeps its first badge, whatever the window."""
    message_id: str | None = None
    """The scene that was decided; ``None``: the screen has nothing to say to her."""
    campaign: str | None = None
    spoken_s: float | None = None
    """Monotonic second at which that scene was sent to the screen."""
    in_group: bool = False
    """Her scene greets a group: it says nothing of the campaign, which therefore has not reached her by screen."""
    shown_s: float | None = None
    """Monotonic second of the first frame of her scene."""
    card_kind: Literal["opportunity", "obligation"] | None = None
    """The kind of card that is still to come; ``None``: none, or it was sent."""
    card: str | None = None
    undecided: bool = False
    """Another unit began it, or an earlier run, and nothing was shown yet: decide when she has stayed here."""
    ended_at: datetime | None = None

    def may(self, signal: Signal) -> bool:
        """Whether the table has a transition for a signal."""
        return signal in TRANSITIONS[self.state]

    def on(self, signal: Signal) -> "Journey":
        """Return the visit after a signal; raises ImpossibleSignalError where the table has none."""
        try:
            return replace(self, state=TRANSITIONS[self.state][signal])
        except KeyError:
            raise ImpossibleSignalError(f"visit in state {self.state.value} cannot get {signal.value}") from None

    def row(self) -> VisitRow:
        """Return what the journal keeps."""
        return VisitRow(
            visit=self.visit,
            customer=self.customer,
            state=self.state.value,
            badge=self.badge,
            started_at=self.started_at,
            message_id=self.message_id,
            campaign=self.campaign,
            card=self.card,
            ended_at=self.ended_at,
        )


def restored(row: VisitRow, card_kind: Literal["opportunity", "obligation"] | None, now_s: float) -> Journey:
    """Return a visit as it was before a restart. What was shown counts as shown now: cards wait, never hurry.

    A scene that died on its way to the screen is decided anew. A display that did show it says so when it joins.
    """
    state = State(row.state)
    return Journey(
        visit=row.visit,
        customer=row.customer,
        started_at=row.started_at,
        started_s=now_s,
        state=state,
        badge=row.badge,
        message_id=row.message_id,
        campaign=row.campaign,
        card_kind=card_kind,
        shown_s=None if state is State.ARRIVED else now_s,
        card=row.card,
        undecided=state is State.ARRIVED and row.message_id is not None,
        ended_at=row.ended_at,
    )
