"""Why something heard was not understood: one name per reason, for counters."""

from enum import StrEnum


class Rejection(StrEnum):
    """A reason to reject a part of an advertisement. Strangers' devices cause them: they are counted, never errors."""

    RSSI_UNKNOWN = "rssi_unknown"
    """The controller could not tell the signal strength, so there is no distance."""

    AD_OVERSIZED = "ad_oversized"
    """The payload is longer than any advertisement can be."""
    AD_TRUNCATED = "ad_truncated"
    """A structure claims more bytes than there are."""
    AD_AFTER_END = "ad_after_end"
    """Bytes other than zero follow the early end (a structure of length 0)."""
    AD_SHORT = "ad_short"
    """A structure is too short for its type: no room for a company or a UUID."""
    AD_UUID_LIST = "ad_uuid_list"
    """A list of UUIDs ends within a UUID."""

    IBEACON_LENGTH = "ibeacon_length"
    """Apple type 2 whose length is not that of an iBeacon, or whose bytes are missing."""
    ALTBEACON_LENGTH = "altbeacon_length"
    """The AltBeacon code with too few or too many bytes."""
    EDDYSTONE_EMPTY = "eddystone_empty"
    """Eddystone service data without a frame type."""
    EDDYSTONE_TYPE = "eddystone_type"
    """An Eddystone frame type that nobody specified."""
    EDDYSTONE_LENGTH = "eddystone_length"
    """An Eddystone frame of the wrong length."""
    EDDYSTONE_URL_SCHEME = "eddystone_url_scheme"
    """An Eddystone-URL with a reserved scheme."""
    EDDYSTONE_URL_CHARACTER = "eddystone_url_character"
    """An Eddystone-URL with a reserved character."""
    EDDYSTONE_TLM_VERSION = "eddystone_tlm_version"
    """Eddystone-TLM of a version that we do not read; version 1 is encrypted."""
    OVERFLOW_LENGTH = "overflow_length"
    """Apple type 1 whose length is not that of the overflow area."""


class Rejected(Exception):  # caught by the decoder; never leaves this package
    """A frame that looked like one of ours is not."""

    def __init__(self, reason: Rejection) -> None:
        super().__init__(reason)
        self.reason = reason
