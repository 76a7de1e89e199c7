"""A store of units in virtual time, over a bus that loses, delays, repeats, reorders and splits.

The rules under test are real (`Coordinator`, `Member`); what a unit does with them is written once more here, small
enough to be seen through, so that thousands of bad days can be tried. `tests/scenario` does it with whole agents.
"""

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from edge_agent.contracts.ownership import Assignments, HeardCustomer, UnitSightings, VisitState
from edge_agent.visit.membership import Member
from edge_agent.visit.ownership import Coordinator

ANNA = "anna"
TICK_S = 0.05
DWELL_S = 3.0
FIRST_FRAME_S = 0.1
HOLD_S = 0.5  # reception.FIRST_FRAME_S
ENTER_M, LEAVE_M, EARSHOT_M = 2.0, 4.0, 7.0
AWAY_S, UNSETTLED_S, GONE_S = 5.0, 15.0, 20.0  # as presence.tracker: silence is noticed late
SPACING_M = 1.5
REPORT_S = 0.8
"""A greeting counts as one of a unit that reaches the coordinator when its word about it arrives within this."""


@dataclass(frozen=True)
class Weather:
    """How the bus is for a while."""

    lasts_s: float
    loss: float = 0.0
    delay_s: float = 0.02
    """At most."""
    repeats: float = 0.0
    deaf: tuple[int, ...] = ()
    """Units that are heard, but hear nothing."""
    groups: tuple[int, ...] = ()
    """Group of each unit; units of different groups hear nothing of each other."""


@dataclass(frozen=True)
class Crash:
    """A unit dies, and comes back."""

    unit: int
    at_s: float
    down_s: float
    forgets: bool = False
    """Its epoch is lost."""


@dataclass(frozen=True)
class Day:
    """Everything that happens."""

    weather: tuple[Weather, ...]
    walk: tuple[tuple[float, float], ...]
    """(seconds, place in metres) of the customer."""
    crashes: tuple[Crash, ...] = ()
    clocks_s: tuple[float, ...] = (0.0, 0.0, 0.0)
    """What each unit's monotonic clock is ahead."""
    coordinators: tuple[int, ...] = (0,)
    dwell_s: float = DWELL_S
    seed: int = 0


@dataclass
class Greeting:
    """A first frame."""

    unit: int
    run: str
    """Which start of its agent."""
    at_s: float
    visit: str
    in_reach: bool
    told_s: float | None = None
    """When a coordinator heard of it."""

    @property
    def counted(self) -> bool:
        return self.in_reach and self.told_s is not None and self.told_s - self.at_s <= REPORT_S


@dataclass
class Visit:
    visit: str
    greeted: bool = False
    spoken_s: float | None = None
    spoken_in_reach: bool = False
    undecided: bool = False


