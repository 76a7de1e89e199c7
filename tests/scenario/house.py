"""A whole store in virtual time: the real engine on its real databases, and the platform's side on the hub's own.

Only the wires are missing: what they would carry is handed over, twice where an answer may get lost.
"""

import itertools
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from edge_agent.contracts.campaign import Campaign, CampaignFile
from edge_agent.contracts.catalogue import Catalogue, Product
from edge_agent.contracts.clerk import Card, Reply
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import EventBatch
from edge_agent.contracts.platform import CustomerRecord
from edge_agent.contracts.screen import Scene
from edge_agent.engine import Engine, StoreKnowledge
from edge_agent.events import (
    ClerkReplied,
    Effect,
    Instant,
    KnowledgeChanged,
    Outcomes,
    SliceChanged,
    ToClerks,
)
from edge_agent.frames import ad
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.identify.badges import PALETTE_SIZE, badge
from edge_agent.identify.token import badge_number, ephemeral_id, slot_of, temporary_key, window_of
from edge_agent.pipeline import Pipeline
from edge_agent.simulator.virtual import VirtualUnit
from edge_agent.store.opening import Stores, open_stores
from edge_agent.store.unit_key import load_unit_key
from provisioning.hub.events import Events
from provisioning.hub.fleet import Fleet
from provisioning.hub.slices import Slices
from provisioning.hub.storage import open_database
from tests.store.builders import take_in

STORE, UNIT = "flagship", "entrance"
LEASE_S = 86_400.0
ROTATION_EXPONENT = 10
TX_POWER_DBM = -18  # at 0 m; -59 at 1 m
SECRET = bytes(range(32))
"""What the unit's credential holds."""


def key_with_badge(label: str, at: datetime) -> bytes:
    """Return an identity key whose badge is this one at a time, so that the story can name it."""
    window = window_of(int(at.timestamp()))
    for number in itertools.count():
        key = number.to_bytes(16, "big")
        if badge(badge_number(temporary_key(key, window), PALETTE_SIZE), "en").label == label:
            return key
    raise AssertionError


