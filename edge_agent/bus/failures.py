"""What went wrong with the broker, in words for the person who has to mend it."""

import socket
import ssl

from aiomqtt import MqttCodeError, MqttError

from edge_agent.errors import BusError

_BAD_CREDENTIALS = {4, 5, 134, 135}
"""CONNACK of MQTT 3.1.1 (4: bad user name or password, 5: not authorised) and paho's translation to MQTT 5."""


def explain(error: MqttError | OSError | UnicodeError, host: str, port: int) -> BusError:
    """Return the failure as a :class:`BusError` that names the broker, the cause and what to check."""
    where = f"broker {host}:{port}"
    cause = error.__context__ if isinstance(error, MqttError) else error
    match cause:
        case socket.gaierror() | UnicodeError():
            return BusError(f"{where}: the name is not known; check broker.host and the store's DNS")
        case ssl.SSLCertVerificationError():
            return BusError(f"{where}: its certificate is not trusted ({cause.verify_message}); check broker.ca_file")
        case ssl.SSLError():
            return BusError(f"{where}: TLS failed ({cause.reason}); does this port speak TLS?")
        case ConnectionRefusedError():
            return BusError(f"{where}: nothing listens there; is the broker running?")
        case ConnectionResetError():
            return BusError(f"{where}: it hung up at once; is this a broker's port, and with TLS as configured?")
        case TimeoutError():
            return BusError(f"{where}: no answer; check the network")
    if isinstance(error, MqttCodeError) and _code(error) in _BAD_CREDENTIALS:
        return BusError(f"{where}: it refused us; check broker.username and broker.password_file")
    if str(error).startswith("Disconnected"):
        return BusError(f"{where}: the connection was lost")
    return BusError(f"{where}: {error}")


def _code(error: MqttCodeError) -> int | None:
    return error.rc if isinstance(error.rc, int | None) else error.rc.value
