"""A shop with many units in memory: whole agents' pipelines, real messages, a bus that loses and delays them."""

import heapq
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import dist
from random import Random

from edge_agent.bus.envelope import decode, encode
from edge_agent.contracts.bus import OWNERS, SIGHTINGS, SPOKEN, WITHDRAWAL
from edge_agent.contracts.clerk import Card, Reply
from edge_agent.contracts.config import AgentConfig, BrokerConfig, NoticeConfig, UnitsConfig
from edge_agent.contracts.ownership import Assignments, Spoken, UnitMessage, UnitSightings, Withdrawal
from edge_agent.contracts.screen import Show
from edge_agent.contracts.slice import Profile
from edge_agent.contracts.topics import StoreTopics, parse
from edge_agent.events import (
    Advertisement,
    CardRow,
    ClerkReplied,
    ContactRow,
    EpochRow,
    EventRow,
    FromUnit,
    Input,
    Instant,
    Outcomes,
    Row,
    ToClerks,
    ToScreen,
    ToUnits,
    UnitJoined,
    VisitRow,
    WithdrawalRow,
)
from edge_agent.identify.index import TokenIndex
from edge_agent.pipeline import Pipeline
from edge_agent.simulator.virtual import VirtualUnit
from tests.scenario.shop import LEASE, ROTATION_EXPONENT, START, Shelf, advertisement

Place = tuple[float, float]
TOPICS = StoreTopics("flagship")
EARSHOT_M = 9.0
WIRED = 2000  # so many messages go through their wire format; the rest of a long day as they are


@lru_cache(4096)
def _said(customer: str, slot: int, decimetres: int) -> Advertisement:
    at = START.fromtimestamp(slot << ROTATION_EXPONENT, START.tzinfo)
    return advertisement(customer, at, decimetres / 10)


@dataclass
class Unit:
    """One unit; what it gave, and what its journal holds."""

    name: str
    place: Place
    config: AgentConfig
    rows: list[Row] = field(default_factory=list)
    cards: list[Card] = field(default_factory=list)
    shows: list[Show] = field(default_factory=list)
    virtual: VirtualUnit | None = None
    pipeline: Pipeline | None = None

    @property
    def events(self) -> list[EventRow]:
        return [row for row in self.rows if isinstance(row, EventRow)]


@dataclass
class Bus:
    """How messages travel."""

    loss: float = 0.0
    delay_s: float = 0.02
    cut_off: frozenset[str] = frozenset()
    """Units that hear nobody and are heard by nobody."""


