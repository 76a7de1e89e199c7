import asyncio
import contextlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue

from edge_agent.clock import SystemClock
from edge_agent.contracts.catalogue import Catalogue, Emergency
from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.slice import SliceOperation, SlicePage
from edge_agent.errors import HubError
from edge_agent.events import KnowledgeChanged, SliceChanged, WithdrawalRow
from edge_agent.identify.token import temporary_key, window_of
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import load_unit_key
from edge_agent.supervisor import Health
from edge_agent.sync.pull import Pull
from provisioning.hub.slices import PAGE_MAX, TOMBSTONE_KEEP_S
from provisioning.hub.tables import catalogue_steps
from tests.provisioning.hubs import IDENTITY_KEY, STORE, RunningHub, customer, customers
from tests.sync.badservers import answer, bad_server
from tests.sync.units import Unit, unit_at

pytestmark = pytest.mark.integration


async def until(condition: object) -> None:
    assert callable(condition)
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def running(*parts: object):
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(part.run()) for part in parts]
        yield tasks
        for task in tasks:
            task.cancel()


async def test_a_snapshot_then_only_what_changed(served: RunningHub, unit: Unit) -> None:
    served.hub.slices.put(STORE, customers(["anna", "bert"]), served.clock())
    await unit.pull.pull_slice()
    assert unit.held() == {"anna", "bert"}
    served.hub.slices.put(STORE, customers(["carla"]), served.clock())
    served.hub.slices.tombstone(STORE, "anna", served.clock())
    await unit.pull.pull_slice()
    assert unit.held() == {"bert", "carla"}
    first, second = unit.told
    assert isinstance(first, SliceChanged)
    assert isinstance(second, SliceChanged)
    assert (first.changed, second.changed) == (None, frozenset({"anna", "carla"}))
    assert second.lease_until == unit.stores.slice.lease_until()


async def test_who_withdrew_here_is_not_stored_again_whatever_the_hub_sends(served: RunningHub, unit: Unit) -> None:
    now = served.clock()
    unit.stores.journal.commit([WithdrawalRow("anna", "all", now, now + timedelta(days=30))])
    served.hub.slices.put(STORE, customers(["anna", "bert"]), now)
    await unit.pull.pull_slice()
    assert unit.held() == {"bert"}
    served.hub.slices.put(STORE, customers(["anna", "carla"]), now)
    await unit.pull.pull_slice()
    assert unit.held() == {"bert", "carla"}


async def test_the_unit_gets_temporary_keys_and_never_the_identity_key(served: RunningHub, unit: Unit) -> None:
    served.hub.slices.put(STORE, [customer("anna")], served.clock())
    await unit.pull.pull_slice()
    profile = unit.stores.slice.profile("anna")
    assert profile is not None
    assert IDENTITY_KEY not in profile.model_dump_json()
    now_window = window_of(int(served.clock().timestamp()))
    keys = {key.window: key.key for key in profile.tokens[0].keys}
    assert keys[now_window] == temporary_key(bytes.fromhex(IDENTITY_KEY), now_window).hex()


async def test_keys_roll_on_before_the_lease_outlives_them(served: RunningHub, unit: Unit) -> None:
    served.hub.slices.put(STORE, [customer("anna")], served.clock())
    for _ in range(8):
        await unit.pull.pull_slice()
        profile, lease_until = unit.stores.slice.profile("anna"), unit.stores.slice.lease_until()
        assert profile is not None
        assert lease_until is not None
        windows = {key.window for key in profile.tokens[0].keys}
        slot = timedelta(seconds=1024)
        for moment in (served.clock(), lease_until - timedelta(seconds=1), lease_until + slot - timedelta(seconds=1)):
            assert window_of(int(moment.timestamp())) in windows
        assert len(windows) <= 4
        served.clock.ahead += timedelta(hours=7)


async def test_a_cursor_that_is_too_old_starts_over(served: RunningHub, unit: Unit) -> None:
    served.hub.slices.put(STORE, customers(["anna", "bert"]), served.clock())
    await unit.pull.pull_slice()
    served.hub.slices.tombstone(STORE, "anna", served.clock())
    served.clock.ahead = timedelta(seconds=TOMBSTONE_KEEP_S + 60)
    assert served.hub.slices.forget_tombstones(served.clock()) == 1
    await unit.pull.pull_slice()
    assert unit.held() == {"bert"}


async def half_a_snapshot(served: RunningHub, unit: Unit, names: list[str]) -> str:
    """Let the unit lose the hub after the first page of a snapshot; return where it stopped."""
    served.hub.slices.put(STORE, customers(names), served.clock())
    pulling = asyncio.create_task(unit.pull.pull_slice())
    await until(lambda: unit.stores.slice.pending() is not None)
    pulling.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await pulling
    await unit.worker.call(lambda: None)  # what had begun has ended
    pending = unit.stores.slice.pending()
    assert pending is not None
    assert unit.held() == set()
    return pending.cursor


