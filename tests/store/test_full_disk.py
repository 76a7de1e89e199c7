"""A unit that starts where there is not a single free byte: what it holds is there, what is new is refused."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.errors import StoreError
from edge_agent.events import WithdrawalRow
from edge_agent.store.database import check
from edge_agent.store.opening import JOURNAL_FILE, Stores, open_stores
from tests.store.builders import KEY, NOW, STORE, event, page, put, tag, take_in, tombstone, visit
from tests.store.small_disk import full, small_disk

LATER = NOW.replace(day=5)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", "4m") as folder:
        yield folder


def fill(folder: Path) -> Stores:
    stores = open_stores(folder, STORE, KEY)
    take_in(stores.slice, [page([put(name, tokens=[tag(name)]) for name in ("a1", "b2")], snapshot=True)])
    stores.journal.commit([visit("v1"), WithdrawalRow("c3", "all", NOW, LATER), event(1)])
    return stores


def see(stores: Stores) -> tuple[int, frozenset[str], list[str], list[str]]:
    """What is held: profiles, who withdrew, visits, events."""
    journal = stores.journal
    events = [outgoing.event.id for outgoing in journal.outbox(100)]
    return stores.slice.count(), journal.refused(), [row.visit for row in journal.open_visits()], events


HELD = (2, frozenset({"c3"}), ["v1"], ["e1"])


@pytest.mark.parametrize("ended", ["stopped", "power cut"])
def test_what_was_held_is_there_and_what_is_new_is_refused_whole(disk: Path, tmp_path: Path, ended: str) -> None:
    folder = disk / "unit"
    before = fill(folder if ended == "stopped" else tmp_path / "before")
    if ended == "power cut":  # everything lies in the logs yet; the index of a log may be lost with the power
        shutil.copytree(tmp_path / "before", folder, ignore=shutil.ignore_patterns("*-shm"))
        assert (folder / f"{JOURNAL_FILE}-wal").stat().st_size > 0
    before.close()
    with full(disk):
        stores = open_stores(folder, STORE, KEY)
        assert stores.problems == ()
        assert see(stores) == HELD
        assert [customer for customer, _ in stores.slice.tokens()] == ["a1", "b2"]
        for _ in range(3):
            with pytest.raises(StoreError, match="neither full nor read-only"):
                stores.journal.commit([visit("v2"), *map(event, range(2, 100))])
            with pytest.raises(StoreError, match="neither full nor read-only"):
                take_in(stores.slice, [page([put(f"d{n}", salutation="x" * 200) for n in range(100)], cursor="c2")])
        assert see(stores) == HELD
    stores.journal.commit([visit("v2"), event(2)])
    take_in(stores.slice, [page([tombstone("b2")], cursor="c2")])
    after = (1, frozenset({"c3"}), ["v1", "v2"], ["e1", "e2"])
    assert see(stores) == after
    stores.close()
    again = open_stores(folder, STORE, KEY)
    assert see(again) == after
    again.close()


def test_what_it_says_is_written_survives_its_death_on_the_spot(disk: Path, tmp_path: Path) -> None:
    folder = disk / "unit"
    fill(folder).close()
    with full(disk):
        stores = open_stores(folder, STORE, KEY)
    stores.journal.commit([event(2)])
    shutil.copytree(folder, tmp_path / "copy")  # what another process would find, had this one been killed
    stores.close()
    found = open_stores(tmp_path / "copy", STORE, KEY)
    assert see(found)[3] == ["e1", "e2"]
    found.close()


def seen_by_another_process(folder: Path) -> str:
    look = (
        "import sqlite3, sys; print(sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT 1 FROM visits').fetchall())"
    )
    other = [sys.executable, "-c", look, folder / JOURNAL_FILE]
    ended = subprocess.run(other, capture_output=True, text=True, check=False)
    return ended.stdout.strip() or ended.stderr.splitlines()[-1]


def test_nobody_else_can_open_a_file_of_which_the_index_lies_in_memory(disk: Path) -> None:
    """He could not see what is written, nor be seen writing."""
    folder = disk / "unit"
    fill(folder).close()
    with full(disk):
        stores = open_stores(folder, STORE, KEY)
        assert "database is locked" in seen_by_another_process(folder)
        assert see(stores) == HELD
    check(folder / JOURNAL_FILE)  # a connection that is opened when there is room again, beside those
    assert "database is locked" in seen_by_another_process(folder)
    stores.journal.commit([visit("v2")])
    assert see(stores)[2] == ["v1", "v2"]
    stores.close()
    assert seen_by_another_process(folder) == "[(1,), (1,)]"


@pytest.mark.parametrize("name", ["50% of #1?mode=ro&x", "unit%3fvfs=memdb", "Köln", "link"])
def test_whatever_the_folder_is_called(disk: Path, name: str) -> None:
    fill(disk / "unit").close()
    if name == "link":
        (disk / name).symlink_to(disk / "unit")
    else:
        (disk / "unit").rename(disk / name)
    with full(disk):
        stores = open_stores(disk / name, STORE, KEY)
        assert see(stores) == HELD
        stores.close()
