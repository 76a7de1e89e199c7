"""One scan on the kernel's Bluetooth management socket: raw advertisements, as bluetoothd itself gets them.

Every advertisement arrives whole and at once: no cache, no D-Bus, all manufacturer segments. It takes the
capability CAP_NET_ADMIN, which a systemd drop-in gives (docs/raw-radio.md). bluetoothd goes on beside it; what
either of them starts, both hear.

An advertisement monitor runs along. With one the kernel asks the controller for every repetition, which otherwise
it does not: a controller that filters strictly reports a still phone once in ten seconds without, and each time
with it. Alone, without discovery, it makes the kernel listen passively. The kernel forgets neither when this
process is killed; bluetoothd clears monitors when it starts.
"""

import asyncio
import os
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, Literal

from edge_agent.errors import RadioError
from edge_agent.radio import mgmt_packets as mgmt
from edge_agent.radio.mgmt_packets import Command, Event, Packet, Reply, Settings, Status
from edge_agent.radio.mgmt_socket import Conversation, open_management_socket
from edge_agent.radio.patterns import Pattern
from edge_agent.radio.scan import Hear, ScanKind

RESTART_EVERY_S: Final = 1.0
"""Discovery is begun again no more often than this. The kernel ends it after 10.24 s; other programs may, too."""

_ABLE: Final = Settings.POWERED | Settings.LE
_DROP_IN: Final = "install the drop-in of docs/raw-radio.md, then restart the agent"


