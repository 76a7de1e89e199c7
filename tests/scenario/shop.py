"""A whole shop in memory: the real pipeline, a fake clock, and a display that shows what it is told."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from edge_agent.contracts.campaign import Audience, Campaign, Wording
from edge_agent.contracts.catalogue import Price, Product, Stock
from edge_agent.contracts.clerk import Card, Reply
from edge_agent.contracts.config import AgentConfig, NoticeConfig
from edge_agent.contracts.screen import Clear, Hello, ProofOfPlay, Renew, Show, Shown
from edge_agent.contracts.slice import Consent, Profile, RollingToken, TemporaryKey, ViewedProduct
from edge_agent.events import (
    Advertisement,
    DisplayJoined,
    EventRow,
    FromScreen,
    Input,
    Instant,
    Outcomes,
    ToClerks,
    ToScreen,
)
from edge_agent.frames.eddystone import SERVICE
from edge_agent.identify.index import TokenIndex
from edge_agent.identify.token import ephemeral_id, slot_of, temporary_key, window_of
from edge_agent.pipeline import Pipeline

START = datetime(2026, 3, 14, 13, 0, tzinfo=UTC)
DISPLAY_DELAY_S = 0.03
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
    wording={"en": Wording(headline="$badge, welcome back", body="$product, $place", opening="How do you like it?")},
    value=20,
    probability=0.3,
)


def consents(*purposes: str) -> tuple[Consent, ...]:
    return tuple(
        Consent(
            purpose=purpose,
            receipt=f"r-{purpose}",
            granted_at=START - timedelta(days=30),
            expires_at=START + timedelta(days=300),
        )
        for purpose in purposes
    )


def identity_key(customer: str) -> bytes:
    return customer.encode().ljust(16, b"\0")[:16]


def profile(customer: str, **changes: object) -> Profile:
    unix_s = int(START.timestamp())
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
        "consents": consents("screen", "clerk"),
        "viewed": (ViewedProduct(product=JACKET.product, viewed_at=START - timedelta(hours=20), size="M"),),
        "valid_until": START + timedelta(days=2),
    }
    return Profile.model_validate({**fields, **changes})


def advertisement(customer: str, at: datetime, distance_m: float = 1.0, exponent: float = 2.5) -> Advertisement:
    """What her phone sends, as heard without fading at a distance."""
    from math import log10

    unix_s = int(at.timestamp())
    key = temporary_key(identity_key(customer), window_of(unix_s))
    eid = ephemeral_id(key, ROTATION_EXPONENT, slot_of(unix_s, ROTATION_EXPONENT))
    payload = bytes([0x30, TX_POWER_DBM & 0xFF]) + eid
    rssi_dbm = round(TX_POWER_DBM - 41 - 10 * exponent * log10(distance_m))
    return Advertisement(rssi_dbm=rssi_dbm, service_data=((SERVICE, payload),))


STRANGER = Advertisement(
    rssi_dbm=-40, manufacturer_data=((0x004C, bytes.fromhex("10055a1c2f3b4d")),), address="5A:11:22:33:44:55"
)


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


@dataclass
class Shop:
    """Steps the pipeline through time and plays the display."""

    profiles: Sequence[Profile] = ()
    config: AgentConfig = field(
        default_factory=lambda: AgentConfig(
            store="flagship", unit="entrance", zone="Outdoor", notice=NoticeConfig(version="2026-01")
        )
    )
    screen: bool = True
    trusted: bool = True
    now_s: float = 1000.0

    def __post_init__(self) -> None:
        self.shelf = Shelf({p.customer: p for p in self.profiles})
        ids = itertools.count(1)
        self.pipeline = Pipeline(
            self.config,
            self.shelf,
            lambda: f"id{next(ids)}",
            TokenIndex((p.customer, p.tokens) for p in self.profiles),
        )
        self.started_s = self.now_s
        self.events: list[EventRow] = []
        self.outcomes: list[Outcomes] = []
        self.cards: list[Card] = []
        self.screen_messages: list[object] = []
        self.showing: Show | None = None
        self._permit_until_s = 0.0
        self._due: list[tuple[float, Input]] = []
        self.pipeline.restore((), (), (), (), START + timedelta(hours=24), self.instant)
        if self.screen:
            self.put(DisplayJoined(Hello(width_px=1920, height_px=1080)))
        self.put(None)

    @property
    def utc(self) -> datetime:
        return START + timedelta(seconds=self.now_s - self.started_s)

    @property
    def instant(self) -> Instant:
        return Instant(self.now_s, self.utc, self.trusted)

    def put(self, received: Input | None) -> Outcomes:
        outcomes = self.pipeline.step(received, self.instant)
        self.outcomes.append(outcomes)
        self.events += [row for row in outcomes.rows if isinstance(row, EventRow)]
        for effect in outcomes.effects:
            if isinstance(effect, ToClerks):
                self.cards.append(effect.card)
            elif isinstance(effect, ToScreen):
                self._display(effect)
        return outcomes

    def _display(self, effect: ToScreen) -> None:
        self.screen_messages.append(effect.message)
        match effect.message:
            case Show() as show:
                self._fade("replaced")
                self.showing, self._permit_until_s = show, show.permit_until_s or float("inf")
                shown = Shown(message_id=show.scene.message_id, first_frame_s=self.now_s + DISPLAY_DELAY_S)
                self._due.append((self.now_s + DISPLAY_DELAY_S, FromScreen(shown)))
            case Renew(message_id=message_id, permit_until_s=until_s):
                if self.showing is not None and self.showing.scene.message_id == message_id:
                    self._permit_until_s = until_s
            case Clear(message_id=message_id):
                if self.showing is not None and self.showing.scene.message_id == message_id:
                    self._fade("cleared")

    def _fade(self, ended: str) -> None:
        if self.showing is not None:
            proof = ProofOfPlay.model_validate(
                {
                    "message_id": self.showing.scene.message_id,
                    "first_frame_at": self.utc,
                    "on_screen_s": 1.0,
                    "ended": ended,
                }
            )
            self._due.append((self.now_s + DISPLAY_DELAY_S, FromScreen(proof)))
            self.showing = None

    def run(self, seconds: float, heard: Sequence[tuple[str, float]] = (), interval_s: float = 0.25) -> None:
        """Let time pass; ``heard``: (customer, distance in metres) of everybody who advertises meanwhile."""
        end_s, next_adv_s = self.now_s + seconds, self.now_s
        while True:
            deadline_s = self.pipeline.next_deadline()
            due_s = [at_s for at_s, _ in self._due]
            times = [end_s, *due_s, self._permit_until_s if self.showing else end_s]
            times += [next_adv_s] if heard else []
            times += [deadline_s] if deadline_s is not None else []
            self.now_s = max(self.now_s, min(times))
            if self.showing and self.now_s >= self._permit_until_s:
                self._fade("permit")
            for entry in [entry for entry in self._due if entry[0] <= self.now_s]:
                self._due.remove(entry)
                self.put(entry[1])
            if self.now_s >= end_s:
                return
            if heard and self.now_s >= next_adv_s:
                next_adv_s += interval_s
                for customer, distance_m in heard:
                    self.put(advertisement(customer, self.utc, distance_m))
            deadline_s = self.pipeline.next_deadline()
            if deadline_s is not None and self.now_s >= deadline_s:
                self.put(None)

    def say(self, action: str, tablet: str = "tablet-a", outcome: str | None = None) -> None:
        """A clerk answers the last card."""
        reply = Reply.model_validate(
            {
                "reply": f"reply-{len(self.outcomes)}",
                "card": self.cards[-1].card,
                "tablet": tablet,
                "action": action,
                "outcome": outcome,
            }
        )
        from edge_agent.events import ClerkReplied

        self.put(ClerkReplied(reply))

    def happened(self) -> list[str]:
        """Return the types of all events so far."""
        return [event.type for event in self.events]
