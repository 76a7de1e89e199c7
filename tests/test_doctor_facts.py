"""Where the doctor's facts come from: real databases, read in their own thread."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import tomli_w

from edge_agent.admin.doctor.facts import Key
from edge_agent.app.doctor import Examiner
from edge_agent.app.inside import Inside
from edge_agent.clock import SystemClock
from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.examination import Finding
from edge_agent.loop import Inbox
from edge_agent.retention import Retention
from edge_agent.store.worker import Worker
from edge_agent.supervisor import Health
from tests.scenario.shop import JACKET, WELCOME
from tests.test_engine import STORE, Unit

TREE = {
    "store": STORE,
    "unit": "door",
    "zone": "Outdoor",
    "notice": {"version": "1"},
    "hub": {"url": "https://hub.example"},
}


@dataclass
class Idle:
    """A part that does nothing."""

    health: Health

    async def run(self) -> None:
        await asyncio.Event().wait()


@dataclass
class Patient:
    unit: Unit
    worker: Worker
    retention: Retention
    pull: Idle
    doctor: Examiner

    async def found(self) -> dict[str, Finding]:
        """What is found, the worst of each thing."""
        return {finding.about: finding for finding in reversed((await self.doctor.examine()).findings)}


@pytest.fixture
async def patient(tmp_path: Path) -> AsyncIterator[Patient]:
    unit = Unit.open(tmp_path / "unit")
    clock, worker = SystemClock("always"), Worker()
    config = AgentConfig.model_validate({**TREE, "folder": str(unit.folder)})
    retention = Retention(unit.stores, unit.folder, worker, clock)
    pull = Idle(Health("pull", clock))
    key = Key("credential", held=True)
    inside = Inside(
        config, clock, unit.engine, Inbox(clock), unit.stores, retention, worker, [pull], None, None, lambda: key, None
    )
    yield Patient(unit, worker, retention, pull, Examiner(inside))
    worker.close()
    unit.stores.close()


async def test_an_empty_unit(patient: Patient) -> None:
    found = await patient.found()
    assert "No profiles are held" in found["slice"].what
    assert found["campaigns"].severity == "warning"
    assert "No product has a known stock" in found["catalogue"].what
    assert found["certificate"].severity == "fault"
    assert found["disk"].severity == "ok"
    assert "MB" in found["memory"].what


async def test_what_is_held_is_read(patient: Patient) -> None:
    unit = patient.unit
    unit.pull("c-anna", "c-bert")
    now = SystemClock("always").now().utc
    stock = tuple(item.model_copy(update={"counted_at": now - timedelta(hours=5)}) for item in JACKET.stock)
    jacket = JACKET.model_copy(update={"stock": stock})
    unit.stores.catalogue.put_catalogue(Catalogue(store=STORE, currency="EUR", products=(jacket,)), "1")
    unit.stores.catalogue.put_campaigns(CampaignFile(version=1, campaigns=(WELCOME,)), "1")
    patient.pull.health.running()
    await patient.retention.round()
    found = await patient.found()
    assert "lease ended" in found["slice"].what  # it is of another year
    assert "1 campaign may be said" in found["campaigns"].what
    assert "counted 5 h ago" in found["catalogue"].what
    assert found["retention"].severity == "ok"
    assert found["parts"].what == "At work: pull."


async def test_the_configuration_that_the_hub_wants(patient: Patient) -> None:
    desired = patient.unit.folder / "desired.toml"
    for zone, said in (("Outdoor", False), ("Footwear", True), ("", False)):
        tree = {**TREE, "zone": zone, "folder": str(patient.unit.folder)}
        desired.write_text(tomli_w.dumps(tree) if zone else "zone = 1")
        found = await patient.found()
        assert ("config" in found) is said


async def test_a_disk_that_hangs_is_said_and_does_not_hang_the_doctor(patient: Patient) -> None:
    goes_on = threading.Event()
    stuck = asyncio.create_task(patient.worker.call(goes_on.wait))
    await asyncio.sleep(0)  # it has begun
    try:
        found = await patient.found()
    finally:
        goes_on.set()
        await stuck
    assert "do not answer within 3 s" in found["disk"].what
    assert found["disk"].severity == "fault"
    assert not {"slice", "campaigns", "certificate"} & found.keys()


async def test_a_database_that_cannot_be_read_is_said_and_ends_nobody(patient: Patient) -> None:
    with closing(sqlite3.connect(patient.unit.folder / "journal.db")) as connection:
        connection.execute("DROP TABLE dead_letters")
        connection.commit()
    found = await patient.found()
    assert found["disk"].severity == "fault"
    assert "no such table" in found["disk"].what
