"""Eddystone: service data of UUID 0xFEAA; the first byte tells UID, URL, TLM or EID.

Source: github.com/google/eddystone, protocol-specification.md and the folder of each frame.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from edge_agent.frames import ad
from edge_agent.frames.rejection import Rejected, Rejection

SERVICE: Final = "0000feaa-0000-1000-8000-00805f9b34fb"
"""The Eddystone service UUID."""

UID: Final = 0x00
URL: Final = 0x10
TLM: Final = 0x20
EID: Final = 0x30

POWER_LOST_IN_1_M_DB: Final = 41
"""Eddystone tells its power at 0 m; at 1 m it is 41 dB less (the specification's own figure)."""

_SERVICE_16: Final = b"\xaa\xfe"
_UID_BYTES: Final = (18, 20)  # the two reserved bytes may be missing
_TLM_BYTES: Final = 14
_EID_BYTES: Final = 10
_URL_BYTES: Final = range(4, 21)  # type, power, scheme, and 1 to 17 encoded bytes
_TLM_PLAIN: Final = 0x00
_TEMPERATURE_UNKNOWN: Final = -0x8000

_SCHEMES: Final = ("http://www.", "https://www.", "http://", "https://")
_ENDINGS: Final = (".com", ".org", ".edu", ".net", ".info", ".biz", ".gov")
_EXPANSIONS: Final = tuple(f"{ending}/" for ending in _ENDINGS) + _ENDINGS
_URL_PRINTABLE: Final = range(0x21, 0x7F)


@dataclass(frozen=True, slots=True)
class EddystoneUid:
    """A static id."""

    namespace: bytes = field(repr=False)
    """10 bytes."""
    instance: bytes = field(repr=False)
    """6 bytes."""
    tx_power_dbm: int
    """Calibrated power at 0 m, dBm."""

    @property
    def token(self) -> str:
        """The id as a slice writes it: ``eddystone_uid:`` and 32 hexadecimal digits."""
        return f"eddystone_uid:{self.namespace.hex()}{self.instance.hex()}"

    @property
    def measured_power_dbm(self) -> int:
        """Calibrated RSSI at 1 m, dBm."""
        return self.tx_power_dbm - POWER_LOST_IN_1_M_DB

    def encode(self) -> bytes:
        """Return the whole advertising data. Raises ValueError or OverflowError when a field does not fit."""
        if (len(self.namespace), len(self.instance)) != (10, 6):
            raise ValueError("namespace must have 10 bytes and instance 6")
        return _advertisement(bytes([UID]) + _power(self.tx_power_dbm) + self.namespace + self.instance + bytes(2))


@dataclass(frozen=True, slots=True)
class EddystoneUrl:
    """The address of a web page. Nobody is recognised by it."""

    url: str = field(repr=False)
    """The expanded URL, printable ASCII."""
    tx_power_dbm: int
    """Calibrated power at 0 m, dBm."""
    token: ClassVar[None] = None
    measured_power_dbm: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class EddystoneTlm:
    """The health of a beacon, unencrypted. Nobody is recognised by it."""

    battery_mv: int
    """Battery voltage, millivolt; 0: not supported."""
    temperature_c: float | None
    """Degrees Celsius; ``None``: not supported."""
    advertisement_count: int
    """Advertisements since power-on."""
    uptime_s: float
    """Seconds since power-on."""
    token: ClassVar[None] = None
    measured_power_dbm: ClassVar[None] = None


@dataclass(frozen=True, slots=True)
class EddystoneEid:
    """A rolling id."""

    eid: bytes = field(repr=False)
    """The 8-byte ephemeral id."""
    tx_power_dbm: int
    """Calibrated power at 0 m, dBm."""

    @property
    def token(self) -> bytes:
        """The ephemeral id, to be looked up in the tables of the slots."""
        return self.eid

    @property
    def measured_power_dbm(self) -> int:
        """Calibrated RSSI at 1 m, dBm."""
        return self.tx_power_dbm - POWER_LOST_IN_1_M_DB

    def encode(self) -> bytes:
        """Return the whole advertising data. Raises ValueError or OverflowError when a field does not fit."""
        if len(self.eid) != 8:
            raise ValueError(f"eid: {len(self.eid)} bytes, must be 8")
        return _advertisement(bytes([EID]) + _power(self.tx_power_dbm) + self.eid)


def decode(payload: bytes) -> EddystoneUid | EddystoneUrl | EddystoneTlm | EddystoneEid:
    """Read service data of :data:`SERVICE`. Raises Rejected."""
    if not payload:
        raise Rejected(Rejection.EDDYSTONE_EMPTY)
    kind = payload[0]
    if kind == EID:
        _check(len(payload) == _EID_BYTES)
        return EddystoneEid(eid=payload[2:], tx_power_dbm=_signed(payload[1:2]))
    if kind == UID:
        _check(len(payload) in _UID_BYTES)
        return EddystoneUid(namespace=payload[2:12], instance=payload[12:18], tx_power_dbm=_signed(payload[1:2]))
    if kind == URL:
        _check(len(payload) in _URL_BYTES)
        return EddystoneUrl(url=_expand(payload[2], payload[3:]), tx_power_dbm=_signed(payload[1:2]))
    if kind == TLM:
        return _decode_tlm(payload)
    raise Rejected(Rejection.EDDYSTONE_TYPE)


def _decode_tlm(payload: bytes) -> EddystoneTlm:
    _check(len(payload) >= 2)
    if payload[1] != _TLM_PLAIN:
        raise Rejected(Rejection.EDDYSTONE_TLM_VERSION)
    _check(len(payload) == _TLM_BYTES)
    temperature = _signed(payload[4:6])  # 8.8 fixed point
    return EddystoneTlm(
        battery_mv=int.from_bytes(payload[2:4], "big"),
        temperature_c=None if temperature == _TEMPERATURE_UNKNOWN else temperature / 256,
        advertisement_count=int.from_bytes(payload[6:10], "big"),
        uptime_s=int.from_bytes(payload[10:14], "big") / 10,
    )


def _expand(scheme: int, encoded: bytes) -> str:
    if scheme >= len(_SCHEMES):
        raise Rejected(Rejection.EDDYSTONE_URL_SCHEME)
    parts = [_SCHEMES[scheme]]
    for code in encoded:
        if code < len(_EXPANSIONS):
            parts.append(_EXPANSIONS[code])
        elif code in _URL_PRINTABLE:
            parts.append(chr(code))
        else:
            raise Rejected(Rejection.EDDYSTONE_URL_CHARACTER)
    return "".join(parts)


def _check(right_length: bool) -> None:
    if not right_length:
        raise Rejected(Rejection.EDDYSTONE_LENGTH)


def _signed(value: bytes) -> int:
    return int.from_bytes(value, "big", signed=True)


def _power(dbm: int) -> bytes:
    return dbm.to_bytes(1, "big", signed=True)


def _advertisement(frame: bytes) -> bytes:
    # A receiver in the background of a phone filters by the list of UUIDs, so the specification demands it.
    return ad.payload([ad.structure(0x03, _SERVICE_16), ad.structure(ad.SERVICE_DATA_16, _SERVICE_16 + frame)])
