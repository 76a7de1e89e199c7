"""Pages are written as they come: nothing of them is in force before the checkpoint, whatever happens between."""

import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.contracts.slice import SliceOperation, SlicePage
from edge_agent.errors import DamagedError
from edge_agent.store.slice import SliceStore
from edge_agent.store.slice_log import CHANGED_MAX, Applied
from tests.store.builders import bytes_on_disk, open_slice, page, put, tag, take_in, tombstone


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SliceStore]:
    store = open_slice(tmp_path / "slice.db")
    yield store
    store.close()


def add(store: SliceStore, page: SlicePage, *refused: str) -> Applied | None:
    *_, applied = store.add(page, lambda: frozenset(refused))
    return applied


def drain(pieces: Iterator[None]) -> int:
    return sum(1 for _ in pieces)


def rows(store: SliceStore, what: str = "customer") -> list[tuple[object, ...]]:
    return store._file.rows(f"SELECT {what} FROM profiles ORDER BY id")


def test_a_checkpoint_brings_in_force_what_was_written_before_a_restart(store: SliceStore, tmp_path: Path) -> None:
    add(store, page([put("anna")], snapshot=True))
    add(store, page([put("bea"), put("carla", age=3)], snapshot=True, checkpoint=False, cursor="c2"))
    store.close()
    again = open_slice(tmp_path / "slice.db")
    pending = again.pending()
    assert pending is not None
    assert (pending.cursor, pending.snapshot, pending.pages, pending.skipped) == ("c2", True, 1, 1)
    assert pending.size_bytes > 100
    assert (again.cursor(), again.count(), [name for name, _ in again.tokens()]) == ("c1", 1, ["anna"])
    assert add(again, page([put("dora")], cursor="c3")) == Applied(None, skipped=1)
    assert (again.cursor(), again.count(), [name for name, _ in again.tokens()]) == ("c3", 2, ["bea", "dora"])
    assert (again.pending(), again.profile("anna"), again.tokens_of("anna")) == (None, None, ())
    again.close()


def test_what_was_replaced_is_out_of_reach_at_once_and_erased_in_pieces(store: SliceStore, tmp_path: Path) -> None:
    take_in(store, [page([put(f"c{n}") for n in range(700)], snapshot=True)])
    sealed = [blob for row in rows(store, "key, tokens, profile") for blob in row]
    add(store, page([put("dora")], snapshot=True))
    assert (store.count(), store.profile("c5"), len(rows(store))) == (1, None, 701)
    pieces = store.sweep()
    next(pieces)
    assert 1 < len(rows(store)) < 701
    pieces.close()  # interrupted, as by a restart
    assert drain(store.sweep()) >= 2
    assert rows(store) == [("dora",)]
    on_disk = bytes_on_disk(tmp_path)
    assert not any(blob in on_disk for blob in sealed)  # type: ignore[operator]
    assert drain(store.sweep()) == 0


def test_a_snapshot_that_is_given_up_leaves_no_sealed_byte(store: SliceStore, tmp_path: Path) -> None:
    take_in(store, [page([put("anna")], snapshot=True)])
    add(store, page([put("bea"), tombstone("anna")], snapshot=True, checkpoint=False, cursor="c2"))
    sealed = next(blob for name, blob in rows(store, "customer, profile") if name == "bea")
    drain(store.abandon())
    assert sealed not in bytes_on_disk(tmp_path)  # type: ignore[operator]
    assert (store.pending(), store.cursor(), rows(store)) == (None, "c1", [("anna",)])
    # What was given up is not brought in force by the checkpoint of others.
    add(store, page([put("carla")]))
    assert (store.holds("bea"), store.count()) == (False, 2)


def test_a_new_snapshot_gives_up_the_old_one(store: SliceStore) -> None:
    add(store, page([put("anna")], snapshot=True, checkpoint=False, cursor="c1"))
    add(store, page([put("bea")], snapshot=True, cursor="c2"))
    assert [name for name, _ in store.tokens()] == ["bea"]
    assert rows(store) == [("bea",)]


