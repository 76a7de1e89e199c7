"""What a screen says to whom: one customer, a group, or nobody."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.screen import Scene, State
from edge_agent.decide.decision import Decision
from edge_agent.decide.facts import expected
from edge_agent.decide.languages import language_for
from edge_agent.decide.patterns import prepare
from edge_agent.decide.products import public
from edge_agent.decide.scenes import compose_group, compose_scene, compose_thanks, scene_mode
from edge_agent.events import ToScreen
from edge_agent.identify.badges import badge as named_badge
from edge_agent.visit.coupons import Code, code_for
from edge_agent.visit.journey import Journey
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.permits import ClearReason, OnScreen, Permits


@dataclass(frozen=True, slots=True)
class _Said:
    """What a scene for one customer speaks of."""

    message_id: str
    campaign: str
    product: str | None
    code: Code | None


class Greeter:
    """Speaks through the unit's one screen. A personal scene is for one customer, or for all who are near."""

    def __init__(self, config: AgentConfig, ledger: Ledger, new_id: Callable[[], str]) -> None:
        self._config = config
        self._ledger = ledger
        self._new_id = new_id
        self._permits = Permits(config.screen.permit_s)
        self._said: _Said | None = None
        self._zone = ZoneInfo(config.timezone)
        for language in config.screen.languages:
            prepare(language)

    @property
    def addressed(self) -> tuple[CustomerId, ...]:
        """Whom the present scene speaks to."""
        return () if self._permits.current is None else self._permits.current.customers

    @property
    def current(self) -> OnScreen | None:
        """What stands on the screen."""
        return self._permits.current

    @property
    def about(self) -> tuple[str, str | None] | None:
        """Campaign and product of the present scene; ``None``: there is none, or it greets a group."""
        said = self._said
        return None if said is None or not self.awaits(said.message_id) else (said.campaign, said.product)

    def code_shown(self, message_id: str) -> Code | None:
        """Return the code of a scene whose first frame was presented; once."""
        said = self._said
        if said is None or said.message_id != message_id:
            return None
        self._said = replace(said, code=None)
        return said.code

    def greet(
        self,
        journey: Journey,
        decision: Decision,
        others: Sequence[int | None],
        addressable: Sequence[Journey],
        until_s: float,
    ) -> Scene | None:
        """Show the decision of a visit; with other known customers near, greet the group instead.

        ``others``: their badges. ``addressable``: those of them to whom the screen may speak, and has something
        to say; nobody else's badge is shown. ``until_s``: when the scene must have come up. Returns the scene, or
        ``None`` where nothing personal may be shown: two badges that look alike, or no badges at all, would address
        the wrong person.
        """
        campaign, number = decision.campaign, journey.badge
        if not decision.screen or campaign is None or decision.profile is None or journey.decision is None:
            return None
        screen = self._config.screen
        language = language_for(decision.profile.languages, screen.languages, campaign.wording)
        if others:
            return self._greet_group(journey, others, addressable, until_s)
        mine = None if number is None else named_badge(number, language)
        code = code_for(campaign, screen.qr_url, self._new_id())
        scene = compose_scene(
            campaign,
            public(decision.product, self._ledger.now.utc),
            expected(campaign, decision.profile, self._zone, self._ledger.now.utc),
            mine,
            scene_mode(screen.mode, mine),
            language,
            journey.decision,
            screen.minimum_s,
            screen.maximum_s,
            "" if code is None else code.url,
        )
        product = None if decision.product is None else decision.product.product
        self._said = _Said(scene.message_id, campaign.campaign, product, code)
        return self._show(scene, (journey.customer,), until_s)

    def _greet_group(
        self, journey: Journey, others: Sequence[int | None], addressable: Sequence[Journey], until_s: float
    ) -> Scene | None:
        screen, number = self._config.screen, journey.badge
        assert journey.decision is not None
        greeted = [n for n in (number, *(other.badge for other in addressable)) if n is not None]
        if screen.mode == "contextual" or not greeted or lookalikes(number, others):
            self.clear("group")
            return None
        language = screen.languages[0]  # one scene for several people: the shop's own language
        badges = tuple(named_badge(n, language) for n in greeted)
        scene = compose_group(badges, language, journey.decision, screen.minimum_s, screen.maximum_s)
        return self._show(scene, (journey.customer, *(other.customer for other in addressable)), until_s)

    def thank(self, customer: CustomerId, languages: Sequence[str], message_id: str) -> None:
        """Thank somebody who has bought something, and say nothing else."""
        screen = self._config.screen
        language = language_for(languages, screen.languages)
        scene = compose_thanks(language, message_id, screen.minimum_s, screen.maximum_s)
        self._show(scene, (customer,), float("inf"))

    def awaits(self, message_id: str | None) -> bool:
        """Whether a scene is on the screen, or on its way there."""
        current = self._permits.current
        return current is not None and current.scene.message_id == message_id

    def _show(self, scene: Scene, customers: tuple[CustomerId, ...], until_s: float) -> Scene:
        self._ledger.do(ToScreen(self._permits.show(scene, customers, self._ledger.now.monotonic_s, until_s)))
        return scene

    def clear(self, reason: ClearReason) -> None:
        """Take down the present scene."""
        message = self._permits.clear(reason)
        if message is not None:
            self._ledger.do(ToScreen(message))

    def clear_for(self, customer: CustomerId, reason: ClearReason) -> None:
        """Take down the present scene if it speaks to this customer."""
        if customer in self.addressed:
            self.clear(reason)

    def renew_due(self) -> bool:
        """Whether the permit must be renewed or refused now."""
        deadline_s = self._permits.next_deadline()
        return deadline_s is not None and self._ledger.now.monotonic_s >= deadline_s

    def renew(self) -> None:
        """Extend the permit of the present scene."""
        message = self._permits.renew(self._ledger.now.monotonic_s)
        if message is not None:
            self._ledger.do(ToScreen(message))

    def joined(self) -> None:
        """A display connected: give it the full state."""
        show = self._permits.again(self._ledger.now.monotonic_s)
        self._ledger.do(ToScreen(State(show=show)))

    def ended(self, message_id: str) -> None:
        """The display says that a scene is over."""
        self._permits.ended(message_id)

    def next_deadline(self) -> float | None:
        """When :meth:`renew_due` turns true."""
        return self._permits.next_deadline()


def lookalikes(number: int | None, others: Sequence[int | None]) -> bool:
    """Whether two of those who are near have the same badge."""
    known = [n for n in (number, *others) if n is not None]
    return len(set(known)) < len(known)
