"""Figures of the databases, side by side in one run: run with ``pytest -s tests/bench/test_store_bench.py``."""

import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import quantiles

from edge_agent.contracts.event import CloudEvent
from edge_agent.contracts.slice import SliceOperation, SlicePage
from edge_agent.events import VisitRow
from edge_agent.store.crypto import EpochKey, ProfileCipher
from edge_agent.store.journal import Journal
from edge_agent.store.slice import SliceStore

CUSTOMERS = 100_000
PAGE = 1000
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


class Stopwatch:
    """Measures a consumer without its producer: time inside ``source`` is taken off."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def source(self, items: Iterable[SlicePage]) -> Iterator[SlicePage]:
        """Pass items through; what making them takes does not count."""
        iterator = iter(items)
        while True:
            began = time.perf_counter()
            item = next(iterator, None)
            self.seconds -= time.perf_counter() - began
            if item is None:
                return
            yield item

    def measure(self, function: Callable[[], object]) -> float:
        """Return the seconds that the call took."""
        began = time.perf_counter()
        function()
        self.seconds += time.perf_counter() - began
        return self.seconds


def plain_copy(source: Path, target: Path) -> float:
    """Write the same sealed rows by ``executemany`` into the same table; return the seconds."""
    with sqlite3.connect(source) as connection:
        rows = connection.execute("SELECT customer, key, tokens, profile FROM profiles ORDER BY id").fetchall()
    copy = sqlite3.connect(target)
    copy.execute("PRAGMA journal_mode = WAL")
    copy.execute("PRAGMA synchronous = NORMAL")
    copy.execute(
        "CREATE TABLE profiles (id INTEGER PRIMARY KEY, customer TEXT NOT NULL UNIQUE, "
        "key BLOB NOT NULL, tokens BLOB NOT NULL, profile BLOB NOT NULL) STRICT"
    )
    began = time.perf_counter()
    with copy:
        copy.executemany("INSERT INTO profiles (customer, key, tokens, profile) VALUES (?, ?, ?, ?)", rows)
    copy.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    took = time.perf_counter() - began
    copy.close()
    return took


def test_store_figures(tmp_path: Path) -> None:
    cipher = ProfileCipher(EpochKey(bytes(32), "file"), STORE)
    store = SliceStore(tmp_path / "slice.db", cipher)

    watch = Stopwatch()
    snapshot_s = watch.measure(lambda: store.apply(watch.source(pages(0, CUSTOMERS, snapshot=True))))
    watch = Stopwatch()
    again_s = watch.measure(lambda: store.apply(watch.source(pages(0, CUSTOMERS, snapshot=True))))
    size_mb = (tmp_path / "slice.db").stat().st_size / 1e6
    plain_s = plain_copy(tmp_path / "slice.db", tmp_path / "plain.db")
    delta = list(pages(CUSTOMERS // 2, CHANGES, snapshot=False))
    delta_s = Stopwatch().measure(lambda: store.apply(delta))
    tokens_s = Stopwatch().measure(lambda: sum(1 for _ in store.tokens()))
    profiles_s = Stopwatch().measure(lambda: [store.profile(f"c{number:06d}") for number in range(1000)])
    store.close()
    open_s = Stopwatch().measure(lambda: SliceStore(tmp_path / "slice.db", cipher).close())

    journal = Journal(tmp_path / "journal.db")
    commits_ms = []
    for number in range(COMMITS):
        event = CloudEvent(id=str(number), source="/b", type="visit.started", time=NOW, data={"customer": "c"})
        row = VisitRow(f"v{number}", "c", "arrived", 1, NOW, None, None, None)
        commits_ms.append(1000 * Stopwatch().measure(lambda row=row, event=event: journal.commit([row, event])))
    journal.close()
    percentiles = quantiles(commits_ms, n=100)

    print(f"""
{CUSTOMERS:,} profiles, {size_mb:.0f} MB
  plain executemany of the same rows   {plain_s:8.2f} s
  snapshot into an empty slice         {snapshot_s:8.2f} s   {snapshot_s / plain_s:.1f} x (target 3)
  snapshot over a full one             {again_s:8.2f} s   {again_s / plain_s:.1f} x
  delta of {CHANGES:,}                       {1000 * delta_s:8.0f} ms  (target 200)
  tokens of all                        {tokens_s:8.2f} s
  one profile                          {1000 * profiles_s:8.0f} µs
  open, with quick_check               {open_s:8.2f} s
journal commit p50 / p99               {percentiles[49]:.2f} / {percentiles[98]:.2f} ms""")
