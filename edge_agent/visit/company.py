"""Who else is near: a screen speaks to one customer, or to all who stand before it."""

from edge_agent.contracts.base import CustomerId
from edge_agent.decide.eligibility import consents
from edge_agent.decide.knowledge import Knowledge
from edge_agent.presence.tracker import PresenceTracker
from edge_agent.visit.composing import Others
from edge_agent.visit.journey import Journey
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.roster import Roster


class Company:
    """The known customers who are near this unit, whoever serves them."""

    def __init__(
        self, knowledge: Knowledge, tracker: PresenceTracker, roster: Roster, ledger: Ledger, enter_m: float
    ) -> None:
        """``enter_m``: how near she has to be to have come."""
        self._enter_m = enter_m
        self._knowledge = knowledge
        self._tracker = tracker
        self._roster = roster
        self._ledger = ledger
        self.waiting: dict[CustomerId, int | None] = {}
        """Who has stayed here and is not this unit's, with her badge."""

    def is_here(self, customer: CustomerId) -> bool:
        """Whether she is near and has been for the screen's dwell."""
        return customer in self._tracker.settled()

    def may_be_addressed(self, customer: CustomerId) -> bool:
        """Whether the screen may speak to her now."""
        profile = self._knowledge.profile(customer)
        allowed = profile is not None and consents(profile, "screen", self._ledger.now.utc)
        return allowed and not self._roster.silence(customer) and self._tracker.near_since_s(customer) is not None

    def near_since_s(self, customer: CustomerId) -> float | None:
        """Since which monotonic second she is near; ``None`` while she is not."""
        return self._tracker.near_since_s(customer)

    def is_close(self, customer: CustomerId) -> bool:
        """Whether she is as near at this moment as she has to be at the end of her dwell."""
        distance_m = self._tracker.distance_m(customer)
        return distance_m is not None and distance_m <= self._enter_m

    def beside(self, customer: CustomerId) -> Others:
        """Return who else stands before the screen."""
        return Others(self.others(customer), self._addressable(customer))

    def others(self, customer: CustomerId) -> list[int | None]:
        """Return the badges of the other known customers who are near."""
        served = {journey.customer: journey.badge for journey in self._served(customer)}
        waiting = {other: badge for other, badge in self.waiting.items() if other != customer}
        return list({**waiting, **served}.values())

    def _addressable(self, customer: CustomerId) -> list[Journey]:
        return [other for other in self._served(customer) if other.message_id and self.may_be_addressed(other.customer)]

    def _served(self, customer: CustomerId) -> list[Journey]:
        here = map(self._roster.get, self._tracker.settled())
        return [other for other in here if other is not None and other.customer != customer]
