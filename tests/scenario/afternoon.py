"""An afternoon in a shop with eight units: where everybody is at which second, and what comes of it."""

from collections import Counter
from itertools import pairwise
from math import dist
from random import Random

from edge_agent.events import ContactRow
from tests.scenario.floor import Bus, Floor, Place
from tests.scenario.shop import profile

PLACES = [(3.5 * column, 4.0 * row) for row in range(2) for column in range(4)]
OUTSIDE = (-20.0, 2.0)
STROLL_M_S = 1.0
INTERVAL_S = 1.0


def way(random: Random) -> list[tuple[float, Place]]:
    """Where she is at which second of her visit: she stops before two to five shelves."""
    at_s, here, points = 0.0, OUTSIDE, [(0.0, OUTSIDE)]
    for unit in random.choices(PLACES, k=random.randint(2, 5)):
        there = unit[0] + random.uniform(-1, 1), unit[1] + random.uniform(-1, 1)
        at_s += dist(here, there) / STROLL_M_S
        points.append((at_s, there))
        at_s, here = at_s + random.uniform(8, 60), there
        points.append((at_s, there))
    points.append((at_s + dist(here, OUTSIDE) / STROLL_M_S, OUTSIDE))
    return points


def steps(points: list[tuple[float, Place]], from_s: float) -> list[tuple[float, Place]]:
    """Every advertisement of a way: when, and from where."""
    said: list[tuple[float, Place]] = []
    for (start_s, start), (end_s, end) in pairwise(points):
        count = max(1, round((end_s - start_s) / INTERVAL_S))
        for step in range(count):
            share = step / count
            place = start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
            said.append((from_s + start_s + share * (end_s - start_s), place))
    return said


def busy(shoppers: int, open_s: float, bus: Bus, seed: int = 7) -> Floor:
    """Let an afternoon pass, and everybody go home."""
    random = Random(seed)
    names = [f"shopper{number:03}" for number in range(shoppers)]
    said = sorted(
        (at_s, name, place) for name in names for at_s, place in steps(way(random), random.uniform(5, open_s - 600))
    )
    floor = Floor(PLACES, [profile(name) for name in names], bus=bus, seed=seed)
    for at_s, name, place in said:
        floor.advance(at_s)
        floor.hear(name, place)
    floor.advance(open_s + 120)
    return floor


def once(floor: Floor, shoppers: int) -> dict[str, int]:
    """Every visit began, was greeted, carded and ended once. Returns how many there were of each."""
    started, ended = (Counter(e.data.visit for e in floor.of_type(kind)) for kind in ("visit.started", "visit.ended"))
    greeted = Counter(event.data.visit for event in floor.shown())
    carded = Counter(event.data.visit for event in floor.of_type("clerk.notified"))
    assert set(started.values()) == {1}
    assert started == ended
    assert len(started) == shoppers
    assert set(greeted.values()) == {1}
    addressed = {e.data.visit for e in floor.of_type("decision.made") if e.data.mode != "generic"}
    assert set(greeted) == addressed, "the others met somebody with an equal badge wherever they stood"
    assert len(greeted) > 0.9 * shoppers
    assert set(carded.values()) == {1}
    assert floor.showing() == {}
    books = [
        Counter((row.customer, row.decision, row.channel) for row in unit.rows if isinstance(row, ContactRow))
        for unit in floor.units.values()
    ]
    assert set(books[0].values()) == {1}
    assert all(book == books[0] for book in books), "what one unit has said all of them count, once"
    return {"visits": len(started), "greeted": len(greeted), "carded": len(carded), "messages": floor.messages}
