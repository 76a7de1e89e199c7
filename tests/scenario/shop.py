"""A whole shop in memory: the real pipeline, a fake clock, and a display that shows what it is told."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import log10
from typing import TypeVar

from edge_agent.contracts.campaign import Audience, Campaign, Wording
from edge_agent.contracts.catalogue import Price, Product, Stock
from edge_agent.contracts.clerk import Card, Reply
from edge_agent.contracts.config import AgentConfig, NoticeConfig
from edge_agent.contracts.screen import Hello, Scene, Show
from edge_agent.contracts.slice import Consent, Profile, RollingToken, TemporaryKey, ViewedProduct
from edge_agent.events import (
    Advertisement,
    CardRow,
    ClerkReplied,
    ContactRow,
    DisplayJoined,
    Effect,
    EventRow,
    Forget,
    Instant,
    Outcomes,
    Row,
    SliceChanged,
    ToClerks,
    ToScreen,
    VisitRow,
    WithdrawalRow,
)
from edge_agent.frames import ad
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.frames.ibeacon import IBeacon
from edge_agent.identify.index import TokenIndex
from edge_agent.identify.token import ephemeral_id, slot_of, temporary_key, window_of
from edge_agent.pipeline import Pipeline
from edge_agent.simulator.virtual import VirtualUnit
from edge_agent.telling import Fact

M = TypeVar("M")
START = datetime(2026, 3, 14, 13, 0, tzinfo=UTC)
LEASE = timedelta(hours=24)
ROTATION_EXPONENT = 10
TX_POWER_DBM = -18  # at 0 m; -59 at 1 m

JACKET = Product(
    product="4012345000011",
    names={"en": "Trail Jacket", "de": "Trailjacke"},
    price=Price(amount=Decimal("149.00"), currency="EUR"),
    department="outdoor",
    place={"en": "rack 4", "de": "Ständer 4"},
    stock=(Stock(size="M", quantity=3, counted_at=START - timedelta(hours=1)),),
    content_class="public",
)
WELCOME = Campaign(
    campaign="jacket",
    title="Back to the jacket",
    message_class="offer",
    audience=Audience(viewed=("4012345000011",)),
    card="opportunity",
    department="outdoor",
    wording={
        "en": Wording(
            headline="{ $badge }, welcome back", body="{ $product }, { $place }", opening="How do you like it?"
        )
    },
    value=20,
    probability=0.3,
)


CONFIG = AgentConfig(store="flagship", unit="entrance", zone="Outdoor", notice=NoticeConfig(version="2026-01"))


def consents(*purposes: str, at: datetime = START) -> tuple[Consent, ...]:
    return tuple(
        Consent(
            purpose=purpose,
            receipt=f"r-{purpose}",
            granted_at=at - timedelta(days=30),
            expires_at=at + timedelta(days=300),
        )
        for purpose in purposes
    )


def identity_key(customer: str) -> bytes:
    return customer.encode().ljust(16, b"\0")[:16]


def profile(customer: str, at: datetime = START, **changes: object) -> Profile:
    unix_s = int(at.timestamp())
    windows = (window_of(unix_s - 1024), window_of(unix_s), window_of(unix_s + 65_536))
    keys = tuple(
        TemporaryKey(window=window, key=temporary_key(identity_key(customer), window).hex())
        for window in dict.fromkeys(windows)
    )
    fields: dict[str, object] = {
        "customer": customer,
        "tokens": (RollingToken(device="phone", rotation_exponent=ROTATION_EXPONENT, keys=keys),),
        "languages": ("en",),
        "age": "adult",
        "consents": consents("screen", "clerk", "analytics", at=at),
        "viewed": (ViewedProduct(product=JACKET.product, viewed_at=at - timedelta(hours=20), size="M"),),
        "valid_until": at + timedelta(days=2),
    }
    return Profile.model_validate({**fields, **changes})


def eid(customer: str, unix_s: int) -> bytes:
    """The ephemeral id of her phone."""
    key = temporary_key(identity_key(customer), window_of(unix_s))
    return ephemeral_id(key, ROTATION_EXPONENT, slot_of(unix_s, ROTATION_EXPONENT))


def advertisement(customer: str, at: datetime, distance_m: float = 1.0, exponent: float = 2.5) -> Advertisement:
    """What her phone sends, as heard without fading at a distance."""
    frame = EddystoneEid(eid(customer, int(at.timestamp())), TX_POWER_DBM)
    return ad.heard(frame.encode(), round(frame.measured_power_dbm - 10 * exponent * log10(distance_m)))


def tag(token: str, distance_m: float = 1.0, exponent: float = 2.5) -> Advertisement:
    """What a static tag sends (``ibeacon:UUID:MAJOR:MINOR``)."""
    _, uuid, major, minor = token.split(":")
    frame = IBeacon(uuid, int(major, 16), int(minor, 16), -59)
    return ad.heard(frame.encode(), round(frame.measured_power_dbm - 10 * exponent * log10(distance_m)))


@dataclass
class Shelf:
    """What the hub sent."""

    profiles: dict[str, Profile] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=lambda: {JACKET.product: JACKET})
    all_campaigns: tuple[Campaign, ...] = (WELCOME,)

    def profile(self, customer: str) -> Profile | None:
        return self.profiles.get(customer)

    def product(self, product: str) -> Product | None:
        return self.products.get(product)

    def campaigns(self) -> Sequence[Campaign]:
        return self.all_campaigns


class Shop:
    """A unit on a virtual clock, with its shelf; remembers everything that it gave."""

    def __init__(
        self,
        profiles: Sequence[Profile] = (),
        *,
        config: AgentConfig | None = None,
        screen: bool = True,
        trusted: bool = True,
    ) -> None:
        self.config = config or CONFIG
        self.shelf = Shelf({p.customer: p for p in profiles})
        self.rows: list[Row] = []
        self.facts: list[Fact] = []
        self.effects: list[Effect] = []
        self._ids = itertools.count(1)
        self.unit = self._started(START, screen=screen, trusted=trusted)

    def _started(self, at: datetime, *, screen: bool, trusted: bool = True, sealed: bool = False) -> VirtualUnit:
        index = TokenIndex((p.customer, p.tokens) for p in self.shelf.profiles.values())
        self.pipeline = Pipeline(self.config, self.shelf, lambda: f"id{next(self._ids)}", index)
        visits = {row.visit: row for row in self.rows if isinstance(row, VisitRow)}
        cards = {row.card.card: row for row in self.rows if isinstance(row, CardRow)}
        self.pipeline.restore(
            tuple(visits.values()),
            [row for row in cards.values() if row.card.state in ("open", "taken")],
            [row for row in self.rows if isinstance(row, ContactRow)],
            [row for row in self.rows if isinstance(row, WithdrawalRow)],
            None if sealed else START + LEASE,
            Instant(0.0, at, trusted),
        )
        return VirtualUnit(self.pipeline, at, self._gave, screen=screen, trusted=trusted)

    def restart(self, showing: str | None = None, *, sealed: bool = False) -> None:
        """Start the agent again from its journal; the display joins and says what it is showing.

        ``sealed``: the slice cannot be read before the next :meth:`change`.
        """
        if sealed:
            self.shelf.profiles = {}
        self.unit = self._started(self.unit.instant.utc, screen=False, sealed=sealed)
        self.unit.put(DisplayJoined(Hello(width_px=1920, height_px=1080, showing=showing)))

    @property
    def showing(self) -> Scene | None:
        """The personal scene on the screen."""
        show = self.unit.display.showing
        return None if show is None else show.scene

    @property
    def events(self) -> list[EventRow]:
        """What the platform will hear."""
        return [row for row in self.rows if isinstance(row, EventRow)]

    @property
    def cards(self) -> list[Card]:
        """Every revision of every card that was published."""
        return [effect.card for effect in self.effects if isinstance(effect, ToClerks)]

    @property
    def forgotten(self) -> list[str]:
        """Whose profile is to be deleted."""
        return [effect.customer for effect in self.effects if isinstance(effect, Forget)]

    @property
    def scenes(self) -> list[Scene]:
        """Every scene that was decided."""
        return [show.scene for show in self.told(Show)]

    def told(self, kind: type[M]) -> list[M]:
        """Return the messages of one kind that the display was told."""
        messages = (effect.message for effect in self.effects if isinstance(effect, ToScreen))
        return [message for message in messages if isinstance(message, kind)]

    def walk(self, seconds: float, *heard: tuple[str, float], interval_s: float = 0.25) -> None:
        """Let time pass while customers, or tags, advertise from these distances (metres)."""
        end_s = self.unit.now_s + seconds
        while heard and self.unit.now_s + interval_s < end_s:
            for customer, distance_m in heard:
                static = customer.startswith("ibeacon:")
                at = self.unit.instant.utc
                self.unit.put(tag(customer, distance_m) if static else advertisement(customer, at, distance_m))
            self.unit.advance(self.unit.now_s + interval_s)
        self.unit.advance(end_s)

    def say(self, action: str, tablet: str = "tablet-a", **more: str) -> None:
        """Let a clerk answer the last card."""
        number = len(self.rows)
        reply = {"reply": f"r{number}", "card": self.cards[-1].card, "tablet": tablet, "action": action, **more}
        self.unit.put(ClerkReplied(Reply.model_validate(reply)))

    def change(self, *profiles: Profile, gone: Sequence[str] = ()) -> None:
        """Apply a checkpoint of the slice."""
        self.shelf.profiles.update({p.customer: p for p in profiles})
        for customer in gone:
            del self.shelf.profiles[customer]
            self.pipeline.recogniser.index.remove(customer)
        changed = frozenset([*(p.customer for p in profiles), *gone])
        self.unit.put(SliceChanged(changed, START + LEASE))

    def happened(self) -> list[str]:
        """Return the types of all events so far."""
        return [event.type for event in self.events]

    def _gave(self, outcomes: Outcomes, _instant: Instant) -> None:
        self.rows += outcomes.rows
        self.facts += outcomes.facts
        self.effects += outcomes.effects
