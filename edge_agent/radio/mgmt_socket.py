"""The conversation with the kernel on its Bluetooth management socket: one question at a time, events between."""

import asyncio
import ctypes
import os
import socket
import struct
from collections.abc import Callable
from typing import Final

from edge_agent.errors import RadioError
from edge_agent.radio import mgmt_packets as mgmt
from edge_agent.radio.mgmt_packets import Command, Packet, Reply

REPLY_S: Final = 10.0
"""The kernel answers when the controller has; one that takes longer is stuck."""

PACKETS_AT_ONCE: Final = 100
"""So many packets are read before the event loop gets its turn. The rest waits in the socket's buffer, which the
kernel bounds: where it is full, it drops."""

GATHER_S: Final = 0.02
"""Packets are read in bundles, for waking up costs several times more than reading one. Nobody notices the delay."""

_AF_BLUETOOTH = 31  # many builds of Python leave out socket.AF_BLUETOOTH
_HCI = 1
_CONTROL_CHANNEL = 3


def open_management_socket() -> socket.socket:
    """Open the socket; that it may do anything shows with the first command. Raises OSError."""
    management = socket.socket(_AF_BLUETOOTH, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _HCI)
    address = struct.pack("=HHH", _AF_BLUETOOTH, mgmt.NO_ADAPTER, _CONTROL_CHANNEL)
    libc = ctypes.CDLL(None, use_errno=True)  # Python's own bind() knows no channels before 3.14
    if libc.bind(management.fileno(), address, len(address)) != 0:
        management.close()
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return management


class Conversation:
    """Questions and events on one open socket. Needs a running event loop."""

    def __init__(
        self, management: socket.socket, take: Callable[[Packet], None], lose: Callable[[RadioError], None]
    ) -> None:
        """``take``: gets every event that answers no question. ``lose``: is told once that the socket has failed."""
        self._socket = management
        self._take = take
        self._lose = lose
        self._asked: tuple[Command, asyncio.Future[Reply]] | None = None
        self._loop = asyncio.get_running_loop()
        self._gathering: asyncio.TimerHandle | None = None
        management.setblocking(False)
        self._listen()

    async def ask(self, command: Command, index: int = mgmt.NO_ADAPTER, body: bytes = b"") -> Reply:
        """Send one command and wait for how it ended. Raises RadioError where the socket fails or nothing comes."""
        future: asyncio.Future[Reply] = self._loop.create_future()
        self._asked = command, future
        try:
            self._socket.send(mgmt.command(command, index, body))
            async with asyncio.timeout(REPLY_S):
                return await future
        except TimeoutError as error:
            raise RadioError("the kernel does not answer: unplug the adapter, or restart the unit") from error
        except OSError as error:
            raise _broken(error) from error
        finally:
            self._asked = None

    def close(self) -> None:
        """End the conversation."""
        if self._gathering is not None:
            self._gathering.cancel()
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _listen(self) -> None:
        self._gathering = None
        self._loop.add_reader(self._socket, self._readable)

    def _readable(self) -> None:
        try:
            for _ in range(PACKETS_AT_ONCE):
                data = self._socket.recv(mgmt.PACKET_MAX_BYTES)
                if not data:
                    raise ConnectionResetError("it was closed")
                if (packet := mgmt.read(data)) is not None:
                    self._hand_on(packet)
        except BlockingIOError:  # all read
            self._loop.remove_reader(self._socket)
            self._gathering = self._loop.call_later(GATHER_S, self._listen)
        except OSError as error:
            self._loop.remove_reader(self._socket)
            self._lose(_broken(error))

    def _hand_on(self, packet: Packet) -> None:
        reply = mgmt.reply(packet)
        if reply is None:
            self._take(packet)
        elif self._asked is not None and self._asked[0] == reply.command and not self._asked[1].done():
            self._asked[1].set_result(reply)


def _broken(error: OSError) -> RadioError:
    return RadioError(f"Bluetooth management socket: {error.strerror or error}")
