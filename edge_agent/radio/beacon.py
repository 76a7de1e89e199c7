"""The unit's own iBeacon: it wakes the operator's app, and its neighbours hear by it that their ears work.

Sent by BlueZ (LEAdvertisingManager1) as a broadcast of one manufacturer-specific structure: nobody can connect to it,
and neither the machine's name nor its flags are in it.
"""

from contextlib import suppress
from typing import Annotated, Final

from dbus_fast import Variant
from dbus_fast.annotations import DBusSignature, DBusStr, DBusUInt32
from dbus_fast.constants import PropertyAccess
from dbus_fast.service import ServiceInterface, dbus_method, dbus_property

from edge_agent.contracts.radio_config import OwnBeaconConfig
from edge_agent.errors import RadioError
from edge_agent.frames import ibeacon
from edge_agent.radio.adapter import BLUEZ, FOLDER, AdapterWatch, bluez_error, watch_adapter
from edge_agent.radio.dbus import DBUS_ERRORS, Refused, call, system_bus
from edge_agent.supervisor import Health

PATH: Final = "/org/edge_agent/beacon"
"""Our object that BlueZ reads the advertisement from."""

LOOK_S: Final = 3600.0
"""A beacon that BlueZ has taken needs nobody to look at it; its loss is told at once."""

_MANAGER: Final = "org.bluez.LEAdvertisingManager1"

_DBusManufacturerData = Annotated[dict[int, Variant], DBusSignature("a{qv}")]


class UnitBeacon:
    """A supervised part that sends the beacon until it is cancelled."""

    def __init__(self, config: OwnBeaconConfig, health: Health) -> None:
        """``config`` has a UUID. Raises ValueError where it has none."""
        if config.uuid is None:
            raise ValueError("radio.beacon.uuid: is missing")
        self.health = health
        self._config = config
        self._frame = ibeacon.IBeacon(config.uuid, config.major, config.minor, config.measured_power_dbm)

    async def run(self) -> None:
        """Send until cancelled. Raises RadioError with what to do when the adapter does not, or no longer."""
        async with watch_adapter(self._config.adapter) as adapter, system_bus() as bus:
            advertisement = _Advertisement(self._frame, self._config.interval_ms, adapter)
            bus.export(PATH, advertisement)
            manager = FOLDER + adapter.name
            try:
                await call(bus, BLUEZ, manager, _MANAGER, "RegisterAdvertisement", "oa{sv}", [PATH, {}])
            except DBUS_ERRORS as error:
                raise _explained(error, adapter.name) from error
            try:
                self.health.running()
                while adapter.problem is None:
                    await adapter.wait(LOOK_S)
                raise adapter.problem
            finally:
                if adapter.problem is None:  # told to stop; BlueZ would notice by itself that we are gone
                    with suppress(*DBUS_ERRORS):
                        await call(bus, BLUEZ, manager, _MANAGER, "UnregisterAdvertisement", "o", [PATH])


class _Advertisement(ServiceInterface):
    """What BlueZ asks for: org.bluez.LEAdvertisement1. Without ``Includes`` and ``LocalName`` nothing else is sent."""

    def __init__(self, frame: ibeacon.IBeacon, interval_ms: int, adapter: AdapterWatch) -> None:
        super().__init__("org.bluez.LEAdvertisement1")
        self._frame = frame
        self._interval_ms = interval_ms
        self._adapter = adapter

    @dbus_property(access=PropertyAccess.READ, name="Type")
    def type(self) -> DBusStr:
        return "broadcast"

    @dbus_property(access=PropertyAccess.READ, name="ManufacturerData")
    def manufacturer_data(self) -> _DBusManufacturerData:
        return {ibeacon.APPLE: Variant("ay", self._frame.manufacturer_data())}

    @dbus_property(access=PropertyAccess.READ, name="MinInterval")
    def min_interval(self) -> DBusUInt32:
        return self._interval_ms

    @dbus_property(access=PropertyAccess.READ, name="MaxInterval")
    def max_interval(self) -> DBusUInt32:
        return self._interval_ms

    @dbus_method(name="Release")
    def release(self) -> None:
        self._adapter.lose("BlueZ has ended the unit's beacon; it is sent again", "failed")


def _explained(error: BaseException, adapter: str) -> RadioError:
    """Say why BlueZ does not take the beacon, and what to do."""
    if not isinstance(error, Refused):
        return bluez_error(error)
    name = error.name.rpartition(".")[2]
    match name:
        case "UnknownMethod" | "UnknownInterface" | "UnknownObject" | "NotSupported":
            what = "cannot advertise: plug in another one, and name it in radio.beacon.adapter"
        case "NotPermitted":
            what = "sends as many advertisements as it can: stop other programs that advertise (btmgmt advinfo)"
        case "AccessDenied":
            return bluez_error(error)
        case _:
            what = (
                f"does not send the unit's beacon ({error}); if it cannot advertise while it scans, plug in a second "
                "one and name it in radio.beacon.adapter"
            )
    return RadioError(f"Bluetooth adapter {adapter} {what}")
