"""From an advertisement to its frames. Most advertisements hold none: that way must be short."""

from dataclasses import dataclass

from edge_agent.events import Advertisement
from edge_agent.frames import altbeacon, eddystone, ibeacon, operator, overflow
from edge_agent.frames.altbeacon import AltBeacon
from edge_agent.frames.eddystone import EddystoneEid, EddystoneTlm, EddystoneUid, EddystoneUrl
from edge_agent.frames.ibeacon import IBeacon
from edge_agent.frames.operator import Operator
from edge_agent.frames.overflow import Overflow
from edge_agent.frames.rejection import Rejected, Rejection

Frame = IBeacon | AltBeacon | EddystoneUid | EddystoneUrl | EddystoneTlm | EddystoneEid | Operator | Overflow
"""One frame. Each has ``token`` (text: static, 8 bytes: rolling, ``None``: it recognises nobody) and
``measured_power_dbm`` (RSSI at 1 m, ``None`` where it does not tell)."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What one advertisement holds."""

    frames: tuple[Frame, ...] = ()
    """In the order manufacturer data, service data, service UUIDs."""
    rejected: tuple[Rejection, ...] = ()
    """Why something that began like a frame is none."""


_NOTHING = Decoded()
_IBEACON = bytes([ibeacon.TYPE])
_OVERFLOW = bytes([overflow.TYPE])


def decode(advertisement: Advertisement, operator_prefix: str | None = None) -> Decoded:
    """Find the frames of an advertisement; never raises, whatever its bytes are.

    ``operator_prefix``: the first 8 bytes of the operator's rolling service UUID, 16 lower-case hexadecimal
    digits; ``None``: such frames are not looked for.
    """
    frames: list[Frame] = []
    rejected: list[Rejection] = []
    for company, payload in advertisement.manufacturer_data:
        try:
            if company == ibeacon.APPLE and payload[:1] == _IBEACON:
                frames.append(ibeacon.decode(payload))
            elif company == ibeacon.APPLE and payload[:1] == _OVERFLOW:
                frames.append(overflow.decode(payload))
            elif payload[:2] == altbeacon.CODE:
                frames.append(altbeacon.decode(company, payload))
        except Rejected as rejection:
            rejected.append(rejection.reason)
    for service, payload in advertisement.service_data:
        if service == eddystone.SERVICE:
            try:
                frames.append(eddystone.decode(payload))
            except Rejected as rejection:
                rejected.append(rejection.reason)
    if operator_prefix is not None and advertisement.service_uuids:
        rolling = (operator.decode(service, operator_prefix) for service in advertisement.service_uuids)
        frames.extend(frame for frame in rolling if frame is not None)
    return Decoded(tuple(frames), tuple(rejected)) if frames or rejected else _NOTHING
