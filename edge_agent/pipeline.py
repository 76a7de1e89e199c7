"""identify -> presence -> visit -> decide: one input and the time go in, effects, rows and facts come out.

Pure: no clock, no I/O. What the hub sent is read through :class:`~edge_agent.decide.knowledge.Knowledge`.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime

from edge_agent.constants import MEASURED_POWER_DBM
from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.explanation import Explanation
from edge_agent.contracts.ownership import Assignments, Spoken, UnitSightings, Withdrawal
from edge_agent.decide.knowledge import Knowledge
from edge_agent.events import (
    NOBODY,
    Advertisement,
    AppPresent,
    BusJoined,
    CardRow,
    ClerkReplied,
    ContactRow,
    DisplayJoined,
    DisplayLost,
    FromScreen,
    FromUnit,
    Input,
    Instant,
    KnowledgeChanged,
    Outcomes,
    RadioHealth,
    ReadToken,
    SliceChanged,
    TabletJoined,
    TokenRead,
    UnitJoined,
    VisitRow,
    WithdrawalRow,
)
from edge_agent.frames.decode import decode
from edge_agent.frames.overflow import Overflow
from edge_agent.frames.rejection import Rejection
from edge_agent.identify.background import background_phones
from edge_agent.identify.badges import PALETTE_SIZE, badge_of
from edge_agent.identify.index import Device, TokenIndex
from edge_agent.identify.recogniser import Recogniser
from edge_agent.presence.ranging import model_distance_m
from edge_agent.presence.tracker import Change, PresenceEvent, PresenceTracker
from edge_agent.telling import Sighting
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
        """``new_id`` gives names that nobody can guess, of at least 128 random bits: codes on screens are made of them.

        ``rejected`` counts, by reason, what of the advertisements was not understood.
        """
        self._config = config
        self._knowledge = knowledge
        self.recogniser = Recogniser(TokenIndex() if index is None else index)
        """Who sends which token; its index is replaced whole after a snapshot."""
        self.rejected: Counter[str] = Counter() if rejected is None else rejected
        """What of the advertisements was not understood, by reason; of whom, nobody knows."""
        self._phones = background_phones(config.radio.background)
        self._tracker = PresenceTracker(config.presence)
        self._radio_healthy = True
        self._ledger = Ledger()
        self._service = Service(config, knowledge, self._tracker, self._ledger, new_id)
        self._service_due_s: float | None = None
        self._service_moved = True
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
        epoch: int = 0,
    ) -> None:
        """Go on where an earlier run stopped. Call once, before the first step. ``epoch``: its last, as coordinator."""
        self._ledger.begin(instant)
        self._service.restore(visits, cards, contacts, withdrawals, lease_until, epoch)

    def restore_cards(self, cards: Iterable[CardRow], instant: Instant) -> None:
        """Take over cards that could not be read when the rest was restored. The next step publishes them."""
        self._ledger.begin(instant)
        self._service.restore_cards(cards)

    def step(self, received: Input | None, instant: Instant) -> Outcomes:
        """Take one input, or ``None`` when only time has passed."""
        if isinstance(received, Advertisement):
            return self._hear(received, instant)
        self._ledger.begin(instant)
        self._service_moved = True
        match received:
            case RadioHealth(healthy, since_s):
                self._radio_healthy = healthy
                self._listen(instant, since_s)
            case TokenRead(address, token):
                self._phone_answered(address, token, instant)
            case AppPresent() as report:
                self._app_told(report, instant)
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
                self._service.repeat_withdrawals()
                self._service.contacts.repeat()
            case UnitJoined():
                self._service.repeat_withdrawals()
                self._service.contacts.unit_joined()
            case FromUnit(UnitSightings() as question, arrived_s):
                self._service.sharing.unit_asked(question, arrived_s)
            case FromUnit(Assignments() as answer):
                self._service.sharing.answered(answer)
            case FromUnit(Withdrawal() as withdrawal):
                self._service.withdrawn_elsewhere(withdrawal)
            case FromUnit(Spoken() as spoken):
                self._service.contacts.heard(spoken)
            case SliceChanged(changed, lease_until, gone):
                self._service.slice_changed(changed, lease_until, gone)
            case KnowledgeChanged():
                self._service.knowledge_changed()
            case None:
                pass
        self._let_time_pass(instant)
        return self._ledger.close()

    def view(self, at_most: int, instant: Instant) -> View:
        """Return whom the unit knows and hears now, the nearest ``at_most``; for the field tools."""
        self._ledger.begin(instant)
        return self._service.view(self._badges, at_most)

    def explain(self, customer: CustomerId, at: datetime, instant: Instant) -> Explanation:
        """Return why this, why not that would be said to a customer at a UTC time. Changes nothing."""
        self._ledger.begin(instant)
        return self._service.explain(customer, at)

    def in_reach(self, instant: Instant) -> bool | None:
        """Whether the coordinator of the store's units answers; ``None``: there is none."""
        self._ledger.begin(instant)
        return self._service.sharing.in_reach()

    def next_deadline(self) -> float | None:
        """When to step without an input, monotonic second; ``None``: only an input can change anything."""
        if self._service_moved:  # it looks at every visit: not for each advertisement
            self._service_due_s = self._service.next_deadline()
            self._service_moved = False
        phones_due_s = None if self._phones is None else self._phones.next_deadline()
        deadlines_s = (
            self._tracker.next_deadline(),
            self._service_due_s,
            self.recogniser.next_deadline(),
            phones_due_s,
        )
        return min((deadline_s for deadline_s in deadlines_s if deadline_s is not None), default=None)

    def _hear(self, advertisement: Advertisement, instant: Instant) -> Outcomes:
        rssi_dbm = advertisement.rssi_dbm
        if rssi_dbm is None:
            self.rejected[Rejection.RSSI_UNKNOWN] += 1
            return NOBODY
        decoded = decode(advertisement, self._config.radio.operator_prefix)
        if decoded.rejected or advertisement.rejected:
            self.rejected.update(advertisement.rejected + decoded.rejected)
        heard = self._phones is not None and self._phones.heard(instant.monotonic_s)
        if heard:
            self._listen(instant)
        for frame in decoded.frames:
            token = frame.token
            if isinstance(frame, Overflow) and self._phones is not None and frame.has(self._phones.bit):
                token = self._phones.token(advertisement.address, instant.monotonic_s)
                heard = self._ask(advertisement.address, rssi_dbm, instant) or heard
            device = self.recogniser.find(token, instant.monotonic_s)
            if device is None:
                continue  # a stranger: nothing of her goes any farther (hard rule 1)
            if self._service.left_alone(device.customer, instant):
                continue
            if not heard:
                self._ledger.begin(instant)
                heard = True
            power_dbm = MEASURED_POWER_DBM if frame.measured_power_dbm is None else frame.measured_power_dbm
            self._recognised(device, rssi_dbm, power_dbm, instant)
        return self._ledger.close() if heard else NOBODY

    def _recognised(self, device: Device, rssi_dbm: int, power_dbm: int, instant: Instant) -> None:
        if self._badges.get(device.customer) is None:  # her loyalty card may be heard before her phone
            self._badges[device.customer] = device.badge(int(instant.utc.timestamp()), PALETTE_SIZE)
        changes = self._tracker.observe(device.customer, device.device, rssi_dbm, power_dbm, instant.monotonic_s)
        self._ledger.saw(self._sighting(device, rssi_dbm, power_dbm))
        self._service.sharing.heard(device.customer)
        self._presences_changed(changes)

    def _sighting(self, device: Device, rssi_dbm: int, power_dbm: int) -> Sighting:
        customer = device.customer
        badge, distance_m = self._badges.get(customer), self._tracker.distance_m(customer)
        return Sighting(customer, device.device, badge, rssi_dbm, power_dbm, distance_m)

    def _listen(self, instant: Instant, since_s: float | None = None) -> None:
        """Freeze absences while the radio is ill, or deaf because it asks a phone."""
        self._ledger.begin(instant)
        asking = self._phones is not None and self._phones.deaf
        self._tracker.radio(self._radio_healthy and not asking, instant.monotonic_s, since_s)

    def _ask(self, address: str, rssi_dbm: int, instant: Instant) -> bool:
        """Ask a phone that hints at the app for its token, where that is due; return whether it is."""
        if self._phones is None or not self._phones.ask(address, rssi_dbm, instant.monotonic_s):
            return False
        self._listen(instant)
        self._ledger.do(ReadToken(address))
        return True

    def _phone_answered(self, address: str, token: bytes | None, instant: Instant) -> None:
        now_s = instant.monotonic_s
        rssi_dbm = None if self._phones is None else self._phones.answered(address, now_s)
        device = self.recogniser.find(token, now_s)
        if self._phones is None or rssi_dbm is None or token is None or device is None:
            return
        if device.slot_length_s and not self._service.left_alone(device.customer, instant):
            left_s = device.slot_length_s - instant.utc.timestamp() % device.slot_length_s
            self._phones.remember(address, token, now_s + left_s)
            self._recognised(device, rssi_dbm, MEASURED_POWER_DBM, instant)

    def _app_told(self, report: AppPresent, instant: Instant) -> None:
        customer = report.customer
        profile = self._knowledge.profile(customer)
        if profile is None or self._service.left_alone(customer, instant):
            return
        if self._badges.get(customer) is None:
            self._badges[customer] = badge_of(profile.tokens, report.device, int(instant.utc.timestamp()), PALETTE_SIZE)
        loss_db = self._config.radio.beacon.measured_power_dbm - report.rssi_dbm
        distance_m = model_distance_m(loss_db, self._config.presence.path_loss_exponent)
        now_s = instant.monotonic_s  # behind the time of the report while advertisements wait
        changes = self._tracker.observe_report(customer, distance_m, min(report.heard_at_s, now_s), now_s)
        if self._tracker.distance_m(customer) is not None:
            self._service.sharing.heard(customer)
        self._presences_changed(changes)

    def _let_time_pass(self, instant: Instant) -> None:
        self.recogniser.let_time_pass(instant)
        if self._phones is not None:
            self._phones.keep(self.recogniser.index.find)
            if self._phones.expire(instant.monotonic_s):
                self._listen(instant)
        self._presences_changed(self._tracker.expire(instant.monotonic_s))
        self._service.time_passed()
        self._forget_badges()

    def _presences_changed(self, events: Iterable[PresenceEvent]) -> None:
        for event in events:
            self._service_moved = True
            self._service.presence_changed(event, self._badges.get(event.customer))
            if event.change is Change.GONE:
                self._badges.pop(event.customer, None)

    def _forget_badges(self) -> None:
        for customer in [customer for customer in self._badges if self._tracker.distance_m(customer) is None]:
            del self._badges[customer]
