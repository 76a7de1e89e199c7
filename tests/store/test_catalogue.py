"""Catalogue and campaigns."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from edge_agent.contracts.campaign import CampaignFile
from edge_agent.contracts.catalogue import Catalogue, CatalogueChanges, LoopItem
from edge_agent.contracts.checksum import products_checksum
from edge_agent.store.catalogue import CatalogueStore
from tests.store.builders import STORE, open_slice, page, put, take_in

SHA = "ab" * 32


def catalogue(*products: str, price: str = "129.90") -> Catalogue:
    return Catalogue.model_validate(
        {
            "store": STORE,
            "currency": "EUR",
            "products": [
                {
                    "product": product,
                    "names": {"en": f"Jacket {product}"},
                    "department": "outdoor",
                    "price": {"amount": price, "currency": "EUR", "valid_until": "2026-06-01T00:00:00+02:00"},
                    "content_class": "public",
                }
                for product in products
            ],
            "content": [{"sha256": SHA, "size_bytes": 7, "media_type": "image/png"}],
            "loop": [{"picture": SHA, "duration_s": 5}],
        }
    )


CAMPAIGNS = CampaignFile.model_validate(
    {
        "version": 1,
        "campaigns": [
            {
                "campaign": "jackets",
                "title": "Jackets",
                "message_class": "offer",
                "department": "outdoor",
                "wording": {"en": {"headline": "Hello"}},
            }
        ],
    }
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[CatalogueStore]:
    store = CatalogueStore(tmp_path / "slice.db")
    yield store
    store.close()


def test_an_empty_store_knows_nothing(store: CatalogueStore) -> None:
    assert (store.etag("catalogue"), store.etag("campaigns")) == (None, None)
    assert (store.product("1"), store.campaigns(), store.screens()) == (None, (), None)


def test_what_is_put_comes_back(store: CatalogueStore, tmp_path: Path) -> None:
    held = catalogue("1", "2")
    store.put_catalogue(held, '"a"')
    store.put_campaigns(CAMPAIGNS, '"b"')
    store.close()
    again = CatalogueStore(tmp_path / "slice.db")
    assert (again.product("1"), again.product("3")) == (held.products[0], None)
    assert again.screens() == held.model_copy(update={"products": ()})
    assert again.campaigns() == CAMPAIGNS.campaigns
    assert (again.etag("catalogue"), again.etag("campaigns")) == ('"a"', '"b"')
    again.close()


def test_a_new_catalogue_replaces_the_old_one(store: CatalogueStore) -> None:
    store.put_catalogue(catalogue("1", "2"), "a")
    store.put_catalogue(catalogue("2", "3", price="99.90"), "b")
    second = store.product("2")
    assert second is not None
    assert second.price is not None
    assert (store.product("1"), second.price.amount, store.etag("catalogue")) == (None, Decimal("99.90"), "b")
    assert store.product("3") is not None


def test_only_products_that_changed_are_written(store: CatalogueStore) -> None:
    store.put_catalogue(catalogue(*map(str, range(500))), "a")
    before = store._file.write.conn.total_changes
    store.put_catalogue(catalogue(*map(str, range(1, 501))), "b")
    assert store._file.write.conn.total_changes - before == 3  # one gone, one new, the document


def changes(since: str = "a", **fields: object) -> CatalogueChanges:
    """From products 1 and 2 to 2 and 3, the second at another price."""
    fields = {
        "products": catalogue("2", "3", price="99.90").products, "removed": ("1",),
        "checksum": products_checksum(["2", "3"]), **fields,
    }  # fmt: skip
    return CatalogueChanges.model_validate({"store": STORE, "since": since, "etag": "b", **fields})


def loop_of(store: CatalogueStore) -> tuple[LoopItem, ...]:
    held = store.screens()
    assert held is not None
    return held.loop


def test_changes_lead_from_one_version_to_the_next(store: CatalogueStore) -> None:
    store.put_catalogue(catalogue("1", "2"), "a")
    assert store.change_catalogue(changes())
    second = store.product("2")
    assert second is not None
    assert second.price is not None
    assert (store.product("1"), second.price.amount, store.etag("catalogue")) == (None, Decimal("99.90"), "b")
    assert len(loop_of(store)) == 1, "what is not mentioned stays"
    assert store.change_catalogue(changes("b", rest=catalogue().model_copy(update={"loop": ()}), etag="c"))
    assert (loop_of(store), store.etag("catalogue")) == ((), "c")
    assert store.product("3") is not None


@pytest.mark.parametrize(
    "unfit", [changes(since="x"), changes(checksum=products_checksum(["2"])), changes(removed=())],
    ids=["another version", "another result", "one too many"],
)  # fmt: skip
def test_changes_that_do_not_fit_change_nothing(store: CatalogueStore, unfit: CatalogueChanges) -> None:
    assert not store.change_catalogue(unfit)
    store.put_catalogue(catalogue("1", "2"), "a")
    before = (store.product("1"), store.product("2"), store.etag("catalogue"))
    assert not store.change_catalogue(unfit)
    assert (store.product("1"), store.product("2"), store.etag("catalogue")) == before
    assert store.product("3") is None


def test_a_document_of_another_version_is_pulled_again(store: CatalogueStore, tmp_path: Path) -> None:
    store.put_campaigns(CAMPAIGNS, "a")
    store.put_catalogue(catalogue("1"), "b")
    with store._file.transaction() as database:
        database.execute("UPDATE documents SET body = '{\"version\": 2}' WHERE kind = 'campaigns'")
        database.execute("UPDATE products SET body = '{}'")
    again = CatalogueStore(tmp_path / "slice.db")
    assert (again.campaigns(), again.etag("campaigns"), again.etag("catalogue")) == ((), None, "b")
    assert again.product("1") is None
    again.close()


def test_it_shares_its_file_with_the_slice(store: CatalogueStore, tmp_path: Path) -> None:
    profiles = open_slice(tmp_path / "slice.db")
    store.put_catalogue(catalogue("1"), "a")
    take_in(profiles, [page([put("anna")], snapshot=True)])
    store.put_catalogue(catalogue("2"), "b")
    assert (store.etag("catalogue"), profiles.count()) == ("b", 1)
    profiles.close()
