"""How old the stock of the catalogue is, for the doctor."""

from datetime import UTC, datetime
from pathlib import Path

from edge_agent.contracts.catalogue import Catalogue
from edge_agent.store.catalogue import CatalogueStore
from tests.store.builders import STORE


def shelf(*counts: str | None) -> Catalogue:
    """A catalogue with one product for each count."""
    return Catalogue.model_validate(
        {
            "store": STORE,
            "currency": "EUR",
            "products": [
                {
                    "product": f"p{number}",
                    "names": {"en": "Jacket"},
                    "department": "outdoor",
                    "stock": [] if counted_at is None else [{"quantity": 1, "counted_at": counted_at}],
                }
                for number, counted_at in enumerate(counts)
            ],
        }
    )


def test_the_newest_count_is_told_whatever_its_offset(tmp_path: Path) -> None:
    store = CatalogueStore(tmp_path / "slice.db")
    assert store.stock_counted_at() is None
    store.put_catalogue(shelf(None), "1")
    assert store.stock_counted_at() is None
    store.put_catalogue(shelf("2026-03-14T12:00:00+02:00", None, "2026-03-14T10:30:00Z", "2026-03-01T00:00:00Z"), "2")
    assert store.stock_counted_at() == datetime(2026, 3, 14, 10, 30, tzinfo=UTC)
    store.close()
