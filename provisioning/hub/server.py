"""The hub's process: the application behind uvicorn, over TLS."""

import asyncio
import logging
import socket

import uvicorn

from edge_agent.contracts.config import HubServerConfig
from provisioning.hub.app import make_app
from provisioning.hub.context import Hub
from provisioning.hub.protocol import CONNECTIONS_MAX, PunctualProtocol

log = logging.getLogger(__name__)

_STOP_S = 2  # nudge streams never end by themselves


def make_server(hub: Hub) -> uvicorn.Server:
    """Return the server, not yet running."""
    files = hub.authority.server_files(hub.config.names, hub.now())
    return uvicorn.Server(
        uvicorn.Config(
            make_app(hub),
            ssl_certfile=files.chain,
            ssl_keyfile=files.key,
            http=PunctualProtocol,
            limit_concurrency=CONNECTIONS_MAX,
            timeout_graceful_shutdown=_STOP_S,
            log_config=None,
            access_log=False,
            server_header=False,
        )
    )


def listen(config: HubServerConfig) -> socket.socket:
    """Open the hub's socket; raises OSError where the address is taken or not of this machine."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    return socket.create_server((config.host, config.port), family=family)


def serve(config: HubServerConfig) -> None:
    """Serve until a signal ends it. Raises OSError where the socket cannot be opened."""
    hub = Hub.open(config)
    with listen(config) as opened:
        host, port = opened.getsockname()[:2]
        log.info("the hub serves https://%s:%d, folder %s", host, port, config.folder)
        try:
            asyncio.run(make_server(hub).serve(sockets=[opened]))
        finally:
            hub.close()
