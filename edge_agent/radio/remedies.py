"""What the agent itself can do for an adapter, over D-Bus and without any capability."""

import asyncio
from typing import Final

from dbus_fast import Message, Variant
from dbus_fast.aio import MessageBus

from edge_agent.errors import RadioError
from edge_agent.radio.adapter import ADAPTER, BLUEZ, FOLDER, bluez_error
from edge_agent.radio.dbus import DBUS_ERRORS, PROPERTIES, Refused, call, match, system_bus

POWER_OFF_S: Final = 1.0
"""How long an adapter stays switched off, so that its firmware forgets what it was doing."""

RESET_S: Final = 60.0
"""At most so long the reset service takes (its unit file says so too)."""

_SYSTEMD: Final = "org.freedesktop.systemd1"
_SYSTEMD_PATH: Final = "/org/freedesktop/systemd1"
_MANAGER: Final = "org.freedesktop.systemd1.Manager"


def reset_unit(adapter: str) -> str:
    """Return the unit that resets an adapter."""
    return f"edge-bluetooth-reset@{adapter}.service"


async def power_cycle(adapter: str) -> None:
    """Switch an adapter off and on again. Raises RadioError with what to do."""
    async with system_bus() as bus:
        try:
            await _set_powered(bus, adapter, powered=False)
            await asyncio.sleep(POWER_OFF_S)
            await _set_powered(bus, adapter, powered=True)
        except Refused as refused:
            raise RadioError(
                f"adapter {adapter} cannot be switched off and on ({refused}): rfkill list bluetooth", "off"
            ) from refused
        except DBUS_ERRORS as error:
            raise bluez_error(error) from error


async def _set_powered(bus: MessageBus, adapter: str, *, powered: bool) -> None:
    body = [ADAPTER, "Powered", Variant("b", powered)]
    await call(bus, BLUEZ, FOLDER + adapter, PROPERTIES, "Set", "ssv", body)


async def start_reset_service(adapter: str) -> None:
    """Let systemd run the reset service of an adapter, and wait for it. Raises RadioError with what to do."""
    unit = reset_unit(adapter)
    async with system_bus() as bus:
        results: dict[str, str] = {}
        ended = asyncio.Event()

        def job_removed(message: Message) -> None:
            if message.member == "JobRemoved":
                results[message.body[1]] = message.body[3]
                ended.set()

        try:
            bus.add_message_handler(job_removed)
            await match(bus, f"sender='{_SYSTEMD}',interface='{_MANAGER}',member='JobRemoved',arg2='{unit}'")
            await call(bus, _SYSTEMD, _SYSTEMD_PATH, _MANAGER, "Subscribe")
            wanted = [unit, "replace"]
            # systemd asks polkit first, which has to be started for that.
            job = await call(bus, _SYSTEMD, _SYSTEMD_PATH, _MANAGER, "StartUnit", "ss", wanted, reply_s=RESET_S)
            async with asyncio.timeout(RESET_S):
                while job not in results:
                    ended.clear()
                    await ended.wait()
        except Refused as refused:
            raise RadioError(
                f"systemd does not start {unit} ({refused}): apt-get install polkitd, sh systemd/install.sh"
            ) from refused
        except DBUS_ERRORS as error:
            reason = str(error) or type(error).__name__
            raise RadioError(f"{unit} did not end ({reason}): journalctl -u {unit}") from error
        if results[job] != "done":
            raise RadioError(f"{unit} could not reset the adapter ({results[job]}): journalctl -u {unit}")
