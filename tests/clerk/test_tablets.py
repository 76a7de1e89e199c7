"""How many tablets are online."""

import pytest

from edge_agent.bus.connection import Bus
from edge_agent.bus.envelope import encode
from edge_agent.clerk.tablets import TABLETS_MAX, Tablets
from edge_agent.clock import SystemClock
from edge_agent.contracts.bus import TABLET_PRESENCE
from edge_agent.contracts.clerk import TabletPresence
from tests.bus.brokers import Broker, free_port
from tests.bus.conftest import TOPICS, make_bus


@pytest.fixture
def bus() -> Bus:
    return make_bus(Broker([], free_port()))


def say(bus: Bus, tablet: str, *, online: bool, about: str | None = None) -> None:
    presence = TabletPresence(tablet=about or tablet, online=online)
    payload = encode(TABLET_PRESENCE, presence, "/x", SystemClock("always").now())
    bus.router.deliver(TOPICS.tablet_presence(tablet), payload, retained=True)


async def test_those_that_came_and_have_not_gone_are_counted_once(bus: Bus) -> None:
    tablets = Tablets(bus, TOPICS)
    assert tablets.online == 0
    for tablet in ("t1", "t2", "t1"):
        say(bus, tablet, online=True)
    assert tablets.online == 2
    say(bus, "t1", online=False)
    say(bus, "never-seen", online=False)
    assert tablets.online == 1


async def test_nobody_speaks_for_another_and_a_flood_is_bounded(bus: Bus) -> None:
    tablets = Tablets(bus, TOPICS)
    say(bus, "t1", online=True, about="t2")
    assert tablets.online == 0
    for number in range(2 * TABLETS_MAX):
        say(bus, f"t{number}", online=True)
    assert tablets.online == TABLETS_MAX
