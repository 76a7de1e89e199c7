"""Serves the application on the unit's port, as a part under supervision."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Generator
from typing import Final

import uvicorn
from starlette.types import ASGIApp

from edge_agent.contracts.base import MESSAGE_MAX_BYTES
from edge_agent.contracts.config import WebConfig
from edge_agent.errors import ServerError
from edge_agent.supervisor import Health
from edge_agent.web.hosts import is_loopback

log = logging.getLogger(__name__)

CONNECTIONS_MAX: Final = 256
"""Connections of all kinds; more are answered with 503."""

SHUTDOWN_S: Final = 2
"""Open streams have this long to end."""


class WebServer:
    """uvicorn inside the agent's own event loop."""

    def __init__(self, web: WebConfig, app: ASGIApp, health: Health) -> None:
        self.health = health
        self._web = web
        self._app = app
        if not is_loopback(web.host):
            log.warning("web: listening on %s: everybody on that network can open the clerk's page", web.host)

    async def run(self) -> None:
        """Serve until cancelled; raise :class:`ServerError` where the port cannot be had."""
        listener = self._listen()
        server = _Server(
            uvicorn.Config(
                self._app,
                ws="wsproto",
                ws_max_size=2 * MESSAGE_MAX_BYTES,
                ws_per_message_deflate=False,
                limit_concurrency=CONNECTIONS_MAX,
                timeout_graceful_shutdown=SHUTDOWN_S,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
            )
        )
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        self.health.running()
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            await serving

    def _listen(self) -> socket.socket:
        try:
            return socket.create_server(
                (self._web.host, self._web.port), family=_family(self._web.host), backlog=CONNECTIONS_MAX
            )
        except (OSError, UnicodeError) as error:
            raise ServerError(
                f"cannot listen on {self._web.host}:{self._web.port} ({error}); check web.host and web.port"
            ) from error


class _Server(uvicorn.Server):
    """Signals belong to the process, not to a part of it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
