"""How a unit hears, and how it makes itself heard: the ``[radio]`` part of the configuration tree."""

import re
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from edge_agent.contracts.base import Dbm, FileContract

AdapterName = Annotated[str, Field(pattern=r"^hci\d{1,2}$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""128 bits, lower-case hexadecimal with dashes."""

_PUBLISHED: Final = re.compile("00000000-0000-0000-0000-0000000000[0-7][0-9a-f]")

NOTICED_WITHIN_S: Final = 3.0
"""How much longer than ``radio.silent_s`` it may take until the engine hears that the scan is deaf."""


class OwnBeaconConfig(FileContract):
    """The unit's own iBeacon: it wakes the operator's app, and tells the neighbour units that their ears work."""

    uuid: Uuid | None = None
    """Proximity UUID, the same for all units of the operator. Absent: the unit sends nothing."""
    major: Annotated[int, Field(ge=0, le=0xFFFF)] = 0
    """Major number: names the store."""
    minor: Annotated[int, Field(ge=0, le=0xFFFF)] = 0
    """Minor number: names the unit within the store."""
    measured_power_dbm: Dbm = -59
    """What a phone measures 1 m away from this unit, dBm."""
    interval_ms: Annotated[int, Field(ge=20, le=10_240)] = 100
    """Milliseconds between two transmissions. Apple asks for 100; a bluetoothd without experimental features
    chooses for itself."""
    adapter: AdapterName | None = None
    """Which adapter sends. Absent: the first one that is switched on and can."""


class BackgroundConfig(FileContract):
    """iPhones whose app is in the background: a hint in the air, then one short read. A matter for the shop's
    data-protection assessment, therefore off unless somebody turns it on."""

    enabled: bool = False
    """Whether the unit may connect to a phone that hints at the app."""
    service_uuid: Uuid | None = None
    """The fixed service UUID that the app advertises."""
    characteristic_uuid: Uuid | None = None
    """The characteristic that gives the current 8-byte ephemeral id, and nothing else."""
    overflow_bit: Annotated[int, Field(ge=0, le=127)] | None = None
    """The bit of Apple's overflow area that the service UUID sets. Absent: it is known, because the service UUID is
    00000000-0000-0000-0000-0000000000XX with XX from 00 to 7f."""
    ask_from_dbm: Dbm = -75
    """A phone that is heard weaker than this is not connected to, dBm."""

    @model_validator(mode="after")
    def _names_what_to_read(self) -> "BackgroundConfig":
        if not self.enabled:
            return self
        if self.service_uuid is None or self.characteristic_uuid is None:
            raise ValueError("radio.background: enabled needs service_uuid and characteristic_uuid, both from the app")
        if self.overflow_bit is None and not _PUBLISHED.fullmatch(self.service_uuid):
            raise ValueError(
                "radio.background: enabled needs overflow_bit for this service_uuid; capture the app's phone with "
                "the app in the background, and edge-agent decode shows it"
            )
        return self


class RadioConfig(FileContract):
    """How advertisements are heard."""

    backend: Literal["bleak", "mgmt", "simulated", "off"] = "bleak"
    """``bleak``: BlueZ over D-Bus. ``mgmt``: raw from the kernel's management socket, which needs a systemd drop-in.
    ``simulated``: shoppers of a scenario, for the demo and for tests. ``off``: hears nothing."""
    adapters: Annotated[tuple[AdapterName, ...], Field(max_length=4)] = ()
    """Which adapters scan. Empty: the first one that is switched on."""
    scan: Literal["active", "passive"] = "active"
    """``active``: asks phones for their scan response. ``passive``: never transmits; needs a bluetoothd with
    experimental features, and is used only where a self-test found that it hears as much."""
    operator_prefix: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] | None = None
    """First 8 bytes of the operator's rolling service UUID, hexadecimal. Absent: those frames are not looked for."""
    background: BackgroundConfig = BackgroundConfig()
    """iPhones whose app is in the background."""
    beacon: OwnBeaconConfig = OwnBeaconConfig()
    """The unit's own beacon."""
    scenario: Path | None = None
    """Scenario file of the simulated backend."""
    silent_s: Annotated[float, Field(ge=5, le=600)] = 12
    """Without any advertisement for at least so long, where that is unusual at this hour, the scan is restarted."""

    @model_validator(mode="after")
    def _can_connect(self) -> "RadioConfig":
        if self.background.enabled and self.backend == "mgmt":
            raise ValueError("radio.background: enabled needs backend bleak; mgmt hears, but does not connect")
        return self
