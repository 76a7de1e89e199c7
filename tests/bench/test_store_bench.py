"""Figures of the databases, side by side in one run: run with ``pytest -s tests/bench/test_store_bench.py``."""

import asyncio
import gc
import json
import random
import resource
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic_core import to_json

from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.event import CloudEvent
from edge_agent.contracts.slice import Profile, SliceOperation, SlicePage
from edge_agent.events import VisitRow
from edge_agent.store.database import DatabaseFile
from edge_agent.store.journal import Journal
from edge_agent.store.migrations import SLICE_STEPS
from edge_agent.store.slice import SliceStore
from edge_agent.store.unit_key import UnitKey
from edge_agent.store.worker import Worker
from tests.store.builders import take_in

CUSTOMERS = 100_000
PAGE = 240  # what the hub puts into one
CHANGES = 1000
COMMITS = 400
NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
STORE = "bench"


def profile(number: int, rng: random.Random) -> dict[str, object]:
    """Return a profile as the hub sends it, about 1.1 KB of JSON."""
    later = (NOW + timedelta(days=30)).isoformat()
    return {
        "customer": f"c{number:06d}",
        "tokens": [
            {
                "kind": "rolling",
                "device": "phone",
                "rotation_exponent": 10,
                "keys": [{"window": 300 + n, "key": rng.randbytes(16).hex()} for n in range(3)],
            }
        ],
        "languages": ["en"],
        "age": "adult",
        "consents": [
            {"purpose": purpose, "receipt": f"r{number}-{purpose}", "granted_at": NOW.isoformat(), "expires_at": later}
            for purpose in ("screen", "clerk")
        ],
        "viewed": [
            {"product": f"{rng.randrange(10**13):013d}", "viewed_at": NOW.isoformat(), "size": "M"} for _ in range(3)
        ],
        "offers": [{"campaign": "jackets", "value": 20.5, "probability": 0.1}],
        "valid_until": later,
    }


def pages(first: int, count: int, snapshot: bool) -> Iterator[SlicePage]:
    """Yield pages as they arrive: only one is in memory at a time."""
    rng = random.Random(first)
    for start in range(first, first + count, PAGE):
        operations = [
            SliceOperation(kind="put", customer=f"c{number:06d}", profile=json.loads(json.dumps(profile(number, rng))))
            for number in range(start, min(start + PAGE, first + count))
        ]
        yield SlicePage(
            store=STORE,
            snapshot=snapshot and start == first,
            operations=tuple(operations),
            cursor=f"c{start}",
            checkpoint=start + PAGE >= first + count,
            checksum="",
            lease_until=NOW,
        )


def opened(path: Path) -> SliceStore:
    """Return a slice that is open."""
    store = SliceStore(path, STORE)
    store.unlock(UnitKey(bytes(32), "file"))
    return store


@dataclass(frozen=True)
class Took:
    """How long something took."""

    wall_s: float
    own_s: float
    """By the processor's clock: without what the machine did besides."""

    def times(self, plain: "Took") -> str:
        """Say how many times as long it took as something else."""
        return f"{self.wall_s:6.2f} s  {self.wall_s / plain.wall_s:4.1f} x   {self.own_s / plain.own_s:4.1f} x"


def measured(function: Callable[[], object]) -> float:
    """Return the seconds that the call took."""
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def ten_times(function: Callable[[Any], object], each: Iterable[Any]) -> Took:
    """Return ten times what it took to call the function with each, and to throw away what it makes."""
    began, worked_s = time.perf_counter(), time.thread_time()
    for one in each:
        function(one)
    return Took(10 * (time.perf_counter() - began), 10 * (time.thread_time() - worked_s))


def in_pieces(pieces: Iterator[Any], held_ms: list[float]) -> Any:
    """Do all pieces, note how long each holds the store's thread, and return the last result."""
    result = None
    while True:
        began = time.perf_counter()
        piece = next(pieces, END)
        held_ms.append(1000 * (time.perf_counter() - began))
        if piece is END:
            return result
        result = piece


END = object()


