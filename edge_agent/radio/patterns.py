"""What a passive scan asks the controller for: the frames that can be a customer's, and nothing else. Pure.

A pattern of BlueZ's AdvertisementMonitor1: (position in the structure's data, type of the structure, bytes). At most
16 are allowed. Types: Bluetooth Assigned Numbers, 2.3.
"""

from typing import Final

from edge_agent.contracts.radio_config import RadioConfig
from edge_agent.events import Advertisement

Pattern = tuple[int, int, bytes]

_UUIDS_128_INCOMPLETE: Final = 0x06
_UUIDS_128: Final = 0x07
_SERVICE_DATA_16: Final = 0x16
_MANUFACTURER: Final = 0xFF

_APPLE: Final = 0x004C
_IBEACON: Final = b"\x02\x15"
_OVERFLOW: Final = b"\x01"
_ALTBEACON: Final = b"\xbe\xac"
_EDDYSTONE: Final = "0000feaa-0000-1000-8000-00805f9b34fb"


def patterns(config: RadioConfig) -> tuple[Pattern, ...]:
    """Return the patterns of every frame that this unit looks for."""
    apple = _APPLE.to_bytes(2, "little")
    wanted: list[Pattern] = [
        (0, _SERVICE_DATA_16, bytes.fromhex("aafe")),
        (0, _MANUFACTURER, apple + _IBEACON),
        (2, _MANUFACTURER, _ALTBEACON),
    ]
    if config.background.enabled:
        wanted.append((0, _MANUFACTURER, apple + _OVERFLOW))
    if config.operator_prefix is not None:
        backwards = bytes.fromhex(config.operator_prefix)[::-1]  # in the air a UUID's last byte comes first
        wanted += [(8, _UUIDS_128_INCOMPLETE, backwards), (8, _UUIDS_128, backwards)]
    return tuple(wanted)


def of_interest(heard: Advertisement, config: RadioConfig) -> bool:
    """Whether an advertisement fits one of the patterns, as far as BlueZ shows it."""
    for company, payload in heard.manufacturer_data:
        if payload.startswith(_ALTBEACON):
            return True
        if company == _APPLE and payload.startswith(_IBEACON):
            return True
        if company == _APPLE and config.background.enabled and payload.startswith(_OVERFLOW):
            return True
    if any(service == _EDDYSTONE for service, _ in heard.service_data):
        return True
    prefix = config.operator_prefix
    return prefix is not None and any(uuid.replace("-", "").startswith(prefix) for uuid in heard.service_uuids)
