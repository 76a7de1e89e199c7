"""Puts together what a snapshot says: people become badges and numbers, nothing else of them goes any farther."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, cast
from zoneinfo import ZoneInfo

from edge_agent.admin.figures import Rate
from edge_agent.admin.sampler import Sampler
from edge_agent.clock import Clock
from edge_agent.contracts.admin import (
    PEOPLE_MAX,
    AdapterStatus,
    EndedScene,
    Explain,
    Explained,
    Person,
    PersonState,
    QueueStatus,
    Refusal,
    SceneStatus,
    ScreenStatus,
    Snapshot,
    UnitSilence,
)
from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.explanation import Explanation
from edge_agent.contracts.unit import PartReport
from edge_agent.events import Instant
from edge_agent.identify.badges import badge
from edge_agent.telling import Sighting
from edge_agent.visit.view import Present, View

FRESH_S: Final = 0.5
"""However many ask: the unit is looked at no more often than this."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the answers come from."""

    config: AgentConfig
    version: str
    view: Callable[[int, Instant], View]
    """Whom the unit knows and hears, the nearest so many."""
    customers: Callable[[], int]
    """How many customers' tokens are known."""
    adapters: Callable[[float], Sequence[AdapterStatus]]
    """How each adapter hears at a monotonic second."""
    parts: Callable[[], Sequence[PartReport]]
    queues: Callable[[], Sequence[QueueStatus]]
    screen: Callable[[], ScreenStatus | None]
    """How the screen is; ``None``: there is none."""
    heard: Callable[[], int]
    """Advertisements since the start."""
    holds: Callable[[CustomerId], bool]
    """Whether a profile of a customer can be used."""
    explain: Callable[[CustomerId, datetime, Instant], Explanation]
    """Why this, why not that would be said to a customer at a UTC time."""


class Reporter:
    """Answers as long as somebody asks; while nobody does it holds nothing about anybody."""

    def __init__(self, sources: Sources, clock: Clock) -> None:
        self._sources = sources
        self._clock = clock
        self._asking = 0
        self._numbers: dict[CustomerId, int] = {}
        self._last_number = 0
        self._samplers: set[Sampler] = set()
        self._recognised = 0
        self._heard_rate, self._recognised_rate = Rate(), Rate()
        self._snapshot: Snapshot | None = None
        self._looked_s = 0.0

    @property
    def asked(self) -> bool:
        """Whether anybody asks."""
        return self._asking > 0

    def begin(self) -> None:
        """One more asks."""
        self._asking += 1

    def end(self) -> None:
        """One less asks; with the last one everything is forgotten."""
        self._asking -= 1
        if not self.asked:
            self._numbers.clear()
            self._last_number = 0
            self._snapshot = None
            self._heard_rate.forget()
            self._recognised_rate.forget()

    def saw(self, sighting: Sighting) -> None:
        """Take in a sighting, if anybody asks."""
        if not self.asked:
            return
        self._recognised += 1
        for sampler in self._samplers:
            if sampler.customer == sighting.customer:
                sampler.hear(sighting)

    def snapshot(self) -> Snapshot:
        """Return how the unit is."""
        now = self._clock.now()
        if self._snapshot is None or now.monotonic_s >= self._looked_s + FRESH_S:
            self._looked_s = now.monotonic_s
            self._snapshot = self._look(now)
        return self._snapshot

    def explain(self, question: Explain) -> Explained | Refusal:
        """Return why this, why not that is said to somebody. Nothing is changed, and nothing kept."""
        now = self._clock.now()
        customer = self._of(question.person) if question.customer is None else question.customer
        if customer is None:
            return Refusal(reason="nobody has this number: take one that edge-agent watch shows while it runs")
        config = self._sources.config
        present = next((one for one in self._sources.view(PEOPLE_MAX, now).people if one.customer == customer), None)
        return Explained(
            unit=config.unit,
            store=config.store,
            zone=config.zone,
            timezone=config.timezone,
            held=self._sources.holds(customer),
            person=None if present is None else self._person(present, self._numbers.get(customer, 1), now),
            campaign=question.campaign,
            explanation=self._sources.explain(customer, utc(question.at, config.timezone) or now.utc, now),
        )

    def listen(self, number: int) -> Sampler | None:
        """Begin to listen to a person of the last snapshot; ``None`` where nobody has this number (any more)."""
        customer = self._of(number)
        if customer is None:
            return None
        sampler = Sampler(customer)
        self._samplers.add(sampler)
        return sampler

    def still_known(self, sampler: Sampler) -> bool:
        """Whether the unit still may know, and hears, the person who is listened to."""
        self.snapshot()
        return sampler.customer in self._numbers

    def hang_up(self, sampler: Sampler) -> None:
        """End listening."""
        self._samplers.discard(sampler)

    def _look(self, now: Instant) -> Snapshot:
        sources, config = self._sources, self._sources.config
        view = sources.view(PEOPLE_MAX, now)
        self._number(view)
        return Snapshot(
            at=now.utc,
            unit=config.unit,
            store=config.store,
            zone=config.zone,
            version=sources.version,
            adapters=tuple(sources.adapters(now.monotonic_s)),
            heard_per_s=self._heard_rate.read(sources.heard(), now.monotonic_s),
            recognised_per_s=self._recognised_rate.read(self._recognised, now.monotonic_s),
            customers=sources.customers(),
            silent=cast(UnitSilence | None, view.silent),
            people=tuple(self._person(present, self._numbers[present.customer], now) for present in view.people),
            others=view.others,
            scene=_scene(view, now.monotonic_s),
            ended=_ended(view, now.monotonic_s),
            screen=sources.screen(),
            parts=tuple(sources.parts()),
            queues=tuple(sources.queues()),
        )

    def _of(self, number: int | None) -> CustomerId | None:
        """Return who has a number; nobody has one while nobody asks for snapshots."""
        if self.asked:
            self.snapshot()
        return next((customer for customer, known in self._numbers.items() if known == number), None)

    def _number(self, view: View) -> None:
        here = [present.customer for present in view.people]
        self._numbers = {customer: self._numbers.get(customer) or self._next_number() for customer in here}

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def _person(self, present: Present, number: int, now: Instant) -> Person:
        language = self._sources.config.screen.languages[0]
        near_s = None if present.near_since_s is None else max(0.0, now.monotonic_s - present.near_since_s)
        return Person(
            person=number,
            badge=None if present.badge is None else badge(present.badge, language),
            distance_m=present.distance_m,
            near_s=near_s,
            state=cast(PersonState, present.state or ("passing" if near_s is None else "near")),
            on_screen=present.on_screen,
        )


def _scene(view: View, now_s: float) -> SceneStatus | None:
    if view.scene is None:
        return None
    shown_s = view.scene_shown_s
    until_s = view.scene_until_s if shown_s is None else shown_s + view.scene.maximum_s
    return SceneStatus(
        message_id=view.scene.message_id,
        mode=view.scene.mode,
        shown_s=None if shown_s is None else max(0.0, now_s - shown_s),
        left_s=max(0.0, until_s - now_s),
    )


def _ended(view: View, now_s: float) -> EndedScene | None:
    ended = view.ended
    if ended is None:
        return None
    ago_s = max(0.0, now_s - ended.at_s)
    return EndedScene(message_id=ended.message_id, why=ended.why, on_screen_s=ended.on_screen_s, ago_s=ago_s)


def utc(at: datetime | None, timezone: str) -> datetime | None:
    """Return a time that somebody asks about, in UTC; without an offset it is by the clock of the store."""
    if at is None:
        return None
    return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)