@dataclass
class Host:
    """One unit: what a tracker and a reception do, for one customer."""

    store: "Store"
    number: int
    runs: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    up: bool = False
    visit: Visit | None = None
    epoch: int = 0

    @property
    def name(self) -> str:
        return f"unit{self.number}"

    def start(self) -> None:
        self.up = True
        self.run = f"run{next(self.runs)}"
        self.member = Member(self.name, self.run, self.now_s)
        self.coordinator = None
        if self.number in self.store.day.coordinators:
            self.coordinator = Coordinator(self.name, self.epoch + 1, self.now_s)
            self.epoch += 1
        self.near_since_s: float | None = None
        self.metres: float | None = None
        self.heard_s = self.now_s
        self.epoch_seen = 0
        if self.visit is not None and self.visit.spoken_s is not None and not self.visit.greeted:
            self.visit.spoken_s, self.visit.undecided = None, True  # what was on its way to the screen died with it

    def owns(self) -> bool:
        return ANNA in self.member.mine(self.now_s)

    def crash(self, forgets: bool) -> None:
        self.up = False
        if forgets:
            self.epoch = 0

    @property
    def now_s(self) -> float:
        return self.store.now_s + self.store.day.clocks_s[self.number]

    def hear(self, message: UnitSightings | Assignments) -> None:
        if isinstance(message, Assignments):
            visits = set() if self.visit is None else {ANNA}
            self.member.accept(message, visits, self.now_s)
            assert self.member.epoch >= self.epoch_seen, "an epoch went backwards"
            self.epoch_seen = self.member.epoch
        elif self.coordinator is not None:
            self.answer(message)

    def answer(self, question: UnitSightings) -> None:
        assert self.coordinator is not None
        self.store.told(question)
        answer = self.coordinator.answer(question, self.now_s)
        self.epoch = max(self.epoch, self.coordinator.epoch)
        if answer is None:
            return
        if question.unit == self.name:
            self.hear(answer)
        else:
            self.store.send(self.number, answer)

    def tick(self) -> None:
        self.track(self.store.metres(self.number))
        if self.now_s >= self.member.ask_s:
            self.ask()
        self.share()
        self.show()

    def track(self, metres: float | None) -> None:
        if metres is None:
            self.miss()
            return
        self.metres, self.heard_s = metres, self.now_s
        if metres <= ENTER_M and self.near_since_s is None:
            self.near_since_s = self.now_s
            self.member.hurry(self.now_s)
        elif metres > LEAVE_M:
            self.near_since_s = None

    def miss(self) -> None:
        silent_s = self.now_s - self.heard_s
        if self.near_since_s is not None and silent_s >= AWAY_S:
            settled = self.heard_s - self.near_since_s >= self.store.day.dwell_s
            if settled or self.now_s >= self.near_since_s + UNSETTLED_S:
                self.near_since_s = None
        if self.near_since_s is None and silent_s >= AWAY_S:
            self.metres = None
        if silent_s >= GONE_S and (self.visit is not None or self.member.known(ANNA) is not None):
            ended = None if self.visit is None else self.visit.visit
            if ended is not None:
                self.store.ended.append(ended)
            self.visit = None
            self.member.forget(ANNA, ended)

    def ask(self) -> None:
        heard, visits = {}, {}
        if self.metres is not None:
            near = self.near_since_s is not None
            heard[ANNA] = HeardCustomer(customer=ANNA, distance_m=max(0.01, self.metres), near=near)
        if self.visit is not None:
            visits[ANNA] = VisitState(visit=self.visit.visit, greeted=self.visit.greeted)
        question = self.member.ask(heard, visits, self.now_s)
        for other in self.store.day.coordinators:
            if other != self.number:
                self.store.send(self.number, question, to=other)
        if self.coordinator is not None:
            self.answer(question)

    def share(self) -> None:
        visit = self.visit
        if visit is not None and self.member.lost(ANNA, self.now_s):
            if visit.spoken_s is not None and not visit.greeted and self.now_s < visit.spoken_s + HOLD_S:
                return
            self.visit = None
            self.member.let_go(ANNA, VisitState(visit=visit.visit, greeted=visit.greeted))
            self.member.hurry(self.now_s)
        known = self.member.known(ANNA)
        if ANNA in self.member.mine(self.now_s) and known is not None and self.visit is None:
            self.visit = Visit(known.visit, known.greeted, undecided=not known.greeted)
            self.heard_s = self.now_s
        settled = self.near_since_s is not None and self.heard_s >= self.near_since_s + self.store.day.dwell_s
        free = self.visit is None or self.visit.undecided
        if settled and free and self.member.may_begin(ANNA, self.now_s):
            self.begin(known)

    def begin(self, known: VisitState | None) -> None:
        if known is not None and (self.visit is None or known.greeted):
            self.visit = Visit(known.visit, known.greeted)
        elif self.visit is None:
            self.visit = Visit(f"visit{len(self.store.began) + 1}")
            self.store.began.append(self.visit.visit)
        self.visit.undecided = False
        if not self.visit.greeted:
            self.visit.spoken_s = self.now_s
            self.visit.spoken_in_reach = self.member.in_reach(self.now_s)

    def show(self) -> None:
        visit = self.visit
        if visit is None or visit.greeted or visit.spoken_s is None:
            return
        if self.now_s >= visit.spoken_s + FIRST_FRAME_S:
            visit.greeted = True
            self.store.greetings.append(
                Greeting(self.number, self.run, self.store.now_s, visit.visit, visit.spoken_in_reach)
            )
            self.member.hurry(self.now_s)


