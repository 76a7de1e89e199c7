"""Receipts of erasures: ``deleted`` at once, ``shredded`` when the key is destroyed too, and never where it is not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from edge_agent.constants import EPOCH_MIN_S
from edge_agent.events import Instant
from edge_agent.recorder import Recorder
from edge_agent.store.opening import Stores, open_stores
from edge_agent.store.unit_key import KeySource, UnitKey
from tests.store.builders import STORE, page, put, take_in

SECRET = bytes(range(32))


def at(seconds: float) -> Instant:
    return Instant(seconds, datetime.fromtimestamp(1_800_000_000 + seconds, UTC), utc_trusted=True)


def opened(folder: Path, source: KeySource = "tpm") -> tuple[Stores, Recorder]:
    stores = open_stores(folder, STORE, UnitKey(SECRET, source))
    ids = iter(f"e{number}" for number in range(1000))
    recorder = Recorder(stores, "/s", "boot", lambda: next(ids))
    recorder.start(at(0))
    return stores, recorder


def receipts(stores: Stores) -> list[tuple[object, object]]:
    events = (outgoing.event for outgoing in stores.journal.outbox(100))
    return [(event.data["customer"], event.data["method"]) for event in events if event.type == "consent.erased"]


def shred(recorder: Recorder, seconds: float) -> None:
    for _ in recorder.shred(at(seconds)):
        pass


def withdraw(recorder: Recorder, customer: str, seconds: float) -> None:
    recorder.commit((), (customer,), at(seconds))


def fill(stores: Stores) -> None:
    take_in(stores.slice, [page([put("anna"), put("bea"), put("carla")], snapshot=True)])


def test_a_second_receipt_says_shredded_once(tmp_path: Path) -> None:
    stores, recorder = opened(tmp_path)
    fill(stores)
    shred(recorder, 0)
    withdraw(recorder, "anna", 1)
    assert receipts(stores) == [("anna", "deleted")]
    for seconds in (60, 120, 180):
        shred(recorder, seconds)
        assert receipts(stores) == [("anna", "deleted"), ("anna", "shredded")]
    withdraw(recorder, "bea", 200)
    shred(recorder, 240)
    assert receipts(stores)[2:] == [("bea", "deleted")]  # gathered until the next change
    shred(recorder, 60 + EPOCH_MIN_S)
    assert receipts(stores)[2:] == [("bea", "deleted"), ("bea", "shredded")]
    assert stores.slice.profile("carla") is not None
    stores.close()


@pytest.mark.parametrize("source", ["file", "credential"])
def test_shredded_is_never_said_where_the_key_lies_on_the_card(tmp_path: Path, source: KeySource) -> None:
    stores, recorder = opened(tmp_path, source)
    fill(stores)
    withdraw(recorder, "anna", 1)
    shred(recorder, 60)
    shred(recorder, 120)
    assert receipts(stores) == [("anna", "deleted")]
    stores.close()


def test_after_a_restart_in_the_middle_the_receipt_still_comes(tmp_path: Path) -> None:
    stores, recorder = opened(tmp_path)
    fill(stores)
    withdraw(recorder, "anna", 1)
    next(recorder.shred(at(60)))
    stores.close()
    stores, recorder = opened(tmp_path)
    assert receipts(stores) == [("anna", "deleted")]
    shred(recorder, 120)
    assert receipts(stores) == [("anna", "deleted"), ("anna", "shredded")]
    stores.close()


def test_a_receipt_that_is_written_again_after_a_crash_is_the_same_event(tmp_path: Path) -> None:
    stores, recorder = opened(tmp_path)
    fill(stores)
    withdraw(recorder, "anna", 1)
    for _ in stores.slice.change_epoch(1_800_000_030):
        pass  # and killed before the receipt is in the journal
    [due] = stores.slice.shredding.due()
    shred(recorder, 60)
    told = [outgoing.event.id for outgoing in stores.journal.outbox(100)]
    assert told[-1] == due.receipt
    stores.close()


def test_a_change_of_the_unit_key_destroys_the_old_epochs_too_and_says_so(tmp_path: Path) -> None:
    stores, recorder = opened(tmp_path)
    fill(stores)
    withdraw(recorder, "anna", 1)
    stores.close()
    stores = open_stores(tmp_path, STORE, UnitKey(SECRET[::-1], "tpm"))
    recorder = Recorder(stores, "/s", "boot", lambda: "e")
    recorder.start(at(30))
    shred(recorder, 60)
    assert receipts(stores) == [("anna", "deleted"), ("anna", "shredded")]
    assert stores.slice.count() == 0
    stores.close()
