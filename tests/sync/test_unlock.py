"""The slice opens when its key comes, and nobody is known before."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge_agent.clock import SystemClock
from edge_agent.errors import DamagedError, HubError, StoreError
from edge_agent.store.opening import Stores, open_stores, set_damaged_slice_aside
from edge_agent.store.unit_key import UnitKey
from edge_agent.store.worker import Worker
from edge_agent.supervisor import Health, supervise
from edge_agent.sync.unlock import Unlock
from tests.store.builders import KEY, STORE, bytes_on_disk, page, put, tag, take_in

HUB_KEY = UnitKey(bytes(range(100, 132)), "hub")


@dataclass
class Opening:
    """A unit whose slice waits for its key."""

    stores: Stores
    unlock: Unlock
    answers: list[UnitKey | Exception]
    """What the hub says next; the last for ever."""
    opened: asyncio.Event
    task: asyncio.Task[None]

    @property
    def known(self) -> list[str]:
        return [name for name, _ in self.stores.slice.tokens()]

    async def open(self) -> None:
        async with asyncio.timeout(20):
            await self.opened.wait()

    async def problem(self) -> str:
        async with asyncio.timeout(20):
            while not self.unlock.health.report.problem:
                await asyncio.sleep(0.005)
        return self.unlock.health.report.problem


@contextlib.asynccontextmanager
async def opening(folder: Path, *answers: UnitKey | Exception) -> AsyncIterator[Opening]:
    waiting = list(answers)

    async def ask() -> UnitKey:
        answer = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    worker, opened, clock = Worker(), asyncio.Event(), SystemClock("always")
    stores = open_stores(folder, STORE, None)
    unlock = Unlock(stores.slice, worker, ask, lambda _: opened.set(), Health("key", clock))
    task = asyncio.create_task(supervise(unlock, clock, sleep=lambda _: asyncio.sleep(0.01)))
    try:
        yield Opening(stores, unlock, waiting, opened, task)
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, DamagedError):
            await task
        worker.close()
        stores.close()


def fill(folder: Path, key: UnitKey = HUB_KEY) -> None:
    stores = open_stores(folder, STORE, key)
    take_in(stores.slice, [page([put("anna", tokens=[tag("a")], salutation="Frau Maier")], snapshot=True)])
    stores.close()


async def test_it_asks_until_the_key_comes_and_nobody_is_known_before(tmp_path: Path) -> None:
    fill(tmp_path)
    async with opening(tmp_path, HubError("the hub cannot be reached")) as unit:
        assert await unit.problem() == "the hub cannot be reached"
        assert (unit.known, unit.stores.slice.profile("anna"), unit.stores.slice.lease_until()) == ([], None, None)
        unit.answers.append(HUB_KEY)
        await unit.open()
        assert unit.known == ["anna"]
        assert unit.stores.slice.lease_until() is not None


async def test_the_key_of_the_hub_is_nowhere_on_the_disk(tmp_path: Path) -> None:
    async with opening(tmp_path, HUB_KEY) as unit:
        await unit.open()
        take_in(unit.stores.slice, [page([put("anna", salutation="Frau Maier")], snapshot=True)])
        unit.stores.slice.forget("bea")
        assert unit.stores.slice.profile("anna") is not None
        left = bytes_on_disk(tmp_path)
        assert HUB_KEY.secret not in left
        assert HUB_KEY.secret.hex().encode() not in left
        assert b"Maier" not in left
    assert {file.name for file in tmp_path.iterdir()} == {"slice.db", "journal.db"}
    assert HUB_KEY.secret not in bytes_on_disk(tmp_path)


async def test_a_restart_without_the_hub_knows_nobody(tmp_path: Path) -> None:
    fill(tmp_path)
    for _ in range(2):
        async with opening(tmp_path, HubError("the hub cannot be reached")) as unit:
            await unit.problem()
            assert unit.known == []
            assert unit.stores.slice.count() == 1


async def test_a_wrong_key_gives_the_slice_up_once_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill(tmp_path, KEY)
    async with opening(tmp_path, HUB_KEY) as unit:
        await unit.open()
        assert unit.unlock.health.report.state == "running"
        assert (unit.known, unit.stores.slice.cursor()) == ([], None)  # so it is pulled from the beginning
        assert take_in(unit.stores.slice, [page([put("bea")], snapshot=True)]).changed is None
    assert caplog.text.count("sealed with another key") == 1
    assert "erased and pulled again (the key is from: hub)" in caplog.text
    async with opening(tmp_path, HUB_KEY) as again:
        await again.open()
        assert again.known == ["bea"]
    assert caplog.text.count("sealed with another key") == 1


async def test_a_broken_credential_is_said_and_asked_for_again(tmp_path: Path) -> None:
    fill(tmp_path)
    async with opening(tmp_path, StoreError("credential unit-key: 5 bytes, must be 32"), HUB_KEY) as unit:
        assert await unit.problem() == "credential unit-key: 5 bytes, must be 32"
        await unit.open()
        assert unit.known == ["anna"]


async def test_a_damaged_slice_ends_the_run_once_and_the_next_begins_anew(tmp_path: Path) -> None:
    stores = open_stores(tmp_path, STORE, HUB_KEY)
    take_in(stores.slice, [page([put(f"c{n}", tokens=[tag(f"{n:032x}")]) for n in range(400)], snapshot=True)])
    stores.close()
    path = tmp_path / "slice.db"
    content = bytearray(path.read_bytes())
    for leaf in range(len(content) // 8192 * 4096, len(content), 4096):  # the start does not look at these
        content[leaf : leaf + 8] = b"\xff" * 8
    path.write_bytes(content)
    async with opening(tmp_path, HUB_KEY) as unit:
        with pytest.raises(DamagedError) as damage:
            async with asyncio.timeout(20):
                await unit.task
        assert unit.known == []
    set_damaged_slice_aside(damage.value)
    async with opening(tmp_path, HUB_KEY) as again:
        await again.open()
        assert again.known == []
        take_in(again.stores.slice, [page([put("bea")], snapshot=True)])
    assert "slice.db.corrupt-1" not in {file.name for file in tmp_path.iterdir()}
