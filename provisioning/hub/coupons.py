"""Codes that screens showed, and their redemption: each counts once.

A unit reports a code (its digest) when it shows it, but it may be offline: a code that is redeemed before is kept, and
judged when its unit has told. Who accepts it meanwhile does so at his own risk.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import Field
from sqlalchemy import Connection, Update, insert, select, update

from edge_agent.contracts.base import Contract, CustomerId, Identifier, UtcTime
from edge_agent.contracts.event import CouponIssued, CouponRedeemed
from provisioning.hub.problem import ProblemError
from provisioning.hub.reporting import report
from provisioning.hub.storage import AnyRow, Database, next_event_sequence
from provisioning.hub.tables import coupons

_AHEAD: Final = timedelta(minutes=5)  # the platform's clock and the hub's


class Said(Contract):
    """What is kept of a redemption."""

    at: UtcTime
    """When the code was redeemed."""
    customer: CustomerId | None = None
    """Who redeemed it, under her id in this store, where that is known."""
    order_id: Identifier | None = None
    """The order that it was used in. Repeating a redemption with the same order, or without one at the same time,
    repeats its answer; another one is refused."""

    def same(self, other: "Said") -> bool:
        """Whether it is the same redemption, said again."""
        if self.order_id is not None or other.order_id is not None:
            return self.order_id == other.order_id
        return self.at == other.at


class Redemption(Said):
    """Platform -> hub: a code of a screen was redeemed."""

    code: Annotated[str, Field(min_length=1, max_length=200, repr=False)]
    """The code as it stood in the QR code."""


class RedemptionAnswer(Contract):
    """Hub -> platform: what a code is worth."""

    status: Literal["redeemed", "pending"]
    """``pending``: no unit has told of such a code yet. Ask again."""
    campaign: Identifier | None = None
    """Which campaign showed it."""
    coupon: Identifier | None = None
    """Which coupon it gives."""


class Coupons:
    """The codes of each store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def redeem(self, store: str, redemption: Redemption, now: datetime) -> RedemptionAnswer:
        """Redeem a code.

        Raises a 409 problem where it was used already, 410 where it has expired, 422 for a time that is to come.
        One transaction at a time, for the store is locked: of two tills one is refused.
        """
        if redemption.at > now + _AHEAD:
            raise ProblemError(422, "The redemption is not valid.", "at: lies in the future")
        said = Said.model_validate(redemption.model_dump())
        digest = hashlib.sha256(redemption.code.encode()).hexdigest()
        with self._database.writing() as connection:
            next_event_sequence(connection, store, 0)
            row = _find(connection, store, digest)
            if row is None:
                _insert(connection, store, digest, now, redeemed=said.model_dump_json())
                return RedemptionAnswer(status="pending")
            if row.redeemed is not None and not said.same(Said.model_validate_json(row.redeemed)):
                raise ProblemError(409, "The code was used already.", "code: it works once")
            if row.issued is None:
                return RedemptionAnswer(status="pending")
            issued = CouponIssued.model_validate_json(row.issued)
            if said.at >= issued.expires_at:
                until = issued.expires_at.isoformat()
                raise ProblemError(410, "The code has expired.", f"code: it was good until {until}")
            if not row.reported:
                _redeem(connection, store, issued, said, now)
        return RedemptionAnswer(status="redeemed", campaign=issued.campaign, coupon=issued.coupon)


def note_issued(connection: Connection, store: str, issued: CouponIssued, now: datetime) -> None:
    """Note a code that a unit showed, within the transaction that took its event; settle what waited for it."""
    row = _find(connection, store, issued.code_digest)
    kept = issued.model_copy(update={"customer": None})  # the coupon is bound to nobody before it is redeemed
    if row is None:
        _insert(connection, store, issued.code_digest, now, issued=kept.model_dump_json())
    elif row.issued is None:
        connection.execute(_mine(store, issued.code_digest).values(issued=kept.model_dump_json()))
        said = Said.model_validate_json(row.redeemed)
        if said.at < issued.expires_at:
            _redeem(connection, store, issued, said, now)


def _redeem(connection: Connection, store: str, issued: CouponIssued, said: Said, now: datetime) -> None:
    kept = said.model_copy(update={"customer": None})  # from here on she is in the event alone
    connection.execute(_mine(store, issued.code_digest).values(redeemed=kept.model_dump_json(), reported=True))
    redeemed = CouponRedeemed(
        campaign=issued.campaign,
        coupon=issued.coupon,
        decision=issued.decision,
        visit=issued.visit,
        customer=said.customer,
        order_id=said.order_id,
    )
    report(connection, store, "coupon.redeemed", redeemed, said.at, now)


def _find(connection: Connection, store: str, digest: str) -> AnyRow | None:
    mine = (coupons.c.store == store, coupons.c.code_digest == digest)
    return connection.execute(select(coupons).where(*mine)).one_or_none()


def _mine(store: str, digest: str) -> Update:
    return update(coupons).where(coupons.c.store == store, coupons.c.code_digest == digest)


def _insert(connection: Connection, store: str, digest: str, now: datetime, **columns: str) -> None:
    row = {"store": store, "code_digest": digest, "noted_s": now.timestamp(), "reported": False, **columns}
    connection.execute(insert(coupons).values(row))
