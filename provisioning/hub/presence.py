"""What customers' apps say: that they hear a unit's beacon. Kept for a minute, for that unit alone.

Nobody needs an account for it: the code over a report proves that its sender has the device's identity key. A report
counts where the beacon is a unit's, the device's owner is in the slice of that unit's store, she is an adult and a
consent of hers is in force. Whatever is wrong with a well-formed report, the answer is the same.

Replay: a device's times only grow, and its last report is remembered for as long as its time would be accepted.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from edge_agent.contracts.platform import CustomerRecord, Device, RollingDevice
from edge_agent.contracts.presence import (
    REPORTS_MAX,
    SCHEME,
    AppReport,
    AppReports,
    PresenceReport,
    presence_handle,
    presence_mac,
)
from edge_agent.contracts.radio_config import OwnBeaconConfig
from edge_agent.contracts.slice import Profile
from provisioning.hub.problem import ProblemError, describe
from provisioning.hub.storage import AnyRow, Database
from provisioning.hub.tables import app_handles, app_reports, beacons, customers, pauses
from provisioning.minimal import minimised, with_pause

LATE_S: Final = 45.0
"""An older report says nothing any more: she may have left."""

EARLY_S: Final = 15.0
"""So much may a phone's clock be ahead of the hub's."""

PAUSE_S: Final = 2.0
"""Of a device that reports more often, what comes in between is dropped."""

_DEVICES: Final[TypeAdapter[tuple[Device, ...]]] = TypeAdapter(tuple[Device, ...])
NOBODYS_KEY: Final = secrets.token_bytes(16)
"""What a code is checked with where there is no customer: as much work for nobody as for somebody."""


class Presence:
    """The reports of the last minute."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def report(self, authorization: str, body: bytes, now: datetime) -> bool:
        """Take a report; return whether it counts, which is for the nudge and never for the answer.

        Raises a 422 problem for a body that is no report.
        """
        try:
            report = PresenceReport.model_validate_json(body)
        except ValidationError as error:
            raise ProblemError(422, "The report is not valid.", describe(error)) from error
        at_s, now_s = report.at_ms / 1000, now.timestamp()
        with self._database.reading() as connection:
            owner = _owner(connection, report)
        key = NOBODYS_KEY if owner is None else identity_key(owner)
        if owner is None or not genuine(authorization, key, body) or not now_s - LATE_S <= at_s <= now_s + EARLY_S:
            return False
        if not _may_be_recognised(owner, now):
            return False
        row = {
            "store": owner.store, "customer": owner.customer, "device": owner.device, "unit": owner.unit,
            "report": secrets.token_hex(8), "rssi_dbm": report.rssi_dbm, "at_s": at_s, "received_s": now_s,
            "expires_s": max(at_s, now_s) + LATE_S,
        }  # fmt: skip
        with self._database.writing() as connection:
            return _replace(connection, row)

    def of(self, store: str, unit: str, now: datetime) -> AppReports:
        """Return what was said of a unit's beacon. It stays until it expires: an answer may get lost."""
        now_s = now.timestamp()
        with self._database.reading() as connection:
            rows = connection.execute(
                select(app_reports)
                .where(app_reports.c.store == store, app_reports.c.unit == unit, app_reports.c.expires_s > now_s)
                .order_by(app_reports.c.received_s.desc())
                .limit(REPORTS_MAX)
            ).all()
        reports = [
            AppReport(
                report=row.report, customer=row.customer, device=row.device, rssi_dbm=row.rssi_dbm,
                age_s=max(0.0, now_s - row.at_s),
            )
            for row in rows
        ]  # fmt: skip
        return AppReports(reports=tuple(reports))

    def latest(self) -> dict[tuple[str, str], float]:
        """Return when each (store, unit) was last reported, Unix second."""
        with self._database.reading() as connection:
            received_s = func.max(app_reports.c.received_s).label("received_s")
            grouped = select(app_reports.c.store, app_reports.c.unit, received_s)
            rows = connection.execute(grouped.group_by(app_reports.c.store, app_reports.c.unit)).all()
        return {(row.store, row.unit): row.received_s for row in rows}

    def forget_expired(self, now: datetime) -> None:
        """Delete what is past its time."""
        expired = app_reports.c.expires_s <= now.timestamp()
        with self._database.reading() as connection:
            if connection.execute(select(app_reports.c.store).where(expired).limit(1)).first() is None:
                return
        with self._database.writing() as connection:
            connection.execute(delete(app_reports).where(expired))