@dataclass
class Snapshot:
    """What one snapshot took. Making the pages does not count."""

    held_ms: list[float]
    own_s: float = 0.0
    last_page_ms: float = 0.0
    sweep_ms: list[float] = field(default_factory=list)

    @property
    def took(self) -> Took:
        return Took(sum(self.held_ms) / 1000, self.own_s)

    @property
    def sweep_s(self) -> float:
        return sum(self.sweep_ms) / 1000


def take_snapshot(store: SliceStore) -> Snapshot:
    """Take 100,000 profiles as they come from a hub, then erase what they replaced."""
    took = Snapshot([])
    for each in pages(0, CUSTOMERS, snapshot=True):
        before, worked_s = len(took.held_ms), time.thread_time()
        applied = in_pieces(store.add(each, frozenset), took.held_ms)
        took.own_s += time.thread_time() - worked_s
        if applied is not None:
            took.last_page_ms = sum(took.held_ms[before:])
    in_pieces(store.sweep(), took.sweep_ms)
    return took


def percentile(values: Sequence[float], which: int) -> float:
    return quantiles(values, n=100)[which - 1]


async def lag_while_loading(store: SliceStore) -> list[tuple[float, float]]:
    """Return by how many ms a loop was late that reads a profile every 5 ms, while a snapshot comes in.

    Beside each the part of it in which its own process was at work, by the processor's clock: the rest is what the
    machine does besides.

    As the agent does it: each page is parsed and checked in a thread, then written; at the end what it replaced is
    swept. Pages wait as bytes: as objects, which they never are all at once, they would cost the collector of garbage
    300 ms each time.
    """
    worker, late_ms = Worker(), []
    read: Callable[[bytes], SlicePage] = SlicePage.model_validate_json
    bodies = [each.model_dump_json().encode() for each in pages(0, CUSTOMERS // 5, snapshot=True)]

    async def load() -> None:
        for body in bodies:
            page = await asyncio.to_thread(read, body)
            await asyncio.to_thread(operations_checksum, page.operations)
            await worker.pieces(store.add(page, frozenset))
        await worker.pieces(store.sweep())

    loading = asyncio.create_task(load())
    while not loading.done():
        began, worked = time.perf_counter(), time.process_time()
        store.profile("c000001")
        await asyncio.sleep(0.005)
        late, own = (1000 * took - 5 for took in (time.perf_counter() - began, time.process_time() - worked))
        late_ms.append((late, max(0.0, min(late, own))))
    await loading
    worker.close()
    return late_ms


def plain_copy(source: Path, target: Path) -> Took:
    """Write the same sealed rows by one ``executemany`` into the same table, with its indexes and pragmas, in one
    transaction.
    """
    with closing(sqlite3.connect(source)) as connection:
        rows = connection.execute(
            "SELECT customer, epoch, key, tokens, keys_past_s, profile FROM profiles ORDER BY id"
        ).fetchall()
    copy = DatabaseFile(target, "NORMAL", SLICE_STEPS)
    began, worked_s = time.perf_counter(), time.thread_time()
    with copy.transaction() as database:
        database.conn.executemany(
            "INSERT INTO profiles (customer, epoch, key, tokens, keys_past_s, profile) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
    copy.truncate_log()
    took = Took(time.perf_counter() - began, time.thread_time() - worked_s)
    copy.close()
    target.unlink()
    return took


@dataclass
class Libraries:
    """What the libraries alone take for a snapshot, with not a line of ours between."""

    check: Took
    """pydantic: whether each profile is one."""
    json: Took
    """pydantic: what is sealed, as text."""
    seal: Took
    """cryptography: a new key, two columns, and that key wrapped."""

    @classmethod
    def measured(cls) -> "Libraries":
        """Measure a tenth of a snapshot."""
        wrap, nonce = AESGCM(bytes(32)).encrypt, bytes(12)
        raw = [operation.profile for page in pages(0, CUSTOMERS // 10, snapshot=True) for operation in page.operations]

        def seal(text: bytes) -> None:
            encrypt = AESGCM(bytes(32)).encrypt
            encrypt(nonce, text[:300], b"about")
            encrypt(nonce, text[300:], b"about")
            wrap(nonce, bytes(32), b"about")

        texts = [to_json(profile) for profile in raw]
        return cls(ten_times(Profile.model_validate, raw), ten_times(to_json, raw), ten_times(seal, texts))


def peak_mb() -> float:
    """Return the most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.timeout(900)
def test_store_figures(tmp_path: Path) -> None:
    store = opened(tmp_path / "slice.db")

    gc.collect()
    gc.freeze()  # as the agent does
    before_mb = peak_mb()
    first = take_snapshot(store)
    rise_mb = peak_mb() - before_mb
    plain = plain_copy(tmp_path / "slice.db", tmp_path / "plain.db")
    again = take_snapshot(store)
    size_mb = (tmp_path / "slice.db").stat().st_size / 1e6
    alone = Libraries.measured()
    delta = list(pages(CUSTOMERS // 2, CHANGES, snapshot=False))
    delta_s = measured(lambda: take_in(store, delta))
    late_ms, own_ms = zip(*asyncio.run(lag_while_loading(opened(tmp_path / "lag.db"))), strict=True)
    tokens_s = measured(lambda: sum(1 for _ in store.tokens()))
    profiles_s = measured(lambda: [store.profile(f"c{number:06d}") for number in range(1000)])
    store.close()
    store = opened(tmp_path / "slice.db")
    check_s = measured(store.read_through)
    store.forget("c000001")
    change_ms: list[float] = []
    in_pieces(store.change_epoch(10**9), change_ms)
    store.close()
    open_s = measured(lambda: opened(tmp_path / "slice.db").close())

    journal = Journal(tmp_path / "journal.db")
    commits_ms = []
    for number in range(COMMITS):
        event = CloudEvent(id=str(number), source="/b", type="visit.started", time=NOW, data={"customer": "c"})
        row = VisitRow(f"v{number}", "c", "arrived", 1, NOW, None, None, None)
        commits_ms.append(1000 * measured(partial(journal.commit, [row, event])))
    journal.close()
    gc.unfreeze()
    percentiles = quantiles(commits_ms, n=100)
    pieces_ms = again.held_ms + again.sweep_ms

    print(f"""
{CUSTOMERS:,} profiles, {size_mb:.0f} MB
                                       as it came        by the processor's clock
  plain executemany of the same rows   {plain.times(plain)}
  snapshot into an empty slice         {first.took.times(plain)}  (target 3)
  snapshot over a full one             {again.took.times(plain)}
    the libraries alone: checking      {alone.check.times(plain)}
      as text                          {alone.json.times(plain)}
      sealing                          {alone.seal.times(plain)}
    the last page, with the swap       {again.last_page_ms:8.0f} ms
    then erasing the old rows          {again.sweep_s:8.2f} s   in {len(again.sweep_ms)} pieces
    one piece, p99 / longest           {percentile(pieces_ms, 99):8.1f} / {max(pieces_ms):.1f} ms
    peak of the memory, grown by       {rise_mb:8.0f} MB
  lag of a loop meanwhile, p50 / p99   {percentile(late_ms, 50):8.1f} / {percentile(late_ms, 99):.1f} ms (target 20)
    of that by its own process         {percentile(own_ms, 50):8.1f} / {percentile(own_ms, 99):.1f} ms
    the longest of both                {max(late_ms):8.1f} / {max(own_ms):.1f} ms
  delta of {CHANGES:,}                       {1000 * delta_s:8.0f} ms  (target 200)
  tokens of all                        {tokens_s:8.2f} s
  one profile                          {1000 * profiles_s:8.0f} µs
  open and unlock                      {open_s:8.2f} s
  read it through (integrity_check)    {check_s:8.2f} s   in a thread of its own, before it is unlocked
  a new epoch for all, after an erasure{sum(change_ms) / 1000:8.2f} s   in {len(change_ms)} pieces
    one piece, p99 / longest           {percentile(change_ms, 99):8.1f} / {max(change_ms):.1f} ms
journal commit p50 / p99               {percentiles[49]:.2f} / {percentiles[98]:.2f} ms""")