async def test_a_pull_goes_on_where_it_was_interrupted(served: RunningHub, unit: Unit) -> None:
    names = [f"c{number}" for number in range(3 * PAGE_MAX)]
    cursor = await half_a_snapshot(served, unit, names)
    # In the snapshot's first page, and gone since.
    served.hub.slices.tombstone(STORE, "c0", served.clock())
    await unit.pull.pull_slice()
    assert unit.held() == set(names[1:])
    assert cursor != unit.stores.slice.cursor()
    assert [told.changed for told in unit.told if isinstance(told, SliceChanged)] == [None]


async def test_who_withdraws_while_a_snapshot_comes_in_is_not_in_it(served: RunningHub, unit: Unit) -> None:
    names = [f"c{number}" for number in range(3 * PAGE_MAX)]
    await half_a_snapshot(served, unit, names)
    now = served.clock()
    gone = {names[0], names[-1]}
    for name in gone:  # as the engine does
        row = WithdrawalRow(name, "all", now, now + timedelta(days=30))
        await unit.worker.call(unit.stores.journal.commit, [row])
        await unit.worker.call(unit.stores.slice.forget, name)
    await unit.pull.pull_slice()
    assert unit.held() == set(names) - gone
    assert not any(map(unit.stores.slice.holds, gone))


async def test_an_emergency_does_not_wait_for_the_end_of_a_snapshot(served: RunningHub, unit: Unit) -> None:
    names = [f"c{number}" for number in range(2 * PAGE_MAX)]
    served.hub.slices.put(STORE, customers(names), served.clock())
    emergency = Emergency(headline={"en": "Please leave"}, valid_until=served.clock() + timedelta(hours=1))
    served.hub.emergencies.put(STORE, emergency, served.clock())
    unit.pull_now.wanted.set()  # as the nudge does
    await unit.pull.pull_slice()
    assert [type(told) for told in unit.told] == [KnowledgeChanged, SliceChanged]
    held = unit.stores.catalogue.screens()
    assert held is not None
    assert held.emergency == emergency
    assert unit.pull_now.wanted.is_set(), "the nudge may have been about the slice"


async def test_a_place_within_a_snapshot_that_the_hub_forgot_starts_anew(served: RunningHub, unit: Unit) -> None:
    names = [f"c{number}" for number in range(2 * PAGE_MAX)]
    await half_a_snapshot(served, unit, names)
    served.hub.slices.tombstone(STORE, "c0", served.clock())
    served.clock.ahead = timedelta(seconds=TOMBSTONE_KEEP_S + 60)
    assert served.hub.slices.forget_tombstones(served.clock()) == 1
    await unit.pull.pull_slice()
    assert unit.held() == set(names[1:])
    assert unit.stores.slice.pending() is None


async def test_one_broken_page_makes_those_before_it_worthless(served: RunningHub, unit: Unit) -> None:
    await half_a_snapshot(served, unit, [f"c{number}" for number in range(2 * PAGE_MAX)])
    broken = SlicePage(
        store=STORE, snapshot=False, operations=(), cursor="c", checkpoint=True, checksum="0" * 64,
        lease_until=served.clock(),
    )  # fmt: skip
    bad = answer("200 OK", broken.model_dump_json().encode(), content_type="application/json")
    async with bad_server(served, lambda _: bad) as server, unit_at(server.url, unit.config.folder) as lost:
        with pytest.raises(HubError, match="checksum"):
            await lost.pull.pull_slice()
    assert (unit.stores.slice.pending(), unit.stores.slice.holds("c0")) == (None, False)


