"""What ``edge-agent decode`` prints: advertisements with their decoded frames."""

from typing import Annotated, Literal

from pydantic import Field

from edge_agent.contracts.base import Contract, Dbm, Seconds


class IBeaconFrame(Contract):
    """Apple's proximity beacon."""

    type: Literal["ibeacon"] = "ibeacon"
    """Discriminator."""
    uuid: str
    """Proximity UUID, lower case with dashes."""
    major: int
    """Major number, 0 to 65535."""
    minor: int
    """Minor number, 0 to 65535."""
    measured_power_dbm: Dbm
    """Calibrated RSSI at 1 m, dBm."""


class AltBeaconFrame(Contract):
    """The open AltBeacon format."""

    type: Literal["altbeacon"] = "altbeacon"
    """Discriminator."""
    company: int
    """Bluetooth company identifier of the manufacturer."""
    beacon_id: str
    """The 20-byte beacon id, lower-case hexadecimal."""
    measured_power_dbm: Dbm
    """Calibrated RSSI at 1 m, dBm."""


class EddystoneUidFrame(Contract):
    """Eddystone-UID: a static id."""

    type: Literal["eddystone_uid"] = "eddystone_uid"
    """Discriminator."""
    namespace: str
    """The 10-byte namespace, lower-case hexadecimal."""
    instance: str
    """The 6-byte instance, lower-case hexadecimal."""
    tx_power_dbm: Dbm
    """Calibrated transmit power at 0 m, dBm."""


class EddystoneUrlFrame(Contract):
    """Eddystone-URL: an address of a web page."""

    type: Literal["eddystone_url"] = "eddystone_url"
    """Discriminator."""
    url: str
    """The expanded URL."""
    tx_power_dbm: Dbm
    """Calibrated transmit power at 0 m, dBm."""


class EddystoneTlmFrame(Contract):
    """Eddystone-TLM, unencrypted: the health of a beacon."""

    type: Literal["eddystone_tlm"] = "eddystone_tlm"
    """Discriminator."""
    battery_mv: int
    """Battery voltage in millivolt; 0 where it is not supported."""
    temperature_c: float | None
    """Temperature in degrees Celsius; absent where it is not supported."""
    advertisement_count: int
    """Advertisements sent since power-on."""
    uptime_s: Seconds
    """Seconds since power-on."""


class EddystoneEidFrame(Contract):
    """Eddystone-EID: a rolling id."""

    type: Literal["eddystone_eid"] = "eddystone_eid"
    """Discriminator."""
    eid: str
    """The 8-byte ephemeral id, lower-case hexadecimal."""
    tx_power_dbm: Dbm
    """Calibrated transmit power at 0 m, dBm."""


class OperatorFrame(Contract):
    """The operator's rolling 128-bit service UUID, as an iPhone with the app in front sends it."""

    type: Literal["operator"] = "operator"
    """Discriminator."""
    eid: str
    """The 8-byte ephemeral id, lower-case hexadecimal."""


class OverflowFrame(Contract):
    """Apple's overflow area: service UUIDs of apps in the background, as bits of a hash."""

    type: Literal["overflow"] = "overflow"
    """Discriminator."""
    bits: tuple[int, ...]
    """The numbers of the bits that are set, 0 to 127."""


Frame = Annotated[
    IBeaconFrame
    | AltBeaconFrame
    | EddystoneUidFrame
    | EddystoneUrlFrame
    | EddystoneTlmFrame
    | EddystoneEidFrame
    | OperatorFrame
    | OverflowFrame,
    Field(discriminator="type"),
]
"""One decoded beacon frame."""


class DecodedAdvertisement(Contract):
    """One line of ``edge-agent decode``: one advertisement with what was found in it."""

    number: int
    """Position in the capture, from 1."""
    at_s: float
    """Seconds since the first record of the capture."""
    device: int
    """A counter that stands for the address: the first address heard is 1."""
    address: str | None = None
    """The address itself; only where ``--addresses`` asks for it."""
    address_type: Literal["public", "random", "unknown"]
    """Kind of the advertiser's address."""
    rssi_dbm: Dbm | None
    """Received power in dBm; absent where the controller could not tell."""
    scan_response: bool = False
    """Whether it answers a scan request: the second half of what a device says."""
    frames: tuple[Frame, ...]
    """The beacon frames in it: those of manufacturer data, then of service data, then of service UUIDs."""
    rejected: tuple[str, ...] = ()
    """Why parts of it were rejected."""
