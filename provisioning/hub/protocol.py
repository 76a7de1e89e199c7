"""HTTP that waits for nobody: who connects says his whole request in time, or is hung up on.

uvicorn has a deadline between requests and none within one, so this adds it.
"""

import asyncio
from typing import Final

from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTIONS_MAX: Final = 900
"""Connections of one worker, nudge streams included; more are answered with 503. A process may open 1024 files."""

HEADERS_S: Final = 10.0
"""The head of a request is here so long after its connection, or after its first byte."""


class PunctualProtocol(H11Protocol):
    """uvicorn's protocol with a deadline for the head of a request."""

    headers_s: float = HEADERS_S
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start the clock with the connection."""
        super().connection_made(transport)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Start the clock again where a further request begins, and stop it with the end of the head."""
        self._expect()
        super().data_received(data)
        if not self._between_requests() and self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        super().connection_lost(exc)
        if self._deadline is not None:
            self._deadline.cancel()

    def _expect(self) -> None:
        if self._deadline is None and self._between_requests():
            self._deadline = self.loop.call_later(self.headers_s, self._late)

    def _late(self) -> None:
        self._deadline = None
        if self._between_requests():
            self.transport.close()

    def _between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete
