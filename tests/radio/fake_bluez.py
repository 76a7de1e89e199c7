"""A small ``org.bluez`` on a private bus: enough of an adapter for bleak to scan on, and to be taken away.

Run as a program it advertises by itself: ``fake_bluez.py DEVICES PER_SECOND`` (for the benchmark).
"""

import asyncio
import contextlib
import sys
import time
from typing import Any

from dbus_fast import BusType, Message, MessageType, Variant
from dbus_fast.aio import MessageBus

PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECTS = "org.freedesktop.DBus.ObjectManager"
ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"


class FakeBluez:
    """What bluetoothd shows of adapters and devices."""

    def __init__(self) -> None:
        self.filters: list[dict[str, Any]] = []
        """Discovery filters that were set, newest last."""
        self.starts = 0
        """How often discovery was started."""
        self.refuse_start: str | None = None
        """Name of a D-Bus error that StartDiscovery answers."""
        self.refuse_power: str | None = None
        """Name of a D-Bus error that setting Powered answers: rfkill holds it."""
        self.experimental = False
        """Whether there are advertisement monitors."""
        self.monitors: list[str] = []
        """Paths of the monitors that are registered."""
        self.powered: list[bool] = []
        """What Powered was set to by programs."""
        self.scanned_by_others = False
        """Whether another program scans, too: discovery then goes on when ours stops."""
        self.pattern_of_others: str | None = None
        """The pattern in the filter of that program; BlueZ then reports only what fits a pattern of somebody."""
        self._adapters: dict[str, dict[str, Variant]] = {}
        self._devices: dict[str, dict[str, Variant]] = {}
        self._bus: MessageBus | None = None

    async def start(self) -> None:
        """Appear on the bus."""
        self._bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        self._bus.add_message_handler(self._answer)
        await self._bus.request_name("org.bluez")

    async def stop(self) -> None:
        """Vanish from it without a word, as a killed bluetoothd does; devices are forgotten."""
        self._devices.clear()
        for adapter in self._adapters.values():
            adapter["Discovering"] = Variant("b", False)
        if self._bus is not None:
            bus, self._bus = self._bus, None
            bus.disconnect()
            with contextlib.suppress(EOFError, OSError):  # the bus may have gone first
                await bus.wait_for_disconnect()

    def plug(self, name: str = "hci0", *, powered: bool = True) -> None:
        """Add an adapter."""
        self._adapters[f"/org/bluez/{name}"] = {
            "Address": Variant("s", "F0:F1:F2:F3:F4:F5"),
            "Alias": Variant("s", name),
            "Powered": Variant("b", powered),
            "Discovering": Variant("b", False),
            "Roles": Variant("as", ["central", "peripheral"]),
        }
        self._added(f"/org/bluez/{name}", {ADAPTER: self._adapters[f"/org/bluez/{name}"]})

    def unplug(self, name: str = "hci0") -> None:
        """Take an adapter away."""
        del self._adapters[f"/org/bluez/{name}"]
        self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [f"/org/bluez/{name}", [ADAPTER]])

    def set_adapter(self, name: str = "hci0", **properties: bool) -> None:
        """Change Powered or Discovering."""
        changed = {key: Variant("b", value) for key, value in properties.items()}
        self._adapters[f"/org/bluez/{name}"].update(changed)
        self._changed(f"/org/bluez/{name}", ADAPTER, changed)

    def advertise(self, address: str, rssi_dbm: int = -60, adapter: str = "hci0", **data: Variant) -> None:
        """Report a device: the whole object the first time, then what an advertisement changes."""
        if not self._fits_a_pattern(address):
            return
        path = f"/org/bluez/{adapter}/dev_{address.replace(':', '_')}"
        heard = {"RSSI": Variant("n", rssi_dbm), **data}
        if path in self._devices:
            self._devices[path].update(heard)
            self._changed(path, DEVICE, heard)
            return
        self._devices[path] = {
            "Address": Variant("s", address),
            "AddressType": Variant("s", "random"),
            "Alias": Variant("s", address.replace(":", "-")),
            "Adapter": Variant("o", f"/org/bluez/{adapter}"),
            "Connected": Variant("b", False),
            "UUIDs": Variant("as", []),
            **heard,
        }
        self._added(path, {DEVICE: self._devices[path]})

    def knows(self, address: str, adapter: str = "hci0") -> bool:
        """Whether a device is remembered."""
        return f"/org/bluez/{adapter}/dev_{address.replace(':', '_')}" in self._devices

    def lose_rssi(self, address: str, adapter: str = "hci0") -> None:
        """Say that a device is not heard any more."""
        path = f"/org/bluez/{adapter}/dev_{address.replace(':', '_')}"
        del self._devices[path]["RSSI"]
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [DEVICE, {}, ["RSSI"]])

    def connect(self, address: str, adapter: str = "hci0", *, connected: bool = True) -> None:
        """Say that a device is connected, or not any more: no advertisement."""
        path = f"/org/bluez/{adapter}/dev_{address.replace(':', '_')}"
        changed = {"Connected": Variant("b", connected)}
        self._devices[path].update(changed)
        self._changed(path, DEVICE, changed)

    @property
    def discovering(self) -> bool:
        """Whether any adapter scans."""
        return any(adapter["Discovering"].value for adapter in self._adapters.values())

    def _answer(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        if message.member == "GetManagedObjects":
            objects = {path: {ADAPTER: properties} for path, properties in self._adapters.items()}
            objects |= {path: {DEVICE: properties} for path, properties in self._devices.items()}
            return Message.new_method_return(message, "a{oa{sa{sv}}}", [objects])
        if message.path not in self._adapters:
            return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownObject", "no such adapter")
        name = message.path.removeprefix("/org/bluez/")
        if message.member == "SetDiscoveryFilter":
            self.filters.append({key: variant.value for key, variant in message.body[0].items()})
        elif message.member == "StartDiscovery":
            if self.refuse_start is not None:
                return Message.new_error(message, self.refuse_start, "refused")
            self.starts += 1
            self.set_adapter(name, Discovering=True)
        elif message.member == "StopDiscovery":
            self.set_adapter(name, Discovering=self.scanned_by_others)
        elif message.member == "RemoveDevice":
            del self._devices[message.body[0]]
            self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [message.body[0], [DEVICE]])
        elif message.member == "Set":
            if self.refuse_power is not None:
                return Message.new_error(message, self.refuse_power, "refused")
            self._set_powered(name, message.body[2].value)
        elif message.member == "RegisterMonitor" and self.experimental:
            self.monitors.append(message.body[0])
        elif message.member == "UnregisterMonitor" and self.experimental:
            self.monitors.remove(message.body[0])
        elif message.member == "RegisterMonitor":
            return Message.new_error(message, "org.freedesktop.DBus.Error.UnknownMethod", "not experimental")
        else:
            return None
        return Message.new_method_return(message)

    def _fits_a_pattern(self, address: str) -> bool:
        """As bluetoothd (since 5.54) does it: prefixes of the address; a program without a pattern has no say."""
        ours = self.filters[-1].get("Pattern") if self.filters else None
        patterns = [pattern for pattern in (ours, self.pattern_of_others) if pattern is not None]
        return not patterns or any(address.startswith(pattern) for pattern in patterns)

    def _set_powered(self, name: str, powered: bool) -> None:
        self.powered.append(powered)
        if powered != self._adapters[f"/org/bluez/{name}"]["Powered"].value:
            self.set_adapter(name, Powered=powered, Discovering=False)

    def _added(self, path: str, interfaces: dict[str, dict[str, Variant]]) -> None:
        self._signal("/", OBJECTS, "InterfacesAdded", "oa{sa{sv}}", [path, interfaces])

    def _changed(self, path: str, interface: str, changed: dict[str, Variant]) -> None:
        self._signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as", [interface, changed, []])

    def _signal(self, path: str, interface: str, member: str, signature: str, body: list[Any]) -> None:
        if self._bus is not None:
            self._bus.send(Message.new_signal(path, interface, member, signature, body))


async def advertise_for_ever(devices: int, per_second: float) -> None:
    """Advertise iBeacons (every tenth device) and unknown things while somebody scans."""
    fake = FakeBluez()
    await fake.start()
    fake.plug()
    print("ready", flush=True)
    ibeacon = bytes.fromhex("0215") + bytes(20) + b"\xc5"
    due_s, number = time.monotonic(), 0
    while True:
        await asyncio.sleep(max(0.002, due_s - time.monotonic()))
        if not fake.discovering:
            due_s = time.monotonic()
        while fake.discovering and due_s < time.monotonic():
            device = number % devices
            company, payload = (0x4C, ibeacon) if device % 10 == 0 else (0x75, bytes(24))
            fake.advertise(
                f"C0:00:00:00:{device >> 8:02X}:{device & 255:02X}",
                -50 - number // devices % 20,
                ManufacturerData=Variant("a{qv}", {company: Variant("ay", payload)}),
            )
            number += 1
            due_s += 1 / per_second


if __name__ == "__main__":
    asyncio.run(advertise_for_ever(int(sys.argv[1]), float(sys.argv[2])))
