"""AltBeacon, the open format: any company, code 0xBEAC, a 20-byte id, power, one reserved byte.

Source: github.com/AltBeacon/spec, version 1.0.
"""

from dataclasses import dataclass, field
from typing import Final

from edge_agent.frames import ad
from edge_agent.frames.rejection import Rejected, Rejection

CODE: Final = b"\xbe\xac"
_ID_BYTES: Final = 20
_FULL_BYTES: Final = len(CODE) + _ID_BYTES + 2
_WITHOUT_RESERVED_BYTES: Final = _FULL_BYTES - 1  # seen in the field; the byte means nothing to us


@dataclass(frozen=True, slots=True)
class AltBeacon:
    """One AltBeacon frame."""

    company: int
    """Bluetooth company identifier of the manufacturer."""
    beacon_id: bytes = field(repr=False)
    """The 20-byte beacon id."""
    measured_power_dbm: int
    """Calibrated RSSI at 1 m, dBm."""

    @property
    def token(self) -> str:
        """The id as a slice writes it: ``altbeacon:`` and 40 hexadecimal digits."""
        return f"altbeacon:{self.beacon_id.hex()}"

    def encode(self) -> bytes:
        """Return the whole advertising data. Raises ValueError or OverflowError when a field does not fit."""
        if len(self.beacon_id) != _ID_BYTES:
            raise ValueError(f"beacon_id: {len(self.beacon_id)} bytes, must be {_ID_BYTES}")
        power = self.measured_power_dbm.to_bytes(1, "big", signed=True)
        company = self.company.to_bytes(2, "little")
        return ad.payload([ad.structure(ad.MANUFACTURER, company + CODE + self.beacon_id + power + b"\x00")])


def decode(company: int, payload: bytes) -> AltBeacon:
    """Read manufacturer data that begins with :data:`CODE`. Raises Rejected."""
    if len(payload) not in (_FULL_BYTES, _WITHOUT_RESERVED_BYTES):
        raise Rejected(Rejection.ALTBEACON_LENGTH)
    power_at = len(CODE) + _ID_BYTES
    return AltBeacon(
        company=company,
        beacon_id=payload[len(CODE) : power_at],
        measured_power_dbm=int.from_bytes(payload[power_at : power_at + 1], "big", signed=True),
    )
