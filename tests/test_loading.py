"""From the slice into the index: nobody is missed and nobody comes back, whatever changes meanwhile."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from edge_agent.contracts.slice import SliceOperation
from edge_agent.identify.index import TokenIndex
from edge_agent.identify.recogniser import Recogniser
from edge_agent.identify.token import WINDOW_S, ephemeral_id, slot_of, temporary_key, window_of
from edge_agent.loading import CUSTOMERS_AT_ONCE, Loading
from edge_agent.store.slice import SliceStore
from tests.store.builders import open_slice, page, put, take_in, tombstone

NOW = 1_773_493_200


@dataclass
class Shelf:
    """A slice on the disk and its index."""

    slices: SliceStore
    recogniser: Recogniser = field(default_factory=lambda: Recogniser(TokenIndex()))

    def __post_init__(self) -> None:
        self.loading = Loading(self.slices, self.recogniser)

    def holds(self, *customers: str) -> None:
        take_in(self.slices, [page([phone(customer) for customer in customers], snapshot=True)])

    def known(self, *customers: str) -> list[str]:
        return [who for who in customers if self.recogniser.find(sent(who), 0.0) is not None]


def identity_key(customer: str) -> bytes:
    return customer.encode().ljust(16, b"\0")[:16]


def phone(customer: str, exponent: int = 10) -> SliceOperation:
    windows = [window_of(NOW + delta) for delta in (-WINDOW_S, 0, WINDOW_S)]
    keys = [{"window": window, "key": temporary_key(identity_key(customer), window).hex()} for window in windows]
    return put(customer, tokens=[{"kind": "rolling", "device": "phone", "rotation_exponent": exponent, "keys": keys}])


def sent(customer: str) -> bytes:
    return ephemeral_id(temporary_key(identity_key(customer), window_of(NOW)), 10, slot_of(NOW, 10))


@pytest.fixture
def shelf(tmp_path: Path) -> Iterator[Shelf]:
    slices = open_slice(tmp_path / "slice.db")
    yield Shelf(slices)
    slices.close()


def finish(pieces: Iterator[None]) -> int:
    return sum(1 for _ in pieces)


def test_a_snapshot_takes_the_place_of_what_was_known_in_one_moment(shelf: Shelf) -> None:
    shelf.holds("anna", "bert")
    finish(shelf.loading.replace(NOW))
    assert shelf.known("anna", "bert", "cleo") == ["anna", "bert"]
    crowd = [f"c{number}" for number in range(3 * CUSTOMERS_AT_ONCE)]
    shelf.holds("anna", "cleo", *crowd)
    pieces = shelf.loading.replace(NOW)
    steps = 0
    for _ in pieces:
        steps += 1
        assert shelf.known("anna", "bert", "cleo") == ["anna", "bert"]
    assert steps >= 3
    assert shelf.known("anna", "bert", "cleo", *crowd) == ["anna", "cleo", *crowd]


def test_a_clock_that_was_wrong_while_a_snapshot_was_loaded_costs_nobody_her_keys(shelf: Shelf) -> None:
    shelf.holds("anna")
    finish(shelf.loading.replace(NOW + 5 * WINDOW_S))
    index = shelf.recogniser.index
    while not index.complete(NOW):
        index.work(NOW, 10)
    index.work(NOW, 0)
    assert shelf.known("anna") == ["anna"]


def test_what_changes_while_a_snapshot_is_loaded_is_in_both(shelf: Shelf) -> None:
    crowd = [f"c{number}" for number in range(3 * CUSTOMERS_AT_ONCE)]
    shelf.holds("anna", "bert", *crowd)
    pieces = shelf.loading.replace(NOW)
    next(pieces)  # both have been read
    take_in(shelf.slices, [page([tombstone("anna"), phone("dora")])])
    finish(shelf.loading.change(["anna", "dora"]))
    finish(pieces)
    assert shelf.known("anna", "bert", "dora") == ["bert", "dora"]


def test_who_withdraws_while_a_snapshot_is_loaded_does_not_come_back_even_where_the_disk_still_holds_her(
    shelf: Shelf,
) -> None:
    shelf.holds("anna", "bert", *(f"c{number}" for number in range(CUSTOMERS_AT_ONCE)))
    finish(shelf.loading.replace(NOW))
    pieces = shelf.loading.replace(NOW)
    next(pieces)
    shelf.loading.forget("anna")
    assert shelf.known("anna", "bert") == ["bert"]
    finish(pieces)
    assert shelf.known("anna", "bert") == ["bert"]


def test_a_snapshot_that_is_overtaken_leaves_no_trace(shelf: Shelf) -> None:
    shelf.holds("anna", *(f"c{number}" for number in range(CUSTOMERS_AT_ONCE)))
    overtaken = shelf.loading.replace(NOW)
    next(overtaken)
    shelf.holds("bert")
    finish(shelf.loading.replace(NOW))
    assert shelf.known("anna", "bert") == ["bert"]


def test_a_delta_is_read_in_pieces_and_only_its_customers(shelf: Shelf) -> None:
    shelf.holds("anna")
    finish(shelf.loading.replace(NOW))
    crowd = [f"c{number}" for number in range(3 * CUSTOMERS_AT_ONCE)]
    take_in(shelf.slices, [page([*(phone(customer) for customer in crowd), phone("zoe")])])
    assert finish(shelf.loading.change(crowd)) == 3
    assert shelf.known("anna", "zoe", *crowd) == ["anna", *crowd]


def test_who_cannot_be_served_is_said_once(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    crowd = [f"c{number}" for number in range(2003)]
    pages = [
        page([phone(who, 0) for who in crowd[:1000]], snapshot=True, checkpoint=False),
        page([phone(who, 0) for who in crowd[1000:2000]], checkpoint=False),
        page([phone(who, 0) for who in crowd[2000:]]),
    ]
    take_in(shelf.slices, pages)
    finish(shelf.loading.replace(NOW))
    finish(shelf.loading.change(crowd[:5]))
    said = [record.message for record in caplog.records]
    assert len(said) == 1
    assert said[0].startswith("3 devices change their id so often")
    shelf.holds("anna")
    finish(shelf.loading.replace(NOW))
    assert shelf.recogniser.index.unserved == 0
