"""How a unit hears, and how it makes itself heard: the ``[radio]`` part of the configuration tree."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field, model_validator

from edge_agent.contracts.base import Dbm, FileContract

AdapterName = Annotated[str, Field(pattern=r"^hci\d{1,2}$")]
Uuid = Annotated[str, Field(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
"""128 bits, lower-case hexadecimal with dashes."""

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


class BackgroundConfig(FileContract):
    """iPhones whose app is in the background: a hint in the air, then one short read. A matter for the shop's
    data-protection assessment, therefore off unless somebody turns it on."""

    enabled: bool = False
    """Whether the unit may connect to a phone that hints at the app."""
    service_uuid: Uuid | None = None
    """The fixed service UUID that the app advertises."""
    characteristic_uuid: Uuid | None = None
    """The characteristic that gives the current 8-byte ephemeral id, and nothing else."""

    @model_validator(mode="after")
    def _names_what_to_read(self) -> "BackgroundConfig":
        if self.enabled and (self.service_uuid is None or self.characteristic_uuid is None):
            raise ValueError("radio.background: enabled needs service_uuid and characteristic_uuid, both from the app")
        return self


class RadioConfig(FileContract):
    """How advertisements are heard."""

    backend: Literal["bleak", "mgmt", "simulated", "off"] = "bleak"
    """``bleak``: BlueZ over D-Bus. ``mgmt``: raw from the kernel's management socket, which needs a systemd drop-in.
    ``simulated``: shoppers of a scenario, for the demo and for tests."""
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
