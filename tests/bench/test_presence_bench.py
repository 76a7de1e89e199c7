"""How promptly and how rightly presence is judged, against the published rules of others, on walks nobody tuned for.

Prints a table with the aims. With ``PRESENCE_PICTURE=FILE.png`` it draws the trade-off too (needs matplotlib, the
extra ``bench``). ``tests/bench/walks`` says what is simulated, from which sources, and with which parameters.
"""

import os
import time
from pathlib import Path

import pytest

from edge_agent.contracts.config import PresenceConfig
from edge_agent.presence.tracker import PresenceTracker
from tests.bench.walks.channel import MEASURED_POWER_DBM
from tests.bench.walks.hearing import HARD_SHOP, SHOP
from tests.bench.walks.judging import tracker
from tests.bench.walks.peers import PEERS, Peer
from tests.bench.walks.picture import OURS, Panel, Point, draw
from tests.bench.walks.routes import border, passing, visit
from tests.bench.walks.trial import (
    HELD_OUT,
    Figure,
    Visits,
    back_pocket,
    beats,
    changes_of_mind,
    judge_visits,
    walks,
    wrong_arrivals,
)

US = Peer(OURS, "", tracker(PresenceConfig()))
INTERVAL_S, REPORT_S = 0.25, 10.0
VISITS, PASSES, FEW = 600, 1000, 200


def test_our_own_figures() -> None:
    print("\npresence, held-out walks; figures with 95 % intervals")
    print("  phones that advertise every      100 ms                   250 ms                   1 s")
    found = {interval_s: _visits(US, interval_s) for interval_s in (0.1, 0.25, 1.0)}
    wrong = {interval_s: _wrong(US, interval_s) for interval_s in found}
    rows = [
        ("arrival after the dwell, p50, s", [each.arrival_p50_s for each in found.values()], ""),
        ("arrival after the dwell, p95, s", [each.arrival_p95_s for each in found.values()], "<= 2 up to 250 ms"),
        ("wrong arrivals, % of passes", list(wrong.values()), "<= 2"),
        ("flaps per 100 visits", [each.flaps for each in found.values()], "< 1"),
        ("screen absence, p95, s", [each.screen_p95_s for each in found.values()], "<= 8"),
        ("visit absence, p95, s", [each.gone_p95_s for each in found.values()], "<= 25"),
        ("visits split, per 100", [each.splits for each in found.values()], ""),
    ]
    for name, figures, aim in rows:
        print(f"  {name:32s} " + " ".join(f"{figure!s:24s}" for figure in figures) + (f" aim {aim}" if aim else ""))
    slow = judge_visits(US.judge, walks(visit, INTERVAL_S, FEW, HELD_OUT, SHOP, REPORT_S))
    _print_apart("controller that reports once in ten seconds", slow)
    _print_apart("phone in a back pocket", judge_visits(US.judge, walks(back_pocket, INTERVAL_S, FEW, HELD_OUT)))
    _print_apart("hard shop", judge_visits(US.judge, walks(visit, INTERVAL_S, FEW, HELD_OUT, HARD_SHOP)))
    wrong_hard = wrong_arrivals(US.judge, walks(passing, INTERVAL_S, FEW, HELD_OUT, HARD_SHOP))
    print(f"  hard shop: wrong arrivals {wrong_hard} % of passes")
    print(f"  who stays at the border: {changes_of_mind(US.judge, walks(border, INTERVAL_S, FEW, HELD_OUT))} per 100")


def test_nobody_is_better_in_both() -> None:
    print(
        "\npeers at 250 ms     arrival p95, s            wrong, %                  screen p95, s            flaps/100"
    )
    print("                    visit p95, s              splits/100, slow controllers too")
    arrivals, screens, gone = [], [], []
    for peer in (US, *PEERS):
        visits, wrong = _visits(peer, INTERVAL_S), _wrong(peer, INTERVAL_S)
        slow = judge_visits(peer.judge, walks(visit, INTERVAL_S, FEW, HELD_OUT, SHOP, REPORT_S))
        splits = _mean(visits.splits, slow.splits)
        arrivals.append(Point(peer.name, peer.label, visits.arrival_p95_s, wrong))
        screens.append(Point(peer.name, peer.label, visits.screen_p95_s, visits.flaps))
        gone.append(Point(peer.name, peer.label, visits.gone_p95_s, splits))
        name = f"{peer.name} {peer.label}"
        print(f"{name:19s} {visits.arrival_p95_s!s:25s} {wrong!s:25s} {visits.screen_p95_s!s:24s} {visits.flaps}")
        print(f"{'':19s} {visits.gone_p95_s!s:25s} {splits!s:25s}")
    picture = os.environ.get("PRESENCE_PICTURE")
    if picture:
        late, wrong_of = "delay beyond the dwell, p95, s", "wrong arrivals, % of passers-by"
        panels = [
            Panel("She comes", late, wrong_of, arrivals, 2, 2),
            Panel("She goes", "delay until the screen forgets her, p95, s", "flaps per 100 visits", screens, 8, 1),
        ]
        draw(panels, Path(picture))
    for points in (arrivals, screens, gone):
        us, *others = points
        better = [point for point in others if beats(point.delay_s, point.error, us.delay_s, us.error)]
        assert not better, f"a peer is better in delay and error: {better}"


@pytest.mark.parametrize("customers", [1, 500])
def test_cost_of_a_sighting(customers: int) -> None:
    presence, sightings, warm = PresenceTracker(PresenceConfig()), 100_000, 20 * customers
    for number in range(warm + sightings):
        if number == warm:
            started_s = time.process_time()
        at_s = number * INTERVAL_S / customers
        presence.observe(f"c{number % customers}", "phone", -65 - number % 7, MEASURED_POWER_DBM, at_s)
    cost_us = (time.process_time() - started_s) / sightings * 1e6
    print(f"\npresence, one sighting with {customers} customers here: {cost_us:.1f} us CPU")


def _visits(peer: Peer, interval_s: float) -> Visits:
    return judge_visits(peer.judge, walks(visit, interval_s, VISITS // 2 if interval_s < 0.2 else VISITS, HELD_OUT))


def _wrong(peer: Peer, interval_s: float) -> Figure:
    return wrong_arrivals(peer.judge, walks(passing, interval_s, PASSES, HELD_OUT))


def _mean(one: Figure, other: Figure) -> Figure:
    """As if half of the phones were heard through a slow controller; the interval is an upper bound."""
    return Figure((one.value + other.value) / 2, (one.low + other.low) / 2, (one.high + other.high) / 2)


def _print_apart(name: str, visits: Visits) -> None:
    print(f"  {name}: arrival p50 {visits.arrival_p50_s} s, p95 {visits.arrival_p95_s} s")
    print(f"    flaps {visits.flaps}, splits {visits.splits} per 100; screen p95 {visits.screen_p95_s} s")
