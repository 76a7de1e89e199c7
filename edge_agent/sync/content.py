"""What the screen shows, from the hub to the content folder. It works offline for ever with what is here.

It is a part of its own, because a film may take hours, and neither a withdrawal nor an emergency waits for that.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from typing import Final

from edge_agent.clock import Clock
from edge_agent.contracts.base import Sha256
from edge_agent.contracts.catalogue import Catalogue, ContentItem, Emergency, LoopItem
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.storage import ContentReport
from edge_agent.errors import DiskError, HubError
from edge_agent.store.catalogue import CatalogueStore
from edge_agent.supervisor import Health
from edge_agent.sync.client import HubClient, UnreachableError
from edge_agent.sync.content_folder import ContentFolder, read_playlist
from edge_agent.sync.download import download
from edge_agent.sync.manifest import Choice, Shop, choose

log = logging.getLogger(__name__)

REFRESH_S: Final = 300.0
"""So often what has become due, or is past, is looked at, and what could not be had is tried again."""

RETRY_S: Final = 30.0
"""So often while the line is down in the middle of it."""

CHECK_EVERY_S: Final = 86_400.0
"""Every file is read through again so often: cards forget."""

CHECK_STEP_S: Final = 5.0
"""Between two steps of that ..."""

CHECK_STEP_BYTES: Final = 16 * 1024 * 1024
"""... each of which reads no more than this, and one file at least."""

_MB: Final = 1_000_000
_UNREACHABLE_MAX: Final = 2  # files in a row whose line broke: then it is the line, not the file


class Content:
    """The content of one unit, as a part."""

    def __init__(
        self,
        client: HubClient,
        config: AgentConfig,
        catalogue: CatalogueStore,
        clock: Clock,
        new_playlist: Callable[[str], None],
        health: Health,
    ) -> None:
        """``new_playlist``: tells the display which version of the playlist lies in the folder now."""
        self.health = health
        self._client = client
        self._config = config
        self._catalogue = catalogue
        self._clock = clock
        self._new_playlist = new_playlist
        self._shop = Shop(config.screen.languages, config.display.video)
        self._folder = ContentFolder(config.content_folder, config.screen.languages)
        self._writing = asyncio.Lock()
        self._news = asyncio.Event()
        self._choice = Choice()
        self._loop: tuple[LoopItem, ...] = ()
        self._checked_s: dict[Sha256, float] = {}
        self._retry_s = REFRESH_S
        self._report = ContentReport()

    def report(self) -> ContentReport:
        """How it is."""
        return self._report

    async def run(self) -> None:
        """Fetch, publish and look after the files until cancelled. Raises StoreError where no catalogue can be read."""
        self.health.running()
        while True:
            await self.refresh()
            await self._idle()

    async def changed(self) -> None:
        """The catalogue has changed: an emergency is told at once, what is missing is fetched as soon as may be.

        Raises StoreError.
        """
        try:
            emergency = _emergency(await asyncio.to_thread(self._catalogue.screens))
            async with self._writing:
                await asyncio.to_thread(self._folder.prepare)
                self._tell(await asyncio.to_thread(self._folder.announce, emergency))
            await self._look()
        except DiskError as error:
            await self._note(error)  # the next round tries again
        finally:
            self._news.set()

    async def refresh(self) -> None:
        """Bring in what is missing, and publish what is here. What could not be had is in the report.

        What the hub took back leaves the screen first; what is new joins the loop when all of it that is due is here.
        """
        self._news.clear()
        self._retry_s = REFRESH_S
        problem: HubError | DiskError | None = None
        try:
            await asyncio.to_thread(self._folder.prepare)
            held = await asyncio.to_thread(self._catalogue.screens)
            if held is None:
                return
            self._choice = await asyncio.to_thread(self._choose, held)
            self._loop = held.loop
            wanted = {item.sha256 for item in self._choice.wanted}
            self._checked_s = {name: at_s for name, at_s in self._checked_s.items() if name in wanted}
            await self._publish(wait=True)
            problem = await self._fetch()
            await self._publish(wait=self._news.is_set() or isinstance(problem, UnreachableError))
        except DiskError as error:
            problem = error
            self._retry_s = RETRY_S
        await self._note(problem)

    async def check(self) -> bool:
        """Read some files through; False: all have been, not long ago. A damaged one leaves the screen."""
        now_s = self._clock.now().monotonic_s
        late = [
            item
            for item in self._choice.wanted
            if now_s - self._checked_s.get(item.sha256, float("-inf")) >= CHECK_EVERY_S
        ]
        held, read_bytes, damaged = await asyncio.to_thread(self._folder.held, late), 0, False
        for item in late:
            if read_bytes and read_bytes + item.size_bytes > CHECK_STEP_BYTES:
                break
            self._checked_s[item.sha256] = now_s
            if item.sha256 in held:
                read_bytes += item.size_bytes
                if not await asyncio.to_thread(self._folder.sound, item):
                    log.warning(
                        "content %s: damaged on the disk; it leaves the screen and is fetched again", item.sha256
                    )
                    self._report = self._report.model_copy(update={"damaged": self._report.damaged + 1})
                    damaged = True
        if damaged:
            await self._publish(wait=False)
            self._news.set()
        return bool(late)

    async def _idle(self) -> None:
        """Wait for news, at most until the next round, and read files through meanwhile."""
        until_s = self._clock.now().monotonic_s + self._retry_s
        while (left_s := until_s - self._clock.now().monotonic_s) > 0:
            try:
                checking = await self.check()
            except DiskError as error:
                await self._note(error)
                checking = False
            try:
                async with asyncio.timeout(min(left_s, CHECK_STEP_S) if checking else left_s):
                    await self._news.wait()
                return
            except TimeoutError:
                pass

    def _choose(self, held: Catalogue) -> Choice:
        now, limits = self._clock.now(), self._config.content
        choice = choose(
            held.content if self._config.display.enabled else (),
            held.loop,
            self._shop,
            now.utc if now.utc_trusted else None,
            self._folder.held(held.content),
            limits.budget_mb * _MB,
            self._folder.room_bytes(limits.spare_mb * _MB),
        )
        if choice.left_out != self._choice.left_out:
            told = ", ".join(f"{count} for {reason}" for reason, count in Counter(choice.left_out.values()).items())
            room = {"budget", "room"} & set(choice.left_out.values())
            level = logging.WARNING if room else logging.INFO
            log.log(level, "content: %d files are for this screen, left out: %s", len(choice.wanted), told or "none")
        if choice.over_bytes and not self._choice.over_bytes:
            over_mb = choice.over_bytes / _MB
            log.warning("content: what is due now takes %.0f MB more than content.budget_mb; it stays", over_mb)
        return choice

    async def _fetch(self) -> HubError | DiskError | None:
        """Bring in what is missing; return why the last file that still is could not be had, or the line that is down.

        One file that the hub cannot give as it announced it, or that the disk does not take, keeps no other away.
        """
        problem: HubError | DiskError | None = None
        here = await asyncio.to_thread(self._folder.held, self._choice.wanted)
        arrived = broken = 0
        for number, item in enumerate(self._choice.wanted):
            if number == self._choice.pictures_due and arrived:
                await self._publish(wait=True)  # films, and what is not due yet, may take hours
            if item.sha256 in here:
                continue
            try:
                if not await self._download(item):
                    return problem
                arrived += 1
                broken = 0
            except UnreachableError as error:
                problem = error
                self._retry_s = max(RETRY_S, error.retry_after_s or 0.0)
                broken += 1
                if broken == _UNREACHABLE_MAX:
                    return error
            except (HubError, DiskError) as error:
                problem = error
        return problem

    async def _download(self, item: ContentItem) -> bool:
        spare_bytes = self._config.content.spare_mb * _MB
        if not await asyncio.to_thread(self._folder.has_room, item, spare_bytes):
            await self._publish(wait=False)  # what was shown before gives up its place
            await asyncio.to_thread(self._folder.drop_old, self._choice.wanted)
            if not await asyncio.to_thread(self._folder.has_room, item, spare_bytes):
                raise DiskError(f"{self._folder.path}: no room for {item.size_bytes} bytes more; check what is full")
        whole = await download(
            self._client, self._config.store, item, self._folder.path, lambda: not self._news.is_set()
        )
        if whole:
            self._folder.fetched(item.sha256)
            self._checked_s[item.sha256] = self._clock.now().monotonic_s
        return whole

    async def _publish(self, *, wait: bool) -> None:
        wanted, left_out = self._choice.wanted, self._choice.left_out
        named = {item.sha256 for item in wanted}
        loop = tuple(item for item in self._loop if item.picture in named)
        async with self._writing:
            emergency = _emergency(await asyncio.to_thread(self._catalogue.screens))
            self._tell(
                await asyncio.to_thread(self._folder.publish, wanted, loop, emergency, wait=wait, unwanted=left_out)
            )
        await self._look()

    def _tell(self, version: str | None) -> None:
        if version is not None:
            log.info("content: playlist %s is in force", version)
            self._new_playlist(version)

    async def _note(self, problem: HubError | DiskError | None) -> None:
        """Remember a problem, or that there is none, and say it once."""
        said = "" if problem is None else str(problem)[:200]
        if said and said != self._report.problem:
            log.warning("content: %s; what is here stays on the screen", problem)
        self._report = self._report.model_copy(update={"problem": said})
        await self._look()

    async def _look(self) -> None:
        """Bring the report up to date."""
        playlist = await asyncio.to_thread(read_playlist, self._folder.path)
        files = () if playlist is None else playlist.files
        named = {item.sha256 for item in files}
        self._report = ContentReport(
            version="" if playlist is None else playlist.version,
            files=len(files),
            files_bytes=sum(item.size_bytes for item in files),
            missing=sum(item.sha256 not in named for item in self._choice.wanted),
            left_out=dict(Counter(self._choice.left_out.values())),
            over_bytes=self._choice.over_bytes,
            damaged=self._report.damaged,
            problem=self._report.problem,
            emergency_until=None if playlist is None or playlist.emergency is None else playlist.emergency.valid_until,
        )


def _emergency(held: Catalogue | None) -> Emergency | None:
    return None if held is None else held.emergency