def test_a_withdrawal_reaches_what_is_pending(store: SliceStore, tmp_path: Path) -> None:
    take_in(store, [page([put("anna"), put("bea")], snapshot=True)])
    add(store, page([put("anna"), put("bea")], snapshot=True, checkpoint=False, cursor="c2"))
    assert rows(store) == [("anna",), ("bea",)] * 2
    sealed = [blob for name, blob in rows(store, "customer, profile") if name == "anna"]
    store.forget("anna")
    assert rows(store) == [("bea",)] * 2
    assert not any(blob in bytes_on_disk(tmp_path) for blob in sealed)  # type: ignore[operator]
    add(store, page([put("carla"), put("anna")], cursor="c3"), "anna")
    assert not store.profile("anna")
    drain(store.sweep())
    assert rows(store) == [("bea",), ("carla",)]


def test_a_withdrawal_between_two_pieces_of_a_page_is_honoured(store: SliceStore) -> None:
    refused: set[str] = set()
    crowd = [put("anna"), *(put(f"c{n}") for n in range(250))]
    pieces = store.add(page(crowd, snapshot=True), lambda: frozenset(refused))
    next(pieces)  # she has been sealed
    refused.add("anna")
    store.forget("anna")
    assert list(pieces)[-1] == Applied(None, 0)
    assert (store.profile("anna"), store.count()) == (None, 250)


def test_a_page_is_written_whole_or_not_at_all(store: SliceStore) -> None:
    pieces = store.add(page([put(f"c{n}") for n in range(250)], snapshot=True), frozenset)
    assert [next(pieces), next(pieces)] == [None, None]
    pieces.close()
    assert (rows(store), store.pending()) == ([], None)


def test_keys_of_past_windows_are_deleted_also_from_what_is_pending(store: SliceStore) -> None:
    keys = [{"window": 7, "key": "0" * 32}, {"window": 9, "key": "1" * 32}]
    token = {"kind": "rolling", "device": "d", "rotation_exponent": 10, "keys": keys}
    add(store, page([put("anna", tokens=[token])], snapshot=True, checkpoint=False, cursor="c1"))
    assert sum(store.drop_past_keys(8 * 65_536 + 1024)) == 1
    add(store, page(cursor="c2"))
    assert [key.window for key in store.tokens_of("anna")[0].keys] == [9]  # type: ignore[union-attr]


def test_a_long_delta_says_anybody(store: SliceStore) -> None:
    crowd = [put(f"c{n}") for n in range(CHANGED_MAX)]
    applied = add(store, page(crowd))
    assert applied is not None
    assert applied.changed == {operation.customer for operation in crowd}
    add(store, page(crowd[:600], checkpoint=False, cursor="c2"))
    assert add(store, page([*crowd[600:], tombstone("more")], cursor="c3")) == Applied(None, 0)


def test_a_file_that_does_not_say_what_is_in_force_is_damaged(tmp_path: Path) -> None:
    store = open_slice(tmp_path / "slice.db")
    with store._file.transaction() as database:
        database.execute("DELETE FROM in_force")
    store.close()
    with pytest.raises(DamagedError, match="in force"):
        open_slice(tmp_path / "slice.db")


# Loads snapshots and deltas for ever, each all of one tier; says a word after every piece.
LOADER = """
import random, sys
from pathlib import Path
from tests.store.builders import open_slice, page, put, tag, tombstone

store = open_slice(Path(sys.argv[1]))
rng = random.Random(int(sys.argv[2]))
tier = int(store.cursor() or 0)
while True:
    for _ in store.sweep():
        print("swept", flush=True)
    pending = store.pending()
    tier += 1
    number = 0 if pending is None else pending.pages
    snapshot = rng.random() < 0.5 if pending is None else pending.snapshot
    for number in range(number, 4):
        ops = [put(f"c{n}", tier=str(tier), tokens=[tag("a")]) for n in range(number * 150, number * 150 + 150)]
        pages = page(ops, snapshot=snapshot and number == 0, checkpoint=number == 3, cursor=str(tier))
        for _ in store.add(pages, frozenset):
            print("piece", flush=True)
"""


