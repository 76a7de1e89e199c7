"""What the units of a store have said, and to whom, as far as a cap may look back. Bounded, and quick to ask."""

from array import array
from bisect import bisect_right, insort
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import nlargest
from itertools import islice
from operator import attrgetter
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Channel
from edge_agent.events import ContactRow

HERS_MAX: Final = 100
"""Contacts kept per customer: no sensible cap counts farther."""

CONTACTS_MAX: Final = 40_000
"""Contacts kept in all, about 18 MB: 90 days of a store that has 440 a day. Whoever was spoken to longest ago is
forgotten first."""

COUNTED_MAX: Final = 400_000
"""Times kept for the caps that count everybody, 8 bytes each; one contact takes two to four of them."""

_Key = tuple[str | None, Channel | None]
_AT: Final = attrgetter("at")


class ContactLog:
    """The contacts of a store, by customer; and how many there were with anybody, without saying whom."""

    def __init__(self, rows: Iterable[ContactRow] = ()) -> None:
        self._hers: dict[CustomerId, list[ContactRow]] = {}
        """Of whom something was added longest ago comes first; of each, what was made longest ago."""
        self._kept = 0
        self._with_anybody: dict[_Key, array[float]] = {}
        """Unix seconds of each contact, ascending."""
        self._oldest: deque[array[float]] = deque()
        for row in rows:
            self.add(row)

    def add(self, row: ContactRow) -> None:
        """Remember one contact. A scene and the card of the same decision are one contact with two channels."""
        hers = self._hers.pop(row.customer, [])
        before = _channels(hers, row)
        self._count(row, new=not before, new_in_channel=row.channel not in before)
        insort(hers, row, key=_AT)
        self._kept += 1
        if len(hers) > HERS_MAX:
            del hers[0]
            self._kept -= 1
        self._hers[row.customer] = hers
        while self._kept > CONTACTS_MAX:
            self.forget(next(iter(self._hers)))

    def of(self, customer: CustomerId) -> Sequence[ContactRow]:
        """Return the contacts with a customer, in the order in which they were made."""
        return self._hers.get(customer, ())

    def lacks(self, row: ContactRow) -> bool:
        """Whether a contact of which another unit tells is not counted yet.

        Where so many of hers are kept that some had to go, an older one may be one of those.
        """
        hers = self.of(row.customer)
        gone = len(hers) >= HERS_MAX and row.at <= hers[0].at
        return not gone and row.channel not in _channels(hers, row)

    def newest(self, at_most: int) -> Sequence[ContactRow]:
        """Return the contacts that were made last, with whomever, the newest first."""
        lately = islice(reversed(self._hers.values()), at_most)  # so many are with no more customers
        return nlargest(at_most, (row for hers in lately for row in hers), key=_AT)

    def with_anybody(self, campaign: str | None, channel: Channel | None, since: datetime) -> int:
        """Return how many contacts there were after a time. No campaign: of all offers. No channel: in any."""
        times = self._with_anybody.get((campaign, channel))
        return 0 if times is None else len(times) - bisect_right(times, since.timestamp())

    def forget(self, customer: CustomerId) -> None:
        """Drop the contacts with a customer: she withdrew. They still count among those with anybody."""
        self._kept -= len(self._hers.pop(customer, ()))

    def forget_before(self, since: datetime) -> None:
        """Drop the customers who were spoken to before a time only."""
        for customer in [customer for customer, hers in self._hers.items() if hers[-1].at < since]:
            self.forget(customer)

    def _count(self, row: ContactRow, *, new: bool, new_in_channel: bool) -> None:
        at_s = row.at.timestamp()
        for campaign in (row.campaign, None) if row.message_class == "offer" else (row.campaign,):
            for channel, counts in ((None, new), (row.channel, new_in_channel)):
                if counts:
                    times = self._with_anybody.setdefault((campaign, channel), array("d"))
                    insort(times, at_s)
                    self._oldest.append(times)
        while len(self._oldest) > COUNTED_MAX:
            del self._oldest.popleft()[0]


def _channels(hers: Iterable[ContactRow], row: ContactRow) -> set[Channel]:
    """Return in which channels the decision of a contact was carried out; a decision that is not known is like none."""
    return {known.channel for known in hers if row.decision and known.decision == row.decision}
