"""Codes that screens showed, and their redemption: each counts once.

A unit reports a code (its digest) when it shows it, but it may be offline: a code that is redeemed before is kept, and
judged when its unit has told. Who accepts it meanwhile does so at his own risk.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Update, insert, select, update

from edge_agent.contracts.event import CouponIssued, CouponRedeemed
from edge_agent.contracts.platform import Redemption, RedemptionAnswer, RedemptionNote
from provisioning.hub.problem import ProblemError
from provisioning.hub.reporting import report
from provisioning.hub.storage import AnyRow, Database, next_event_sequence
from provisioning.hub.tables import coupons

_AHEAD: Final = timedelta(minutes=5)  # the platform's clock and the hub's


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
        said = RedemptionNote.model_validate(redemption.model_dump())
        digest = hashlib.sha256(redemption.code.encode()).hexdigest()
        with self._database.writing() as connection:
            next_event_sequence(connection, store, 0)
            row = _find(connection, store, digest)
            if row is None:
                _insert(connection, store, digest, now, redeemed=said.model_dump_json())
                return RedemptionAnswer(status="pending")
            if row.redeemed is not None and not _same(said, RedemptionNote.model_validate_json(row.redeemed)):
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
        said = RedemptionNote.model_validate_json(row.redeemed)
        if said.at < issued.expires_at:
            _redeem(connection, store, issued, said, now)


def _redeem(connection: Connection, store: str, issued: CouponIssued, said: RedemptionNote, now: datetime) -> None:
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


def _same(one: RedemptionNote, other: RedemptionNote) -> bool:
    """Whether it is the same redemption, said again."""
    if one.order_id is not None or other.order_id is not None:
        return one.order_id == other.order_id
    return one.at == other.at


def _find(connection: Connection, store: str, digest: str) -> AnyRow | None:
    mine = (coupons.c.store == store, coupons.c.code_digest == digest)
    return connection.execute(select(coupons).where(*mine)).one_or_none()


def _mine(store: str, digest: str) -> Update:
    return update(coupons).where(coupons.c.store == store, coupons.c.code_digest == digest)


def _insert(connection: Connection, store: str, digest: str, now: datetime, **columns: str) -> None:
    row = {"store": store, "code_digest": digest, "noted_s": now.timestamp(), "reported": False, **columns}
    connection.execute(insert(coupons).values(row))
