"""Events of the stores: each is judged for itself, and counts once."""

import json
import zlib
from datetime import datetime

from pydantic import JsonValue, ValidationError
from sqlalchemy import Connection, func, insert, select

from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.event import (
    EVENT_TYPES,
    CloudEvent,
    ConsentRevoked,
    CouponIssued,
    ErasureReceipt,
    EventBatch,
    EventReceipt,
    EventReceipts,
)
from edge_agent.contracts.platform import EVENTS_MAX
from provisioning.hub.coupons import note_issued
from provisioning.hub.erasures import note_receipt
from provisioning.hub.pauses import pause
from provisioning.hub.problem import ProblemError, describe
from provisioning.hub.slices import bury
from provisioning.hub.storage import Database, demand_store, next_event_sequence
from provisioning.hub.tables import events as table
from provisioning.hub.withdrawals import note_withdrawal

BODY_MAX_BYTES = 1024 * 1024
"""Largest request body, as sent."""

UNPACKED_MAX_BYTES = 8 * BODY_MAX_BYTES
"""Largest request body, unpacked."""

_REASON_MAX = 300

_HUB_ONLY = frozenset({"coupon.redeemed"})


class Events:
    """What units delivered, in the order in which it arrived."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def deliver(self, store: str, source: str, batch: EventBatch, now: datetime) -> EventReceipts:
        """Store what is good and new, in one transaction, and answer for each event.

        What it means for the hub happens in the same transaction. Who withdrew every consent in the store is erased
        from its slice, and comes back only with a consent that is newer than her word.
        """
        judged = [judge(raw, source) for raw in batch.events]
        good = [event for event in judged if isinstance(event, CloudEvent)]
        with self._database.writing() as connection:
            sequence = next_event_sequence(connection, store, len(good))
            known = set(
                connection.execute(
                    select(table.c.id).where(table.c.source == source, table.c.id.in_([event.id for event in good]))
                ).scalars()
            )
            receipts: list[EventReceipt] = []
            rows: list[dict[str, object]] = []
            for event in judged:
                if isinstance(event, EventReceipt):
                    receipts.append(event)
                elif event.id in known:
                    receipts.append(EventReceipt(id=event.id, status="duplicate"))
                else:
                    known.add(event.id)
                    receipts.append(EventReceipt(id=event.id, status="accepted"))
                    rows.append({
                        "source": source, "id": event.id, "store": store, "sequence": sequence + len(rows),
                        "type": event.type, "body": event.model_dump_json(), "received_s": now.timestamp(),
                    })  # fmt: skip
                    _obey(connection, store, event, now)
            if rows:
                connection.execute(insert(table), rows)
        return EventReceipts(receipts=tuple(receipts))

    def after(self, store: str, sequence: int, limit: int) -> list[tuple[int, dict[str, JsonValue]]]:
        """Return the store's events after a sequence number, oldest first; raises a 404 problem without the store."""
        with self._database.reading() as connection:
            demand_store(connection, store)
            rows = connection.execute(
                select(table.c.sequence, table.c.body)
                .where(table.c.store == store, table.c.sequence > sequence)
                .order_by(table.c.sequence)
                .limit(min(limit, EVENTS_MAX))
            ).all()
        return [(row.sequence, json.loads(row.body)) for row in rows]

    def summary(self, store: str) -> dict[str, int]:
        """Return how many events of each type a store has delivered; raises a 404 problem without the store."""
        with self._database.reading() as connection:
            demand_store(connection, store)
            counted = select(table.c.type, func.count()).where(table.c.store == store).group_by(table.c.type)
            rows = connection.execute(counted.order_by(table.c.type)).all()
        return {event_type: count for event_type, count in rows}  # noqa: C416 - rows are not pairs to mypy


def judge(raw: dict[str, JsonValue], source: str) -> CloudEvent | EventReceipt:
    """Return the event, reduced to what its type allows, or the receipt that says why it is rejected."""
    try:
        event = CloudEvent.model_validate(raw)
    except ValidationError as error:
        found = raw.get("id")
        return _rejected(found[:64] if isinstance(found, str) else "", describe(error))
    if event.source != source:
        return _rejected(event.id, f"source: must be {source}")
    if event.type not in EVENT_TYPES or event.type in _HUB_ONLY:
        return _rejected(event.id, f"type: {event.type!r} is not known here")
    payload, _lane = EVENT_TYPES[event.type]
    try:
        data = payload.model_validate(event.data)
    except ValidationError as error:
        return _rejected(event.id, f"data: {describe(error)}")
    reduced = event.model_copy(update={"data": data.model_dump(mode="json")})
    if len(reduced.model_dump_json()) > MESSAGE_MAX_BYTES:
        return _rejected(event.id, f"data: larger than {MESSAGE_MAX_BYTES} bytes")
    return reduced


def _obey(connection: Connection, store: str, event: CloudEvent, now: datetime) -> None:
    """Do what a new event asks of the hub."""
    match event.type:
        case "consent.revoked":
            revoked = ConsentRevoked.model_validate(event.data)
            if revoked.scope == "all":
                note_withdrawal(connection, store, revoked.customer, event.time, now)
                bury(connection, store, revoked.customer, now)
            else:
                pause(connection, store, revoked.customer, event.time, now)
        case "consent.erased":
            receipt = ErasureReceipt.model_validate(event.data)
            unit = event.source.rpartition("/")[2]
            note_receipt(connection, store, unit, receipt, event.time, now)
        case "coupon.issued":
            note_issued(connection, store, CouponIssued.model_validate(event.data), now)


def unpack(body: bytes, encoding: str) -> bytes:
    """Return a request body, unpacked; raises a 413 or 415 problem where it is too large or packed otherwise."""
    if encoding in ("", "identity"):
        return body
    if encoding != "gzip":
        raise ProblemError(415, "The body is packed in a way that is not known here.", "Content-Encoding: gzip or none")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(body, UNPACKED_MAX_BYTES)
    except zlib.error as error:
        raise ProblemError(400, "The body is not gzip.", str(error)) from error
    if unpacker.unconsumed_tail:
        raise ProblemError(413, "The body is too large.", f"at most {UNPACKED_MAX_BYTES} bytes unpacked")
    if not unpacker.eof:
        raise ProblemError(400, "The body ends too early.", "gzip")
    return unpacked


def _rejected(event_id: str, reason: str) -> EventReceipt:
    return EventReceipt(id=event_id, status="rejected", reason=reason[:_REASON_MAX])
