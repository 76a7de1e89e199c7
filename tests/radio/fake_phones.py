"""A fake BlueZ that also connects to phones, shows their services, and sends advertisements."""

import asyncio
from dataclasses import dataclass
from typing import Any

from dbus_fast import Message, MessageType, Variant, unpack_variants

from tests.radio.fake_bluez import DEVICE, OBJECTS, PROPERTIES, FakeBluez

SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
MANAGER = "org.bluez.LEAdvertisingManager1"
ADVERTISEMENT = "org.bluez.LEAdvertisement1"


@dataclass
class Phone:
    """What a phone does when somebody connects to it."""

    value: bytes = b""
    """Its characteristic's value."""
    service: str = ""
    """UUID of its only service."""
    characteristic: str = ""
    """UUID of the service's only characteristic."""
    error: str | None = None
    """D-Bus error of its connection."""
    silent: bool = False
    """It never answers."""


class FakePhones(FakeBluez):
    """BlueZ with devices that can be connected to, and an advertising manager."""

    def __init__(self) -> None:
        super().__init__()
        self.phones: dict[str, Phone] = {}
        """By address."""
        self.calls: list[tuple[str, str]] = []
        """(member, last part of the path) of every call about a device."""
        self.connected: set[str] = set()
        """Paths of the devices that are connected."""
        self.most_connected = 0
        """How many were connected at a time."""
        self.sent: dict[str, dict[str, Any]] = {}
        """Advertisements by (path of the) adapter, as BlueZ has read them."""
        self.refuse_advertising: str | None = None
        """Name of a D-Bus error that RegisterAdvertisement answers."""
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def known(self) -> set[str]:
        """Addresses of the devices that BlueZ knows."""
        return {device["Address"].value for device in self._devices.values()}

    def sole_adapter(self) -> str:
        """Return the adapter of the only device that BlueZ knows."""
        [path] = self._devices
        return path.split("/")[3]

    def set_device(self, address: str, adapter: str = "hci0", **properties: bool) -> None:
        """Change properties of a device."""
        path = f"/org/bluez/{adapter}/dev_{address.replace(':', '_')}"
        changed = {name: Variant("b", value) for name, value in properties.items()}
        self._devices[path].update(changed)
        self._changed(path, DEVICE, changed)

    async def release(self, adapter: str = "hci0") -> None:
        """End the advertisement of an adapter, as BlueZ does when the adapter is reset."""
        owner, path = self.sent.pop(f"/org/bluez/{adapter}")["owner"]
        assert self._bus is not None
        await self._bus.call(Message(destination=owner, path=path, interface=ADVERTISEMENT, member="Release"))

    def _answer(self, message: Message) -> Message | bool | None:  # type: ignore[override]
        if message.message_type is not MessageType.METHOD_CALL:
            return None
        path = message.path or ""
        if message.member in ("RegisterAdvertisement", "UnregisterAdvertisement") and path in self._adapters:
            return self._advertising(message)
        if message.member == "RemoveDevice":
            self.calls.append(("RemoveDevice", message.body[0].rpartition("/")[2]))
            return self._removed(message)
        device = path[: path.find("/service")] if "/service" in path else path
        if device not in self._devices:
            return super()._answer(message)
        self.calls.append((str(message.member), path.rpartition("/")[2]))
        phone = self.phones.get(self._devices[device]["Address"].value, Phone())
        match message.member:
            case "Connect":
                return self._connect(message, device, phone)
            case "Disconnect":
                self._disconnect(device)
            case "ReadValue":
                return Message.new_method_return(message, "ay", [phone.value])
        return Message.new_method_return(message)

    def _connect(self, message: Message, device: str, phone: Phone) -> Message | bool:
        if phone.silent:
            return True  # no reply
        if phone.error is not None:
            return Message.new_error(message, phone.error, f"no connection to {device}")
        self.connected.add(device)
        self.most_connected = max(self.most_connected, len(self.connected))
        self._set(device, Connected=True)
        for path, interfaces in self._services(device, phone).items():
            self._added(path, interfaces)
        self._set(device, ServicesResolved=True)
        return Message.new_method_return(message)

    def _disconnect(self, device: str) -> None:
        self.connected.discard(device)
        self._set(device, Connected=False, ServicesResolved=False)

    def _services(self, device: str, phone: Phone) -> dict[str, dict[str, dict[str, Variant]]]:
        if not phone.service:
            return {}
        service, characteristic = f"{device}/service0001", f"{device}/service0001/char0002"
        return {
            service: {
                SERVICE: {
                    "UUID": Variant("s", phone.service),
                    "Device": Variant("o", device),
                    "Primary": Variant("b", True),
                }
            },
            characteristic: {
                CHARACTERISTIC: {
                    "UUID": Variant("s", phone.characteristic),
                    "Service": Variant("o", service),
                    "Flags": Variant("as", ["read"]),
                }
            },
        }

    def _removed(self, message: Message) -> Message:
        path = message.body[0]
        if path not in self._devices:
            return Message.new_error(message, "org.bluez.Error.DoesNotExist", "Does Not Exist")
        if path in self.connected:
            self._disconnect(path)
        del self._devices[path]
        self._signal("/", OBJECTS, "InterfacesRemoved", "oas", [path, [DEVICE]])
        return Message.new_method_return(message)

    def _advertising(self, message: Message) -> Message | bool:
        assert message.path is not None
        if message.member == "UnregisterAdvertisement":
            self.sent.pop(message.path, None)
            return Message.new_method_return(message)
        if self.refuse_advertising is not None:
            return Message.new_error(message, self.refuse_advertising, "refused")
        task = asyncio.get_running_loop().create_task(self._register(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _register(self, message: Message) -> None:
        assert self._bus is not None
        assert message.path is not None
        answer = await self._bus.call(
            Message(
                destination=message.sender,
                path=message.body[0],
                interface=PROPERTIES,
                member="GetAll",
                signature="s",
                body=[ADVERTISEMENT],
            )
        )
        assert answer is not None
        self.sent[message.path] = {"owner": (message.sender, message.body[0]), **unpack_variants(answer.body[0])}
        await self._bus.send(Message.new_method_return(message))

    def _set(self, device: str, **properties: bool) -> None:
        if device in self._devices:
            changed = {name: Variant("b", value) for name, value in properties.items()}
            self._devices[device].update(changed)
            self._changed(device, DEVICE, changed)
