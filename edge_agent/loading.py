"""From the slice on disk into the token index, a piece at a time: each piece blocks, between two others get their turn.

A snapshot goes into an index of its own, which takes the place of the present one in one assignment. Everything here
runs in the store's thread, also what changes meanwhile, so that nothing can fall between the two.
"""

import logging
from collections.abc import Iterable, Iterator
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.identify.index import TokenIndex
from edge_agent.identify.recogniser import Recogniser
from edge_agent.store.slice import SliceStore

log = logging.getLogger(__name__)

CUSTOMERS_AT_ONCE: Final = 100
DERIVATIONS_AT_ONCE: Final = 500
"""What one piece takes on: about 5 ms, 25 ms on a Raspberry Pi 4. A card that must be committed waits for one piece."""


class Loading:
    """Keeps the index of a recogniser equal to the slice."""

    def __init__(self, slices: SliceStore, recogniser: Recogniser) -> None:
        self._slices = slices
        self._recogniser = recogniser
        self._meanwhile: dict[CustomerId, bool] | None = None
        """Who changed (true) or was to be forgotten (false) since a snapshot is being loaded; ``None``: none is."""
        self._unserved = 0

    def change(self, customers: Iterable[CustomerId]) -> Iterator[None]:
        """Read these customers again."""
        for number, customer in enumerate(customers, start=1):
            if self._meanwhile is not None:
                self._meanwhile[customer] = True
            self._recogniser.index.put(customer, self._slices.tokens_of(customer))
            if number % CUSTOMERS_AT_ONCE == 0:
                yield
        self._tell_unserved()

    def forget(self, customer: CustomerId) -> None:
        """Recognise a customer no more, whatever is being loaded, and whether or not the disk could delete her."""
        if self._meanwhile is not None:
            self._meanwhile[customer] = False
        self._recogniser.index.remove(customer)

    def replace(self, unix_s: int) -> Iterator[None]:
        """Read everybody into a new index with the tables of ``unix_s``, and put it in the place of the present one.

        Where it is called again before it has ended, the former one must not be continued.
        """
        index = TokenIndex()
        meanwhile = self._meanwhile = {}
        for number, (customer, tokens) in enumerate(self._slices.tokens(), start=1):
            index.put(customer, tokens)
            if number % CUSTOMERS_AT_ONCE == 0:
                yield
        while not index.complete(unix_s):
            index.work(unix_s, DERIVATIONS_AT_ONCE)
            yield
        index.work(unix_s, 0)
        for customer, still_held in meanwhile.items():
            index.put(customer, self._slices.tokens_of(customer) if still_held else ())
        self._meanwhile = None
        self._recogniser.index = index
        self._tell_unserved()

    def _tell_unserved(self) -> None:
        unserved = self._recogniser.index.unserved
        if unserved and not self._unserved:
            log.warning(
                "%d devices change their id so often that this unit cannot keep up; they are not recognised: "
                "raise their rotation exponents in the app",
                unserved,
            )
        self._unserved = unserved
