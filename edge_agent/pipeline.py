"""identify -> presence -> visit -> decide: one input and the time go in, effects, rows and facts come out.

Pure: no clock, no I/O. What the hub sent is read through :class:`~edge_agent.decide.knowledge.Knowledge`.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from edge_agent.constants import MEASURED_POWER_DBM
from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import AgentConfig
from edge_agent.decide.knowledge import Knowledge
from edge_agent.events import (
    NOBODY,
    Advertisement,
    BusJoined,
    CardRow,
    ClerkReplied,
    ContactRow,
    DisplayJoined,
    DisplayLost,
    FromScreen,
    Input,
    Instant,
    KnowledgeChanged,
    Outcomes,
    RadioHealth,
    Sighting,
    SliceChanged,
    TabletJoined,
    VisitRow,
    WithdrawalRow,
)
from edge_agent.frames.decode import decode
from edge_agent.frames.rejection import Rejection
from edge_agent.identify.badges import PALETTE_SIZE
from edge_agent.identify.index import Device, TokenIndex
from edge_agent.identify.recogniser import Recogniser
from edge_agent.presence.tracker import Change, PresenceEvent, PresenceTracker
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.service import Service
from edge_agent.visit.view import View


class Pipeline:
    """The whole logic of one unit."""

    def __init__(
        self,
        config: AgentConfig,
        knowledge: Knowledge,
        new_id: Callable[[], str],
        index: TokenIndex | None = None,
        rejected: Counter[str] | None = None,
    ) -> None:
        """``rejected`` counts, by reason, what of the advertisements was not understood."""
        self._config = config
        self._knowledge = knowledge
        self.recogniser = Recogniser(TokenIndex() if index is None else index)
        """Who sends which token; its index is replaced whole after a snapshot."""
        self.rejected: Counter[str] = Counter() if rejected is None else rejected
        """What of the advertisements was not understood, by reason; of whom, nobody knows."""
        self._tracker = PresenceTracker(config.presence)
        self._ledger = Ledger()
        self._service = Service(config, knowledge, self._tracker, self._ledger, new_id)
        self._badges: dict[CustomerId, int | None] = {}
        """The badge with which everybody present was first heard."""

    def restore(
        self,
        visits: Iterable[VisitRow],
        cards: Iterable[CardRow],
        contacts: Iterable[ContactRow],
        withdrawals: Iterable[WithdrawalRow],
        lease_until: datetime | None,
        instant: Instant,
    ) -> None:
        """Go on where an earlier run stopped. Call once, before the first step."""
        self._ledger.begin(instant)
        self._service.restore(visits, cards, contacts, withdrawals, lease_until)

    def step(self, received: Input | None, instant: Instant) -> Outcomes:
        """Take one input, or ``None`` when only time has passed."""
        if isinstance(received, Advertisement):
            return self._hear(received, instant)
        self._ledger.begin(instant)
        match received:
            case RadioHealth(healthy, since_s):
                self._tracker.radio(healthy, instant.monotonic_s, since_s)
            case DisplayJoined(hello):
                self._service.display_joined(hello)
            case DisplayLost():
                self._service.display_lost()
            case FromScreen(message):
                self._service.screen_said(message)
            case ClerkReplied(reply):
                self._service.clerk_said(reply)
            case TabletJoined(tablet):
                self._service.publish_cards(tablet.departments)
            case BusJoined():
                self._service.publish_cards(None)
            case SliceChanged(changed, lease_until):
                self._service.slice_changed(changed, lease_until)
            case KnowledgeChanged() | None:
                pass
        self._let_time_pass(instant)
        return self._ledger.close()

    def view(self, at_most: int, instant: Instant) -> View:
        """Return whom the unit knows and hears now, the nearest ``at_most``; for the field tools."""
        self._ledger.begin(instant)
        return self._service.view(self._badges, at_most)

    def next_deadline(self) -> float | None:
        """When to step without an input, monotonic second; ``None``: only an input can change anything."""
        deadlines_s = (self._tracker.next_deadline(), self._service.next_deadline(), self.recogniser.next_deadline())
        return min((deadline_s for deadline_s in deadlines_s if deadline_s is not None), default=None)

    def _hear(self, advertisement: Advertisement, instant: Instant) -> Outcomes:
        rssi_dbm = advertisement.rssi_dbm
        if rssi_dbm is None:
            self.rejected[Rejection.RSSI_UNKNOWN] += 1
            return NOBODY
        decoded = decode(advertisement, self._config.radio.operator_prefix)
        if decoded.rejected or advertisement.rejected:
            self.rejected.update(advertisement.rejected + decoded.rejected)
        heard = False
        for frame in decoded.frames:
            device = self.recogniser.find(frame.token, instant.monotonic_s)
            if device is None:
                continue  # a stranger: nothing of her goes any farther (hard rule 1)
            if self._service.left_alone(device.customer, instant.utc):
                continue
            if not heard:
                self._ledger.begin(instant)
                heard = True
            unix_s = int(instant.utc.timestamp())
            if self._badges.get(device.customer) is None:  # her loyalty card may be heard before her phone
                self._badges[device.customer] = device.badge(unix_s, PALETTE_SIZE)
            power_dbm = MEASURED_POWER_DBM if frame.measured_power_dbm is None else frame.measured_power_dbm
            changes = self._tracker.observe(device.customer, device.device, rssi_dbm, power_dbm, instant.monotonic_s)
            self._ledger.saw(self._sighting(device, rssi_dbm, power_dbm))
            self._presences_changed(changes)
        return self._ledger.close() if heard else NOBODY

    def _sighting(self, device: Device, rssi_dbm: int, power_dbm: int) -> Sighting:
        customer = device.customer
        badge, distance_m = self._badges.get(customer), self._tracker.distance_m(customer)
        return Sighting(customer, device.device, badge, rssi_dbm, power_dbm, distance_m)

    def _let_time_pass(self, instant: Instant) -> None:
        self.recogniser.let_time_pass(instant)
        self._presences_changed(self._tracker.expire(instant.monotonic_s))
        self._service.time_passed()
        self._forget_badges()

    def _presences_changed(self, events: Iterable[PresenceEvent]) -> None:
        for event in events:
            self._service.presence_changed(event, self._badges.get(event.customer))
            if event.change is Change.GONE:
                self._badges.pop(event.customer, None)

    def _forget_badges(self) -> None:
        for customer in [customer for customer in self._badges if self._tracker.distance_m(customer) is None]:
            del self._badges[customer]
