"""A desk for tests: speaks the real contracts over the real broker, and decides like the engine's: first claim wins."""

from dataclasses import dataclass, field

from edge_agent.bus.connection import Bus
from edge_agent.clerk.notifier import Notifier
from edge_agent.clock import SystemClock
from edge_agent.contracts.clerk import Card, Reply, TabletHello
from edge_agent.contracts.topics import StoreTopics
from edge_agent.events import BusJoined, ClerkReplied, TabletJoined
from edge_agent.units.status import UnitStatus
from tests.clerk.cards import card

LEAD = "lead"
ENDS = {"done": "closed", "not_here": "withdrawn", "opted_out": "withdrawn", "pause_today": "withdrawn"}


@dataclass
class Desk:
    bus: Bus
    topics: StoreTopics
    cards: dict[str, Card] = field(default_factory=dict)
    replies: list[Reply] = field(default_factory=list)
    hellos: list[TabletHello] = field(default_factory=list)
    deaf: bool = False

    def __post_init__(self) -> None:
        UnitStatus(self.bus, self.topics, "unit-1", "Outdoor", "test")
        self.notifier = Notifier(self.bus, self.topics, "unit-1", LEAD, self.take)

    def open(self, name: str = "c1", **changes: object) -> Card:
        return self.put(card(name, now=SystemClock("always").now().utc, **changes))

    def change(self, name: str, **changes: object) -> Card:
        known = self.cards[name]
        return self.put(known.model_copy(update={"revision": known.revision + 1, **changes}))

    def put(self, changed: Card) -> Card:
        self.cards[changed.card] = changed
        self.notifier.send(changed)
        return changed

    def take(self, event: ClerkReplied | TabletJoined | BusJoined) -> None:
        match event:
            case ClerkReplied(reply=reply):
                self.replies.append(reply)
                if not self.deaf:
                    self.decide(reply)
            case TabletJoined(hello=hello):
                self.hellos.append(hello)
                self.send_open(hello.departments)
            case BusJoined():
                self.send_open(tuple({each.department for each in self.cards.values()}))

    def send_open(self, departments: tuple[str, ...]) -> None:
        for each in self.cards.values():
            shown = each.department in departments or (each.escalated and LEAD in departments)
            if each.state in {"open", "taken"} and shown:
                self.notifier.send(each)

    def decide(self, reply: Reply) -> None:
        known = self.cards[reply.card]
        match reply.action:
            case "claim" if known.state == "open":
                self.change(reply.card, state="taken", holder=reply.tablet)
            case "release" if known.holder == reply.tablet:
                self.change(reply.card, state="open", holder=None)
            case "hand_over" if reply.department is not None and known.holder in (None, reply.tablet):
                self.change(reply.card, state="withdrawn", holder=None)
                self.change(reply.card, state="open", department=reply.department)
            case "done" | "not_here" | "opted_out" | "pause_today" if known.holder == reply.tablet:
                self.change(reply.card, state=ENDS[reply.action], holder=None)
            case _:
                self.notifier.send(known)
