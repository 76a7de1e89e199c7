"""From pages to a checkpoint: only what is complete and unbroken may be applied. Pure."""

from edge_agent.contracts.base import Identifier
from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.slice import SlicePage

PAGES_MAX = 2000
"""Pages up to one checkpoint: a million customers. A hub that sends more is broken."""


class BrokenPageError(ValueError):
    """A page that may not be applied; says why."""


class Gathering:
    """The pages since the last checkpoint."""

    def __init__(self, store: Identifier, cursor: str | None) -> None:
        self._store = store
        self._snapshot = cursor is None
        self._pages: list[SlicePage] = []
        self.cursor = cursor
        """Where to ask next."""

    def add(self, page: SlicePage) -> tuple[SlicePage, ...] | None:
        """Take in the answer to :attr:`cursor`; return all pages once a checkpoint is complete.

        Raises BrokenPageError; everything gathered is then worthless.
        """
        if page.store != self._store:
            raise BrokenPageError(f"the page is for store {page.store}, not {self._store}")
        if page.checksum != operations_checksum(page.operations):
            raise BrokenPageError("the page's checksum does not fit its operations")
        if page.snapshot != (self._snapshot and not self._pages):
            raise BrokenPageError("the page begins a snapshot where none was asked for, or does not where one was")
        if not page.checkpoint and page.cursor == self.cursor:
            raise BrokenPageError("the cursor stands still before a checkpoint")
        if len(self._pages) >= PAGES_MAX:
            raise BrokenPageError(f"no checkpoint within {PAGES_MAX} pages")
        self._pages.append(page)
        self.cursor = page.cursor
        return tuple(self._pages) if page.checkpoint else None
