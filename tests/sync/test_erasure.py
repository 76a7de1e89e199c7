"""From the platform's word to the receipt at the hub: nothing of her is left, and the store has confirmed it."""

import pytest

from edge_agent.contracts.event import VisitStarted
from edge_agent.events import ContactRow, EventRow, Instant, SliceChanged
from edge_agent.recorder import Recorder
from tests.provisioning.hubs import STORE, UNIT, RunningHub, customer
from tests.store.builders import NOW, visit
from tests.sync.units import Unit

pytestmark = pytest.mark.integration

AT = Instant(100.0, NOW, utc_trusted=True)
HER = "anna-1f9c"


def recorder_of(unit: Unit) -> Recorder:
    ids = iter(range(10**6))
    recorder = Recorder(unit.stores, f"/stores/{STORE}/units/{UNIT}", "boot", lambda: f"e{next(ids)}")
    recorder.start(AT)
    return recorder


async def obey(unit: Unit, recorder: Recorder) -> None:
    """What the engine does with a changed slice."""
    await unit.pull.pull_slice()
    told = unit.told[-1]
    assert isinstance(told, SliceChanged)
    await unit.worker.call(recorder.commit, (), tuple(unit.stores.slice.tombstones.owed()), AT)
    await unit.worker.pieces(recorder.narrow(told.changed))


async def visited(unit: Unit, recorder: Recorder) -> None:
    started = EventRow("visit.started", VisitStarted(customer=HER, visit="v1", zone="Outdoor"), AT, HER)
    rows = [visit("v1", HER), ContactRow(HER, "jackets", "screen", NOW), started]
    await unit.worker.call(recorder.commit, rows, (), AT)


async def test_the_platform_deletes_her_and_the_store_confirms_it(served: RunningHub, unit: Unit) -> None:
    served.hub.slices.put(STORE, [customer(HER, consents=("screen", "analytics")), customer("bea")], served.clock())
    recorder = recorder_of(unit)
    await obey(unit, recorder)
    await visited(unit, recorder)
    async with served.platform() as platform:
        assert (await platform.delete(f"/customers/{HER}")).status_code == 204
    assert [erasure.customer for erasure in served.hub.erasures.unconfirmed(STORE)] == [HER]
    await obey(unit, recorder)
    assert unit.held() == {"bea"}
    while await unit.push.push_batch():
        pass
    assert served.hub.erasures.unconfirmed(STORE) == []
    assert served.hub.events.summary(STORE) == {"consent.erased": 1}  # her visit was queued, and went with her
    await unit.worker.call(unit.stores.journal.truncate_log)
    journal = b"".join(path.read_bytes() for path in unit.config.folder.glob("journal.db*"))
    assert HER.encode() not in journal


async def test_the_platform_narrows_her_consent_and_nothing_queued_names_her(served: RunningHub, unit: Unit) -> None:
    served.hub.slices.put(STORE, [customer(HER, consents=("screen", "analytics"))], served.clock())
    recorder = recorder_of(unit)
    await obey(unit, recorder)
    await visited(unit, recorder)
    served.hub.slices.put(STORE, [customer(HER, consents=("screen",))], served.clock())
    await obey(unit, recorder)
    assert unit.held() == {HER}
    assert not await unit.push.push_batch()
    assert served.hub.events.summary(STORE) == {}
