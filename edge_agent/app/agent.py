"""The agent of one unit: its parts, its engine, and the arrows between them."""

import asyncio
import logging
import secrets
import signal
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import sdnotify

from edge_agent import __version__
from edge_agent.admin.server import AdminSocket
from edge_agent.app.admin import admin_socket
from edge_agent.app.ending import damage_in
from edge_agent.app.inside import Inside
from edge_agent.app.keys import UnitKeys, keep_shredding
from edge_agent.app.radios import radio_parts
from edge_agent.app.screens import UnitScreen
from edge_agent.app.secrets import broker_password
from edge_agent.bus.connection import Bus
from edge_agent.bus.tls import client_context
from edge_agent.clerk.notifier import Notifier
from edge_agent.clerk.tablets import Tablets
from edge_agent.clock import Clock, SystemClock
from edge_agent.contracts.base import Identifier
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.topics import StoreTopics
from edge_agent.contracts.unit import PartReport
from edge_agent.engine import Engine, StoreKnowledge
from edge_agent.errors import DamagedError
from edge_agent.events import Effect, Instant, ReadToken, SliceChanged, ToClerks, ToScreen, ToUnits
from edge_agent.loop import Inbox, Loop
from edge_agent.metrics import Metrics
from edge_agent.pipeline import Pipeline
from edge_agent.radio.beacon import UnitBeacon
from edge_agent.radio.gatt import TokenReader
from edge_agent.radio.listener import Listener, never
from edge_agent.retention import Retention
from edge_agent.store.card_box import CardBox
from edge_agent.store.opening import open_stores, set_damaged_slice_aside
from edge_agent.store.unit_key import UnitKey
from edge_agent.store.worker import Worker
from edge_agent.supervisor import Health, Part, supervise
from edge_agent.sync.client import HubClient
from edge_agent.sync.content import Content
from edge_agent.sync.content_folder import playlist_version
from edge_agent.sync.nudge import Nudge, PullNow
from edge_agent.sync.presence import AppPresence
from edge_agent.sync.pull import Destination, Pull
from edge_agent.sync.push import Push
from edge_agent.sync.unlock import Unlock
from edge_agent.telling import Fact
from edge_agent.units.messenger import Messenger
from edge_agent.units.status import UnitStatus
from edge_agent.web.app import Sources, build
from edge_agent.web.carrier import Carrier
from edge_agent.web.feed import StoryFeed
from edge_agent.web.hosts import allowed_hosts
from edge_agent.web.live import LiveView
from edge_agent.web.server import WebServer

log = logging.getLogger(__name__)

P = TypeVar("P", bound=Part)

