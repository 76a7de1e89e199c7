"""Schemas move forward, a step at a time, whole steps only."""

from pathlib import Path

import pytest
from sqlite_utils import Database

from edge_agent.errors import StoreError
from edge_agent.store.migrations import JOURNAL_STEPS, SLICE_STEPS, migrate


def _first(database: Database) -> None:
    database.table("things").insert({"id": 1}, pk="id")


def _second(database: Database) -> None:
    database.table("things").insert({"id": 2})


def _fails_half_way(database: Database) -> None:
    database.table("things").insert({"id": 3})
    raise RuntimeError("half way")


def _version(database: Database) -> int:
    version: int = database.execute("PRAGMA user_version").fetchone()[0]
    return version


def test_each_step_runs_once(tmp_path: Path) -> None:
    with Database(tmp_path / "x.db") as database:
        migrate(database, [_first], "x.db")
        migrate(database, [_first, _second], "x.db")
        migrate(database, [_first, _second], "x.db")
        assert (_version(database), database.table("things").count) == (2, 2)


def test_a_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with Database(tmp_path / "x.db") as database:
        with pytest.raises(RuntimeError, match="half way"):
            migrate(database, [_first, _fails_half_way], "x.db")
        assert (_version(database), database.table("things").count) == (1, 1)


def test_there_is_no_way_back(tmp_path: Path) -> None:
    with Database(tmp_path / "x.db") as database:
        migrate(database, [_first, _second], "x.db")
        with pytest.raises(StoreError, match=r"x\.db: its format is version 2 and this agent knows 1"):
            migrate(database, [_first], "x.db")


@pytest.mark.parametrize("steps", [SLICE_STEPS, JOURNAL_STEPS], ids=["slice", "journal"])
def test_our_own_steps_run(tmp_path: Path, steps: tuple) -> None:  # type: ignore[type-arg]
    with Database(tmp_path / "x.db") as database:
        migrate(database, steps, "x.db")
        assert _version(database) == len(steps)


def test_a_slice_from_before_the_epoch_keys_is_dropped_and_pulled_again(tmp_path: Path) -> None:
    with Database(tmp_path / "slice.db") as database:
        migrate(database, SLICE_STEPS[:1], "slice.db")
        database.execute("INSERT INTO profiles (customer, key, tokens, profile) VALUES ('anna', x'01', x'02', x'03')")
        database.execute(
            "INSERT INTO state (name, value) VALUES ('cursor', 'c1'), ('lease_until', 'l'), ('probe', 'p')"
        )
        database.execute("INSERT INTO products (product, body) VALUES ('p', '{}')")
        database.conn.commit()
        migrate(database, SLICE_STEPS, "slice.db")
        counts = [database.table(name).count for name in ("profiles", "state", "products")]
    assert counts == [0, 0, 1]
