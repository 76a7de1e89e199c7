"""What units tell each other goes to whom it concerns, and is never retained."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiomqtt
import pytest

from edge_agent.contracts.ownership import Assignments, Contact, HeardCustomer, Spoken, UnitSightings, Withdrawal
from edge_agent.events import FromUnit, UnitJoined
from edge_agent.units.messenger import Messenger
from edge_agent.units.status import UnitStatus
from tests.bus.brokers import mosquitto
from tests.bus.conftest import TOPICS, make_bus, running

pytestmark = pytest.mark.integration

ANNA = HeardCustomer(customer="anna", distance_m=1.2, near=True)
QUESTION = UnitSightings(unit="rack", run="r1", number=1, heard=(ANNA,))
ANSWER = Assignments(unit="rack", run="r1", answers=1, coordinator="door", epoch=4)
WITHDRAWAL = Withdrawal(unit="rack", customer="anna", scope="all")
SPOKEN = Spoken(
    unit="rack",
    contacts=(
        Contact(
            customer="anna",
            campaign="jacket",
            channel="screen",
            message_class="offer",
            decision="d1",
            visit="v1",
            age_s=0.25,
        ),
    ),
)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)


async def test_questions_answers_withdrawals_and_contacts(tmp_path: Path) -> None:
    broker = mosquitto(tmp_path)
    await broker.start()
    heard: dict[str, list[FromUnit | UnitJoined]] = {"door": [], "rack": [], "desk": []}
    buses = {name: make_bus(broker, name) for name in heard}
    says = {name: Messenger(bus, TOPICS, name, "door", heard[name].append) for name, bus in buses.items()}
    for name, bus in buses.items():
        UnitStatus(bus, TOPICS, name, "Zone", "1")
    try:
        async with running(buses["door"]), running(buses["rack"]), running(buses["desk"]):
            await until(lambda: all(len(set(joined)) == 2 for joined in heard.values()))
            assert set(heard["door"]) == {UnitJoined("rack"), UnitJoined("desk")}
            for name in heard:
                heard[name].clear()
            says["rack"].send(QUESTION)
            await until(lambda: FromUnit(QUESTION) in heard["door"])
            says["door"].send(ANSWER)
            await until(lambda: FromUnit(ANSWER) in heard["rack"])
            says["rack"].send(WITHDRAWAL)
            await until(lambda: FromUnit(WITHDRAWAL) in heard["door"] and FromUnit(WITHDRAWAL) in heard["desk"])
            says["rack"].send(SPOKEN)
            await until(lambda: FromUnit(SPOKEN) in heard["door"] and FromUnit(SPOKEN) in heard["desk"])
            assert heard["rack"] == [FromUnit(ANSWER)], "a unit does not hear itself"
            for_all = [FromUnit(WITHDRAWAL), FromUnit(SPOKEN)]
            assert heard["desk"] == for_all, "questions and answers are for those whom they concern"
            async with aiomqtt.Client(broker.host, broker.port) as late:
                await late.subscribe("ea/1/#")
                async with asyncio.timeout(10):
                    kept = {(await anext(late.messages)).topic.value.split("/")[3] for _ in heard}
            assert kept == {"unit"}
    finally:
        broker.kill()
