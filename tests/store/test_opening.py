"""The unit comes up whatever lies in its folder."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlite_utils import Database

from edge_agent.contracts.campaign import CampaignFile
from edge_agent.errors import StoreError
from edge_agent.events import WithdrawalRow
from edge_agent.store.migrations import JOURNAL_STEPS, migrate
from edge_agent.store.opening import open_stores
from edge_agent.store.unit_key import UnitKey
from tests.store.builders import KEY, NOW, STORE, event, page, put, tag, take_in, visit

LOOK = "SELECT coalesce(max(etag), 0) FROM documents"
DAY = NOW.replace(day=5) - NOW


def fill(folder: Path, customers: int = 400, events: int = 400) -> None:
    stores = open_stores(folder, STORE, KEY)
    assert stores.problems == ()
    take_in(stores.slice, [page([put(f"c{n}", tokens=[tag(f"{n:032x}")]) for n in range(customers)], snapshot=True)])
    stores.journal.commit([visit("v1"), WithdrawalRow("anna", "all", NOW, NOW + DAY)])
    stores.journal.commit([event(n) for n in range(events)])
    stores.close()


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def test_a_new_folder_is_private(tmp_path: Path) -> None:
    stores = open_stores(tmp_path / "unit", STORE, KEY)
    assert (tmp_path / "unit").stat().st_mode & 0o777 == 0o700
    assert {file.stat().st_mode & 0o777 for file in (tmp_path / "unit").iterdir()} == {0o600}
    stores.close()
    assert names(tmp_path / "unit") == {"slice.db", "journal.db"}


def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    fill(tmp_path)
    stores = open_stores(tmp_path, STORE, KEY)
    assert stores.problems == ()
    assert (stores.slice.count(), stores.journal.waiting(), stores.slice.cursor()) == (400, 400, "c1")
    stores.close()


def test_another_key_gives_an_empty_slice_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fill(tmp_path)
    stores = open_stores(tmp_path, STORE, UnitKey(bytes(32), "file"))
    (problem,) = stores.problems
    assert "sealed with another key" in problem
    assert problem in caplog.text
    assert (stores.slice.count(), stores.slice.cursor(), stores.journal.waiting()) == (0, None, 400)
    assert names(tmp_path) == {
        "slice.db",
        "slice.db-wal",
        "slice.db-shm",
        "journal.db",
        "journal.db-wal",
        "journal.db-shm",
    }
    take_in(stores.slice, [page([put("anna")], snapshot=True)])
    stores.close()
    assert open_stores(tmp_path, STORE, UnitKey(bytes(32), "file")).slice.count() == 1


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"\0" * 8192], ids=["text", "zeros"])
@pytest.mark.parametrize("name", ["slice.db", "journal.db"])
def test_garbage_is_set_aside(tmp_path: Path, name: str, content: bytes) -> None:
    fill(tmp_path)
    for _ in range(3):
        (tmp_path / name).write_bytes(content)
        stores = open_stores(tmp_path, STORE, KEY)
        assert f"{name}.corrupt-1" in stores.problems[0]
        stores.close()
        assert [file for file in names(tmp_path) if "corrupt" in file] == [f"{name}.corrupt-1"]
        assert (tmp_path / f"{name}.corrupt-1").read_bytes() == content


@pytest.mark.parametrize("name", ["slice.db", "journal.db"])
def test_a_header_of_an_unknown_file_format_is_set_aside(tmp_path: Path, name: str) -> None:
    fill(tmp_path)
    with (tmp_path / name).open("r+b") as file:
        file.seek(18)
        file.write(b"\x03")
    stores = open_stores(tmp_path, STORE, KEY)
    assert "a file format that is not known" in stores.problems[0]
    take_in(stores.slice, [page([put("dora")], snapshot=True)])
    stores.journal.commit([event(1000)])
    stores.close()


def test_an_empty_file_is_a_new_database(tmp_path: Path) -> None:
    (tmp_path / "slice.db").touch(0o644)
    stores = open_stores(tmp_path, STORE, KEY)
    assert (stores.problems, stores.slice.count()) == ((), 0)
    assert (tmp_path / "slice.db").stat().st_mode & 0o777 == 0o600
    stores.close()


def test_what_can_be_read_of_a_truncated_journal_is_taken_over(tmp_path: Path) -> None:
    fill(tmp_path, events=4000)
    path = tmp_path / "journal.db"
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 3 // 4)
    stores = open_stores(tmp_path, STORE, KEY)
    assert len(stores.problems) == 2
    assert 2000 < stores.journal.waiting() < 4000
    assert [row.customer for row in stores.journal.withdrawals()] == ["anna"]
    ids = [out.event.id for out in stores.journal.outbox(9999)]
    assert len(set(ids)) == len(ids) == stores.journal.waiting()
    stores.journal.commit([event(5000)])
    assert stores.journal.outbox(9999)[-1].event.id == "e5000"
    stores.close()


def test_a_damaged_journal_of_an_earlier_version_gives_its_rows_and_no_names_for_values(tmp_path: Path) -> None:
    with Database(tmp_path / "journal.db") as database:
        migrate(database, JOURNAL_STEPS[:2], "journal.db")
        contact = {"customer": "anna", "campaign": "jackets", "channel": "screen", "at": NOW.isoformat()}
        database.table("contacts").insert(contact)
        database.table("visits").create({"visit": str}, pk="visit", replace=True)  # not as any version made it
    stores = open_stores(tmp_path, STORE, KEY)
    (row,) = stores.journal.contact_rows()
    assert (row.customer, row.visit, row.decision, row.message_class) == ("anna", "", "", "offer")
    stores.close()


def test_a_bad_page_in_the_middle_hides_only_its_own_rows(tmp_path: Path) -> None:
    fill(tmp_path, events=4000)
    path = tmp_path / "journal.db"
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(content)
    stores = open_stores(tmp_path, STORE, KEY)
    assert 3900 < stores.journal.waiting() < 4000
    assert stores.journal.outbox(9999)[-1].event.id == "e3999"
    stores.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["slice.db", "journal.db"]),
    # Not the version number in bytes 60 to 63: it could look like that of a newer agent.
    where=st.one_of(st.integers(0, 40), st.integers(100, 4096), st.integers(4096, 60_000)),
    content=st.binary(min_size=1, max_size=20) | st.binary(min_size=200, max_size=9000),
)
def test_whatever_is_overwritten_the_unit_comes_up_and_works(
    tmp_path_factory: pytest.TempPathFactory, name: str, where: int, content: bytes
) -> None:
    folder = tmp_path_factory.mktemp("unit")
    fill(folder, customers=60, events=60)
    path = folder / name
    with path.open("r+b") as file:
        file.seek(where % path.stat().st_size)
        file.write(content)
    stores = open_stores(folder, STORE, KEY)
    for n in range(60):
        stores.slice.profile(f"c{n}")
    assert sum(1 for _ in stores.slice.tokens()) <= 60
    stores.journal.open_visits()
    stores.journal.outbox(100)
    take_in(stores.slice, [page([put("dora")], snapshot=True)])
    stores.journal.commit([visit("v9"), event(1000)])
    assert stores.slice.count() == 1
    assert "e1000" in {out.event.id for out in stores.journal.outbox(1000)}
    stores.close()


@pytest.mark.parametrize("name", ["slice.db", "journal.db"])
def test_a_file_of_a_newer_agent_is_left_alone(tmp_path: Path, name: str) -> None:
    fill(tmp_path)
    with Database(tmp_path / name) as database:
        database.execute("PRAGMA user_version = 99")
        database.execute("CREATE TABLE new_things (id INTEGER)")
    with pytest.raises(
        StoreError, match=f"{name}: its format is version 99 and this agent knows [0-9]; install the newer"
    ):
        open_stores(tmp_path, STORE, KEY)
    assert names(tmp_path) >= {name}
    assert f"{name}.corrupt-1" not in names(tmp_path)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError, match="check the folder's owner"):
        open_stores(tmp_path / "file" / "unit", STORE, KEY)


@pytest.mark.parametrize("name", ["slice.db", "journal.db"])
def test_a_copy_that_an_earlier_run_set_aside_is_told_as_long_as_it_is_there(tmp_path: Path, name: str) -> None:
    fill(tmp_path)
    (tmp_path / name).write_bytes(b"garbage " * 1000)
    open_stores(tmp_path, STORE, KEY).close()
    again = open_stores(tmp_path, STORE, KEY)
    [problem] = again.problems
    assert problem.startswith(f"{name}: was corrupt; a copy, last written")
    again.close()
    (tmp_path / f"{name}.corrupt-1").unlink()
    last = open_stores(tmp_path, STORE, KEY)
    assert last.problems == ()
    last.close()


def test_whoever_looks_into_the_file_takes_nothing_away_from_it(tmp_path: Path) -> None:
    """Another program that reads it and leaves must find our locks: else it removes the log that we still write to."""
    stores = open_stores(tmp_path, STORE, KEY, unlock=False)
    stores.slice.read_through()
    assert stores.slice.unlock(KEY)
    looks = (
        f"import sqlite3; c = sqlite3.connect({str(tmp_path / 'slice.db')!r}); print(*c.execute({LOOK!r})); c.close()"
    )
    for number in range(3):
        stores.catalogue.put_campaigns(CampaignFile(version=1, campaigns=()), str(number))
        seen = subprocess.run([sys.executable, "-c", looks], check=True, capture_output=True, text=True).stdout
        assert seen.strip() == f"('{number}',)"
    stores.close()
