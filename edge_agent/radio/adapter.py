"""One Bluetooth adapter as BlueZ shows it: which to use, and whether it is still there.

bleak logs the loss of D-Bus and says nothing about the loss of bluetoothd, of the adapter or of discovery. So this
watches them on a connection of its own, which asks for no device's signals and therefore costs nothing.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from dbus_fast import BusType, DBusFastError, Message, MessageType, unpack_variants
from dbus_fast.aio import MessageBus

from edge_agent.errors import RadioError

BLUEZ_REPLY_S: Final = 10.0
"""BlueZ is taken for dead when it does not answer for so long."""

DBUS_ERRORS: Final = (DBusFastError, OSError, EOFError, TimeoutError)
"""What a call over D-Bus raises when the other side or the bus is gone."""

_BLUEZ: Final = "org.bluez"
_ADAPTER: Final = "org.bluez.Adapter1"
_FOLDER: Final = "/org/bluez/"
_PROPERTIES: Final = "org.freedesktop.DBus.Properties"
_OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
_DBUS: Final = "org.freedesktop.DBus"
_ACCESS_DENIED: Final = "org.freedesktop.DBus.Error.AccessDenied"


class AdapterWatch:
    """The state of one adapter, kept up to date by signals."""

    def __init__(self, name: str, discovering: bool) -> None:
        self.name = name
        """``hci0``."""
        self.discovering = discovering
        """Whether BlueZ says that it scans."""
        self.problem: str | None = None
        """Why the adapter cannot be used any more, and what to do."""
        self._lost = asyncio.Event()

    async def wait(self, timeout_s: float) -> None:
        """Wait until there is a problem, at most so long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._lost.wait()
        except TimeoutError:
            pass

    def handle(self, message: Message) -> None:
        """Take in one signal."""
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.body[0] == _BLUEZ:
            self.lose("bluetoothd ended; if it does not come back: systemctl status bluetooth")
        elif message.member == "InterfacesRemoved" and message.body[0] == _FOLDER + self.name:
            self.lose(f"Bluetooth adapter {self.name} was unplugged, or its driver reset it")
        elif message.member == "PropertiesChanged" and message.path == _FOLDER + self.name:
            changed = unpack_variants(message.body[1])
            self.discovering = changed.get("Discovering", self.discovering)
            if changed.get("Powered") is False:
                self.lose(_switched_off(self.name))

    def lose(self, problem: str) -> None:
        """The adapter cannot be used any more; the first reason stays."""
        self.problem = self.problem or problem
        self._lost.set()


@asynccontextmanager
async def watch_adapter(wanted: str | None) -> AsyncIterator[AdapterWatch]:
    """Find the adapter to use (``None``: the first that is switched on) and watch it.

    Raises RadioError with what to do when there is none.
    """
    try:
        bus = MessageBus(bus_type=BusType.SYSTEM)
    except DBUS_ERRORS as error:
        raise RadioError(_no_dbus(error)) from error
    try:
        watch = await _open(bus, wanted)
        disconnected = asyncio.create_task(_until_disconnected(bus, watch), name="radio: D-Bus connection")
        try:
            yield watch
        finally:
            disconnected.cancel()
    finally:
        bus.disconnect()


async def _open(bus: MessageBus, wanted: str | None) -> AdapterWatch:
    try:
        async with asyncio.timeout(BLUEZ_REPLY_S):
            await bus.connect()
    except DBUS_ERRORS as error:
        raise RadioError(_no_dbus(error)) from error
    try:
        async with asyncio.timeout(BLUEZ_REPLY_S):
            await _match(bus, f"sender='{_DBUS}',member='NameOwnerChanged',arg0='{_BLUEZ}'")
            objects = await _call(bus, _BLUEZ, "/", _OBJECTS, "GetManagedObjects")
            adapters = {
                path.removeprefix(_FOLDER): unpack_variants(interfaces[_ADAPTER])
                for path, interfaces in objects.items()
                if _ADAPTER in interfaces
            }
            name = choose_adapter(adapters, wanted)
            watch = AdapterWatch(name, bool(adapters[name].get("Discovering")))
            bus.add_message_handler(watch.handle)
            path = _FOLDER + name  # rules so narrow that no device's signals come
            await _match(bus, f"interface='{_PROPERTIES}',member='PropertiesChanged',path='{path}'")
            await _match(bus, f"interface='{_OBJECTS}',member='InterfacesRemoved',arg0path='{path}'")
    except DBUS_ERRORS as error:
        reason = str(error) or type(error).__name__
        raise RadioError(
            f"BlueZ does not answer ({reason}): apt-get install bluez, systemctl start bluetooth"
        ) from error
    return watch


def choose_adapter(adapters: dict[str, dict[str, Any]], wanted: str | None) -> str:
    """Choose among adapters and their properties. Raises RadioError with what to do when none can be used."""
    if not adapters:
        raise RadioError("no Bluetooth adapter: plug one in, or enable the built-in one (dmesg | grep -i bluetooth)")
    if wanted is not None and wanted not in adapters:
        raise RadioError(
            f"no Bluetooth adapter {wanted}: plug it in, or set radio.adapters to some of {', '.join(sorted(adapters))}"
        )
    names = sorted(adapters, key=lambda name: (len(name), name)) if wanted is None else [wanted]
    able = [name for name in names if "central" in adapters[name].get("Roles", ["central"])]
    if not able:
        raise RadioError(f"Bluetooth adapter {', '.join(names)} cannot scan for Bluetooth LE: plug in another one")
    for name in able:
        if adapters[name].get("Powered"):
            return name
    raise RadioError(_switched_off(able[0]))


async def _match(bus: MessageBus, rule: str) -> None:
    await _call(bus, _DBUS, "/org/freedesktop/DBus", _DBUS, "AddMatch", "s", [f"type='signal',{rule}"])


async def _call(
    bus: MessageBus, service: str, path: str, interface: str, member: str, signature: str = "", body: Any = None
) -> Any:
    reply = await bus.call(
        Message(
            destination=service, path=path, interface=interface, member=member, signature=signature, body=body or []
        )
    )
    if reply is None or reply.message_type is MessageType.ERROR:
        name = reply.error_name if reply else "no reply"
        if name == _ACCESS_DENIED:
            raise RadioError("D-Bus does not let this user talk to BlueZ: add it to the group bluetooth")
        raise OSError(name)
    return reply.body[0] if reply.body else None


async def _until_disconnected(bus: MessageBus, watch: AdapterWatch) -> None:
    try:
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
    except DBUS_ERRORS:
        pass
    watch.lose("D-Bus ended; if it does not come back: systemctl status dbus")


def _no_dbus(error: BaseException) -> str:
    return f"no D-Bus system bus ({str(error) or type(error).__name__}): apt-get install dbus, systemctl start dbus"


def _switched_off(name: str) -> str:
    return f"Bluetooth adapter {name} is switched off: rfkill unblock bluetooth, bluetoothctl power on"
