"""What somebody who judges presence says about a walk, and how right it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge_agent.contracts.config import PresenceConfig
from edge_agent.presence.tracker import Change, PresenceTracker
from tests.bench.walks.channel import MEASURED_POWER_DBM
from tests.bench.walks.hearing import Heard, Walk
from tests.bench.walks.routes import ENTER_M, LEAVE_M

Said = tuple[float, Change]
"""(second since the start, what changed)."""

Judge = Callable[[Sequence[Heard]], list[Said]]
"""Hears a whole walk and says what it would have said, each change at its time."""

DWELL_S = PresenceConfig().screen_dwell_s
"""The dwell before the screen speaks; every judge is given the same."""


def tracker(config: PresenceConfig) -> Judge:
    """The product itself: what is heard goes in, and deadlines fire as the engine would let them."""

    def judge(heard: Sequence[Heard]) -> list[Said]:
        presence, said = PresenceTracker(config), list[Said]()
        for at_s, rssi_dbm in heard:
            _let_time_pass(presence, at_s, said)
            events = presence.observe("she", "phone", rssi_dbm, MEASURED_POWER_DBM, at_s)
            said += [(at_s, event.change) for event in events]
        _let_time_pass(presence, float("inf"), said)
        return said

    return judge


def _let_time_pass(presence: PresenceTracker, until_s: float, said: list[Said]) -> None:
    while (due_s := presence.next_deadline()) is not None and due_s < until_s:
        said += [(due_s, event.change) for event in presence.expire(due_s)]


@dataclass(frozen=True)
class VisitScore:
    """How one visit was judged. Delays in seconds."""

    arrival_s: float
    """From the end of the dwell that began when she came within ``ENTER_M``, to *settled*. The length of the walk
    where she was never found."""
    flaps: int
    """How often she was said to be away between her coming and her going."""
    screen_s: float
    """From her last step within ``LEAVE_M`` to the last *away*."""
    gone_s: float
    """From the door to the last *gone*."""
    splits: int
    """How often she was said to be gone before the door."""


def score_visit(walk: Walk, said: Sequence[Said]) -> VisitScore:
    """Compare what was said with where she was."""
    came_s, left_s, door_s = walk.route.first_s(ENTER_M), walk.route.last_s(LEAVE_M), walk.route.end_s
    settled = [at_s for at_s, change in said if change is Change.SETTLED]
    away = [at_s for at_s, change in said if change is Change.AWAY]
    gone = [at_s for at_s, change in said if change is Change.GONE]
    return VisitScore(
        arrival_s=(settled[0] - came_s - DWELL_S) if settled else door_s,
        flaps=sum(came_s <= at_s < left_s for at_s in away),
        screen_s=max(0.0, (away[-1] if away else door_s) - left_s),
        gone_s=max(0.0, gone[-1] - door_s) if gone else door_s,
        splits=sum(at_s < door_s for at_s in gone),
    )


def arrived(said: Sequence[Said]) -> bool:
    """Whether somebody would have been spoken to: a wrong arrival where she only passes."""
    return any(change is Change.SETTLED for _, change in said)
