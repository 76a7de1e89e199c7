"""After an erasure the keys move to a new epoch and the former is destroyed, whatever happens between."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge_agent.constants import EPOCH_MIN_S
from edge_agent.store.crypto import Seal
from edge_agent.store.slice import SliceStore
from edge_agent.store.unit_key import KeySource, UnitKey
from tests.store.builders import KEY, STORE, bytes_on_disk, open_slice, page, put, tag, take_in

NOW_S = 1_800_000_000
TPM = UnitKey(KEY.secret, "tpm")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SliceStore]:
    store = open_slice(tmp_path / "slice.db", TPM)
    yield store
    store.close()


def fill(store: SliceStore, count: int = 450) -> None:
    take_in(store, [page([put(f"c{n}", tier="gold", tokens=[tag(f"{n:032x}")]) for n in range(count)], snapshot=True)])


def drain(pieces: Iterator[None]) -> int:
    return sum(1 for _ in pieces)


def epochs(store: SliceStore) -> list[int]:
    return [epoch for (epoch,) in store._file.rows("SELECT epoch FROM epochs ORDER BY epoch")]


def under(store: SliceStore) -> set[int]:
    return {epoch for (epoch,) in store._file.rows("SELECT DISTINCT epoch FROM profiles")}


def readable(store: SliceStore) -> int:
    return sum(profile is not None for profile in (store.profile(name) for name, _ in store.tokens()))


def told(store: SliceStore) -> list[str]:
    return [one.customer for one in store.shredding.due()]


def test_without_an_erasure_nothing_is_rewritten(store: SliceStore) -> None:
    fill(store)
    assert drain(store.change_epoch(NOW_S)) == 0
    assert (epochs(store), told(store)) == ([1], [])


def test_after_an_erasure_the_others_are_read_under_a_new_epoch_and_no_byte_of_the_old_key_is_left(
    store: SliceStore, tmp_path: Path
) -> None:
    fill(store)
    [(sealed_epoch,)] = store._file.rows("SELECT key FROM epochs")
    wrapped = [key for (key,) in store._file.rows("SELECT key FROM profiles")]
    assert sealed_epoch in bytes_on_disk(tmp_path)
    store.forget("c7")
    assert told(store) == []
    assert drain(store.change_epoch(NOW_S)) == 4  # the new epoch, and three pieces of 200 rows
    assert (epochs(store), under(store), readable(store), store.count()) == ([2], {2}, 449, 449)
    left = bytes_on_disk(tmp_path)
    assert not any(blob in left for blob in (sealed_epoch, *wrapped))
    assert told(store) == ["c7"]


def test_what_was_copied_before_does_not_open_afterwards(store: SliceStore, tmp_path: Path) -> None:
    """A row of hers from a backup opened with the old epoch key; from the disk of today nobody gets that any more."""
    fill(store, 3)
    [(epoch_key,)] = store._file.rows("SELECT key FROM epochs")
    [hers] = store._file.rows("SELECT key FROM profiles WHERE customer = 'c1'")
    opened = Seal(TPM.secret).open(epoch_key, f"{STORE}|epoch|1".encode())
    assert len(Seal(opened).open(hers[0], f"{STORE}|c1|key".encode())) == 32
    store.forget("c1")
    drain(store.change_epoch(NOW_S))
    assert opened not in bytes_on_disk(tmp_path)
    assert epoch_key not in bytes_on_disk(tmp_path)


def test_erasures_are_gathered(store: SliceStore) -> None:
    fill(store)
    for name, now_s, expected in [
        ("c1", NOW_S, [2]),
        ("c2", NOW_S + 60, [2]),
        ("c3", NOW_S + EPOCH_MIN_S - 1, [2]),
        (None, NOW_S + EPOCH_MIN_S, [3]),
        ("c4", NOW_S - 3600, [4]),  # the clock was set back: sooner rather than never
    ]:
        if name is not None:
            store.forget(name)
        drain(store.change_epoch(now_s))
        assert epochs(store) == expected
    assert sorted(told(store)) == ["c1", "c2", "c3", "c4"]


@pytest.mark.parametrize("pieces", [1, 2, 3, 4])
def test_a_change_that_was_interrupted_goes_on_after_a_restart(tmp_path: Path, pieces: int) -> None:
    store = open_slice(tmp_path / "slice.db", TPM)
    fill(store)
    store.forget("c7")
    change = store.change_epoch(NOW_S)
    for _ in range(pieces):
        next(change)
    store.close()
    again = open_slice(tmp_path / "slice.db", TPM)
    assert (epochs(again), told(again)) == ([1, 2], [])
    assert readable(again) == 449
    again.forget("c8")  # hers may be under either epoch: she waits for the next change
    drain(again.change_epoch(NOW_S + 5))
    assert (epochs(again), under(again), readable(again), told(again)) == ([2], {2}, 448, ["c7"])
    drain(again.change_epoch(NOW_S + EPOCH_MIN_S))
    assert told(again) == ["c7", "c8"]
    again.close()


def test_a_page_that_was_begun_before_the_change_is_written_under_the_new_epoch(store: SliceStore) -> None:
    fill(store, 10)
    store.forget("c7")
    adding = store.add(page([put(f"d{n}") for n in range(150)], cursor="c2"), frozenset)
    assert next(adding) is None
    drain(store.change_epoch(NOW_S))
    for _ in adding:
        pass
    assert (under(store), readable(store)) == ({2}, 159)


def test_whoever_reads_all_tokens_meanwhile_misses_nobody(store: SliceStore) -> None:
    fill(store)
    store.forget("c7")
    reading = store.tokens()
    seen = [next(reading)]
    drain(store.change_epoch(NOW_S))
    seen += reading
    assert len(seen) == 449
    assert all(len(tokens) == 1 for _, tokens in seen)


@pytest.mark.parametrize("source", ["file", "credential"])
def test_where_no_receipt_will_come_nobody_is_named(tmp_path: Path, source: KeySource) -> None:
    store = open_slice(tmp_path / "slice.db", UnitKey(KEY.secret, source))
    take_in(store, [page([put("anna-maria"), put("bea")], snapshot=True)])
    store.forget("anna-maria")
    assert b"anna-maria" not in bytes_on_disk(tmp_path)
    drain(store.change_epoch(NOW_S))
    assert epochs(store) == [2]
    store.close()


@pytest.mark.parametrize(("source", "shredded"), [("tpm", 1), ("hub", 1), ("credential", 0), ("file", 0)])
def test_shredded_is_said_only_where_the_unit_key_is_not_on_the_card(
    tmp_path: Path, source: KeySource, shredded: int
) -> None:
    store = open_slice(tmp_path / "slice.db", UnitKey(KEY.secret, source))
    fill(store, 3)
    store.forget("c1")
    drain(store.change_epoch(NOW_S))
    assert (epochs(store), len(told(store))) == ([2], shredded)
    store.close()


def test_erased_under_a_key_on_the_card_stays_deleted_whatever_key_comes_next(tmp_path: Path) -> None:
    store = open_slice(tmp_path / "slice.db")
    fill(store, 3)
    store.forget("c1")
    store.close()
    again = SliceStore(tmp_path / "slice.db", STORE)
    assert not again.unlock(UnitKey(bytes(32), "hub"))
    assert told(again) == []
    again.close()


def test_a_receipt_is_due_until_it_is_settled_and_has_one_id(store: SliceStore) -> None:
    fill(store, 3)
    store.forget("c1")
    drain(store.change_epoch(NOW_S))
    [first] = store.shredding.due()
    [second] = store.shredding.due()
    assert first == second
    store.shredding.settle([first])
    assert store.shredding.due() == ()


def test_the_unit_key_is_in_no_description(store: SliceStore) -> None:
    assert "\\x1f" not in repr(TPM)
    assert TPM.secret.hex() not in repr(TPM)


# Erases and changes the epoch for ever; says a word after every piece.
CHANGER = """
import sys
from pathlib import Path
from tests.store.builders import open_slice

store = open_slice(Path(sys.argv[1]))
for number in range(int(sys.argv[2]), 10**6):
    store.forget(f"c{number}")
    print("forgotten", flush=True)
    for _ in store.change_epoch(number * 10**6):
        print("piece", flush=True)
"""


@pytest.mark.timeout(300)
def test_after_kill_9_everybody_else_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "slice.db"
    store = open_slice(path)
    fill(store, 1000)
    store.close()
    gone = 0
    for kill in range(8):
        command = [sys.executable, "-c", CHANGER, str(path), str(gone)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as child:
            assert child.stdout is not None
            for _ in range(1 + 5 * kill % 13):
                child.stdout.readline()
            child.kill()
        store = open_slice(path)
        held = {name for name, _ in store.tokens()}
        gone = 1000 - len(held)
        assert held == {f"c{n}" for n in range(gone, 1000)}
        assert readable(store) == len(held)
        assert len(epochs(store)) in (1, 2)
        store.close()
    assert gone