PAGE: Final = Path(__file__).parents[1] / "clerk" / "page"
BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class Agent:
    """One unit: its parts, its engine, and the arrows between them."""

    def __init__(self, config: AgentConfig, credentials: Path | None = None, clock: Clock | None = None) -> None:
        """``credentials``: the folder of systemd credentials, where there is one. Raises FileError, StoreError."""
        self._config = config
        self._credentials = credentials
        self._clock = SystemClock(config.clock.trust) if clock is None else clock
        self._inbox = Inbox(self._clock)
        self._rejected: Counter[str] = Counter()
        self._worker = Worker()
        self._parts: list[Part] = []
        self._systemd = sdnotify.SystemdNotifier()
        if self._systemd.socket is not None:
            self._systemd.socket.setblocking(False)  # a systemd that does not read must not stop the shop
        self._pushed = asyncio.Event()
        self._story = StoryFeed(ZoneInfo(config.timezone))
        self._pull_now = PullNow()
        url = config.hub.url
        self._client = None if url is None else HubClient(url, config.identity_folder, self._clock)
        self._screen: UnitScreen | None = None
        self._notifier: Notifier | None = None
        self._tablets: Tablets | None = None
        self._reader: TokenReader | None = None
        self._messenger: Messenger | None = None
        self._content: Content | None = None
        self._keys = UnitKeys(config, credentials, self._client)
        # Locked: the slice is read through and opened when the radio hears already.
        self._stores = open_stores(config.folder, config.store, self._keys.held, unlock=False)
        self._retention = Retention(self._stores, config.folder, self._worker, self._clock)
        self._metrics = Metrics(self._inbox, self._stores, self._reports, self._rejected)

    async def run(self) -> None:
        """Work until SIGTERM or SIGINT. Raises DamagedError where a database turns out to be broken."""
        task = asyncio.current_task()
        assert task is not None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        damage = None
        try:
            await self._work()
        except asyncio.CancelledError:
            log.info("agent: told to stop")
        except DamagedError as error:
            damage = error
            raise
        except BaseExceptionGroup as group:
            damage = damage_in(group)
            if damage is None:
                raise
            raise DamagedError(
                f"{damage}; it is set aside and what can be read of it is saved at the next start"
            ) from damage
        finally:
            self._systemd.notify("STOPPING=1")
            try:
                if self._client is not None:
                    await self._client.close()
            finally:
                self._worker.close()
                self._stores.close()
                if damage is not None:
                    set_damaged_slice_aside(damage)

    async def _work(self) -> None:
        engine = await self._engine()
        if self._config.notice.version is None:
            log.warning("no privacy notice: nothing is personalised; hang one up and set notice.version")
        self._build_parts()
        admin = self._add_admin(engine)
        loop = Loop(
            engine,
            self._inbox,
            self._worker,
            self._clock,
            dispatch=self._dispatch,
            tell=self._tell,
            alive=lambda: self._systemd.notify("WATCHDOG=1"),
            committed=self._pushed.set,
            saw=admin.saw,
        )
        async with asyncio.TaskGroup() as tasks:
            for part in self._parts:
                tasks.create_task(supervise(part, self._clock), name=part.health.report.part)
            tasks.create_task(loop.run(), name="engine")
            tasks.create_task(self._retention.run(), name="retention")
            shredding = keep_shredding(engine, self._worker, self._clock, self._pushed.set)
            tasks.create_task(shredding, name="shredding")
            self._systemd.notify(f"READY=1\nSTATUS=unit {self._config.unit} of store {self._config.store}")
            log.info("agent %s: unit %s of store %s is at work", __version__, self._config.unit, self._config.store)

    async def _engine(self) -> Engine:
        config = self._config
        knowledge = StoreKnowledge(self._stores.slice, self._stores.catalogue)
        pipeline = Pipeline(config, knowledge, new_id, rejected=self._rejected)
        self._metrics.recogniser = pipeline.recogniser
        engine = Engine(
            pipeline,
            knowledge,
            self._stores,
            source=f"/stores/{config.store}/units/{config.unit}",
            boot_id=BOOT_ID.read_text().strip() if BOOT_ID.exists() else new_id(),
            new_id=new_id,
        )
        self._metrics.disk = engine.disk
        await self._worker.call(engine.start, self._clock.now())
        return engine

    # --- parts --------------------------------------------------------------------------------

    def _build_parts(self) -> None:
        self._add_radio()
        if self._config.display.enabled:
            self._screen = UnitScreen(self._config, self._clock, self._inbox.put, self._health("screen"))
            self._metrics.traces = self._screen.traces
            self._add(self._screen.link).content_changed(playlist_version(self._config.content_folder))
        if self._config.broker.host is not None:
            self._add_bus()
        if self._client is not None:
            self._add_sync(self._client)
        self._add(Unlock(self._stores.slice, self._worker, self._keys.ask, self._unlocked, self._health("key")))
        self._add_web()

    def _add_radio(self) -> None:
        radio = self._config.radio
        bluez = radio.backend in ("bleak", "mgmt")
        if bluez and radio.background.enabled:
            health = self._health("tokens")
            self._reader = self._add(TokenReader(radio.background, self._clock, self._inbox.put, health))
        excused = never if self._reader is None else self._reader.pauses_discovery
        for part in radio_parts(radio, self._clock, self._inbox.put, excused):
            self._add(part)
            if isinstance(part, Listener):
                self._metrics.listeners.append(part)
        if bluez and radio.beacon.uuid is not None:
            self._add(UnitBeacon(radio.beacon, self._health("beacon")))

    def _add_bus(self) -> None:
        config = self._config
        bus = Bus(
            config.broker,
            config.store,
            config.unit,
            self._clock,
            self._health("bus"),
            broker_password(config.broker, self._credentials),
        )
        topics = StoreTopics(config.store)
        UnitStatus(bus, topics, config.unit, config.zone, __version__)
        self._tablets = Tablets(bus, topics)
        self._notifier = Notifier(bus, topics, config.unit, config.cards.lead, self._inbox.put)
        self._messenger = Messenger(bus, topics, config.unit, config.units.coordinator, self._inbox.put)
        self._add(bus)

    def _add_sync(self, client: HubClient) -> None:
        config, pull_now, stores = self._config, self._pull_now, self._stores
        health = self._health("content")
        self._content = self._add(Content(client, config, stores.catalogue, self._clock, self._new_playlist, health))
        destination = Destination(
            self._worker, stores.slice, stores.catalogue, stores.journal.refused, self._inbox.put, self._content.changed
        )
        self._add(Pull(client, config, destination, pull_now, self._health("pull")))
        self._add(Push(client, self._worker, self._stores.journal, self._pushed, self._health("push")))
        presence_now = None
        if config.radio.beacon.uuid is not None:
            presence_now = PullNow()
            health = self._health("presence")
            self._add(AppPresence(client, config, self._clock, self._inbox.put, presence_now, health))
        self._add(Nudge(client, config.store, pull_now, self._health("nudge"), presence_now))

    def _add_web(self) -> None:
        config = self._config
        live = None
        if config.web.live_view != "off":
            live = LiveView(config.display.frame_file, self._story if config.web.live_view == "demo" else None)
        sources = Sources(
            store=config.store,
            departments=self._departments,
            lead=config.cards.lead,
            page=PAGE,
            carrier=Carrier(config.broker.host, config.broker.port, partial(client_context, config.broker)),
            metrics=self._metrics.registry,
            health=self._reports,
            hosts=allowed_hosts(config.web.host),
            live=live,
        )
        self._add(WebServer(config.web, build(sources), self._health("web")))

    def _add_admin(self, engine: Engine) -> AdminSocket:
        inside = Inside(
            self._config,
            self._clock,
            engine,
            self._inbox,
            self._stores,
            self._retention,
            self._worker,
            self._parts,
            self._tablets,
            self._screen,
            key=self._keys.report,
            content=None if self._content is None else self._content.report,
        )
        return self._add(admin_socket(inside))

    def _add(self, part: P) -> P:
        self._parts.append(part)
        return part

    def _health(self, part: str) -> Health:
        return Health(part, self._clock)

    def _reports(self) -> tuple[PartReport, ...]:
        return tuple(part.health.report for part in self._parts)

    # --- arrows -------------------------------------------------------------------------------

    def _dispatch(self, effect: Effect) -> None:
        match effect:
            case ToScreen() if self._screen is not None:
                self._screen.send(effect)
            case ToClerks(card) if self._notifier is not None:
                self._notifier.send(card)
            case ReadToken(address) if self._reader is not None:
                self._reader.ask(address)
            case ToUnits(message) if self._messenger is not None:
                self._messenger.send(message)
            case _:
                pass  # nobody is there to be told; the journal keeps what matters

    def _tell(self, fact: Fact, instant: Instant) -> None:
        if self._config.web.live_view == "demo":
            self._story.tell(fact, instant)

    def _unlocked(self, unit_key: UnitKey) -> None:
        self._stores.journal.unlock(CardBox(unit_key, self._config.store))
        lease_until = self._stores.slice.lease_until()
        if lease_until is not None:
            self._inbox.put(SliceChanged(None, lease_until))
        self._pull_now.wanted.set()

    def _new_playlist(self, version: str) -> None:
        if self._screen is not None:
            self._screen.link.content_changed(version)

    def _departments(self) -> tuple[Identifier, ...]:
        named = (campaign.department for campaign in self._stores.catalogue.campaigns())
        return tuple(dict.fromkeys((*named, self._config.cards.lead)))


def new_id() -> str:
    """Return an id that nobody else has: 128 random bits."""
    return secrets.token_hex(16)
