"""The state machine of a visit. All transitions stand in one table."""

from collections.abc import Iterable
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
    """Her last card has an outcome, or nobody wants it any more."""
    ENDED = "ended"
    """She has left, or withdrew."""


STATES: Final = frozenset(state.value for state in State)
"""Their names, as the journal keeps them."""


class Signal(Enum):
    """What can happen to a visit."""

    SHOWN = "shown"
    """The first frame of her scene was presented."""
    CARD_SENT = "card_sent"
    """A card about her went out; from then on the visit follows this one."""
    CLAIMED = "claimed"
    """A clerk took it."""
    RELEASED = "released"
    """The clerk gave it back, or to another department."""
    CARD_CLOSED = "card_closed"
    """It has an outcome, was withdrawn, or its time is over."""
    LEFT = "left"
    """She has left, or may not be known any more."""


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
        Signal.CARD_SENT: State.CARDED,  # something new came up while she is here
        Signal.CLAIMED: State.CLAIMED,
        Signal.CARD_CLOSED: State.CLOSED,
        Signal.LEFT: State.ENDED,
    },
    State.CLAIMED: {
        Signal.SHOWN: State.CLAIMED,
        Signal.CARD_SENT: State.CARDED,
        Signal.RELEASED: State.CARDED,
        Signal.CARD_CLOSED: State.CLOSED,
        Signal.LEFT: State.ENDED,
    },
    State.CLOSED: {
        Signal.SHOWN: State.CLOSED,
        Signal.CARD_SENT: State.CARDED,
        Signal.LEFT: State.ENDED,
    },
    State.ENDED: {
        Signal.CARD_CLOSED: State.ENDED,  # a claimed card may outlive her stay
        Signal.RELEASED: State.ENDED,
    },
}
"""State -> signal -> next state. A signal that is not listed is a bug of the caller."""


CardKind = Literal["opportunity", "obligation"]


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
    decision: str | None = None
    """The decision that is being carried out."""
    message_id: str | None = None
    """The scene that was decided; ``None``: the screen has nothing to say to her."""
    campaign: str | None = None
    """What was decided last."""
    spoken_s: float | None = None
    """Monotonic second at which that scene was sent to the screen."""
    speaks_of_none: bool = False
    """Her scene greets a group, or thanks her: it says nothing of the campaign."""
    shown_s: float | None = None
    """Monotonic second of the first frame of her scene."""
    card_kind: CardKind | None = None
    """The kind of card that is still to come; ``None``: none, or it was sent."""
    card: str | None = None
    """The card that was sent last."""
    before: tuple[str, str | None] | None = None
    """The scene that this one replaced, and the campaign that it spoke of: its proof of play is still to come."""
    met: tuple[str, ...] = ()
    """Campaigns that are done with for this stay, besides ``campaign``."""
    owed: tuple[str, ...] = ()
    """Campaigns whose obligation cards were taken back when she left: they go out again."""
    held_out: bool = False
    """She is in the control group of what would have been said: no offer comes up any more."""
    bought: bool = False
    """A clerk has sold her something: she is thanked, and offered nothing else."""
    review_s: float | None = None
    """Monotonic second from which to look whether something new is to be said; ``None``: nothing has changed."""
    undecided: bool = False
    """Another unit began it, or an earlier run, and nothing was shown yet: decide when she has stayed here."""
    continues: str | None = None
    """The first visit of her stay, where she has come back within minutes."""
    left_in: State | None = None
    """The state in which she left."""
    ended_at: datetime | None = None

    @property
    def stay(self) -> str:
        """The first visit of her stay: whoever comes back within minutes goes on with it."""
        return self.continues or self.visit

    def may(self, signal: Signal) -> bool:
        """Whether the table has a transition for a signal."""
        return signal in TRANSITIONS[self.state]

    def on(self, signal: Signal) -> "Journey":
        """Return the visit after a signal; raises ImpossibleSignalError where the table has none."""
        try:
            return replace(self, state=TRANSITIONS[self.state][signal])
        except KeyError:
            raise ImpossibleSignalError(f"visit in state {self.state.value} cannot get {signal.value}") from None

    def said(self, message_id: str) -> str | None:
        """Return the campaign that one of her scenes speaks of, if any."""
        if self.before is not None and message_id == self.before[0]:
            return self.before[1]
        return None if self.speaks_of_none else self.campaign

    def done(self, campaign: str | None) -> "Journey":
        """Return the visit with a campaign that does not come up again in this stay."""
        return self if campaign is None or campaign in self.met else replace(self, met=(*self.met, campaign))

    def without_card(self) -> "Journey":
        """Return the visit as done with what was decided, where no card follows it: no later run sends one either.

        Not before anything was shown: a scene that died on its way is decided anew.
        """
        none = self.card_kind is None and self.card is None and self.state is not State.ARRIVED
        return self.done(self.campaign) if none else self

    def over(self, at: datetime, owed: Iterable[str], *, open_yet: bool) -> "Journey":
        """Return the visit as it ends, for whoever comes back within minutes.

        ``owed``: campaigns of the obligation cards that were taken back. ``open_yet``: her opportunity may come up
        again, because its card was still to come, or was taken back before anybody had answered it.
        """
        ended = replace(self.on(Signal.LEFT), left_in=self.state, ended_at=at, owed=(*self.owed, *owed))
        return ended if open_yet or self.state is State.ARRIVED else ended.done(self.campaign)

    @property
    def comes_again(self) -> bool:
        """Whether what was decided last may be decided again: she left before anybody had answered its card."""
        unanswered = self.card is not None and self.card_kind is None and self.campaign not in self.met
        return self.state is State.CLOSED and unanswered

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
            decision=self.decision,
            continues=self.continues,
            met=self.met,
            owed=self.owed,
            held_out=self.held_out,
            bought=self.bought,
            left_in=None if self.left_in is None else self.left_in.value,
        )


def restored(row: VisitRow, card_kind: CardKind | None, now_s: float) -> Journey:
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
        decision=row.decision,
        message_id=row.message_id,
        campaign=row.campaign,
        speaks_of_none=row.message_id != row.decision,  # her thanks have a name of their own
        card_kind=card_kind,
        shown_s=None if state is State.ARRIVED else now_s,
        card=row.card,
        met=row.met,
        owed=row.owed,
        held_out=row.held_out,
        bought=row.bought,
        review_s=now_s,
        undecided=state is State.ARRIVED and row.message_id is not None,
        continues=row.continues,
        left_in=State(row.left_in) if row.left_in in STATES else None,
        ended_at=row.ended_at,
    )


def returned(past: Journey, visit: str, at: datetime, now_s: float, card_kind: CardKind | None) -> Journey:
    """Return the visit of somebody who has come back within minutes: she goes on in the state in which she left.

    ``card_kind``: of the card that was still to come. Where nothing had been said yet it is decided anew.
    """
    state = past.left_in or State.CLOSED
    begun = state is not State.ARRIVED
    return Journey(
        visit=visit,
        customer=past.customer,
        started_at=at,
        started_s=now_s,
        state=state,
        badge=past.badge,
        decision=past.decision if begun else None,
        campaign=past.campaign if begun else None,
        card_kind=card_kind if begun and past.card is None and past.campaign not in past.met else None,
        shown_s=now_s if begun else None,
        card=past.card,
        met=past.met,
        owed=past.owed,
        held_out=past.held_out,
        bought=past.bought,
        review_s=now_s,
        continues=past.stay,
    )