class House:
    """One store: its unit, its platform, and who walks through it."""

    def __init__(
        self,
        folder: Path,
        config: AgentConfig,
        start: datetime,
        *,
        products: Sequence[Product],
        campaigns: Sequence[Campaign],
        screen: bool = True,
    ) -> None:
        self._folder, self._config = folder, config
        self._screen = screen
        self._keys: dict[str, bytes] = {}
        self._ids = itertools.count(1)
        self._replies = itertools.count(1)
        self.credentials = folder / "credentials"
        self.credentials.mkdir()
        (self.credentials / "unit-key").write_bytes(SECRET)
        database = open_database(None, folder / "hub")
        Fleet(database).add_store(STORE, config.timezone, start)
        self.database = database
        self.slices = Slices(database, LEASE_S)
        self.events = Events(database)
        self.effects: list[Effect] = []
        self.stores: Stores
        self.unit: VirtualUnit
        self._boot(start)
        self.stores.catalogue.put_catalogue(Catalogue(store=STORE, currency="EUR", products=tuple(products)), "1")
        self.stores.catalogue.put_campaigns(CampaignFile(version=1, campaigns=tuple(campaigns)), "1")
        self.unit.put(KnowledgeChanged())

    # --- the unit -------------------------------------------------------------------------------

    @property
    def at(self) -> datetime:
        """The time on the wall."""
        return self.unit.instant.utc

    def _boot(self, at: datetime) -> None:
        self.stores = open_stores(self._folder / "unit", STORE, load_unit_key(self._folder / "unit", self.credentials))
        knowledge = StoreKnowledge(self.stores.slice, self.stores.catalogue)
        pipeline = Pipeline(self._config, knowledge, self._new_id)
        engine = Engine(pipeline, knowledge, self.stores, f"/stores/{STORE}/units/{UNIT}", "boot", self._new_id)
        engine.start(Instant(0.0, at, True))
        self.unit = VirtualUnit(engine, at, self._gave, screen=self._screen)

    def reboot(self, away_s: float = 40.0) -> None:
        """Switch the unit off and on: memory is lost, and the display is dark meanwhile."""
        at = self.at + timedelta(seconds=away_s)
        self.stores.close()
        self._boot(at)

    def _new_id(self) -> str:
        return f"{next(self._ids):032x}"

    def _gave(self, outcomes: Outcomes, _instant: Instant) -> None:
        self.effects += outcomes.effects

    # --- who walks through ----------------------------------------------------------------------

    def walk(self, seconds: float, *heard: str, distance_m: float = 1.0, interval_s: float = 0.25) -> None:
        """Let time pass while these customers' phones, a metre away, advertise."""
        end_s = self.unit.now_s + seconds
        while heard and self.unit.now_s + interval_s < end_s:
            unix_s = int(self.at.timestamp())
            for customer in heard:
                frame = EddystoneEid(self.ephemeral_id(customer, unix_s), TX_POWER_DBM)
                rssi_dbm = round(frame.measured_power_dbm - 25 * math.log10(distance_m))
                self.unit.put(ad.heard(frame.encode(), rssi_dbm))
            self.unit.advance(self.unit.now_s + interval_s)
        self.unit.advance(end_s)

    STRANGERS_ADDRESS = bytes.fromhex("5a11de22c033")
    STRANGERS_TOKEN = bytes.fromhex("c0ffee5eed5eed11")

    def stranger(self) -> None:
        """Somebody passes who is no customer of ours: her phone sends an id that nobody here knows."""
        frame = EddystoneEid(self.STRANGERS_TOKEN, TX_POWER_DBM)
        address = ":".join(f"{byte:02X}" for byte in self.STRANGERS_ADDRESS)
        self.unit.put(replace(ad.heard(frame.encode(), -50), address=address))

    def key_of(self, customer: str) -> bytes:
        """Return the temporary key of a customer's phone."""
        return temporary_key(self._keys[customer], window_of(int(self.at.timestamp())))

    def ephemeral_id(self, customer: str, unix_s: int) -> bytes:
        """What a customer's phone sends."""
        key = temporary_key(self._keys[customer], window_of(unix_s))
        return ephemeral_id(key, ROTATION_EXPONENT, slot_of(unix_s, ROTATION_EXPONENT))

    # --- what screen and tablets say ------------------------------------------------------------

    @property
    def showing(self) -> Scene | None:
        """The scene on the screen; ``None``: the loop."""
        show = self.unit.display.showing
        return None if show is None else show.scene

    @property
    def published(self) -> list[Card]:
        """Every revision of every card that went out."""
        return [effect.card for effect in self.effects if isinstance(effect, ToClerks)]

    def card(self, card: str) -> Card:
        """How a tablet shows a card: its highest revision."""
        return max((one for one in self.published if one.card == card), key=lambda one: one.revision)

    @property
    def open_cards(self) -> list[Card]:
        """What the tablets show."""
        cards = [self.card(name) for name in dict.fromkeys(one.card for one in self.published)]
        return [one for one in cards if one.state in ("open", "taken")]

    def say(self, card: Card, tablet: str, action: str, **more: str) -> None:
        """Let a clerk answer a card."""
        reply = {"reply": f"r{next(self._replies)}", "card": card.card, "tablet": tablet, "action": action, **more}
        self.unit.put(ClerkReplied(Reply.model_validate(reply)))

    # --- the platform ---------------------------------------------------------------------------

    def tell(self, customer: str, profile: Mapping[str, Any], *, key: bytes) -> None:
        """The platform puts a customer into the store's slice; the unit pulls when it is told to."""
        self._keys[customer] = key
        device = {
            "kind": "rolling",
            "device": "phone",
            "identity_key": key.hex(),
            "rotation_exponent": ROTATION_EXPONENT,
        }
        record = CustomerRecord.model_validate({"customer": customer, "devices": [device], **profile})
        self.slices.put(STORE, [record], self.at)

    def pull(self) -> None:
        """The unit pulls its slice, page by page, as after a nudge."""
        cursor, lease_until = self.stores.slice.cursor(), self.at
        pages = []
        while not pages or not pages[-1].checkpoint:
            page = self.slices.page(STORE, cursor, self.at).page
            cursor, lease_until = page.cursor, page.lease_until
            pages.append(page)
        applied = take_in(self.stores.slice, pages)
        self.unit.put(SliceChanged(applied.changed, lease_until))

    def push(self) -> None:
        """The unit delivers what waits. The first answer gets lost each time, so it delivers all of it twice."""
        while outgoing := self.stores.journal.outbox(100):
            batch = EventBatch(events=tuple(one.event.model_dump(mode="json") for one in outgoing))
            for _ in range(2):
                receipts = self.events.deliver(STORE, f"/stores/{STORE}/units/{UNIT}", batch, self.at).receipts
            assert {receipt.status for receipt in receipts} == {"duplicate"}, receipts
            self.stores.journal.settle([one.seq for one in outgoing], ())

    def arrived(self, *kinds: str) -> list[dict[str, Any]]:
        """Return the events that the platform has, of these types, oldest first."""
        events = [event for _, event in self.events.after(STORE, 0, 1000)]
        return [event for event in events if not kinds or event["type"] in kinds]

    def happened(self, customer: str | None = None) -> list[str]:
        """Return the types of what the platform has heard, or of what it has heard of a customer."""
        events = self.arrived()
        return [one["type"] for one in events if customer is None or one["data"].get("customer") == customer]

    def close(self) -> None:
        """Close all databases."""
        self.stores.close()
        self.database.close()

    def files(self) -> Iterator[Path]:
        """Yield every file of the unit and of the hub."""
        yield from (path for path in self._folder.rglob("*") if path.is_file())


def traces(needles: Iterable[bytes], files: Iterable[Path]) -> list[str]:
    """Return in which files one of these is found: as bytes, or written in hexadecimal."""
    wanted = [form for needle in needles for form in (needle, needle.hex().encode(), needle.hex().upper().encode())]
    return sorted({path.name for path in files for form in wanted if form in path.read_bytes()})


@contextmanager
def opened(house: House) -> Iterator[House]:
    """Close a house at the end."""
    try:
        yield house
    finally:
        house.close()
