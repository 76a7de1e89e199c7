"""TLS towards the broker, for the unit's own connection and for the tablets' that it carries."""

import ssl

from edge_agent.contracts.config import BrokerConfig
from edge_agent.errors import BusError


def client_context(broker: BrokerConfig) -> ssl.SSLContext | None:
    """Return the context for ``broker.ca_file``; ``None`` without TLS. Raises :class:`BusError` for a bad file."""
    if broker.ca_file is None:
        return None
    try:
        return ssl.create_default_context(cafile=broker.ca_file)
    except (OSError, ssl.SSLError) as error:
        raise BusError(f"broker.ca_file {broker.ca_file}: {error}") from error
