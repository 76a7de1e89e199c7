"""What ``edge-agent token`` prints: everything that an app must compute and send at one moment."""

from typing import Annotated, Literal

from pydantic import Field

from edge_agent.contracts.base import Contract, Identifier, Key128
from edge_agent.contracts.screen import Badge

UnixSeconds = Annotated[int, Field(ge=0, le=2**32 - 1)]
"""Seconds since 1970-01-01 UTC, as far as the 32 bits of an ephemeral id's block reach (the year 2106)."""


class AdvertisementBytes(Contract):
    """One form in which a phone can send its ephemeral id, byte by byte as it goes through the air."""

    form: Literal["android_eddystone_eid", "iphone_foreground", "iphone_background"]
    """Who sends it when."""
    service_uuid: str
    """The service UUID that the app hands to its system, lower case with dashes."""
    data: str
    """The whole advertising data, hexadecimal. The system writes the flags, and no unit looks at them."""
    length_bytes: Annotated[int, Field(ge=0, le=31)]
    """Its length; a legacy advertisement holds 31."""
    overflow_bit: Annotated[int, Field(ge=0, le=127)] | None = None
    """Which bit of Apple's overflow area it sets; only in the background."""


class TokenReport(Contract):
    """What follows from an identity key, a rotation exponent and a time."""

    at: UnixSeconds
    """The moment."""
    rotation_exponent: Annotated[int, Field(ge=0, le=15)]
    """K: the id changes every 2^K seconds."""
    window: Annotated[int, Field(ge=0, le=0xFFFF)]
    """Window of the temporary key: the moment divided by 65,536."""
    window_begins: UnixSeconds
    """First second of the window."""
    window_ends: int
    """First second of the next window: another temporary key, and another badge."""
    temporary_key: Key128
    """The 16-byte key of the window."""
    slot_begins: UnixSeconds
    """First second of the slot."""
    slot_ends: int
    """First second of the next slot: another ephemeral id."""
    next_change_s: Annotated[int, Field(ge=1, le=32_768)]
    """Seconds from the moment until the app must send another id."""
    ephemeral_id: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    """The 8-byte id of the slot."""
    badge: Badge
    """What the app shows, so that its customer knows herself on a screen."""
    presence_handle: Identifier
    """How the app names itself where it reports that it hears a unit's beacon."""
    advertisements: tuple[AdvertisementBytes, ...]
    """What may be sent. Forms are missing for which the command was not told enough."""
