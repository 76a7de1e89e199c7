"""What somebody who judges presence says about a walk, and how right it was."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edge_agent.contracts.config import PresenceConfig
from edge_agent.presence.tracker import Change, PresenceTracker
from tests.bench.walks.channel import MEASURED_POWER_DBM
from tests.bench.walks.hearing import Walk
from tests.bench.walks.routes import ENTER_M, LEAVE_M

Said = tuple[float, Change]
"""(second since the start, what changed)."""

Judge = Callable[[Walk], list[Said]]
"""Hears a whole walk and says what it would have said, each change at its time."""

NOTICED_S = 14.0
"""The death of a scan is noticed so long after it: the silence of ``radio.silent_s``, and a moment."""

DWELL_S = PresenceConfig().screen_dwell_s
"""The dwell before the screen speaks; every judge is given the same."""


def tracker(config: PresenceConfig) -> Judge:
    """The product itself: what is heard goes in, and deadlines fire as the engine would let them."""

    def judge(walk: Walk) -> list[Said]:
        presence, said = PresenceTracker(config), list[Said]()
        deaf_s = walk.deaf_s
        for at_s, rssi_dbm in (*walk.heard, (math.inf, None)):
            if deaf_s is not None and at_s >= deaf_s[1]:
                dies_s, lives_s = deaf_s
                _let_time_pass(presence, dies_s + NOTICED_S, said)
                presence.radio(False, dies_s + NOTICED_S, dies_s)
                _let_time_pass(presence, lives_s, said)
                presence.radio(True, lives_s)
                deaf_s = None
            _let_time_pass(presence, at_s, said)
            if rssi_dbm is None:
                break
            events = presence.observe("she", "phone", rssi_dbm, MEASURED_POWER_DBM, at_s)
            said += [(at_s, event.change) for event in events]
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
    """How often a scene was taken from her between her coming and her going."""
    screen_s: float
    """From her last step within ``LEAVE_M`` to the end of the last scene. The length of the walk where she was never
    found: nobody is quick at forgetting whom he never saw."""
    gone_s: float
    """From the door to the last *gone*."""
    splits: int
    """How often she was said to be gone before the door."""


def score_visit(walk: Walk, said: Sequence[Said]) -> VisitScore:
    """Compare what was said with where she was."""
    came_s, left_s, door_s = walk.route.first_s(ENTER_M), walk.route.last_s(LEAVE_M), walk.route.end_s
    settled = [at_s for at_s, change in said if change is Change.SETTLED]
    ended = scenes_ended(said)
    gone = [at_s for at_s, change in said if change is Change.GONE]
    return VisitScore(
        arrival_s=(settled[0] - came_s - DWELL_S) if settled else door_s,
        flaps=sum(came_s <= at_s < left_s for at_s in ended),
        screen_s=max(0.0, ended[-1] - left_s) if ended else door_s,
        gone_s=max(0.0, gone[-1] - door_s) if gone else door_s,
        splits=sum(at_s < door_s for at_s in gone),
    )


def scenes_ended(said: Sequence[Said]) -> list[float]:
    """Return when somebody was said to be away for whom the screen could speak until then."""
    ended, settled = list[float](), False
    for at_s, change in said:
        if change is Change.AWAY and settled:
            ended.append(at_s)
        if change in (Change.SETTLED, Change.AWAY):
            settled = change is Change.SETTLED
    return ended


def arrived(said: Sequence[Said]) -> bool:
    """Whether somebody would have been spoken to: a wrong arrival where she only passes."""
    return any(change is Change.SETTLED for _, change in said)
