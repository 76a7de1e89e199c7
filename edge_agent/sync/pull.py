"""What the store may know: slice, catalogue, campaigns and configuration, from the hub to the disk."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Literal, TypeVar
from urllib.parse import urlencode

from edge_agent.contracts.api import CAMPAIGNS, CATALOGUE, CATALOGUE_CHANGES, CONFIG, SLICE
from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue, CatalogueChanges
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.slice import SlicePage
from edge_agent.errors import DamagedError, DiskError, HubError, StoreError
from edge_agent.events import KnowledgeChanged, SliceChanged
from edge_agent.store.catalogue import CatalogueStore
from edge_agent.store.slice import SliceStore
from edge_agent.store.slice_log import Applied
from edge_agent.store.worker import Worker
from edge_agent.supervisor import Health
from edge_agent.sync.client import AbsentError, GoneError, HubClient, UnreachableError
from edge_agent.sync.configuration import ConfigTree, desired_config, write_config
from edge_agent.sync.merge import BrokenPageError, check_page
from edge_agent.sync.nudge import PullNow

log = logging.getLogger(__name__)

REFRESH_S = 300.0
"""Also without a nudge the lease is renewed, and new token keys come, this often."""

DESIRED_FILE = "desired.toml"
"""The configuration that the hub wants; it takes effect when somebody puts it in the place of the present one."""

PAGE_MAX_BYTES = 16 * 1024 * 1024
"""Largest page of the slice; the hub ends a page of profiles after 256 KiB."""

T = TypeVar("T")

Emit = Callable[[SliceChanged | KnowledgeChanged], None]


@dataclass(frozen=True, slots=True)
class Destination:
    """Where pulled things go."""

    worker: Worker
    slices: SliceStore
    catalogue: CatalogueStore
    refused: Callable[[], frozenset[CustomerId]]
    """Who withdrew for good; called on the worker's thread."""
    emit: Emit
    """Tells the engine."""
    new_catalogue: Callable[[], Awaitable[None]]
    """Tells whoever looks after the content."""


