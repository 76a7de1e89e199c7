"""The operator's rolling service UUID: what an iPhone with the app in front can send.

iOS lets an app advertise service UUIDs and nothing else. So the operator's 8-byte prefix and the 8 bytes of
the Eddystone ephemeral id of the moment together make one 128-bit UUID.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from edge_agent.frames import ad

PREFIX_DIGITS: Final = 16
"""Hexadecimal digits of the operator's prefix."""
UUID_DIGITS: Final = 32


@dataclass(frozen=True, slots=True)
class Operator:
    """One rolling service UUID of the operator."""

    eid: bytes = field(repr=False)
    """The 8-byte ephemeral id."""
    measured_power_dbm: ClassVar[None] = None
    """iOS does not tell its power: the unit's default counts."""

    @property
    def token(self) -> bytes:
        """The ephemeral id, to be looked up in the tables of the slots."""
        return self.eid

    def service_uuid(self, prefix: str) -> str:
        """Return the UUID under a prefix of 16 hexadecimal digits, as an app hands it to the system."""
        return ad.uuid_text((bytes.fromhex(prefix) + self.eid)[::-1])

    def encode(self, prefix: str) -> bytes:
        """Return the whole advertising data. Raises ValueError unless prefix and id have 8 bytes each."""
        return ad.payload([ad.structure(ad.UUIDS_128_COMPLETE, ad.uuid_bytes(self.service_uuid(prefix)))])


def decode(service_uuid: str, prefix: str) -> Operator | None:
    """Read a service UUID; ``None`` where it is not the operator's. ``prefix``: 16 lower-case hexadecimal digits."""
    if service_uuid[:8] != prefix[:8]:
        return None
    digits = service_uuid.replace("-", "")
    if not digits.startswith(prefix) or len(digits) != UUID_DIGITS:
        return None
    try:
        return Operator(eid=bytes.fromhex(digits[PREFIX_DIGITS:]))
    except ValueError:  # no UUID at all
        return None