def put_handles(connection: Connection, store: str, records: Iterable[CustomerRecord]) -> None:
    """Make the devices of customers known by their handles, in place of the ones before."""
    records = tuple(records)
    connection.execute(
        delete(app_handles).where(app_handles.c.store == store, app_handles.c.customer == bindparam("b_customer")),
        [{"b_customer": record.customer} for record in records],
    )
    rows = [
        {
            "store": store, "customer": record.customer, "device": device.device,
            "handle": presence_handle(bytes.fromhex(device.identity_key)),
        }
        for record in records
        for device in record.devices
        if isinstance(device, RollingDevice)
    ]  # fmt: skip
    if rows:
        connection.execute(insert(app_handles), rows)


def forget_apps(connection: Connection, store: str, customer: str) -> None:
    """Forget a customer's handles and reports: she is erased. That she has paused today stays beside her tombstone."""
    for table in (app_handles, app_reports):
        connection.execute(delete(table).where(table.c.store == store, table.c.customer == customer))


def forget_reports(connection: Connection, store: str, customer: str) -> None:
    """Forget where a customer is: she has paused."""
    connection.execute(delete(app_reports).where(app_reports.c.store == store, app_reports.c.customer == customer))


def put_beacon(connection: Connection, store: str, unit: str, beacon: OwnBeaconConfig) -> None:
    """Note which beacon is a unit's; raises a 422 problem where it is another unit's already."""
    connection.execute(delete(beacons).where(beacons.c.store == store, beacons.c.unit == unit))
    if beacon.uuid is None:
        return
    numbers: Mapping[str, object] = {"uuid": beacon.uuid, "major": beacon.major, "minor": beacon.minor}
    other = connection.execute(
        select(beacons.c.store, beacons.c.unit).where(*(beacons.c[name] == value for name, value in numbers.items()))
    ).one_or_none()
    if other is not None:
        raise ProblemError(
            422, "The unit's beacon is another unit's already.",
            f"radio.beacon: unit {other.unit} of store {other.store} has it; give this one another major or minor",
        )  # fmt: skip
    connection.execute(insert(beacons).values({**numbers, "store": store, "unit": unit}))


def _owner(connection: Connection, report: PresenceReport) -> AnyRow | None:
    """Return whose report it would be; two customers who share a handle are nobody."""
    rows = connection.execute(
        select(
            beacons.c.unit, customers.c.store, customers.c.customer, customers.c.profile, customers.c.devices,
            app_handles.c.device, pauses.c.until_s.label("paused_until_s"),
        )
        .join(app_handles, app_handles.c.store == beacons.c.store)
        .join(
            customers,
            (customers.c.store == app_handles.c.store) & (customers.c.customer == app_handles.c.customer),
        )
        .outerjoin(pauses, (pauses.c.store == customers.c.store) & (pauses.c.customer == customers.c.customer))
        .where(
            beacons.c.uuid == report.uuid, beacons.c.major == report.major, beacons.c.minor == report.minor,
            app_handles.c.handle == report.handle, customers.c.profile.is_not(None),
        )
        .limit(2)
    ).all()  # fmt: skip
    return rows[0] if len(rows) == 1 else None


def _replace(connection: Connection, row: Mapping[str, Any]) -> bool:
    """Keep a device's report in place of the one before, unless it is a repetition or too soon."""
    hers = (customers.c.store == row["store"], customers.c.customer == row["customer"])
    lock = select(customers.c.customer).where(*hers, customers.c.profile.is_not(None)).with_for_update()
    if connection.execute(lock).first() is None:
        return False  # erased a moment ago
    mine = [app_reports.c[name] == row[name] for name in ("store", "customer", "device")]
    last = connection.execute(select(app_reports).where(*mine)).one_or_none()
    if last is not None and (row["at_s"] <= last.at_s or 0 <= row["received_s"] - last.received_s < PAUSE_S):
        return False
    connection.execute(delete(app_reports).where(*mine))
    connection.execute(insert(app_reports).values(row))
    return True


def genuine(authorization: str, key: bytes, body: bytes) -> bool:
    """Whether the sender of a body has an identity key."""
    return hmac.compare_digest(authorization.encode(), f"{SCHEME} {presence_mac(key, body)}".encode())


def identity_key(owner: AnyRow) -> bytes:
    """Return the identity key of a row's ``device``, from its ``devices``."""
    for device in _DEVICES.validate_json(owner.devices):
        if isinstance(device, RollingDevice) and device.device == owner.device:
            return bytes.fromhex(device.identity_key)
    return NOBODYS_KEY


def _may_be_recognised(owner: AnyRow, now: datetime) -> bool:
    try:
        profile = with_pause(Profile.model_validate(json.loads(owner.profile)), owner.paused_until_s)
    except ValidationError:
        return False
    kept = minimised(profile, now)
    return (
        kept is not None
        and (kept.paused_until is None or now >= kept.paused_until)
        and any(consent.purpose in ("screen", "clerk") and consent.granted_at <= now for consent in kept.consents)
    )
