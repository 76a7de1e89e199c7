"""From pages to a checkpoint: which page may be written behind those that came before it. Pure."""

from edge_agent.contracts.base import Identifier
from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.slice import SlicePage

PAGES_MAX = 2000
"""Pages up to one checkpoint: a million customers. A hub that sends more is broken."""

SIZE_MAX_BYTES = 1024 * 1024 * 1024
"""What the pages up to one checkpoint may take on the disk: 700,000 customers."""


class BrokenPageError(ValueError):
    """A page that may not be written; says why."""


def check_page(
    page: SlicePage, store: Identifier, cursor: str | None, pages_before: int, size_before_bytes: int
) -> None:
    """Check the answer to ``cursor`` (``None``: a snapshot was asked for).

    ``pages_before``, ``size_before_bytes``: what has come since the last checkpoint. Raises BrokenPageError; what
    came before is then worthless too.
    """
    if page.store != store:
        raise BrokenPageError(f"the page is for store {page.store}, not {store}")
    if page.checksum != operations_checksum(page.operations):
        raise BrokenPageError("the page's checksum does not fit its operations")
    if page.snapshot != (cursor is None):
        raise BrokenPageError("the page begins a snapshot where none was asked for, or does not where one was")
    if not page.checkpoint and page.cursor == cursor:
        raise BrokenPageError("the cursor stands still before a checkpoint")
    if pages_before >= PAGES_MAX:
        raise BrokenPageError(f"no checkpoint within {PAGES_MAX} pages")
    if size_before_bytes > SIZE_MAX_BYTES:
        raise BrokenPageError(f"no checkpoint within {SIZE_MAX_BYTES} bytes")
