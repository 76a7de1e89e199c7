"""The kernel's side of a management socket: one adapter, told by the test what happens to it."""

import asyncio
import socket
import struct

from edge_agent.radio import mgmt_packets as mgmt
from edge_agent.radio.mgmt_packets import HEADER, Command, Event, Settings, Status

ADAPTER = 1
"""hci1; hci0 is there, switched off."""
MONITOR = 7


class FakeKernel:
    """Answers commands as Linux does; ``refuse`` says with which status it answers some of them."""

    def __init__(self) -> None:
        self.ours, self._its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._its.setblocking(False)
        self.refuse: dict[Command, int] = {}
        self.silent = False
        """Answers nothing any more."""
        self.adapters: list[int] = [0, ADAPTER]
        self.asked: list[Command] = []
        self._changed = asyncio.Event()
        asyncio.get_running_loop().add_reader(self._its, self._readable)

    def fileno(self) -> int:
        """Its end of the socket, for another process that helps."""
        return self._its.fileno()

    def close(self) -> None:
        """Take the socket away, if it is still there."""
        if self._its.fileno() < 0:
            return
        asyncio.get_running_loop().remove_reader(self._its)
        self._its.close()

    async def until_asked(self, command: Command, times: int) -> None:
        """Wait until a command has come so often."""
        while self.asked.count(command) < times:
            self._changed.clear()
            await self._changed.wait()

    def found(self, data: bytes, rssi_dbm: int = -50, *, kind: int = 2, by_monitor: bool = False) -> None:
        """Somebody advertised."""
        body = struct.pack("<6sBbIH", bytes(range(6)), kind, rssi_dbm, 0, len(data)) + data
        if by_monitor:
            self.say(Event.MONITOR_FOUND, struct.pack("<H", 0) + body)
        else:
            self.say(Event.FOUND, body)

    def discovering(self, running: bool) -> None:
        """Discovery began or ended."""
        self.say(Event.DISCOVERING, bytes([6, running]))

    def say(self, code: int, body: bytes, index: int = ADAPTER) -> None:
        """Send any event."""
        self.send(HEADER.pack(code, index, len(body)) + body)

    def send(self, packet: bytes) -> None:
        """Send any bytes."""
        self._its.send(packet)

    def _readable(self) -> None:
        packet = self._its.recv(4096)
        if not packet:
            return
        code, index, _ = HEADER.unpack_from(packet)
        command = Command(code)
        self.asked.append(command)
        self._changed.set()
        if self.silent:
            return
        status = self.refuse.get(command, Status.OK)
        if status == Status.OK:
            self.say(Event.COMPLETE, struct.pack("<HB", code, status) + self._answer(command, index), index)
        else:
            self.say(Event.STATUS, struct.pack("<HB", code, status), index)
        if command == Command.START_DISCOVERY and status == Status.OK:
            self.discovering(True)

    def _answer(self, command: Command, index: int) -> bytes:
        match command:
            case Command.READ_ADAPTERS:
                return struct.pack(f"<H{len(self.adapters)}H", len(self.adapters), *self.adapters)
            case Command.READ_ADAPTER:
                settings = Settings.POWERED | Settings.LE if index == ADAPTER else Settings.LE
                return bytes(13) + struct.pack("<I", settings) + bytes(263)
            case Command.ADD_PATTERNS_MONITOR:
                return mgmt.handle(MONITOR)
            case _:
                return b""