class Pull:
    """The pull, as a part: at once, after each nudge, and every ``poll_s`` while the nudge stream is down."""

    def __init__(
        self, client: HubClient, config: AgentConfig, to: Destination, pull_now: PullNow, health: Health
    ) -> None:
        self.health = health
        self._client = client
        self._config = config
        self._to = to
        self._pull_now = pull_now
        self._store = {"store": config.store}
        self._config_etag: str | None = None
        self._complaint = ""

    async def run(self) -> None:
        """Pull until cancelled; raises HubError when the slice cannot be had."""
        while True:
            self._pull_now.wanted.clear()
            broken = None
            try:
                if await self.pull_slice():
                    self.health.running()
            except UnreachableError:
                raise
            except HubError as error:  # an emergency must not wait for a broken slice
                broken = error
            await self._try_knowledge()
            if broken is not None:
                raise broken
            timeout_s = REFRESH_S if self._pull_now.live else self._config.hub.poll_s
            try:
                async with asyncio.timeout(timeout_s):  # wait_for of Python 3.11 can swallow a cancellation
                    await self._pull_now.wanted.wait()
            except TimeoutError:
                pass

    async def pull_slice(self) -> bool:
        """Bring the slice up to the hub's state: whole checkpoints, or nothing. False: it is not open yet.

        Each page is written as it comes, in force for nobody. After a break or a restart the pull goes on where it
        stood, unless the hub has forgotten that place.
        """
        if self._to.slices.locked:
            return False  # whoever unlocks it asks for a pull
        try:
            pending = self._to.slices.pending()
            try:
                await self._pull_pages(self._to.slices.cursor() if pending is None else pending.cursor)
            except GoneError as gone:
                log.warning("%s; the whole slice is loaded anew", gone)
                await self._to.worker.pieces(self._to.slices.abandon())
                await self._pull_pages(None)
        except DamagedError:
            raise
        except StoreError as error:
            raise HubError(f"slice: {error}; it is pulled again") from error
        return True

    async def pull_knowledge(self) -> None:
        """Bring in what changed of catalogue, campaigns and configuration. Files are fetched by another part."""
        if await self._catalogue():
            self._to.emit(KnowledgeChanged())
            await self._to.new_catalogue()
        if await self._document("campaigns"):
            self._to.emit(KnowledgeChanged())
        await self._desired_config()

    async def _try_knowledge(self) -> None:
        """Bring in the rest, as far as it goes: the slice must not wait for a broken catalogue."""
        try:
            await self.pull_knowledge()
            self._complaint = ""
        except DamagedError:
            raise
        except (HubError, DiskError, StoreError) as error:
            if str(error) != self._complaint:
                self._complaint = str(error)
                log.warning("what is held stays in use: %s", error)

    async def _pull_pages(self, cursor: str | None) -> None:
        """Write page after page until a checkpoint has come into force.

        A whole slice may take minutes, and an emergency comes with the catalogue: what is said meanwhile is looked at
        between two pages, and again in the end, because the slice may have changed as well.
        """
        nudged, applied = False, None
        while applied is None:
            query = urlencode({"cursor": cursor}) if cursor else ""
            page = await self._client.get(SLICE, self._store, SlicePage, query, PAGE_MAX_BYTES)
            try:
                await asyncio.to_thread(self._check, page, cursor)
            except BrokenPageError as error:
                await self._to.worker.pieces(self._to.slices.abandon())
                raise HubError(f"slice: {error}; nothing was applied") from error
            applied = await self._write(page)
            cursor = page.cursor
            if applied is None and self._pull_now.wanted.is_set():
                nudged = True
                self._pull_now.wanted.clear()
                await self._try_knowledge()
        if nudged:
            self._pull_now.wanted.set()
        if applied.skipped:
            log.warning("%d broken profiles of the slice were skipped, the rest is used", applied.skipped)
        self._to.emit(SliceChanged(applied.changed, page.lease_until))
        await self._to.worker.pieces(self._to.slices.sweep())

    async def _write(self, page: SlicePage) -> Applied | None:
        """Write a page. Where the disk refuses, whoever changed by it is not known until it takes it."""
        try:
            return await self._to.worker.pieces(self._to.slices.add(page, self._to.refused))
        except DamagedError:
            raise
        except StoreError:
            lease_until = self._to.slices.lease_until()
            if lease_until is not None and self._to.slices.outdated:
                self._to.emit(SliceChanged(self._to.slices.outdated, lease_until))
            raise

    def _check(self, page: SlicePage, cursor: str | None) -> None:
        pending = None if cursor is None else self._to.slices.pending()
        pages, size_bytes = (0, 0) if pending is None else (pending.pages, pending.size_bytes)
        check_page(page, self._config.store, cursor, pages, size_bytes)

    async def _catalogue(self) -> bool:
        """Bring in what changed, or the whole where the hub no longer knows what is held."""
        store, held = self._to.catalogue, self._to.catalogue.etag("catalogue")
        if held is None:
            return await self._document("catalogue")
        try:
            document = await self._client.get_if_changed(CATALOGUE_CHANGES, self._store, held)
        except (GoneError, AbsentError):  # an older hub does not know how to tell
            return await self._document("catalogue")
        if document is None:
            return False
        changes = await asyncio.to_thread(document.parse, CatalogueChanges)
        if not await self._to.worker.call(store.change_catalogue, changes):
            log.warning("catalogue: the changes do not fit what is held; the whole is loaded anew")
            return await self._document("catalogue", anew=True)
        log.info("catalogue: %d products changed, %d are gone", len(changes.products), len(changes.removed))
        return True

    async def _document(self, kind: Literal["catalogue", "campaigns"], *, anew: bool = False) -> bool:
        endpoint = CATALOGUE if kind == "catalogue" else CAMPAIGNS
        store = self._to.catalogue
        try:
            document = await self._client.get_if_changed(endpoint, self._store, None if anew else store.etag(kind))
        except AbsentError:
            return False  # nobody has put one yet
        if document is None:
            return False
        if kind == "catalogue":
            catalogue = await asyncio.to_thread(document.parse, Catalogue)
            await self._to.worker.call(store.put_catalogue, catalogue, document.etag)
        else:
            campaigns = await asyncio.to_thread(document.parse, CampaignFile)
            await self._to.worker.call(store.put_campaigns, campaigns, document.etag)
        log.info("%s: a new version is here", kind)
        return True

    async def _desired_config(self) -> None:
        own = self._config
        document = await self._client.get_if_changed(CONFIG, {"store": own.store, "unit": own.unit}, self._config_etag)
        if document is None or own.hub.url is None:
            return
        config = desired_config(document.parse(ConfigTree).root, own.hub.url, own.folder)
        path = own.folder / DESIRED_FILE
        if await asyncio.to_thread(write_config, path, config):
            log.info("the hub wants another configuration: see %s", path)
        self._config_etag = document.etag
