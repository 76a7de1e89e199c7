"""One Bluetooth adapter as BlueZ shows it: which to use, and whether it is still there.

bleak logs the loss of D-Bus and says nothing about the loss of bluetoothd, of the adapter or of discovery. So this
watches them on a connection of its own, which asks for no device's signals and therefore costs nothing.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from dbus_fast import Message, MessageType, unpack_variants
from dbus_fast.aio import MessageBus

from edge_agent.errors import RadioError, RadioTrouble
from edge_agent.radio.dbus import DBUS, DBUS_ERRORS, OBJECTS, PROPERTIES, Refused, call, match, system_bus

log = logging.getLogger(__name__)

BLUEZ: Final = "org.bluez"
ADAPTER: Final = "org.bluez.Adapter1"
FOLDER: Final = "/org/bluez/"
_ACCESS_DENIED: Final = "org.freedesktop.DBus.Error.AccessDenied"


class AdapterWatch:
    """The state of one adapter, kept up to date by signals."""

    def __init__(self, bus: MessageBus, name: str, discovering: bool) -> None:
        self._bus = bus
        self.name = name
        """``hci0``."""
        self.discovering = discovering
        """Whether BlueZ says that it scans."""
        self.problem: RadioError | None = None
        """Why the adapter cannot be used any more, and what to do."""
        self._lost = asyncio.Event()

    async def wait(self, timeout_s: float) -> None:
        """Wait until there is a problem, at most so long."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._lost.wait()
        except TimeoutError:
            pass

    async def forget(self, path: str) -> None:
        """Let BlueZ forget a device; it is shown as a new one when it is heard again. As well as may be."""
        try:
            await call(self._bus, BLUEZ, FOLDER + self.name, ADAPTER, "RemoveDevice", "o", [path])
        except DBUS_ERRORS as error:
            log.debug("BlueZ keeps a device: %s", type(error).__name__)  # its text may name the device

    def handle(self, message: Message) -> None:
        """Take in one signal."""
        if message.message_type is not MessageType.SIGNAL:
            return
        if message.member == "NameOwnerChanged" and message.body[0] == BLUEZ:
            self.lose("bluetoothd ended; if it does not come back: systemctl status bluetooth", "down")
        elif message.member == "InterfacesRemoved" and message.body[0] == FOLDER + self.name:
            self.lose(f"Bluetooth adapter {self.name} was unplugged, or its driver reset it: plug it in", "away")
        elif message.member == "PropertiesChanged" and message.path == FOLDER + self.name:
            changed = unpack_variants(message.body[1])
            self.discovering = changed.get("Discovering", self.discovering)
            if changed.get("Powered") is False:
                self.lose(_switched_off(self.name), "off")

    def lose(self, problem: str, trouble: RadioTrouble) -> None:
        """The adapter cannot be used any more; the first reason stays."""
        self.problem = self.problem or RadioError(problem, trouble)
        self._lost.set()


@asynccontextmanager
async def watch_adapter(wanted: str | None) -> AsyncIterator[AdapterWatch]:
    """Find the adapter to use (``None``: the first that is switched on) and watch it.

    Raises RadioError with what to do when there is none.
    """
    async with system_bus() as bus:
        watch = await _open(bus, wanted)
        disconnected = asyncio.create_task(_until_disconnected(bus, watch), name="radio: D-Bus connection")
        try:
            yield watch
        finally:
            disconnected.cancel()


async def _open(bus: MessageBus, wanted: str | None) -> AdapterWatch:
    try:
        await match(bus, f"sender='{DBUS}',member='NameOwnerChanged',arg0='{BLUEZ}'")
        objects = await call(bus, BLUEZ, "/", OBJECTS, "GetManagedObjects")
        adapters = {
            path.removeprefix(FOLDER): unpack_variants(interfaces[ADAPTER])
            for path, interfaces in objects.items()
            if ADAPTER in interfaces
        }
        name = choose_adapter(adapters, wanted)
        watch = AdapterWatch(bus, name, bool(adapters[name].get("Discovering")))
        bus.add_message_handler(watch.handle)
        path = FOLDER + name  # rules so narrow that no device's signals come
        await match(bus, f"interface='{PROPERTIES}',member='PropertiesChanged',path='{path}'")
        await match(bus, f"interface='{OBJECTS}',member='InterfacesRemoved',arg0path='{path}'")
    except DBUS_ERRORS as error:
        raise bluez_error(error) from error
    return watch


def bluez_error(error: BaseException) -> RadioError:
    """Say what to do when BlueZ did not answer, or refused to."""
    if isinstance(error, Refused) and error.name == _ACCESS_DENIED:
        return RadioError("D-Bus does not let this user talk to BlueZ: sh systemd/install.sh gives the right", "down")
    reason = str(error) or type(error).__name__
    return RadioError(f"BlueZ does not answer ({reason}): apt-get install bluez, systemctl start bluetooth", "down")


def choose_adapter(adapters: dict[str, dict[str, Any]], wanted: str | None) -> str:
    """Choose among adapters and their properties. Raises RadioError with what to do when none can be used."""
    if not adapters:
        raise RadioError(
            "no Bluetooth adapter: plug one in, or enable the built-in one (dmesg | grep -i bluetooth)", "away"
        )
    if wanted is not None and wanted not in adapters:
        there = ", ".join(sorted(adapters))
        raise RadioError(f"no Bluetooth adapter {wanted}: plug it in, or set radio.adapters to some of {there}", "away")
    names = sorted(adapters, key=lambda name: (len(name), name)) if wanted is None else [wanted]
    able = [name for name in names if "central" in adapters[name].get("Roles", ["central"])]
    if not able:
        raise RadioError(
            f"Bluetooth adapter {', '.join(names)} cannot scan for Bluetooth LE: plug in another one", "away"
        )
    for name in able:
        if adapters[name].get("Powered"):
            return name
    raise RadioError(_switched_off(able[0]), "off")


async def _until_disconnected(bus: MessageBus, watch: AdapterWatch) -> None:
    try:
        await bus.wait_for_disconnect()  # type: ignore[no-untyped-call]
    except DBUS_ERRORS:
        pass
    watch.lose("D-Bus ended; if it does not come back: systemctl status dbus", "down")


def _switched_off(name: str) -> str:
    return f"Bluetooth adapter {name} is switched off: rfkill unblock bluetooth, bluetoothctl power on"
