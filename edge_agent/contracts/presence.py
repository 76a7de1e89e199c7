"""How a customer's app says that it hears a unit's beacon, how that unit learns of it, and how she pauses.

The app needs no account: it shares its identity key with the hub, and nobody else. Two things are derived from that
key with HKDF-SHA256 (RFC 5869, no salt): a handle, by which the hub finds the device, and a key for the code
(HMAC-SHA256) over the body as it is sent, in ``Authorization: Presence <64 hexadecimal digits>``.

In the same way the app says "pause for today".

The hub answers every well-formed message alike, with 204: nobody learns from it who is a customer.
"""

import hashlib
import hmac
from typing import Annotated, Final, Literal

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field

from edge_agent.contracts.base import Contract, CustomerId, Identifier, Key128, Seconds
from edge_agent.contracts.radio_config import Uuid

SCHEME: Final = "Presence"
"""Authentication scheme in ``Authorization``."""

REPORT_MAX_BYTES: Final = 1024
"""A longer report, or pause, is refused unread."""

REPORTS_MAX: Final = 500
"""Reports in one answer to a unit at most; the newest ones."""

ReceivedDbm = Annotated[int, Field(ge=-127, le=-1)]
"""A received power that was measured, dBm; iOS says 0 where it was not."""

_HANDLE_BYTES: Final = 16
_MAC_KEY_BYTES: Final = 32


class PresenceReport(Contract):
    """App -> hub, ``POST /v1/presence``: I hear this beacon. At most one every 2 s counts."""

    handle: Annotated[Key128, Field(repr=False)]
    """Names the device; see :func:`presence_handle`."""
    at_ms: Annotated[int, Field(ge=0, le=2**53 - 1)]
    """When the beacon was heard, Unix milliseconds; grows from report to report."""
    uuid: Uuid
    """The beacon's proximity UUID."""
    major: Annotated[int, Field(ge=0, le=0xFFFF)]
    """Its major number."""
    minor: Annotated[int, Field(ge=0, le=0xFFFF)]
    """Its minor number."""
    rssi_dbm: ReceivedDbm
    """How strongly the phone received it, dBm."""


class PauseRequest(Contract):
    """App -> hub, ``POST /v1/pause``: until midnight no store may recognise her. Repeating it changes nothing."""

    handle: Annotated[Key128, Field(repr=False)]
    """Names the device; see :func:`presence_handle`."""
    at_ms: Annotated[int, Field(ge=0, le=2**53 - 1)]
    """When she said so, Unix milliseconds: its day counts, by each store's calendar."""
    pause: Literal["today"]
    """A presence report lacks this and a pause lacks a beacon: the code of one is worth nothing for the other."""


class AppReport(Contract):
    """One customer's app hears this unit's beacon."""

    report: Identifier
    """Names the report, so that it counts once however often it is pulled."""
    customer: CustomerId
    """Whose app."""
    device: Identifier
    """On which of her devices: each shows a badge of its own."""
    rssi_dbm: ReceivedDbm
    """How strongly her phone received the beacon, dBm."""
    age_s: Seconds
    """How long ago, by the hub's clock: the unit's own may be wrong."""


class AppReports(Contract):
    """Hub -> unit: what apps said of its beacon within the last minute."""

    reports: Annotated[tuple[AppReport, ...], Field(max_length=REPORTS_MAX)]
    """The last report of each device."""


def presence_handle(identity_key: bytes) -> str:
    """Return the handle of a device: 16 bytes of HKDF with info ``edge-agent presence handle v1``, hexadecimal."""
    return _derived(identity_key, b"edge-agent presence handle v1", _HANDLE_BYTES).hex()


def presence_mac(identity_key: bytes, body: bytes) -> str:
    """Return the code over a report's body, hexadecimal.

    HMAC-SHA256 with 32 bytes of HKDF with info ``edge-agent presence mac v1``.
    """
    key = _derived(identity_key, b"edge-agent presence mac v1", _MAC_KEY_BYTES)
    return hmac.digest(key, body, hashlib.sha256).hex()


def _derived(identity_key: bytes, info: bytes, length_bytes: int) -> bytes:
    return HKDF(SHA256(), length_bytes, salt=None, info=info).derive(identity_key)