async def test_a_broken_profile_is_skipped_and_an_unknown_field_is_kept_out_of_the_way(
    served: RunningHub, unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    profiles: dict[str, dict[str, JsonValue]] = {
        "anna": {"customer": "anna", "valid_until": "soon"},
        "bert": {"customer": "bert", "valid_until": "2099-01-01T00:00:00Z", "shoe_size": 44},
        "carla": {"customer": "carla", "valid_until": "2099-01-01T00:00:00Z"},
    }
    operations = tuple(SliceOperation(kind="put", customer=name, profile=profile) for name, profile in profiles.items())
    page = SlicePage(
        store=STORE, snapshot=True, operations=operations, cursor="c", checkpoint=True,
        checksum=operations_checksum(operations), lease_until=served.clock(),
    )  # fmt: skip
    newer = answer("200 OK", page.model_dump_json().encode(), content_type="application/json")
    async with bad_server(served, lambda _: newer) as server, unit_at(server.url, unit.config.folder) as reader:
        await reader.pull.pull_slice()
    assert unit.held() == {"bert", "carla"}
    assert "1 broken profiles of the slice were skipped" in caplog.text
    assert "anna" not in caplog.text


def shelf(*stock: int) -> Catalogue:
    products = [
        {
            "product": f"p{number}",
            "names": {"en": "Jacket"},
            "department": "outdoor",
            "stock": [{"quantity": quantity, "counted_at": "2026-05-04T10:00:00Z"}],
        }
        for number, quantity in enumerate(stock)
    ]
    return Catalogue.model_validate({"store": STORE, "currency": "EUR", "products": products})


def quantity(unit: Unit, product: str) -> int | None:
    held = unit.stores.catalogue.product(product)
    return None if held is None else held.stock[0].quantity


async def test_of_the_catalogue_only_what_changed_is_pulled(
    served: RunningHub, unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    served.hub.content.put_catalogue(STORE, shelf(1, 1, 1))
    await unit.pull.pull_knowledge()
    served.hub.content.put_catalogue(STORE, shelf(1, 5))
    await unit.pull.pull_knowledge()
    assert [quantity(unit, product) for product in ("p0", "p1", "p2")] == [1, 5, None]
    assert "1 products changed, 1 are gone" in caplog.text
    assert unit.told == [KnowledgeChanged(), KnowledgeChanged()]
    await unit.pull.pull_knowledge()
    assert len(unit.told) == 2


async def test_a_version_that_the_hub_has_forgotten_or_that_was_tampered_with_is_loaded_anew(
    served: RunningHub, unit: Unit, caplog: pytest.LogCaptureFixture
) -> None:
    served.hub.content.put_catalogue(STORE, shelf(1, 1))
    await unit.pull.pull_knowledge()
    served.hub.content.put_catalogue(STORE, shelf(2, 1))
    with served.hub.database.writing() as connection:
        connection.execute(catalogue_steps.delete())
    await unit.pull.pull_knowledge()
    assert quantity(unit, "p0") == 2
    with unit.stores.catalogue._file.transaction() as database:
        database.execute("DELETE FROM products WHERE product = 'p1'")
    served.hub.content.put_catalogue(STORE, shelf(3, 1))
    await unit.pull.pull_knowledge()
    assert "do not fit what is held" in caplog.text
    assert [quantity(unit, product) for product in ("p0", "p1")] == [3, 1]


async def test_a_slice_that_is_not_open_yet_is_not_said_to_be_pulled(
    served: RunningHub, unit: Unit, tmp_path: Path
) -> None:
    emergency = Emergency(headline={"en": "Please leave"}, valid_until=served.clock() + timedelta(hours=1))
    served.hub.emergencies.put(STORE, emergency, served.clock())
    (tmp_path / "locked").mkdir()
    stores = open_stores(tmp_path / "locked", STORE, load_unit_key(unit.config.folder, None), unlock=False)
    health = Health("pull", SystemClock("always"))
    pull = Pull(unit.client, unit.config, replace(unit.pull._to, slices=stores.slice), unit.pull_now, health)
    try:
        async with running(pull):
            await until(lambda: unit.told)
            assert health.report.state == "waiting"
            key = load_unit_key(unit.config.folder, None)
            assert await unit.worker.call(stores.slice.unlock, key)
            unit.pull_now.wanted.set()
            await until(lambda: health.report.state == "running")
    finally:
        stores.close()


async def test_a_nudge_brings_a_change_at_once(served: RunningHub, unit: Unit) -> None:
    async with running(unit.pull, unit.nudge), served.platform() as platform:
        await until(lambda: unit.pull_now.live)
        body = customer("anna").model_dump_json(exclude={"tokens"})
        answer = await platform.put("/customers/anna", content=body, headers={"Content-Type": "application/json"})
        assert answer.status_code == 204, answer.text
        await until(lambda: "anna" in unit.held())
        await platform.delete("/customers/anna")
        await until(lambda: not unit.held())


async def test_a_change_that_another_process_made_is_noticed(served: RunningHub, unit: Unit) -> None:
    async with running(unit.pull, unit.nudge):
        await until(lambda: unit.pull_now.live)
        served.hub.slices.put(STORE, [customer("anna")], served.clock())  # as edge-fleet load does
        await until(lambda: "anna" in unit.held())


async def test_polling_goes_on_without_the_nudge(served: RunningHub, unit: Unit) -> None:
    async with running(unit.pull):
        await until(lambda: unit.told)
        served.hub.slices.put(STORE, [customer("anna")], served.clock())
        await until(lambda: "anna" in unit.held())


async def test_a_new_configuration_is_written_beside_the_present_one(served: RunningHub, unit: Unit) -> None:
    served.hub.fleet.add_unit(STORE, "door", "Shoes", {}, served.clock())
    await unit.pull.pull_knowledge()
    assert 'zone = "Shoes"' in (unit.config.folder / "desired.toml").read_text()
