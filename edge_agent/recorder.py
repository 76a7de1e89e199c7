"""What the engine decides, onto the disk: state and events together, erasures with their receipts.

A disk that refuses stops nobody: what it did not take waits in memory, up to a bound, and is tried again.
"""

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.event import EVENT_TYPES, CloudEvent, ErasureReceipt
from edge_agent.contracts.storage import DiskReport
from edge_agent.errors import DamagedError, StoreError
from edge_agent.events import EventRow, Instant, Row, WithdrawalRow
from edge_agent.store.journal_rows import JournalRow, OwedErasure, customer_of
from edge_agent.store.opening import Stores
from edge_agent.store.outbox import Queued

log = logging.getLogger(__name__)

BACKLOG_MAX: Final = 10_000
"""Rows that wait in memory while the disk refuses: hours of a busy shop. The oldest go first, and that is said."""

_AT_ONCE: Final = 100
"""Customers in one transaction."""


@dataclass(frozen=True, slots=True)
class _Erasure:
    """A customer who has to be erased."""

    receipt: str | None
    """Id of the event that tells it; ``None``: it has been told."""
    said: Instant
    """When that became known."""


class Recorder:
    """Writes what was decided into the journal; everything here blocks, and runs on the worker's thread."""

    def __init__(self, stores: Stores, source: str, boot_id: str, new_id: Callable[[], str]) -> None:
        self._slice = stores.slice
        self._journal = stores.journal
        self._source = source
        self._boot_id = boot_id
        self._new_id = new_id
        self._backlog: list[JournalRow] = []
        self._erasures: dict[CustomerId, _Erasure] = {}
        """Who is not erased yet."""
        self._complained = False
        self._narrow_again = False
        self._at: datetime | None = None
        self._refused_since: datetime | None = None
        self._problem = ""
        self._lost = 0
        self._lost_now = 0

    def start(self, instant: Instant) -> None:
        """Erase whom an earlier run did not come to erase."""
        owed = {one.customer: one.receipt for one in self._journal.owed()}
        held = filter(self._slice.holds, self._journal.refused() - owed.keys())
        owed |= {customer: self._new_id() for customer in held}
        self._erasures = {name: _Erasure(receipt, instant) for name, receipt in owed.items()}
        self.commit((), tuple(self._slice.tombstones.owed()), instant)
        self._erase()

    def commit(self, rows: Sequence[Row], withdrawn: Collection[CustomerId], instant: Instant) -> None:
        """Write rows and events in one transaction, then erase who withdrew.

        Raises DamagedError where a database is broken: the process has to start again.
        """
        self._at = instant.utc
        begun = self._begin(withdrawn, instant)
        self._backlog += [self._stamped(row) if isinstance(row, EventRow) else row for row in rows]
        self._backlog += begun
        if self._refused_since is None:
            self._write()
        else:  # all of it is tried again now and then, not at each step
            self._make_room()
        if withdrawn:
            self._erase()

    def retry(self) -> None:
        """Try again to write and to erase what the disk refused. Raises DamagedError as :meth:`commit`."""
        self._write()
        self._erase()
        if self._narrow_again:
            for _ in self.narrow(None):
                pass

    @property
    def backlog(self) -> int:
        """How many rows and erasures wait."""
        return len(self._backlog) + len(self._erasures) + self._narrow_again

    def report(self) -> DiskReport:
        """Return what the disk refuses, for the doctor; any thread."""
        return DiskReport(
            refused_since=self._refused_since,
            problem=self._problem[:200],
            rows_waiting=len(self._backlog),
            rows_max=BACKLOG_MAX,
            erasures_waiting=len(self._erasures),
            rows_lost=self._lost,
        )

    def narrow(self, changed: Collection[CustomerId] | None) -> Iterator[None]:
        """Obey consents that a new slice withdrew in part, a piece at a time. ``changed``: ``None``: anybody's.

        Who may not be analysed any more: no queued event names her. Who consents to nothing, or is no customer of this
        store any more: nothing is kept of her. To be called after the checkpoint was obeyed otherwise.
        """
        concerned = sorted(self._journal.customers(None if changed is None else frozenset(changed)))
        for first in range(0, len(concerned), _AT_ONCE):
            nothing: list[CustomerId] = []
            unnamed: list[CustomerId] = []
            for customer in concerned[first : first + _AT_ONCE]:
                profile = self._slice.profile(customer)
                if profile is None:
                    nothing += [] if self._slice.in_force(customer) else [customer]
                elif not profile.consents:
                    nothing.append(customer)
                elif all(consent.purpose != "analytics" for consent in profile.consents):
                    unnamed.append(customer)
            self._forget_rows(nothing, lambda _: True)
            self._forget_rows(unnamed, _names_her)
            try:
                self._journal.forget(nothing)
                self._journal.forget_analytics(unnamed)
            except DamagedError:
                raise
            except StoreError as error:
                if not self._narrow_again:
                    log.error("consents were withdrawn, and not all of it could be deleted: %s; trying again", error)
                self._narrow_again = True
                return
            yield
        self._narrow_again = False

    def shred(self, instant: Instant) -> Iterator[None]:
        """Destroy the key that still opens what was erased, a piece at a time; then tell whose profiles are shredded.

        Nothing is told before the receipt that says ``deleted``, nor forgotten before the journal has it.
        """
        yield from self._slice.change_epoch(int(instant.utc.timestamp()))
        if self._backlog or self._erasures or not (due := self._slice.shredding.due()):
            return
        receipts = [(one, ErasureReceipt(customer=one.customer, method="shredded")) for one in due]
        rows = [(one, EventRow("consent.erased", receipt, instant)) for one, receipt in receipts]
        self._backlog += [Queued(self._event(row, one.receipt), one.customer) for one, row in rows]
        self._write()
        if not self._backlog:
            self._slice.shredding.settle(due)

    # --- rows -----------------------------------------------------------------------------------

    def _write(self) -> None:
        if not self._backlog:
            return
        try:
            self._journal.commit(self._backlog)
        except DamagedError:
            raise  # no waiting helps: it is set aside and salvaged at the next start
        except StoreError as error:
            self._refused(error)
            return
        self._backlog = []
        if self._refused_since is not None:
            log.info("journal: writing again, nothing waits; %d rows were lost", self._lost_now)
        self._refused_since, self._problem, self._lost_now = None, "", 0

    def _refused(self, error: StoreError) -> None:
        if self._refused_since is None:
            log.error("journal: %s; decisions go on, rows wait in memory", error)
        self._refused_since = self._refused_since or self._at
        self._problem = str(error)
        self._make_room()

    def _make_room(self) -> None:
        """Throw the oldest rows away where too many wait, but for what was said about consent."""
        too_many = len(self._backlog) - BACKLOG_MAX
        if too_many <= 0:
            return
        sheddable = (number for number, row in enumerate(self._backlog) if not _about_consent(row))
        lost = frozenset(islice(sheddable, too_many))
        self._backlog = [row for number, row in enumerate(self._backlog) if number not in lost]
        if not self._lost_now:
            log.error("journal: more than %d rows wait; the oldest are lost from now on", BACKLOG_MAX)
        self._lost_now += len(lost)
        self._lost += len(lost)

    def _forget_rows(self, customers: Collection[CustomerId], which: Callable[[JournalRow], bool]) -> None:
        """Take out what waits of customers; what they said about consent stays."""
        if self._backlog and customers:
            of = frozenset(customers)
            self._backlog = [
                row for row in self._backlog if customer_of(row) not in of or _about_consent(row) or not which(row)
            ]

    # --- erasures -------------------------------------------------------------------------------

    def _begin(self, withdrawn: Collection[CustomerId], instant: Instant) -> list[OwedErasure]:
        """Note who has to be erased; return what the journal must not forget of it.

        Who withdrew here is erased, and told so, once: the hub's tombstone, which follows, brings no second receipt.
        """
        if not withdrawn:
            return []
        by_hub, told = self._slice.tombstones.owed(), self._journal.refused()
        for customer in withdrawn:
            if customer not in self._erasures:
                receipt = None if customer in told else by_hub.get(customer) or self._new_id()
                self._erasures[customer] = _Erasure(receipt, instant)
        mine = ((customer, self._erasures[customer].receipt) for customer in withdrawn)
        return [OwedErasure(customer, receipt) for customer, receipt in mine if receipt is not None]

    def _erase(self) -> None:
        self._forget_rows(self._erasures, lambda _: True)
        while self._erasures:
            some = dict(list(self._erasures.items())[:_AT_ONCE])
            receipts = {name: self._receipt(name, one) for name, one in some.items() if one.receipt is not None}
            try:
                self._slice.forget(*some)
                self._journal.forget(some.keys() - receipts.keys())
                self._journal.erase(receipts)
                self._slice.tombstones.settle(some)
            except DamagedError:
                raise
            except StoreError as error:
                if not self._complained:
                    log.error("a withdrawn profile could not be deleted: %s; it stays unused, trying again", error)
                self._complained = True
                return
            for customer in some:
                del self._erasures[customer]
            done = [row for row in self._backlog if isinstance(row, OwedErasure) and row.customer in some]
            self._backlog = [row for row in self._backlog if row not in done]
        self._complained = False

    def _receipt(self, customer: CustomerId, erasure: _Erasure) -> CloudEvent:
        receipt = ErasureReceipt(customer=customer, method="deleted")
        assert erasure.receipt is not None
        return self._event(EventRow("consent.erased", receipt, erasure.said), erasure.receipt)

    def _stamped(self, row: EventRow) -> Queued:
        return Queued(self._event(row, self._new_id()), row.customer)

    def _event(self, row: EventRow, event_id: str) -> CloudEvent:
        return CloudEvent(
            id=event_id,
            source=self._source,
            type=row.type,
            time=row.at.utc,
            bootid=self._boot_id,
            monotonic=f"{row.at.monotonic_s:.3f}",
            data=row.data.model_dump(mode="json", exclude_none=True),
        )


def _about_consent(row: JournalRow) -> bool:
    """Whether a row must outlive her: what she said, and that it was obeyed."""
    if isinstance(row, Queued):
        return EVENT_TYPES[row.event.type][1] == "consent"
    return isinstance(row, WithdrawalRow | OwedErasure)


def _names_her(row: JournalRow) -> bool:
    return isinstance(row, Queued) and "customer" in row.event.data