class Store:
    """Three units in a row, SPACING_M apart, and one customer."""

    def __init__(self, day: Day, units: int = 3) -> None:
        self.day = day
        self.now_s = 0.0
        self.began: list[str] = []
        """Visits, in the order in which they began."""
        self.greetings: list[Greeting] = []
        self.ended: list[str] = []
        """Visits, in the order in which they ended."""
        self.hosts = [Host(self, number) for number in range(units)]
        self.owners: set[tuple[str, ...]] = set()
        """Units in reach that might serve her at one moment; more than one in none."""
        self._random = Random(day.seed)
        self._order = itertools.count()
        self._air: list[tuple[float, int, int, int, UnitSightings | Assignments]] = []
        for host in self.hosts:
            host.start()

    def run(self) -> "Store":
        """Live through the day."""
        end_s = sum(weather.lasts_s for weather in self.day.weather)
        downs: list[tuple[float, Crash]] = sorted(((c.at_s, c) for c in self.day.crashes), key=lambda down: down[0])
        ups: list[tuple[float, int]] = []
        while self.now_s < end_s:
            self.now_s += TICK_S
            while downs and downs[0][0] <= self.now_s:
                _, crash = downs.pop(0)
                if self.hosts[crash.unit].up:
                    self.hosts[crash.unit].crash(crash.forgets)
                    ups.append((self.now_s + crash.down_s, crash.unit))
            for up in [up for up in ups if up[0] <= self.now_s]:
                ups.remove(up)
                self.hosts[up[1]].start()
            while self._air and self._air[0][0] <= self.now_s:
                _, _, sender, to, message = heapq.heappop(self._air)
                if self.hosts[to].up and self._together(sender, to) and to not in self._weather().deaf:
                    self.hosts[to].hear(message)
            for host in self.hosts:
                if host.up:
                    host.tick()
            self.owners.add(tuple(host.name for host in self.hosts if host.up and host.owns()))
        return self

    def metres(self, unit: int) -> float | None:
        """How far she is from a unit."""
        at_s, place_m = 0.0, self.day.walk[0][1]
        for lasts_s, place_m in self.day.walk:  # noqa: B007 (where the walk ends is where she stays)
            at_s += lasts_s
            if self.now_s < at_s:
                break
        metres = abs(place_m - unit * SPACING_M)
        return metres if metres <= EARSHOT_M else None

    def send(self, sender: int, message: UnitSightings | Assignments, to: int | None = None) -> None:
        """Put a message on the bus."""
        if to is None:
            to = int(message.unit.removeprefix("unit"))
        weather = self._weather()
        copies = 2 if self._random.random() < weather.repeats else 1
        for _ in range(copies):
            if self._together(sender, to) and self._random.random() >= weather.loss:
                at_s = self.now_s + self._random.random() * weather.delay_s
                heapq.heappush(self._air, (at_s, next(self._order), sender, to, message))

    def told(self, question: UnitSightings) -> None:
        """A coordinator heard a question: note which greetings it tells of."""
        unit = int(question.unit.removeprefix("unit"))
        for heard in question.heard:
            if heard.visit is not None and heard.visit.greeted:
                for greeting in self.greetings:
                    if greeting.unit == unit and greeting.visit == heard.visit.visit and greeting.told_s is None:
                        greeting.told_s = self.now_s

    def _weather(self) -> Weather:
        at_s = 0.0
        for weather in self.day.weather:
            at_s += weather.lasts_s
            if self.now_s <= at_s:
                return weather
        return self.day.weather[-1]

    def _together(self, one: int, other: int) -> bool:
        groups: Sequence[int] = self._weather().groups
        return not groups or groups[one] == groups[other]
