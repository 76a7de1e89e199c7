"""iBeacon, Apple's proximity beacon: company 0x004C, type 0x02, length 0x15, UUID, major, minor, power.

Source: Apple, Proximity Beacon Specification, release R1.
"""

from dataclasses import dataclass, field
from typing import Final

from edge_agent.frames import ad
from edge_agent.frames.rejection import Rejected, Rejection

APPLE: Final = 0x004C
"""Apple's Bluetooth company identifier."""
TYPE: Final = 0x02
_LENGTH: Final = 0x15  # of what follows the type and this byte
_PAYLOAD_BYTES: Final = 2 + _LENGTH


@dataclass(frozen=True, slots=True)
class IBeacon:
    """One iBeacon frame."""

    uuid: str = field(repr=False)
    """Proximity UUID, lower case with dashes."""
    major: int = field(repr=False)
    """0 to 65535."""
    minor: int = field(repr=False)
    """0 to 65535."""
    measured_power_dbm: int
    """Calibrated RSSI at 1 m, dBm."""

    @property
    def token(self) -> str:
        """The id as a slice writes it: ``ibeacon:UUID:MAJOR:MINOR``, the numbers in hexadecimal."""
        return f"ibeacon:{self.uuid}:{self.major:04x}:{self.minor:04x}"

    def manufacturer_data(self) -> bytes:
        """Return Apple's manufacturer data. Raises ValueError or OverflowError when a field does not fit."""
        body = ad.uuid_bytes(self.uuid)[::-1] + self.major.to_bytes(2, "big") + self.minor.to_bytes(2, "big")
        return bytes([TYPE, _LENGTH]) + body + self.measured_power_dbm.to_bytes(1, "big", signed=True)

    def encode(self) -> bytes:
        """Return the whole advertising data; raises as :meth:`manufacturer_data`."""
        company = APPLE.to_bytes(2, "little")
        return ad.payload([ad.structure(ad.MANUFACTURER, company + self.manufacturer_data())])


def decode(payload: bytes) -> IBeacon:
    """Read Apple's manufacturer data that begins with :data:`TYPE`. Raises Rejected.

    Bytes behind the frame are allowed: Apple's data is a chain of types, and some tags append their battery.
    """
    if len(payload) < _PAYLOAD_BYTES or payload[1] != _LENGTH:
        raise Rejected(Rejection.IBEACON_LENGTH)
    return IBeacon(
        uuid=ad.uuid_text(payload[17:1:-1]),
        major=int.from_bytes(payload[18:20], "big"),
        minor=int.from_bytes(payload[20:22], "big"),
        measured_power_dbm=int.from_bytes(payload[22:23], "big", signed=True),
    )
