import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge_agent.contracts.api import EVENTS
from edge_agent.contracts.event import CloudEvent, EventReceipts
from edge_agent.errors import HubError
from edge_agent.store.outbox import Outgoing
from edge_agent.sync.enrol import enrol
from edge_agent.sync.push import BATCH_MAX, BATCH_MAX_BYTES, pack
from provisioning.hub.events import UNPACKED_MAX_BYTES, unpack
from tests.provisioning.hubs import STORE, RunningHub
from tests.sync.test_pull import running, until
from tests.sync.units import Unit, event, unit_at

HEADERS = {"Content-Type": "application/json", "Content-Encoding": "gzip"}


def outgoing(count: int, filler: str = "") -> list[Outgoing]:
    return [Outgoing(n, event(n, data={"filler": filler})) for n in range(count)]


def test_a_batch_is_packed_up_to_its_size_and_always_holds_one_event() -> None:
    waiting = outgoing(5, "x" * (BATCH_MAX_BYTES // 2 - 1000))
    batch, body = pack(waiting)
    assert batch == waiting[:2]
    sent = json.loads(unpack(body, "gzip"))["events"]
    assert [CloudEvent.model_validate(raw) for raw in sent] == [one.event for one in batch]
    huge = outgoing(1, "x" * 2 * BATCH_MAX_BYTES)
    assert pack(huge)[0] == huge
    assert UNPACKED_MAX_BYTES > 2 * BATCH_MAX_BYTES


@pytest.mark.integration
async def test_events_arrive_once_and_leave_the_outbox(served: RunningHub, unit: Unit) -> None:
    await unit.commit(*[event(number) for number in range(BATCH_MAX + 50)])
    async with running(unit.push):
        await until(lambda: unit.stores.journal.waiting() == 0)
        await unit.commit(event(9999))
        unit.wake.set()
        await until(lambda: unit.stores.journal.waiting() == 0)
    stored = [raw["id"] for _, raw in served.hub.events.after(STORE, 0, 1000)]
    assert stored == [f"e{number}" for number in (*range(BATCH_MAX + 50), 9999)]
    assert served.hub.events.summary(STORE) == {"visit.started": BATCH_MAX + 51}


@pytest.mark.integration
async def test_a_rejected_event_becomes_a_dead_letter_and_the_rest_arrives(
    served: RunningHub, unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    foreign = event(2, source="/stores/graz/units/door")
    broken = event(3, data={"customer": "anna", "visit": "v", "zone": "Outdoor" * 100})
    await unit.commit(event(1), foreign, broken, event(4))
    assert await unit.push.push_batch()
    assert not await unit.push.push_batch()
    assert unit.stores.journal.dead() == 2
    assert [raw["id"] for _, raw in served.hub.events.after(STORE, 0, 10)] == ["e1", "e4"]
    reasons = [record.getMessage() for record in caplog.records if "dead letters" in record.getMessage()]
    assert len(reasons) == 2
    assert "source: must be /stores/vienna/units/door" in reasons[0]
    assert "data: zone" in reasons[1]
    assert "anna" not in caplog.text


@pytest.mark.integration
async def test_after_six_hours_offline_every_event_arrives_once_in_order_with_its_own_time(
    served: RunningHub, tmp_path: Path
) -> None:
    began = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
    times = [began + timedelta(minutes=minutes) for minutes in range(360)]
    folder = tmp_path / "unit"
    await asyncio.to_thread(enrol, served.url, served.claim(), folder, folder / "agent.toml")
    for first in range(0, len(times), 90):  # and the unit is restarted now and then
        async with unit_at("https://localhost:1", folder) as unit:
            some = enumerate(times[first : first + 90], start=first)
            await unit.commit(*[event(number, time=at, monotonic=f"{60.0 * number:.3f}") for number, at in some])
            with pytest.raises(HubError):
                await unit.push.push_batch()
    async with unit_at(served.url, folder) as unit:
        batch, body = pack(await unit.worker.call(unit.stores.journal.outbox, BATCH_MAX))
        await unit.client.post(EVENTS, body, HEADERS, EventReceipts)  # its answer is lost: power cut
        assert len(batch) == BATCH_MAX
    async with unit_at(served.url, folder) as unit:
        while await unit.push.push_batch():
            pass
        assert unit.stores.journal.waiting() == 0
    stored = [raw for _, raw in served.hub.events.after(STORE, 0, 1000)]
    assert [raw["id"] for raw in stored] == [f"e{number}" for number in range(len(times))]
    assert [datetime.fromisoformat(str(raw["time"])) for raw in stored] == times
    assert [float(str(raw["monotonic"])) for raw in stored] == sorted(60.0 * number for number in range(len(times)))
