"""The unit key: loaded at the start where it lies on the unit, asked of the hub otherwise; and what shreds."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from edge_agent.admin.doctor.facts import Key
from edge_agent.clock import Clock
from edge_agent.contracts.config import AgentConfig
from edge_agent.engine import Engine
from edge_agent.errors import DamagedError, HubError, StoreError
from edge_agent.store.unit_key import UnitKey, load_unit_key
from edge_agent.store.worker import Worker
from edge_agent.sync.client import HubClient
from edge_agent.sync.unlock import Ask, hub_key

log = logging.getLogger(__name__)

SHRED_S: Final = 60.0
"""How often it is looked whether anybody was erased whose key is still there."""


class UnitKeys:
    """Where the unit key comes from. Without it the slice stays locked and all else goes on; it is asked for again."""

    def __init__(self, config: AgentConfig, credentials: Path | None, client: HubClient | None) -> None:
        """``credentials``: the folder of systemd credentials, where there is one."""
        self._config = config
        self._credentials = credentials
        self._client = client
        self.held: UnitKey | None = None
        """The key; ``None`` until it is here."""
        if config.slice.unlock == "unit":
            with suppress(StoreError):  # asked again, and told, by the part that unlocks
                self.held = self._load()

    async def ask(self) -> UnitKey:
        """Return the key. Raises StoreError or HubError, which say what to do."""
        if self.held is None:
            self.held = await self._asked()
        return self.held

    def report(self) -> Key:
        """Return where the key comes from and whether it is here, for the doctor."""
        if self.held is not None:
            return Key(self.held.source, held=True)
        if self._config.slice.unlock == "hub":
            return Key("hub", held=False)
        return Key("file" if self._credentials is None else "credential", held=False)

    async def _asked(self) -> UnitKey:
        if self._config.slice.unlock == "unit":
            return await asyncio.to_thread(self._load)
        if self._client is None:
            raise HubError('slice.unlock = "hub", and there is no hub.url; set it, or slice.unlock = "unit"')
        ask: Ask = hub_key(self._client, self._config.store, self._config.unit)
        return await ask()

    def _load(self) -> UnitKey:
        return load_unit_key(self._config.folder, self._credentials, in_tpm=self._config.slice.tpm)


async def keep_shredding(engine: Engine, worker: Worker, clock: Clock, told: Callable[[], None]) -> None:
    """After erasures, destroy the key that still opens what was erased; for ever. ``told``: a receipt may be queued."""
    refused = False
    while True:
        await asyncio.sleep(SHRED_S)
        try:
            await worker.pieces(engine.shred(clock.now()))
            refused = False
        except DamagedError:
            raise
        except StoreError as error:
            if not refused:
                log.error("the keys of who was erased cannot be destroyed: %s; trying again", error)
            refused = True
        else:
            told()
