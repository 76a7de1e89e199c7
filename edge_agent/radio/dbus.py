"""Calls over the system bus, on a connection of one's own, with errors that say what to do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from dbus_fast import BusType, DBusFastError, Message, MessageType
from dbus_fast.aio import MessageBus

from edge_agent.errors import RadioError

REPLY_S: Final = 10.0
"""A program on the bus is taken for dead when it does not answer for so long."""

DBUS_ERRORS: Final = (DBusFastError, OSError, EOFError, TimeoutError)
"""What a call over D-Bus raises when the other side or the bus is gone."""

PROPERTIES: Final = "org.freedesktop.DBus.Properties"
OBJECTS: Final = "org.freedesktop.DBus.ObjectManager"
DBUS: Final = "org.freedesktop.DBus"


class Refused(OSError):
    """The other side answered with an error."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(f"{name}: {text}" if text else name)
        self.name = name
        """Its D-Bus name, such as ``org.bluez.Error.Failed``."""


@asynccontextmanager
async def system_bus() -> AsyncIterator[MessageBus]:
    """Connect to the system bus. Raises RadioError with what to do where there is none."""
    try:
        bus = MessageBus(bus_type=BusType.SYSTEM)
    except DBUS_ERRORS as error:
        raise RadioError(_no_dbus(error), "down") from error
    try:
        try:
            async with asyncio.timeout(REPLY_S):
                await bus.connect()
        except DBUS_ERRORS as error:
            raise RadioError(_no_dbus(error), "down") from error
        yield bus
    finally:
        bus.disconnect()


async def call(
    bus: MessageBus,
    service: str,
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    body: Any = None,
    reply_s: float = REPLY_S,
) -> Any:
    """Call a method and return the first value of its answer, at the latest after ``reply_s``.

    Raises Refused for an error of the other side, and one of DBUS_ERRORS where nobody answers.
    """
    message = Message(
        destination=service, path=path, interface=interface, member=member, signature=signature, body=body or []
    )
    async with asyncio.timeout(reply_s):
        reply = await bus.call(message)
    if reply is None:
        raise OSError("no reply")
    if reply.message_type is MessageType.ERROR:
        raise Refused(str(reply.error_name), str(reply.body[0]) if reply.body else "")
    return reply.body[0] if reply.body else None


async def match(bus: MessageBus, rule: str) -> None:
    """Ask for the signals of a match rule; raises as :func:`call`."""
    await call(bus, DBUS, "/org/freedesktop/DBus", DBUS, "AddMatch", "s", [f"type='signal',{rule}"])


def _no_dbus(error: BaseException) -> str:
    return f"no D-Bus system bus ({str(error) or type(error).__name__}): apt-get install dbus, systemctl start dbus"
