"""The engine: pipeline, journal and effects of one unit.

:meth:`Engine.step` is synchronous and whole: replay and the fake-clock scenarios call it in a
plain loop. The running agent calls its three pieces through :class:`edge_agent.loop.Loop`, which does the
blocking ones in the store's thread.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from edge_agent.contracts.base import CustomerId, Sha256
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.explanation import Explanation
from edge_agent.contracts.slice import Profile
from edge_agent.contracts.storage import DiskReport
from edge_agent.decide.candidates import Repertoire
from edge_agent.decide.contacts import CONTACTS_MAX
from edge_agent.events import Forget, Input, Instant, KnowledgeChanged, Outcomes, SliceChanged
from edge_agent.loading import Loading
from edge_agent.pipeline import Pipeline
from edge_agent.recorder import Recorder
from edge_agent.steadiness import JUMP_S
from edge_agent.store.catalogue import CatalogueStore
from edge_agent.store.journal import Journal
from edge_agent.store.opening import Stores
from edge_agent.store.slice import SliceStore
from edge_agent.visit.view import View

log = logging.getLogger(__name__)

PRODUCTS_CACHED = 1024
PRODUCTS_AT_ONCE = 100
"""Read in one piece: about 3 ms."""


class StoreKnowledge:
    """What the hub sent, as the pipeline asks for it."""

    def __init__(self, slice_store: SliceStore, catalogue: CatalogueStore) -> None:
        self._slice = slice_store
        self._catalogue = catalogue
        self._campaigns: Repertoire | None = None
        self._pictures: frozenset[Sha256] | None = None
        self._product = lru_cache(PRODUCTS_CACHED)(self._shown)

    def profile(self, customer: CustomerId) -> Profile | None:
        """Return what the slice holds of a customer."""
        return self._slice.profile(customer)

    def product(self, product: str) -> Product | None:
        """Return a product of the catalogue, with its picture where that is public as well."""
        return self._product(product)

    def campaigns(self) -> Sequence[Campaign]:
        """Return what could be said."""
        if self._campaigns is None:
            self._campaigns = Repertoire(self._catalogue.campaigns())
        return self._campaigns

    def _shown(self, product: str) -> Product | None:
        held = self._catalogue.product(product)
        if held is None or held.picture is None or held.picture in self._public_pictures():
            return held
        return held.model_copy(update={"picture": None})

    def _public_pictures(self) -> frozenset[Sha256]:
        if self._pictures is None:
            screens = self._catalogue.screens()
            files = () if screens is None else screens.content
            self._pictures = frozenset(item.sha256 for item in files if item.content_class == "public")
        return self._pictures

    def reload(self) -> Iterator[None]:
        """Catalogue or campaigns were replaced: get ready for the next decision, a piece at a time."""
        self._product.cache_clear()
        self._campaigns = self._pictures = None
        campaigns = self._catalogue.campaigns()
        yield
        self._campaigns = Repertoire(campaigns)
        for number, campaign in enumerate(campaigns):
            if number % PRODUCTS_AT_ONCE == 0:
                yield
            if campaign.product is not None:
                self.product(campaign.product)


class Engine:
    """Decides and records: what a step decides is on the disk before anybody hears of it.

    Except for scenes: a screen does not wait for the disk, and says after a restart what it shows.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        knowledge: StoreKnowledge,
        stores: Stores,
        source: str,
        boot_id: str,
        new_id: Callable[[], str],
    ) -> None:
        self._pipeline = pipeline
        self._knowledge = knowledge
        self._slice = stores.slice
        self._journal: Journal = stores.journal
        self._loading = Loading(stores.slice, pipeline.recogniser)
        self._spent: datetime | None = None
        """The lease that must not be used, for nobody can tell how old it is."""
        self._cards_sealed = False
        """Whether open cards of an earlier run still wait for the unit key."""
        self._recorder = Recorder(stores, source, boot_id, new_id)

    def start(self, instant: Instant) -> None:
        """Load what an earlier run left, and erase whom it did not come to erase. Blocks; call once."""
        self._recorder.start(instant)
        self._cards_sealed = self._journal.locked
        lease_until = self._slice.lease_until()
        latest = self._journal.latest()
        if instant.utc_trusted and latest is not None and latest - instant.utc > timedelta(seconds=JUMP_S):
            log.warning("the clock is behind what the journal has seen: the slice is not used before the next pull")
            self._spent, lease_until = self._slice.lease_kept(), None
        self._pipeline.restore(
            (*self._journal.past_visits(), *self._journal.open_visits()),
            self._journal.open_cards(),
            self._journal.contact_rows(CONTACTS_MAX),
            self._journal.withdrawals(),  # all of them: the clock may be wrong yet
            lease_until,
            instant,
            self._journal.epoch(),
        )
        for _ in self._loading.replace(int(instant.utc.timestamp())):
            pass

    def step(self, received: Input | None, instant: Instant) -> Outcomes:
        """Take one input, or ``None`` when only time has passed; return what the shell must do. Blocks."""
        for _ in self.load(received, instant):
            pass
        outcomes = self.advance(received, instant)
        self.commit(outcomes, instant)
        if isinstance(received, SliceChanged):
            for _ in self.settle(received):
                pass
        return outcomes

    def next_deadline(self) -> float | None:
        """When to step without an input, monotonic second."""
        return self._pipeline.next_deadline()

    def view(self, at_most: int, instant: Instant) -> View:
        """Return whom the unit knows and hears now, the nearest ``at_most``; reads their profiles."""
        return self._pipeline.view(at_most, instant)

    def explain(self, customer: CustomerId, at: datetime, instant: Instant) -> Explanation:
        """Return why this, why not that would be said to a customer at a UTC time. Changes nothing."""
        return self._pipeline.explain(customer, at, instant)

    def in_reach(self, instant: Instant) -> bool | None:
        """Whether the coordinator of the store's units answers; ``None``: there is none."""
        return self._pipeline.in_reach(instant)

    @property
    def customers(self) -> int:
        """How many customers' tokens are known."""
        return len(self._pipeline.recogniser.index)

    def load(self, received: Input | None, instant: Instant) -> Iterator[None]:
        """Bring in what changed on the disk. Each piece blocks, so that the caller may breathe.

        After a delta, and after new campaigns or products, nobody else may use the engine before the last piece;
        :meth:`advance` comes after it. A snapshot is loaded into an index of its own: the engine works with the
        present one meanwhile, deltas included.
        """
        if isinstance(received, KnowledgeChanged):
            yield from self._knowledge.reload()
        if isinstance(received, SliceChanged):
            if received.changed is None:
                yield from self._loading.replace(int(instant.utc.timestamp()))
            else:
                yield from self._loading.change(received.changed)

    def advance(self, received: Input | None, instant: Instant) -> Outcomes:
        """Decide. Never blocks for longer than it takes to read the profiles of those concerned."""
        if isinstance(received, SliceChanged):  # what is on disk counts: it outlives a crash between the two
            received = replace(received, gone=frozenset(self._slice.tombstones.owed()))
            if received.lease_until == self._spent:
                received = replace(received, lease_until=instant.utc)
            if self._cards_sealed and not self._journal.locked:  # the key has come, and with it what is owed
                self._cards_sealed = False
                self._pipeline.restore_cards(self._journal.open_cards(), instant)
        return self._pipeline.step(received, instant)

    def commit(self, outcomes: Outcomes, instant: Instant) -> None:
        """Write rows and events in one transaction, and carry out erasures. Blocks.

        Where the disk refuses, the rows wait in memory for :meth:`write_backlog`. Raises DamagedError where
        a database is broken: the process has to start again.
        """
        withdrawn = [effect.customer for effect in outcomes.effects if isinstance(effect, Forget)]
        for customer in withdrawn:
            self._loading.forget(customer)
        self._recorder.commit(outcomes.rows, withdrawn, instant)

    def settle(self, received: SliceChanged) -> Iterator[None]:
        """After a changed slice was committed, obey what it withdrew in part. Each piece blocks."""
        return self._recorder.narrow(received.changed)

    def shred(self, instant: Instant) -> Iterator[None]:
        """Destroy the key that still opens what was erased, and tell it where that can be said. Each piece blocks."""
        return self._recorder.shred(instant)

    @property
    def backlog(self) -> int:
        """How many rows and erasures wait in memory because the disk refused them."""
        return self._recorder.backlog

    def write_backlog(self) -> None:
        """Try again to write and to erase what the disk refused. Blocks; raises DamagedError as :meth:`commit`."""
        self._recorder.retry()

    def disk(self) -> DiskReport:
        """Return what the disk refuses, for the doctor."""
        return self._recorder.report()
