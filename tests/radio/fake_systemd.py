"""A small ``org.freedesktop.systemd1`` on a private bus: it starts units by name, or refuses to."""

from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus

PATH = "/org/freedesktop/systemd1"
MANAGER = "org.freedesktop.systemd1.Manager"


class FakeSystemd:
    """What systemd shows of its jobs."""

    def __init__(self) -> None:
        self.started: list[str] = []
        """Units that were started, newest last."""
        self.refuse: str | None = None
        """Name of a D-Bus error that StartUnit answers: polkit said no."""
        self.result = "done"
        """How jobs end."""
        self._bus: MessageBus | None = None

    async def start(self) -> None:
        """Appear on the bus."""
        self._bus = await MessageBus(bus_type=BusType.SYSTEM).connect()
        self._bus.add_message_handler(self._answer)
        await self._bus.request_name("org.freedesktop.systemd1")

    async def stop(self) -> None:
        """Vanish from it."""
        assert self._bus is not None
        self._bus.disconnect()
        await self._bus.wait_for_disconnect()

    def _answer(self, message: Message) -> Message | None:
        if message.message_type is not MessageType.METHOD_CALL or message.interface != MANAGER:
            return None
        if message.member == "Subscribe":
            return Message.new_method_return(message)
        if self.refuse is not None:
            return Message.new_error(message, self.refuse, "Interactive authentication required.")
        unit, _mode = message.body
        self.started.append(unit)
        number = len(self.started)
        job = f"{PATH}/job/{number}"
        assert self._bus is not None
        self._bus.send(Message.new_method_return(message, "o", [job]))
        for body in ([number + 100, f"{PATH}/job/{number + 100}", unit, "canceled"], [number, job, unit, self.result]):
            self._bus.send(Message.new_signal(PATH, MANAGER, "JobRemoved", "uoss", body))
        return None
