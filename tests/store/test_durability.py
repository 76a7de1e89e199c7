"""What was acknowledged is there after ``kill -9``; two threads are in nobody's way."""

import asyncio
import random
import subprocess
import sys
from pathlib import Path

import pytest

from edge_agent.errors import StoreError
from edge_agent.store.journal import Journal
from edge_agent.store.opening import open_stores
from edge_agent.store.worker import Worker
from tests.store.builders import KEY, STORE, open_slice, page, put, tag, take_in, tombstone

KILLS = 20

# Commits for ever; says a number once it is committed.
COMMITTER = """
import sys
from pathlib import Path
from edge_agent.store.opening import open_stores
from tests.store.builders import KEY, STORE, event, page, put, take_in, visit

stores = open_stores(Path(sys.argv[1]), STORE, KEY)
for number in range(int(sys.argv[2]), 10**9):
    stores.journal.commit([visit(f"v{number}"), event(number)])
    if number % 5 == 0:
        take_in(stores.slice, [page([put(f"c{number}")], snapshot=number % 2 == 0, cursor=f"c{number}")])
    print(number, flush=True)
"""


@pytest.mark.timeout(300)
def test_no_acknowledged_row_is_lost_by_kill_9(tmp_path: Path) -> None:
    rng = random.Random(7)
    acknowledged: set[int] = set()
    following = 0
    root = Path(__file__).parents[2]
    for _ in range(KILLS):
        command = [sys.executable, "-c", COMMITTER, str(tmp_path), str(following)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as child:
            assert child.stdout is not None
            for _ in range(rng.randrange(1, 40)):
                acknowledged.add(int(child.stdout.readline()))
            child.kill()
            acknowledged.update(int(line) for line in child.stdout.read().split("\n")[:-1])
        stores = open_stores(tmp_path, STORE, KEY)
        assert stores.problems == ()
        events = {int(out.event.id[1:]) for out in stores.journal.outbox(10**6)}
        visits = {int(row.visit[1:]) for row in stores.journal.open_visits()}
        assert acknowledged <= events
        assert events == visits  # committed together, or not at all
        assert stores.slice.cursor() is None or stores.slice.profile(stores.slice.cursor() or "") is not None
        stores.close()
        following = max(events) + 1


async def test_the_loop_reads_while_the_worker_writes(tmp_path: Path) -> None:
    """Each snapshot is all of one tier: a reader may see any of them, never a mixture and never an error."""
    store = open_slice(tmp_path / "slice.db")
    worker = Worker()

    async def write() -> None:
        for tier in range(12):
            ops = [put(f"c{n}", tier=str(tier), tokens=[tag("a")]) for n in range(300)]
            await worker.call(take_in, store, [page(ops, snapshot=tier % 2 == 0, cursor=str(tier))])
            await worker.call(take_in, store, [page([tombstone("nobody")], cursor=str(tier))])

    writing = asyncio.create_task(write())
    reads = 0
    while not writing.done():
        before, profile, after = store.cursor(), store.profile(f"c{reads % 300}"), store.cursor()
        if before is not None and before == after:
            assert profile is not None
            assert profile.tier == before
        assert store.count() in (0, 300)
        assert sum(1 for _ in store.tokens()) <= 600
        reads += 1
        await asyncio.sleep(0)
    await writing
    assert (store.count(), store.cursor()) == (300, "11")
    worker.close()
    store.close()


async def test_the_worker_returns_results_and_raises_errors_in_order() -> None:
    worker = Worker()
    done: list[int] = []

    def step(number: int) -> int:
        done.append(number)
        if number == 3:
            raise StoreError("three")
        return number

    results = await asyncio.gather(*(worker.call(step, n) for n in range(5)), return_exceptions=True)
    assert done == [0, 1, 2, 3, 4]
    assert [str(result) for result in results] == ["0", "1", "2", "three", "4"]
    worker.close()


async def test_closing_the_worker_finishes_what_was_asked_for(tmp_path: Path) -> None:
    worker = Worker()
    journal = await worker.call(Journal, tmp_path / "journal.db")
    done: list[int] = []
    calls = [asyncio.ensure_future(worker.call(done.append, n)) for n in range(10)]
    await asyncio.sleep(0)
    worker.close()
    assert done == list(range(10))
    await asyncio.gather(*calls)
    with pytest.raises(RuntimeError, match="shutdown"):
        await worker.call(journal.waiting)
    journal.close()