@pytest.mark.timeout(300)
def test_after_kill_9_the_slice_is_one_whole_checkpoint(tmp_path: Path) -> None:
    """The loader reuses a tier for what it goes on with, so all that is in force is of the cursor's tier."""
    rng = random.Random(11)
    path = tmp_path / "slice.db"
    pending_seen = swept_seen = 0
    for kill in range(12):
        command = [sys.executable, "-c", LOADER, str(path), str(kill)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as child:
            assert child.stdout is not None
            for _ in range(rng.randrange(1, 50)):
                child.stdout.readline()
            child.kill()
        store = open_slice(path)
        cursor, held = store.cursor(), dict(store.tokens())
        assert len(held) == store.count() == (0 if cursor is None else 600)
        tiers = {profile.tier for profile in map(store.profile, held) if profile is not None}
        assert tiers == (set() if cursor is None else {cursor})
        pending_seen += store.pending() is not None
        if rng.random() < 0.3:
            swept_seen += drain(store.abandon())
            assert len(rows(store)) == len(held)
        store.close()
    assert pending_seen
    assert swept_seen


CUSTOMERS = st.sampled_from([f"c{number}" for number in range(6)])
OPERATIONS = st.one_of(
    st.builds(lambda name, tier: put(name, tier=tier, tokens=[tag(tier)]), CUSTOMERS, st.sampled_from("abcdef")),
    st.builds(tombstone, CUSTOMERS),
    st.builds(lambda name: put(name, age=7), CUSTOMERS),
)


class LogMachine(RuleBasedStateMachine):
    """Single pages, withdrawals, restarts and half sweeps in any order, against two dictionaries."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "slice.db"
        self.store = open_slice(self.path)
        self.held: dict[str, str] = {}
        self.pending: dict[str, str] | None = None
        self.refused: set[str] = set()

    @rule(operations=st.lists(OPERATIONS, max_size=8), snapshot=st.booleans(), checkpoint=st.booleans())
    def take(self, operations: list[SliceOperation], snapshot: bool, checkpoint: bool) -> None:
        applied = add(self.store, page(operations, snapshot=snapshot, checkpoint=checkpoint), *self.refused)
        following = {} if snapshot else dict(self.held if self.pending is None else self.pending)
        for operation in operations:
            tier = (operation.profile or {}).get("tier")
            if isinstance(tier, str) and operation.customer not in self.refused:
                following[operation.customer] = tier
            else:
                following.pop(operation.customer, None)
        assert (applied is not None) == checkpoint
        if checkpoint:
            self.held, self.pending = following, None
        else:
            self.pending = following

    @rule(customer=CUSTOMERS, for_good=st.booleans())
    def forget(self, customer: str, for_good: bool) -> None:
        self.store.forget(customer)
        assert not self.store.holds(customer)
        self.held.pop(customer, None)
        if self.pending is not None:
            self.pending.pop(customer, None)
        if for_good:
            self.refused.add(customer)

    @rule(pieces=st.integers(0, 3))
    def sweep(self, pieces: int) -> None:
        for _ in zip(range(pieces), self.store.sweep(), strict=False):
            pass

    @rule()
    def sweep_all(self) -> None:
        drain(self.store.sweep())
        if self.pending is None:
            assert sorted(rows(self.store)) == sorted((name,) for name in self.held)

    @rule(pieces=st.integers(1, 3))
    def abandon(self, pieces: int) -> None:
        for _ in zip(range(pieces), self.store.abandon(), strict=False):
            pass
        self.pending = None

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = open_slice(self.path)

    @invariant()
    def agrees(self) -> None:
        assert (self.store.pending() is None) == (self.pending is None)
        assert self.store.count() == len(self.held)
        tokens = {customer: tokens[0].token for customer, tokens in self.store.tokens()}  # type: ignore[union-attr]
        assert tokens == {customer: f"eddystone_uid:{tier}" for customer, tier in self.held.items()}
        for number in range(6):
            profile = self.store.profile(f"c{number}")
            assert (profile.tier if profile else None) == self.held.get(f"c{number}")

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestLogAgainstModel = LogMachine.TestCase
TestLogAgainstModel.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)
