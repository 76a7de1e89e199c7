"""The hub's process: the application behind uvicorn, over TLS."""

import asyncio
import logging
import signal
import socket
import sys

import uvicorn

from edge_agent.contracts.config import HubServerConfig
from provisioning.hub.app import make_app
from provisioning.hub.context import Hub
from provisioning.hub.protocol import CONNECTIONS_MAX, PunctualProtocol

log = logging.getLogger(__name__)

_STOP_S = 2  # for answers that are under way
_GOODBYE_S = 0.2  # TLS would wait 30 s for the good-bye of a unit that only keeps its connection for later


class _Server(uvicorn.Server):
    """uvicorn waits for its connections when it stops; this one brings them to their end."""

    def __init__(self, config: uvicorn.Config, hub: Hub) -> None:
        super().__init__(config)
        self._hub = hub

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._hub.fanout.end()
        hanging_up = asyncio.create_task(self._hang_up())
        try:
            await super().shutdown(sockets)
        finally:
            hanging_up.cancel()

    async def _hang_up(self) -> None:
        while True:
            await asyncio.sleep(_GOODBYE_S)
            for connection in self.server_state.connections:
                if connection.transport.is_closing():
                    connection.transport.abort()


def make_server(hub: Hub) -> uvicorn.Server:
    """Return the server, not yet running."""
    files = hub.authority.server_files(hub.config.names, hub.now())
    return _Server(
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
        ),
        hub,
    )


def listen(config: HubServerConfig) -> socket.socket:
    """Open the hub's socket; raises OSError where the address is taken or not of this machine."""
    family = socket.AF_INET6 if ":" in config.host else socket.AF_INET
    return socket.create_server((config.host, config.port), family=family)


def serve(config: HubServerConfig) -> None:
    """Serve until a signal ends it; SIGTERM is no failure. Raises OSError where the socket cannot be opened."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # uvicorn raises the signal again when it has stopped
    hub = Hub.open(config)
    with listen(config) as opened:
        host, port = opened.getsockname()[:2]
        log.info("the hub serves https://%s:%d, folder %s", host, port, config.folder)
        try:
            asyncio.run(make_server(hub).serve(sockets=[opened]))
        finally:
            hub.close()
