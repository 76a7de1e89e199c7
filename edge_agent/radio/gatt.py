"""Ask one phone for its token: connect, read one characteristic, disconnect, and leave no trace in BlueZ.

Only ever what design and configuration allow: no pairing, one connection at a time, a few seconds, and nothing is
said about a phone but to who asked. The device is removed from BlueZ afterwards, with all that bluetoothd has learnt
of it; a device that this unit is paired or connected with otherwise is left alone.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bleak import BleakClient
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError
from dbus_fast import unpack_variants
from dbus_fast.aio import MessageBus

from edge_agent.channels import DropOldest
from edge_agent.clock import Clock
from edge_agent.contracts.radio_config import BackgroundConfig
from edge_agent.events import TokenRead
from edge_agent.identify.background import RESUME_S
from edge_agent.identify.token import EID_BYTES
from edge_agent.radio.adapter import ADAPTER, BLUEZ, bluez_error
from edge_agent.radio.dbus import DBUS_ERRORS, OBJECTS, Refused, call, system_bus
from edge_agent.supervisor import Health

log = logging.getLogger(__name__)

READ_S: Final = 4.0
"""A phone that has not given its token by then is given up. Most controllers hear nobody while they connect."""

_DEVICE: Final = "org.bluez.Device1"
_NOT_OURS: Final = ("Connected", "Paired", "Bonded", "Trusted")


@dataclass(frozen=True, slots=True)
class _Phone:
    path: str = field(repr=False)
    properties: dict[str, Any] = field(repr=False)


class TokenReader:
    """A supervised part that reads the token of the phone that was asked for last."""

    def __init__(
        self,
        config: BackgroundConfig,
        clock: Clock,
        emit: Callable[[TokenRead], None],
        health: Health,
        read_s: float = READ_S,
    ) -> None:
        """``config`` names service and characteristic."""
        assert config.service_uuid is not None
        assert config.characteristic_uuid is not None
        self.health = health
        self._service = config.service_uuid
        self._characteristic = config.characteristic_uuid
        self._clock = clock
        self._emit = emit
        self._read_s = read_s
        self._asked: DropOldest[str] = DropOldest(1)
        self._pause_until_s = 0.0
        # It warns with the device's path, which is its address (hard rule 1).
        logging.getLogger("bleak.backends.bluezdbus.client").setLevel(logging.CRITICAL)

    def ask(self, address: str) -> None:
        """Read the token of a phone; a phone that still waits for its turn is not asked then."""
        self._asked.put(address)

    def pauses_discovery(self) -> bool:
        """Whether BlueZ may have stopped discovery because of a connection: that is no fault of the scan."""
        return self._clock.now().monotonic_s < self._pause_until_s

    async def run(self) -> None:
        """Read until cancelled, one phone at a time. Raises RadioError when BlueZ or D-Bus fails."""
        self._asked.clear()  # who was to be asked before a failure has long been given up
        async with system_bus() as bus:
            self.health.running()
            while True:
                address = await self._asked.get()
                self._pause_until_s = self._clock.now().monotonic_s + self._read_s + RESUME_S
                self._emit(TokenRead(address, await self._read(bus, address)))

    async def _read(self, bus: MessageBus, address: str) -> bytes | None:
        phone = await _find(bus, address)
        if phone is None:
            return None
        try:
            async with asyncio.timeout(self._read_s):
                return await self._token(BLEDevice(address, None, {"path": phone.path, "props": phone.properties}))
        except (BleakError, *DBUS_ERRORS) as error:
            log.debug("a phone gave no token: %s", type(error).__name__)  # its text may name the phone
            return None
        finally:
            await _remove(bus, phone)

    async def _token(self, device: BLEDevice) -> bytes | None:
        async with BleakClient(device, services=[self._service], timeout=self._read_s, pair=False) as client:
            characteristic = client.services.get_characteristic(self._characteristic)
            if characteristic is None:
                return None
            token = bytes(await client.read_gatt_char(characteristic))
        return token if len(token) == EID_BYTES else None


async def _find(bus: MessageBus, address: str) -> _Phone | None:
    """Return the device as the adapter shows it that hears it best; ``None`` where it is gone or not ours to ask."""
    try:
        objects = await call(bus, BLUEZ, "/", OBJECTS, "GetManagedObjects")
    except DBUS_ERRORS as error:
        raise bluez_error(error) from error
    found = [
        _Phone(path, unpack_variants(interfaces[_DEVICE]))
        for path, interfaces in objects.items()
        if _DEVICE in interfaces and interfaces[_DEVICE]["Address"].value == address
    ]
    if any(phone.properties.get(name) for phone in found for name in _NOT_OURS):
        return None
    return max(found, key=lambda phone: int(phone.properties.get("RSSI", -128)), default=None)


async def _remove(bus: MessageBus, phone: _Phone) -> None:
    try:
        await call(bus, BLUEZ, phone.properties["Adapter"], ADAPTER, "RemoveDevice", "o", [phone.path])
    except Refused as error:
        if not error.name.endswith("DoesNotExist"):
            log.warning("BlueZ keeps a phone that was asked for its token: %s", error.name)
    except DBUS_ERRORS:
        pass  # bluetoothd is gone, and its memory with it