class MgmtScan:
    """A scan on one adapter; see :class:`edge_agent.radio.scan.Scan`."""

    def __init__(
        self,
        hear: Hear,
        wanted: str | None,
        mode: Literal["active", "passive"],
        patterns: Sequence[Pattern],
        open_socket: Callable[[], socket.socket] = open_management_socket,
    ) -> None:
        """``wanted``: name of the adapter; ``None``: the first one that is switched on.

        ``patterns``: what must be heard. A controller that matches patterns itself may keep anything else back while
        discovery pauses; from all others the kernel hands on everything.
        """
        self._hear = hear
        self._wanted = wanted
        self._mode = mode
        self._patterns = patterns
        self._open = open_socket
        self._kernel: Conversation | None = None
        self._index = mgmt.NO_ADAPTER
        self._monitor: int | None = None
        self._running = False
        self._ended = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self._problem: RadioError | None = None
        self._lost = asyncio.Event()

    @property
    def kind(self) -> ScanKind:
        """How it scans."""
        return "raw"

    @property
    def adapter(self) -> str:
        """``hci0``; empty until an adapter was found."""
        return "" if self._index == mgmt.NO_ADAPTER else f"hci{self._index}"

    @property
    def discovering(self) -> bool:
        """Whether the kernel says that it scans; a passive scan goes on as long as its monitor is there."""
        return self._running if self._mode == "active" else self._monitor is not None

    @property
    def problem(self) -> RadioError | None:
        """Why this scan will hear nothing any more."""
        return self._problem

    async def start(self) -> None:
        """Find the adapter and scan. Raises RadioError."""
        try:
            management = self._open()
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error)
            raise RadioError(f"no Bluetooth management socket ({reason}): {_DROP_IN}", "down") from error
        self._kernel = Conversation(management, self._take, self._lose)
        self._index = await self._choose(self._kernel)
        await self._begin(self._kernel)
        self._keeper = asyncio.create_task(self._keep(self._kernel), name=f"radio: discovery on {self.adapter}")

    async def wait(self, timeout_s: float) -> None:
        """Return when there is a problem, at the latest after so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._lost.wait()

    async def stop(self) -> None:
        """End what was started, as well as may be."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        if self._kernel is None:
            return
        try:
            if self._mode == "active" and self._running:
                await self._kernel.ask(Command.STOP_DISCOVERY, self._index, mgmt.LE_DISCOVERY)
            if self._monitor is not None:
                await self._kernel.ask(Command.REMOVE_MONITOR, self._index, mgmt.handle(self._monitor))
        except RadioError:
            pass  # what it ran on is gone
        finally:
            self._kernel.close()

    async def _choose(self, kernel: Conversation) -> int:
        present = mgmt.adapters((await kernel.ask(Command.READ_ADAPTERS)).body)
        if self._wanted is not None:
            present = [index for index in present if f"hci{index}" == self._wanted]
        if not present:
            what = f"adapter {self._wanted}" if self._wanted else "adapter"
            raise RadioError(f"no Bluetooth {what}: plug one in, or enable the built-in one", "away")
        for index in present:
            if mgmt.adapter_settings((await kernel.ask(Command.READ_ADAPTER, index)).body) & _ABLE == _ABLE:
                return index
        raise _switched_off(f"hci{present[0]}")

    async def _begin(self, kernel: Conversation) -> None:
        """Add the monitor where there is none, then discover. Raises RadioError when that is refused."""
        if self._monitor is None:
            added = await kernel.ask(Command.ADD_PATTERNS_MONITOR, self._index, mgmt.monitored(self._patterns))
            if added.status == Status.OK:
                self._monitor = mgmt.monitor(added.body)
            elif self._mode == "passive" or added.status == Status.PERMISSION_DENIED:
                raise self._refused("monitor advertisements", added)
        if self._mode == "active":
            begun = await kernel.ask(Command.START_DISCOVERY, self._index, mgmt.LE_DISCOVERY)
            if begun.status == Status.OK:
                self._running = True
            elif begun.status != Status.BUSY:  # busy: another program discovers, and we hear what it finds
                raise self._refused("scan", begun)

    async def _keep(self, kernel: Conversation) -> None:
        """Begin again what has ended, for ever."""
        try:
            while True:
                await self._ended.wait()
                self._ended.clear()
                await self._begin(kernel)
                if not self.discovering:
                    self._ended.set()
                await asyncio.sleep(RESTART_EVERY_S)
        except RadioError as error:
            self._lose(error)

    def _take(self, packet: Packet) -> None:
        if packet.index != self._index:
            return
        match packet.code:
            case Event.FOUND | Event.MONITOR_FOUND:
                if (heard := mgmt.advertisement(packet)) is not None:
                    self._hear(heard)
            case Event.DISCOVERING:
                self._running = mgmt.discovering(packet.body)
                if not self._running:
                    self._ended.set()
            case Event.MONITOR_REMOVED if mgmt.monitor(packet.body) == self._monitor:  # bluetoothd does, when it starts
                self._monitor = None
                self._ended.set()
            case Event.SETTINGS if Settings.POWERED not in mgmt.settings(packet.body):
                self._lose(_switched_off(self.adapter))
            case Event.ADAPTER_REMOVED:
                self._lose(
                    RadioError(f"Bluetooth adapter {self.adapter} was unplugged, or its driver reset it", "away")
                )

    def _lose(self, problem: RadioError) -> None:
        self._problem = self._problem or problem
        self._lost.set()

    def _refused(self, what: str, reply: Reply) -> RadioError:
        match reply.status:
            case Status.PERMISSION_DENIED:
                return RadioError(f"the kernel does not let this user {what}: {_DROP_IN}", "down")
            case Status.NOT_POWERED | Status.RFKILLED:
                return _switched_off(self.adapter)
            case Status.INVALID_INDEX:
                return _unplugged(self.adapter)
            case Status.UNKNOWN_COMMAND | Status.NOT_SUPPORTED:
                return RadioError(f"{self.adapter} cannot {what}: set radio.scan or radio.backend to their defaults")
            case status:
                return RadioError(f"{self.adapter} does not {what} (status {status:#x}): systemctl restart bluetooth")


def _switched_off(adapter: str) -> RadioError:
    return RadioError(
        f"Bluetooth adapter {adapter} is switched off: rfkill unblock bluetooth, bluetoothctl power on", "off"
    )


def _unplugged(adapter: str) -> RadioError:
    return RadioError(f"Bluetooth adapter {adapter} was unplugged, or its driver reset it", "away")
