"""The catalogue by its changes, on both databases: whatever came between, a unit ends with what the hub holds."""

import itertools
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.contracts.catalogue import Catalogue, CatalogueChanges
from edge_agent.store.catalogue import CatalogueStore
from provisioning.hub.catalogue_steps import SIZE_MAX_BYTES, STEPS_MAX
from provisioning.hub.content import Content
from provisioning.hub.fleet import Fleet
from provisioning.hub.problem import ProblemError
from provisioning.hub.storage import Database

NOW = datetime(2026, 5, 4, 10, 0, tzinfo=UTC)
SHELF = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 3), max_size=6)
STEPS = st.lists(st.one_of(SHELF, st.just("pull"), st.just("currency")), min_size=1, max_size=12)


def catalogue(store: str, shelf: dict[str, int], currency: str = "EUR", names: str = "Jacket") -> Catalogue:
    products = [
        {
            "product": product,
            "names": {"en": names},
            "department": "outdoor",
            "stock": [{"quantity": quantity, "counted_at": NOW}],
        }
        for product, quantity in shelf.items()
    ]
    return Catalogue.model_validate({"store": store, "currency": currency, "products": products})


class Unit:
    """What a unit holds, and how it pulls."""

    def __init__(self, content: Content, store: str, folder: Path) -> None:
        self._content, self._store = content, store
        self.held = CatalogueStore(folder / f"{store}.db")
        self.wholes = 0

    def pull(self) -> None:
        try:
            body, etag = self._content.changes(self._store, (self.held.etag("catalogue") or "",))
        except ProblemError as problem:
            if problem.problem.status != 410:
                raise
            self.wholes += 1
            body, etag = self._content.document(self._store, "catalogue")
            self.held.put_catalogue(Catalogue.model_validate_json(body), etag)
            return
        if etag != self.held.etag("catalogue"):
            assert self.held.change_catalogue(CatalogueChanges.model_validate_json(body))

    def check(self) -> None:
        body, etag = self._content.document(self._store, "catalogue")
        whole = Catalogue.model_validate_json(body)
        assert self.held.etag("catalogue") == etag
        assert [self.held.product(product.product) for product in whole.products] == list(whole.products)
        assert all(
            self.held.product(name) is None for name in set("abcdef") - {product.product for product in whole.products}
        )


@pytest.fixture
def content(database: Database, tmp_path: Path) -> Content:
    return Content(database, tmp_path / "content")


def make_store(database: Database) -> str:
    store = f"s{next(_NUMBERS)}"
    Fleet(database).add_store(store, "UTC", NOW)
    return store


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_a_unit_that_pulls_now_and_then_ends_with_what_the_hub_holds(
    database: Database, content: Content, tmp_path: Path, steps: list[object]
) -> None:
    store = make_store(database)
    unit, shelf, currency = Unit(content, store, tmp_path), {"a": 1}, itertools.cycle(["EUR", "CHF"])
    money = next(currency)
    content.put_catalogue(store, catalogue(store, shelf, money))
    unit.pull()
    for step in steps:
        if step == "pull":
            unit.pull()
            unit.check()
            continue
        if step == "currency":
            money = next(currency)
        elif isinstance(step, dict):
            shelf = step
        content.put_catalogue(store, catalogue(store, shelf, money))
    unit.pull()
    unit.check()
    unit.held.close()
    assert unit.wholes == 1, "the first one"


_NUMBERS = iter(range(1_000_000))


@pytest.fixture
def unit(database: Database, content: Content, tmp_path: Path) -> Iterator[Unit]:
    """A unit of store ``s``, which holds its first version."""
    Fleet(database).add_store("s", "UTC", NOW)
    content.put_catalogue("s", catalogue("s", {"a": 1, "b": 1}))
    unit = Unit(content, "s", tmp_path)
    unit.pull()
    yield unit
    unit.held.close()


def changes(content: Content, unit: Unit) -> CatalogueChanges:
    body, _ = content.changes("s", (unit.held.etag("catalogue") or "",))
    return CatalogueChanges.model_validate_json(body)


def test_only_what_changed_travels(content: Content, unit: Unit) -> None:
    for shelf in ({"a": 2, "b": 1}, {"a": 3, "b": 1, "c": 1}, {"a": 3, "c": 1}):
        content.put_catalogue("s", catalogue("s", shelf))
    told = changes(content, unit)
    assert {product.product: product.stock[0].quantity for product in told.products} == {"a": 3, "c": 1}
    assert (told.removed, told.rest) == (("b",), None)


def test_a_version_that_is_put_again_changes_nothing(content: Content, unit: Unit) -> None:
    for shelf in ({"a": 2, "b": 1}, {"a": 1, "b": 1}, {"a": 1, "b": 1}):
        content.put_catalogue("s", catalogue("s", shelf))
    assert content.changes("s", (unit.held.etag("catalogue") or "",))[1] == unit.held.etag("catalogue")


def test_an_unchanged_catalogue_wakes_no_unit(database: Database, content: Content, unit: Unit) -> None:
    before = Fleet(database).sequences()
    content.put_catalogue("s", catalogue("s", {"a": 1, "b": 1}))
    assert Fleet(database).sequences() == before
    content.put_catalogue("s", catalogue("s", {"a": 1, "b": 2}))
    assert Fleet(database).sequences() != before


@pytest.mark.parametrize("held", ["", '"0"', "*", "x" * 1000])
def test_a_version_that_the_hub_never_had_is_gone(content: Content, unit: Unit, held: str) -> None:
    with pytest.raises(ProblemError) as raised:
        content.changes("s", (held,))
    assert raised.value.problem.status == 410


def test_what_is_remembered_is_bounded_in_steps_and_in_size(content: Content, unit: Unit) -> None:
    for number in range(STEPS_MAX + 1):
        content.put_catalogue("s", catalogue("s", {"a": number, "b": 9}))
    unit.pull()
    assert unit.wholes == 2
    for large in ("L", "M", "S"):
        shelf = {f"p{number}": 1 for number in range(SIZE_MAX_BYTES // 600)}
        content.put_catalogue("s", catalogue("s", shelf, names=large * 150))
    unit.pull()
    assert unit.wholes == 3


def test_writers_at_the_same_time_break_the_chain_and_never_the_result(
    database: Database, content: Content, unit: Unit, tmp_path: Path
) -> None:
    def put(first: int) -> None:
        for number in range(first, first + 8):
            content.put_catalogue("s", catalogue("s", {"a": number, f"b{number}": 1}))

    writers = [threading.Thread(target=put, args=(first,)) for first in (0, 100, 200)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        unit.pull()
    for writer in writers:
        writer.join()
    unit.pull()
    unit.check()
