"""How visits, cards, contacts and withdrawals are written into the journal's tables, and read back."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pydantic import AwareDatetime, TypeAdapter
from sqlite_utils import Database

from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.contracts.campaign import Channel, MessageClass
from edge_agent.contracts.event import CloudEvent
from edge_agent.events import CardRow, ContactRow, EpochRow, VisitRow, WithdrawalRow
from edge_agent.store.card_box import CardBox
from edge_agent.store.expiry import text
from edge_agent.store.outbox import Queued

_Known = Identifier | Literal[""]

_CONTACT: Final = TypeAdapter(tuple[CustomerId, Identifier, Channel, AwareDatetime, _Known, _Known, MessageClass])
"""Its columns. What is no name cannot be told to the other units."""


@dataclass(frozen=True, slots=True)
class OwedErasure:
    """A customer has to be erased, and the platform to be told: owed until both are done, whatever happens between."""

    customer: CustomerId
    receipt: str
    """Id of the event that will tell it."""


StateRow = VisitRow | CardRow | ContactRow | WithdrawalRow | EpochRow | OwedErasure
"""What the journal keeps of the unit's state."""

JournalRow = StateRow | Queued | CloudEvent
"""What can be committed; the engine has made its EventRows into CloudEvents before. One by itself is about whom its
payload says."""


def customer_of(row: JournalRow) -> CustomerId | None:
    """Return whom a row is about."""
    match row:
        case EpochRow():
            return None
        case CloudEvent():
            customer = row.data.get("customer")
            return customer if isinstance(customer, str) else None
        case _:
            return row.customer


def write(database: Database, row: StateRow, box: CardBox | None) -> None:
    """Write a row, within a transaction. ``box``: seals cards."""
    match row:
        case VisitRow():
            database.table("visits").upsert(_visit_columns(row), pk="visit")
        case CardRow():
            assert box is not None, "a card is made from a profile, and while there is no key those are sealed as well"
            database.table("cards").upsert(
                {
                    "card": row.card.card,
                    "state": row.card.state,
                    "customer": row.customer,
                    "visit": row.visit,
                    "expires_at": text(row.card.expires_at),
                    "sealed": box.seal(row),
                },
                pk="card",
            )
        case ContactRow():
            database.table("contacts").insert(
                {
                    "customer": row.customer,
                    "campaign": row.campaign,
                    "channel": row.channel,
                    "at": text(row.at),
                    "visit": row.visit,
                    "decision": row.decision,
                    "message_class": row.message_class,
                }
            )
        case WithdrawalRow():
            database.table("withdrawals").upsert(
                {"customer": row.customer, "scope": row.scope, "at": text(row.at), "until": text(row.until)},
                pk=("customer", "scope"),
            )
        case EpochRow():
            database.table("numbers").upsert({"name": "epoch", "value": row.epoch}, pk="name")
        case OwedErasure():
            database.table("erasures").insert({"customer": row.customer, "receipt": row.receipt}, ignore=True)


def _visit_columns(row: VisitRow) -> dict[str, object]:
    """Return what :func:`visit_of` makes a visit from."""
    return {
        "visit": row.visit,
        "customer": row.customer,
        "state": row.state,
        "badge": row.badge,
        "started_at": text(row.started_at),
        "message_id": row.message_id,
        "campaign": row.campaign,
        "card": row.card,
        "ended_at": text(row.ended_at) if row.ended_at else None,
        "decision": row.decision,
        "continues": row.continues,
        "met": json.dumps(row.met),
        "owed": json.dumps(row.owed),
        "held_out": int(row.held_out),
        "bought": int(row.bought),
        "left_in": row.left_in,
    }


def visit_of(
    visit: str,
    customer: CustomerId,
    state: str,
    badge: int | None,
    started_at: str,
    message_id: str | None,
    campaign: str | None,
    card: str | None,
    ended_at: str | None,
    decision: str | None,
    continues: str | None,
    met: str,
    owed: str,
    held_out: int,
    bought: int,
    left_in: str | None,
) -> VisitRow:
    """Return a visit from its columns. Raises ValueError where one is not what it should be."""
    return VisitRow(
        visit=visit,
        customer=customer,
        state=state,
        badge=badge,
        started_at=datetime.fromisoformat(started_at),
        message_id=message_id,
        campaign=campaign,
        card=card,
        ended_at=None if ended_at is None else datetime.fromisoformat(ended_at),
        decision=decision,
        continues=continues,
        met=tuple(json.loads(met)),
        owed=tuple(json.loads(owed)),
        held_out=bool(held_out),
        bought=bool(bought),
        left_in=left_in,
    )


def contact_of(*columns: str) -> ContactRow:
    """Return a contact from its columns. Raises ValueError where one is not what it should be."""
    return ContactRow(*_CONTACT.validate_python(columns))
