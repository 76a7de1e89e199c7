"""A display of our own, where a test must see what the agent says."""

import json
import socket
from pathlib import Path
from typing import Any

from edge_agent.contracts.base import Contract
from edge_agent.contracts.screen import Hello
from tests.integration.processes import until


class Screen:
    """Connects, says hello, and reads."""

    def __init__(self, path: Path, hello: Contract | bytes | None = None) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(30)
        until(lambda: self._connected(path), f"a socket at {path.name}")
        self.send(hello if hello is not None else Hello(width_px=640, height_px=360))

    def send(self, message: Contract | bytes) -> None:
        self._socket.send(message if isinstance(message, bytes) else message.model_dump_json().encode())

    def receive(self) -> dict[str, Any]:
        """Return the next message; an empty one where the agent has hung up."""
        try:
            packet = self._socket.recv(1 << 17)
        except ConnectionResetError:  # it hung up with something unread
            return {}
        return json.loads(packet) if packet else {}

    def wait_for(self, kind: str) -> dict[str, Any]:
        """Return the next message of a kind."""
        while (message := self.receive())["type"] != kind:
            pass
        return message

    def close(self) -> None:
        self._socket.close()

    def _connected(self, path: Path) -> bool:
        try:
            self._socket.connect(str(path))
        except OSError:
            return False
        return True
