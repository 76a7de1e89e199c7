"""What tablets may ask for, and how often."""

import pytest

from edge_agent.bus.envelope import encode
from edge_agent.clock import SystemClock
from edge_agent.contracts.bus import HELLO
from edge_agent.contracts.clerk import TabletHello
from tests.bus.brokers import Broker, free_port
from tests.bus.conftest import TOPICS, make_bus, until
from tests.clerk.desk import Desk


@pytest.fixture
def desk() -> Desk:
    return Desk(make_bus(Broker([], free_port())), TOPICS)


def say_hello(desk: Desk, tablet: str, *departments: str) -> None:
    hello = TabletHello(tablet=tablet, departments=departments)
    payload = encode(HELLO, hello, "/x", SystemClock("always").now())
    desk.bus.router.deliver(TOPICS.hello(tablet), payload, retained=False)


async def test_a_flood_of_hellos_is_answered_twice_and_the_last_counts(desk: Desk) -> None:
    for number in range(500):
        say_hello(desk, "t1", f"d{number}")
    say_hello(desk, "t2", "shoes")
    assert [hello.departments for hello in desk.hellos] == [("d0",), ("shoes",)]
    await until(lambda: len(desk.hellos) == 3)
    assert desk.hellos[-1].departments == ("d499",)


async def test_many_names_are_bounded_too(desk: Desk) -> None:
    for number in range(500):
        say_hello(desk, f"t{number}", "shoes")
    assert len(desk.hellos) == 64
