"""Who is here and what the screen says to them, for the field tools. Looked at, never stored."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.screen import Scene
from edge_agent.presence.tracker import PresenceTracker
from edge_agent.visit.permits import OnScreen
from edge_agent.visit.roster import Roster

_FAR_M = float("inf")


@dataclass(frozen=True, slots=True)
class Present:
    """A known customer who is heard."""

    customer: CustomerId
    badge: int | None
    """Number of her badge; ``None`` without an app."""
    distance_m: float | None
    near_since_s: float | None
    """Monotonic second since when she is near; ``None`` while she is not."""
    state: str | None
    """State of her visit; ``None`` as long as there is none."""
    on_screen: bool
    """Whether the present scene speaks to her."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A scene that is over."""

    message_id: str
    why: str
    """What ended it, or why the display refused it."""
    on_screen_s: float
    """Seconds that it was visible."""
    at_s: float
    """Monotonic second at which the display said so."""


@dataclass(frozen=True, slots=True)
class View:
    """What a unit sees at one moment."""

    people: tuple[Present, ...]
    """The nearest first."""
    others: int
    """How many more are heard."""
    scene: Scene | None
    """The personal scene on the screen."""
    scene_until_s: float
    """Monotonic second at which its time is over."""
    scene_shown_s: float | None
    """Monotonic second of its first frame; ``None``: it has not come up yet."""
    ended: Ended | None
    """The scene that ended last."""
    silent: str | None
    """Why the unit may know nobody at all."""


def look(
    badges: Mapping[CustomerId, int | None],
    known: Callable[[CustomerId], bool],
    at_most: int,
    tracker: PresenceTracker,
    roster: Roster,
    current: OnScreen | None,
    shown_s: float | None,
    ended: Ended | None,
) -> View:
    """Return the view of those whose badges these are.

    ``known``: whether somebody may be known to the unit now. ``shown_s``: monotonic second of the first frame of the
    present scene. ``ended``: the one that ended last.
    """
    silent = roster.unit_silence()
    nearest = sorted(badges, key=lambda customer: (_distance_m(tracker, customer), customer)) if silent is None else []
    people = []
    for customer in filter(known, nearest[:at_most]):
        journey = roster.get(customer)
        people.append(
            Present(
                customer=customer,
                badge=badges[customer] if journey is None else journey.badge,
                distance_m=tracker.distance_m(customer),
                near_since_s=tracker.near_since_s(customer),
                state=None if journey is None else journey.state.value,
                on_screen=current is not None and customer in current.customers,
            )
        )
    scene, until_s = (None, 0.0) if current is None else (current.scene, current.until_s)
    return View(tuple(people), len(nearest[at_most:]), scene, until_s, shown_s, ended, silent)


def _distance_m(tracker: PresenceTracker, customer: CustomerId) -> float:
    distance_m = tracker.distance_m(customer)
    return _FAR_M if distance_m is None else distance_m
