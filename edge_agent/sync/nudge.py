"""The hub says "pull now": a stream of server-sent events. While it is down, the pull polls."""

import asyncio

import httpx2

from edge_agent.contracts.api import NUDGES
from edge_agent.contracts.base import MESSAGE_MAX_BYTES, Identifier
from edge_agent.errors import HubError
from edge_agent.supervisor import Health
from edge_agent.sync.client import HubClient

SILENCE_S = 45.0
"""The hub says something every 15 s; after three misses the stream is dead."""


class PullNow:
    """What the nudge tells a part that pulls."""

    def __init__(self) -> None:
        self.wanted = asyncio.Event()
        """Set: pull now."""
        self.live = False
        """Whether the stream is up, so that polling can rest."""


class Nudge:
    """The stream, as a part."""

    def __init__(
        self,
        client: HubClient,
        store: Identifier,
        pull_now: PullNow,
        health: Health,
        presence_now: PullNow | None = None,
    ) -> None:
        """``presence_now``: for the reports of apps; ``None`` where the unit has no beacon of its own."""
        self.health = health
        self._client = client
        self._store = store
        self._pull_now = pull_now
        self._presence_now = presence_now
        self._all = (pull_now,) if presence_now is None else (pull_now, presence_now)

    async def run(self) -> None:
        """Listen until cancelled; raises HubError when the stream ends."""
        try:
            async with self._client.stream(NUDGES, {"store": self._store}, silence_s=SILENCE_S) as response:
                for pull_now in self._all:
                    pull_now.live = True
                self.health.running()
                async for event in httpx2.EventSource(response, max_event_size=MESSAGE_MAX_BYTES):
                    self._nudged(event.event)
        finally:
            for pull_now in self._all:
                pull_now.live = False
                pull_now.wanted.set()  # something may have been missed
        raise HubError("the hub ended the nudge stream")

    def _nudged(self, kind: str) -> None:
        if kind == "presence":
            if self._presence_now is not None:
                self._presence_now.wanted.set()
        else:
            self._pull_now.wanted.set()
