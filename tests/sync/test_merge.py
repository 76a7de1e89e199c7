"""Which page may be written behind those that came before it."""

from typing import Any

import pytest

from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.slice import SlicePage
from edge_agent.sync.merge import PAGES_MAX, SIZE_MAX_BYTES, BrokenPageError, check_page
from tests.store.builders import STORE, page, put, tombstone


def sound(**fields: Any) -> SlicePage:
    made = page([put("anna"), tombstone("bea")], **fields)
    return made.model_copy(update={"checksum": operations_checksum(made.operations)})


@pytest.mark.parametrize(
    ("answer", "cursor", "pages"),
    [
        (sound(snapshot=True), None, 0),
        (sound(snapshot=True, checkpoint=False), None, 0),
        (sound(checkpoint=False, cursor="c2"), "c1", PAGES_MAX - 1),
        (sound(cursor="c1"), "c1", 0),  # nothing new: a checkpoint may stand still
    ],
)
def test_a_page_that_fits_passes(answer: SlicePage, cursor: str | None, pages: int) -> None:
    check_page(answer, STORE, cursor, pages, SIZE_MAX_BYTES)


@pytest.mark.parametrize(
    ("answer", "cursor", "pages", "size_bytes", "said"),
    [
        (sound(store="elsewhere"), "c0", 0, 0, "for store elsewhere, not store-7"),
        (page([put("anna")]), "c0", 0, 0, "checksum"),
        (sound(snapshot=True), "c0", 3, 0, "begins a snapshot"),
        (sound(), None, 0, 0, "begins a snapshot"),
        (sound(checkpoint=False, cursor="c1"), "c1", 1, 0, "stands still"),
        (sound(), "c0", PAGES_MAX, 0, f"within {PAGES_MAX} pages"),
        (sound(), "c0", 1, SIZE_MAX_BYTES + 1, f"within {SIZE_MAX_BYTES} bytes"),
    ],
)
def test_a_page_that_does_not_fit_is_refused(
    answer: SlicePage, cursor: str | None, pages: int, size_bytes: int, said: str
) -> None:
    with pytest.raises(BrokenPageError, match=said):
        check_page(answer, STORE, cursor, pages, size_bytes)
