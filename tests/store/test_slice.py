"""The slice: checkpoints, broken profiles, what lies on the disk, and a model of it under random pages."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from edge_agent.contracts.slice import SliceOperation
from edge_agent.errors import DamagedError, StoreError
from edge_agent.store.epochs import Epochs
from edge_agent.store.sealing import TOKENS
from edge_agent.store.slice import Applied, SliceStore
from edge_agent.store.unit_key import UnitKey
from tests.store.builders import KEY, NOW, STORE, bytes_on_disk, open_slice, page, put, tag, take_in, tombstone


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SliceStore]:
    store = open_slice(tmp_path / "slice.db")
    yield store
    store.close()


def test_an_empty_slice_knows_nothing(store: SliceStore) -> None:
    assert (store.cursor(), store.lease_until(), store.count(), store.profile("anna")) == (None, None, 0, None)
    assert list(store.tokens()) == []


def test_a_snapshot_replaces_everything(store: SliceStore) -> None:
    take_in(store, [page([put("anna"), put("bea")], snapshot=True)])
    pages = [page([put("carla")], snapshot=True, checkpoint=False), page([put("dora", tier="gold")], cursor="c9")]
    assert take_in(store, pages) == Applied(changed=None, skipped=0)
    assert [store.profile(name) is not None for name in ("anna", "bea", "carla", "dora")] == [False, False, True, True]
    assert (store.count(), store.cursor(), store.lease_until()) == (2, "c9", pages[-1].lease_until)


def test_a_delta_says_whose_profile_changed(store: SliceStore) -> None:
    take_in(store, [page([put("anna"), put("bea"), put("carla")], snapshot=True)])
    applied = take_in(store, [page([put("anna", tier="gold"), tombstone("bea")])])
    assert applied == Applied(changed=frozenset({"anna", "bea"}), skipped=0)
    anna = store.profile("anna")
    assert anna is not None
    assert anna.tier == "gold"
    assert (store.profile("bea"), store.count()) == (None, 2)


def test_the_last_word_on_a_customer_counts(store: SliceStore) -> None:
    take_in(store, [page([tombstone("anna"), put("anna"), put("bea"), tombstone("bea")], snapshot=True)])
    assert (store.profile("anna") is not None, store.profile("bea")) == (True, None)


@pytest.mark.parametrize("snapshot", [True, False])
def test_a_refused_customer_is_deleted_instead_of_stored(store: SliceStore, snapshot: bool) -> None:
    take_in(store, [page([put("anna"), put("bea")])])
    applied = take_in(store, [page([put("anna"), put("carla")], snapshot=snapshot)], frozenset({"anna"}))
    assert not store.holds("anna")
    assert store.holds("carla")
    assert applied.changed == (None if snapshot else {"anna", "carla"})


def test_a_page_without_operations_renews_the_lease(store: SliceStore) -> None:
    take_in(store, [page([put("anna")], snapshot=True)])
    later = page(cursor="c2").model_copy(update={"lease_until": NOW.replace(year=2027)})
    assert take_in(store, [later]).changed == frozenset()
    assert (store.lease_until(), store.cursor(), store.count()) == (NOW.replace(year=2027), "c2", 1)


def test_tokens_are_read_without_the_profile(store: SliceStore, tmp_path: Path) -> None:
    take_in(store, [page([put(f"c{n}", tokens=[tag(f"{n:032x}")]) for n in range(1000)], snapshot=True)])
    take_in(store, [page([put("plain")])])
    tokens = dict(store.tokens())
    assert len(tokens) == 1001
    assert tokens["c7"][0].device == "tag"
    assert tokens["plain"] == ()
    profile = store.profile("c7")
    assert profile is not None
    assert profile.tokens == tokens["c7"] == store.tokens_of("c7")
    assert store.tokens_of("nobody") == ()


@pytest.mark.parametrize(
    "broken",
    [
        put("anna", age="very"),
        put("anna", valid_until="soon"),
        put("anna", tokens=[{"kind": "telepathy"}]),
        put("anna", customer="bea"),
        SliceOperation(kind="put", customer="anna", profile=None),
    ],
    ids=["age", "time", "token", "another customer", "no profile"],
)
@pytest.mark.parametrize("snapshot", [True, False])
def test_a_broken_profile_is_counted_and_takes_its_old_version_with_it(
    store: SliceStore, broken: SliceOperation, snapshot: bool
) -> None:
    take_in(store, [page([put("anna"), put("carla")], snapshot=True)])
    applied = take_in(store, [page([broken, put("dora")], snapshot=snapshot)])
    assert applied.skipped == 1
    assert store.profile("anna") is None
    assert store.profile("bea") is None
    assert store.profile("dora") is not None


def test_the_log_of_a_broken_profile_names_the_field_and_nobody(
    store: SliceStore, caplog: pytest.LogCaptureFixture
) -> None:
    take_in(store, [page([put("anna-secret", consents=[{"purpose": "screen", "receipt": "r-secret"}])], snapshot=True)])
    assert "consents.0.granted_at" in caplog.text
    assert "secret" not in caplog.text


def test_an_unknown_field_is_ignored_and_kept_for_a_newer_agent(store: SliceStore) -> None:
    assert take_in(store, [page([put("anna", shoe_size=38)], snapshot=True)]).skipped == 0
    assert store.profile("anna") is not None


@pytest.mark.parametrize("snapshot", [True, False])
def test_pages_without_a_checkpoint_change_nothing(store: SliceStore, snapshot: bool) -> None:
    take_in(store, [page([put("anna")], snapshot=True, cursor="c1")])
    unfinished = page([put("bea"), tombstone("anna")], snapshot=snapshot, checkpoint=False, cursor="c2")
    assert set(store.add(unfinished, frozenset)) == {None}
    assert (store.count(), store.cursor(), store.profile("bea")) == (1, "c1", None)
    assert take_in(store, [page([put("carla")], snapshot=True)]).skipped == 0


def test_a_page_of_another_store_changes_nothing(store: SliceStore) -> None:
    take_in(store, [page([put("anna")], snapshot=True)])
    with pytest.raises(StoreError, match="for store elsewhere, this is store-7"):
        take_in(store, [page([put("bea")], checkpoint=False), page([put("carla")], store="elsewhere")])
    assert (store.count(), store.profile("bea")) == (1, None)


def test_nothing_readable_of_a_profile_lies_on_the_disk(store: SliceStore, tmp_path: Path) -> None:
    secrets = [b"Frau Maier", b"4006381333931", b"0123456789abcdef0123456789abcdef", b"receipt-17", b"platinum"]
    profile = put(
        "anna",
        salutation="Frau Maier",
        tier="platinum",
        viewed=[{"product": "4006381333931", "viewed_at": "2026-05-01T00:00:00Z"}],
        consents=[
            {
                "purpose": "screen",
                "receipt": "receipt-17",
                "granted_at": "2026-05-01T00:00:00Z",
                "expires_at": "2027-05-01T00:00:00Z",
            }
        ],
        tokens=[
            {"kind": "rolling", "device": "phone", "keys": [{"window": 7, "key": "0123456789abcdef0123456789abcdef"}]}
        ],
    )
    take_in(store, [page([profile, *(put(f"c{n}") for n in range(200))], snapshot=True)])
    assert [secret for secret in secrets if secret in bytes_on_disk(tmp_path)] == []
    held = store.profile("anna")
    assert held is not None
    assert held.salutation == "Frau Maier"


@pytest.mark.parametrize("how", ["tombstone", "forget", "broken", "snapshot"])
def test_no_sealed_byte_of_a_deleted_profile_stays_on_the_disk(store: SliceStore, tmp_path: Path, how: str) -> None:
    take_in(store, [page([put("anna"), *(put(f"c{n}") for n in range(200))], snapshot=True)])
    raw = store._file.rows("SELECT key, tokens, profile FROM profiles WHERE customer = 'anna'")[0]
    assert all(blob in bytes_on_disk(tmp_path) for blob in raw)
    match how:
        case "tombstone":
            take_in(store, [page([tombstone("anna")])])
        case "forget":
            store.forget("anna")
        case "broken":
            take_in(store, [page([put("anna", age=3)])])
        case "snapshot":
            take_in(store, [page([put("bea")], snapshot=True)])
    assert store.profile("anna") is None
    assert not any(blob in bytes_on_disk(tmp_path) for blob in raw)


def rolling(number: int, exponent: int, *windows: int) -> dict[str, Any]:
    keys = [{"window": window, "key": f"{number:024x}{window:08x}"} for window in windows]
    return {"kind": "rolling", "device": f"d{number}", "rotation_exponent": exponent, "keys": keys, "new": "kept"}


def test_keys_are_deleted_one_slot_after_the_end_of_their_window(store: SliceStore) -> None:
    quick, slow = rolling(1, 4, 7, 8, 9), rolling(2, 15, 7, 8)
    take_in(store, [page([put("anna", tokens=[quick, slow, tag("a")]), put("bea", tokens=[rolling(3, 4, 9)])])])
    end_s = 8 * 65_536

    def held() -> list[list[int]]:
        tokens = store.tokens_of("anna")
        assert tokens[2].token == "eddystone_uid:a"
        return [[key.window for key in token.keys] for token in tokens[:2]]

    for unix_s, windows, rewritten in [
        (end_s + 15, [[7, 8, 9], [7, 8]], 0),
        (end_s + 16, [[8, 9], [7, 8]], 1),
        (end_s + 32_767, [[8, 9], [7, 8]], 0),
        (end_s + 32_768, [[8, 9], [8]], 1),
        (end_s + 5 * 65_536, [[], []], 2),
        (end_s + 9 * 65_536, [[], []], 0),
    ]:
        assert sum(store.drop_past_keys(unix_s)) == rewritten
        assert held() == windows
    profile = store.profile("anna")
    assert profile is not None
    assert [token.device for token in profile.tokens] == ["d1", "d2", "tag"]


def test_numbers_that_came_as_text_are_understood_and_unknown_fields_stay(store: SliceStore) -> None:
    token = {**rolling(1, 10, 7, 8), "rotation_exponent": "10"}
    token["keys"] = [{**key, "window": str(key["window"]), "newer": True} for key in token["keys"]]
    take_in(store, [page([put("anna", tokens=[token])])])
    assert sum(store.drop_past_keys(8 * 65_536 + 1023)) == 0
    assert sum(store.drop_past_keys(8 * 65_536 + 1024)) == 1
    [(epoch, wrapped, sealed)] = store._file.rows("SELECT epoch, key, tokens FROM profiles")
    [raw] = json.loads(Epochs(store._file, STORE, KEY).unwrap("anna", epoch, wrapped).open(TOKENS, sealed))
    assert raw == {**token, "keys": token["keys"][1:]}


def test_many_keys_are_deleted_a_piece_at_a_time_and_leave_no_sealed_byte(store: SliceStore, tmp_path: Path) -> None:
    take_in(store, [page([put(f"c{n}", tokens=[rolling(n, 10, 7, 8)]) for n in range(250)], snapshot=True)])
    sealed = [row[0] for row in store._file.rows("SELECT tokens FROM profiles")]
    assert all(blob in bytes_on_disk(tmp_path) for blob in sealed[:3])
    assert list(store.drop_past_keys(8 * 65_536 + 1024)) == [100, 100, 50]
    assert not any(blob in bytes_on_disk(tmp_path) for blob in sealed)
    assert all([key.window for key in tokens[0].keys] == [8] for _, tokens in store.tokens())


def test_tokens_that_cannot_be_read_are_emptied_and_not_tried_for_ever(store: SliceStore) -> None:
    take_in(store, [page([put("anna", tokens=[rolling(1, 10, 7)])])])
    with store._file.transaction() as database:
        database.execute("UPDATE profiles SET customer = 'x'")
    assert [sum(store.drop_past_keys(9 * 65_536)) for _ in range(2)] == [1, 0]


def test_the_files_are_private(store: SliceStore, tmp_path: Path) -> None:
    take_in(store, [page([put("anna")], snapshot=True)])
    take_in(store, [page([put("bea")])])
    assert {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()} == {
        "slice.db": 0o600,
        "slice.db-wal": 0o600,
        "slice.db-shm": 0o600,
    }


def test_another_key_gives_up_what_nobody_can_read(store: SliceStore, tmp_path: Path) -> None:
    take_in(store, [page([put("anna"), *(put(f"c{n}") for n in range(300))], snapshot=True)])
    sealed = [blob for row in store._file.rows("SELECT key, profile FROM profiles") for blob in row]
    store.close()
    again = SliceStore(tmp_path / "slice.db", STORE)
    assert not again.unlock(UnitKey(bytes(32), "file"))
    assert (again.count(), again.cursor(), again.lease_until(), again.profile("anna")) == (0, None, None, None)
    assert take_in(again, [page([put("bea")], snapshot=True)]).changed is None
    assert (again.count(), [name for name, _ in again.tokens()]) == (1, ["bea"])
    assert not any(blob in bytes_on_disk(tmp_path) for blob in sealed)
    again.close()
    once_more = SliceStore(tmp_path / "slice.db", STORE)
    assert once_more.unlock(UnitKey(bytes(32), "file"))
    assert once_more.profile("bea") is not None
    once_more.close()


def test_the_slice_of_another_store_is_damaged(store: SliceStore, tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="of another store than store-8"):
        SliceStore(tmp_path / "slice.db", "store-8")


def test_profiles_without_an_epoch_are_damaged(store: SliceStore, tmp_path: Path) -> None:
    take_in(store, [page([put("anna")], snapshot=True)])
    with store._file.transaction() as database:
        database.execute("DELETE FROM epochs")
    with pytest.raises(DamagedError, match="no key that opens them"):
        open_slice(tmp_path / "slice.db")


def test_a_locked_slice_knows_nobody_takes_nothing_and_forgets_all_the_same(store: SliceStore, tmp_path: Path) -> None:
    take_in(store, [page([put("anna", tokens=[tag("a")]), put("bea")], snapshot=True)])
    store.close()
    locked = SliceStore(tmp_path / "slice.db", STORE)
    assert locked.locked
    assert (locked.profile("anna"), locked.tokens_of("anna"), list(locked.tokens())) == (None, (), [])
    assert (locked.lease_until(), list(locked.drop_past_keys(2**40)), list(locked.change_epoch(0))) == (None, [], [])
    with pytest.raises(StoreError, match="locked: the unit key is not here"):
        take_in(locked, [page([put("carla")])])
    assert locked.holds("anna")
    locked.forget("anna")
    assert not locked.holds("anna")
    assert locked.unlock(KEY)
    assert ([name for name, _ in locked.tokens()], locked.cursor()) == (["bea"], "c1")
    locked.close()


def test_blobs_that_were_swapped_between_customers_do_not_open(store: SliceStore) -> None:
    take_in(store, [page([put("anna", tokens=[tag("a")]), put("bea", tokens=[tag("b")])], snapshot=True)])
    with store._file.transaction() as database:
        database.execute("UPDATE profiles SET customer = 'x' WHERE customer = 'anna'")
        database.execute("UPDATE profiles SET customer = 'anna' WHERE customer = 'bea'")
    assert store.profile("anna") is None
    assert dict(store.tokens()) == {"x": (), "anna": ()}
    assert store.tokens_of("anna") == ()


def test_the_reader_sees_whole_checkpoints_only(store: SliceStore) -> None:
    """Pages are handed over one by one: while they come, the read connection still sees the old slice."""
    take_in(store, [page([put("anna")], snapshot=True)])
    seen = []

    def pages() -> Iterator[object]:
        yield page([put("bea")], snapshot=True, checkpoint=False)
        seen.append((store.count(), store.profile("anna") is not None, store.cursor()))
        yield page([put("carla")], cursor="c2")

    take_in(store, pages())  # type: ignore[arg-type]
    assert seen == [(1, True, "c1")]
    assert (store.count(), store.cursor()) == (2, "c2")


CUSTOMERS = st.sampled_from([f"c{number}" for number in range(6)])
OPERATIONS = st.one_of(
    st.builds(lambda name, tier: put(name, tier=tier, tokens=[tag(tier)]), CUSTOMERS, st.sampled_from("abcdef")),
    st.builds(tombstone, CUSTOMERS),
    st.builds(lambda name: put(name, age=7), CUSTOMERS),
)
PAGES = st.lists(st.lists(OPERATIONS, max_size=8), min_size=1, max_size=4)


class SliceMachine(RuleBasedStateMachine):
    """Random checkpoints against a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "slice.db"
        self.store = open_slice(self.path)
        self.model: dict[str, str] = {}
        self.cursor: str | None = None

    @rule(operations=PAGES, snapshot=st.booleans(), complete=st.booleans())
    def pull(self, operations: list[list[SliceOperation]], snapshot: bool, complete: bool) -> None:
        cursor = f"{len(self.model)}-{len(operations)}"
        last = len(operations) - 1
        pages = [
            page(ops, snapshot=snapshot and n == 0, checkpoint=complete and n == last, cursor=cursor)
            for n, ops in enumerate(operations)
        ]
        if not complete:
            for each in pages:
                assert set(self.store.add(each, frozenset)) == {None}
            for _ in self.store.abandon():
                pass
            return
        touched = {operation.customer for ops in operations for operation in ops}
        assert take_in(self.store, pages).changed == (None if snapshot else touched)
        self.cursor = cursor
        if snapshot:
            self.model.clear()
        for operation in (operation for ops in operations for operation in ops):
            tier = (operation.profile or {}).get("tier")
            if isinstance(tier, str):
                self.model[operation.customer] = tier
            else:
                self.model.pop(operation.customer, None)

    @rule(customer=CUSTOMERS)
    def forget(self, customer: str) -> None:
        self.store.forget(customer)
        self.model.pop(customer, None)

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.store = open_slice(self.path)

    @invariant()
    def agrees(self) -> None:
        assert self.store.cursor() == self.cursor
        assert self.store.count() == len(self.model)
        tokens = {customer: tokens[0].token for customer, tokens in self.store.tokens()}  # type: ignore[union-attr]
        assert tokens == {customer: f"eddystone_uid:{tier}" for customer, tier in self.model.items()}
        for number in range(6):
            profile = self.store.profile(f"c{number}")
            assert (profile.tier if profile else None) == self.model.get(f"c{number}")

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()


TestSliceAgainstModel = SliceMachine.TestCase
TestSliceAgainstModel.settings = settings(max_examples=30, stateful_step_count=12)