class Floor:
    """Units at their places, on one virtual time; each has a monotonic clock of its own."""

    def __init__(
        self,
        places: Sequence[Place],
        profiles: Sequence[Profile],
        *,
        bus: Bus | None = None,
        seed: int = 1,
        coordinator: str | None = "unit0",
    ) -> None:
        self.bus = bus or Bus()
        self._coordinator = coordinator
        self.shelf = Shelf({profile.customer: profile for profile in profiles})
        self.now_s = 0.0
        self.messages = 0
        """How many were delivered, or are on their way."""
        self.spoken: list[Spoken] = []
        """What the units told each other of contacts."""
        self._began_s: dict[str, float] = {}
        self._random = Random(seed)
        self._ids = itertools.count(1)
        self._order = itertools.count()
        self._post: list[tuple[float, int, str, Callable[[Unit], None]]] = []
        self._due_s: dict[str, float] = {}
        self.units = {
            name: self._unit(name, place)
            for name, place in zip(map("unit{}".format, itertools.count()), places, strict=False)
        }
        for unit in self.units.values():
            self.start(unit.name)

    def _unit(self, name: str, place: Place) -> Unit:
        config = AgentConfig(
            store="flagship",
            unit=name,
            zone=name,
            notice=NoticeConfig(version="2026-01"),
            broker=BrokerConfig(host="broker"),
            units=UnitsConfig(coordinator=self._coordinator),
        )
        return Unit(name, place, config)

    # --- units come and go --------------------------------------------------------------------

    def start(self, name: str) -> None:
        """Start an agent from its journal."""
        unit = self.units[name]
        index = TokenIndex((p.customer, p.tokens) for p in self.shelf.profiles.values())
        unit.pipeline = Pipeline(unit.config, self.shelf, lambda: f"{name}-{next(self._ids)}", index)
        visits = {row.visit: row for row in unit.rows if isinstance(row, VisitRow)}
        cards = {row.card.card: row for row in unit.rows if isinstance(row, CardRow)}
        epochs = [row.epoch for row in unit.rows if isinstance(row, EpochRow)]
        start = START.fromtimestamp(START.timestamp() + self.now_s, START.tzinfo)
        unit.pipeline.restore(
            tuple(visits.values()),
            [row for row in cards.values() if row.card.state in ("open", "taken")],
            [row for row in unit.rows if isinstance(row, ContactRow)],
            [row for row in unit.rows if isinstance(row, WithdrawalRow)],
            START + LEASE,
            Instant(0.0, start, True),
            max(epochs, default=0),
        )
        self._began_s[name] = self.now_s
        unit.virtual = VirtualUnit(unit.pipeline, start, lambda outcomes, _: self._gave(unit, outcomes))
        self._plan(unit)
        for other in self.units.values():
            if other is not unit and other.virtual is not None:
                self._put(other, UnitJoined(name))
                self._put(unit, UnitJoined(other.name))  # its presence is retained

    def kill(self, name: str) -> None:
        """Pull the plug: what is in the journal stays."""
        self.units[name].virtual = None

    def reply(self, name: str, action: str, **more: str) -> None:
        """Let a clerk answer the last card of a unit."""
        unit = self.units[name]
        reply = {"reply": f"r{next(self._ids)}", "card": unit.cards[-1].card, "tablet": "tablet-a", "action": action}
        self._put(unit, ClerkReplied(Reply.model_validate({**reply, **more})))

    # --- time ---------------------------------------------------------------------------------

    def hear(self, customer: str, place: Place) -> None:
        """She advertises from a place: whoever is in earshot hears her, each with its own fading."""
        slot = int(START.timestamp() + self.now_s) >> ROTATION_EXPONENT
        for unit in self.units.values():
            metres = dist(unit.place, place)
            if unit.virtual is not None and metres <= EARSHOT_M:
                faded = metres * 10 ** (self._random.gauss(0, 1.5) / 25)
                self._put(unit, _said(customer, slot, max(2, round(10 * faded))))

    def advance(self, until_s: float) -> None:
        """Let time pass, with every message and every deadline of every unit in its order."""
        while True:
            post_s = self._post[0][0] if self._post else until_s
            name = min(self._due_s, key=self._due_s.__getitem__)
            at_s = min(post_s, self._due_s[name])
            if at_s >= until_s:
                break
            self.now_s = max(self.now_s, at_s)
            if post_s <= at_s:
                _, _, to, deliver = heapq.heappop(self._post)
                if self.units[to].virtual is not None and to not in self.bus.cut_off:
                    deliver(self.units[to])
            else:
                self._advance(self.units[name])
        self.now_s = max(self.now_s, until_s)

    def walk(self, seconds: float, *here: tuple[str, Place], interval_s: float = 0.5) -> None:
        """Let time pass while customers advertise from their places."""
        end_s = self.now_s + seconds
        while self.now_s < end_s:
            for customer, place in here:
                self.hear(customer, place)
            self.advance(min(end_s, self.now_s + interval_s))

    def shown(self) -> list[EventRow]:
        """Every first frame that the platform hears of."""
        return self.of_type("content.shown")

    def of_type(self, kind: str) -> list[EventRow]:
        return [event for unit in self.units.values() for event in unit.events if event.type == kind]

    def showing(self) -> dict[str, str]:
        """Which units show a personal scene, and its headline."""
        virtual = {name: unit.virtual for name, unit in self.units.items() if unit.virtual is not None}
        shows = {name: v.display.showing for name, v in virtual.items()}
        return {name: show.scene.headline for name, show in shows.items() if show is not None}

    def _put(self, unit: Unit, received: Input) -> None:
        assert unit.virtual is not None
        self._advance(unit)
        unit.virtual.put(received)
        self._plan(unit)

    def _advance(self, unit: Unit) -> None:
        if unit.virtual is not None:
            own_s = self.now_s - self._began_s[unit.name]
            unit.virtual.advance(own_s + 1e-6)
        self._plan(unit)

    def _plan(self, unit: Unit) -> None:
        if unit.virtual is None or unit.pipeline is None:
            self._due_s[unit.name] = float("inf")
            return
        deadlines_s = [unit.pipeline.next_deadline(), unit.virtual.display.next_deadline()]
        due_s = min((deadline_s for deadline_s in deadlines_s if deadline_s is not None), default=float("inf"))
        self._due_s[unit.name] = max(due_s + self._began_s[unit.name], self.now_s)

    # --- the bus ------------------------------------------------------------------------------

    def _gave(self, unit: Unit, outcomes: Outcomes) -> None:
        unit.rows += outcomes.rows
        for effect in outcomes.effects:
            if isinstance(effect, ToClerks):
                unit.cards.append(effect.card)
            elif isinstance(effect, ToScreen) and isinstance(effect.message, Show):
                unit.shows.append(effect.message)
            elif isinstance(effect, ToUnits):
                self._send(unit, effect.message)

    def _send(self, unit: Unit, message: UnitMessage) -> None:
        match message:
            case UnitSightings():
                to = ["unit0"]
            case Assignments():
                to = [message.unit]
            case Withdrawal() | Spoken():
                to = [name for name in self.units if name != unit.name]
        if isinstance(message, Spoken):
            self.spoken.append(message)
        received = on_the_wire(unit, message) if self.messages < WIRED else message
        for name in to:
            lost = not isinstance(message, Withdrawal | Spoken) and self._random.random() < self.bus.loss
            if name == unit.name or name not in self.units or unit.name in self.bus.cut_off or lost:
                continue
            self.messages += 1
            at_s = self.now_s + self._random.random() * self.bus.delay_s
            heapq.heappush(
                self._post, (at_s, next(self._order), name, lambda to: self._put(to, self._arrived(to, received)))
            )

    def _arrived(self, to: Unit, message: UnitMessage) -> FromUnit:
        return FromUnit(message, self.now_s - self._began_s[to.name])


def on_the_wire(unit: Unit, message: UnitMessage) -> UnitMessage:
    """Return a message as it comes out of a broker."""
    kinds = {
        UnitSightings: (SIGHTINGS, "sightings"),
        Assignments: (OWNERS, "owners"),
        Withdrawal: (WITHDRAWAL, "withdrawal"),
        Spoken: (SPOKEN, "spoken"),
    }
    bus_message, kind = kinds[type(message)]
    payload = encode(bus_message, message, f"/stores/flagship/units/{unit.name}", Instant(0.0, START, True))
    topic = parse(TOPICS.topic(kind, message.unit))
    assert topic is not None
    return decode(bus_message, topic, payload)
