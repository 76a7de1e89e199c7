"""A whole trading day: 200 shoppers come, stay and leave."""

from collections import Counter
from random import Random

from edge_agent.events import ContactRow, VisitRow
from tests.scenario.shop import Shop, advertisement, profile

DAY_S = 9 * 3600
STAY_S = (20, 90)


def test_a_trading_day():
    random = Random(2)
    names = [f"shopper{number:03}" for number in range(200)]
    arrivals = sorted((random.uniform(0, DAY_S - 300), name) for name in names)
    heard = sorted(
        (at_s + 0.9 * step, name) for at_s, name in arrivals for step in range(round(random.uniform(*STAY_S) / 0.9))
    )
    shop = Shop([profile(name) for name in names])
    for at_s, name in heard:
        shop.unit.advance(at_s)
        shop.unit.put(advertisement(name, shop.unit.instant.utc))
    shop.unit.advance(DAY_S)

    types = Counter(shop.happened())
    assert types["visit.started"] == types["visit.ended"] == len(names)
    assert {row.customer for row in shop.rows if isinstance(row, VisitRow)} == set(names)
    assert len({row.visit for row in shop.rows if isinstance(row, VisitRow)}) == len(names)
    greeted = Counter(row.customer for row in shop.rows if isinstance(row, ContactRow) and row.channel == "screen")
    assert len(greeted) > 120, "some meet others at the screen, and are greeted as a group"
    assert set(greeted.values()) == {1}
    assert types["clerk.notified"] == types["clerk.withdrawn"] > 150
    assert shop.showing is None
    assert not shop.pipeline._badges
    assert not shop.pipeline._tracker._presences
