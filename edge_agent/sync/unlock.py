"""The slice is opened with the unit key, as a part: asked for until it comes, kept in memory only.

Until then nobody is known: everything is generic, and the doctor says why.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from edge_agent.contracts.api import SLICE_KEY
from edge_agent.contracts.base import Identifier
from edge_agent.contracts.unit import SliceKey
from edge_agent.store.opening import GIVEN_UP
from edge_agent.store.slice import SliceStore
from edge_agent.store.unit_key import UnitKey
from edge_agent.store.worker import Worker
from edge_agent.supervisor import Health
from edge_agent.sync.client import HubClient

log = logging.getLogger(__name__)

Ask = Callable[[], Awaitable[UnitKey]]
"""Returns the unit key. Raises HubError or StoreError where it is not to be had at the moment."""


class Unlock:
    """Reads the slice through, then opens it: a start need not wait for either."""

    def __init__(
        self, slices: SliceStore, worker: Worker, ask: Ask, opened: Callable[[UnitKey], None], health: Health
    ) -> None:
        """``opened`` is called once, when the slice can be read; it is empty where it had to be given up."""
        self.health = health
        self.given_up = ""
        """What became of a slice that the key does not open, for the doctor; empty: it opened."""
        self._slices = slices
        self._worker = worker
        self._ask = ask
        self._opened = opened
        self._sound = False

    async def run(self) -> None:
        """Ask until the slice is open, then wait to be cancelled.

        Raises HubError or StoreError where the key is not to be had, DamagedError where the slice is broken.
        """
        if self._slices.locked:
            if not self._sound:  # before anything is read: a broken index can hide who withdrew
                await asyncio.to_thread(self._slices.read_through)
                self._sound = True
            unit_key = await self._ask()
            if not await self._worker.call(self._slices.unlock, unit_key):
                self.given_up = f"slice: {GIVEN_UP} (the key is from: {unit_key.source})"
                log.error("%s", self.given_up)
            self._opened(unit_key)
        self.health.running()
        await asyncio.Event().wait()


def hub_key(client: HubClient, store: Identifier, unit: Identifier) -> Ask:
    """Return how to ask the hub."""

    async def ask() -> UnitKey:
        answer = await client.get(SLICE_KEY, {"store": store, "unit": unit}, SliceKey)
        return UnitKey(bytes.fromhex(answer.key), "hub")

    return ask
