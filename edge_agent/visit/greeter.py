"""What stands on a screen: one scene, for one customer, a group, or nobody."""

from collections.abc import Sequence
from dataclasses import replace

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.screen import Scene, State
from edge_agent.decide.languages import language_for
from edge_agent.decide.scenes import compose_thanks
from edge_agent.events import ToScreen
from edge_agent.visit.composing import Composed
from edge_agent.visit.coupons import Code
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.permits import ClearReason, OnScreen, Permits


class Greeter:
    """Speaks through the unit's one screen. A personal scene is for one customer, or for all who are near."""

    def __init__(self, config: AgentConfig, ledger: Ledger) -> None:
        self._config = config
        self._ledger = ledger
        self._permits = Permits(config.screen.permit_s)
        self._said: Composed | None = None
        """The scene that spoke of a campaign last."""

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
        if said is None or said.campaign is None or not self.awaits(said.scene.message_id):
            return None
        return said.campaign, said.product

    def code_shown(self, message_id: str) -> Code | None:
        """Return the code of a scene whose first frame was presented; once."""
        said = self._said
        if said is None or said.scene.message_id != message_id:
            return None
        self._said = replace(said, code=None)
        return said.code

    def greet(self, composed: Composed, until_s: float, heard_s: float | None) -> None:
        """Show a scene. ``until_s``: when it must have come up. ``heard_s``: see :class:`ToScreen`."""
        if composed.campaign is not None:
            self._said = composed
        self._show(composed.scene, composed.customers, until_s, heard_s)

    def thank(self, customer: CustomerId, languages: Sequence[str], message_id: str) -> None:
        """Thank somebody who has bought something, and say nothing else."""
        screen = self._config.screen
        language = language_for(languages, screen.languages)
        scene = compose_thanks(language, message_id, screen.minimum_s, screen.maximum_s)
        self._show(scene, (customer,), float("inf"), None)

    def awaits(self, message_id: str | None) -> bool:
        """Whether a scene is on the screen, or on its way there."""
        current = self._permits.current
        return current is not None and current.scene.message_id == message_id

    def minimum_s(self, message_id: str | None) -> float:
        """Return the shortest time of a scene: its own while it stands, which its words may have made longer."""
        current = self._permits.current
        if current is None or current.scene.message_id != message_id:
            return self._config.screen.minimum_s
        return current.scene.minimum_s

    def _show(self, scene: Scene, customers: tuple[CustomerId, ...], until_s: float, heard_s: float | None) -> None:
        now_s = self._ledger.now.monotonic_s
        self._ledger.do(ToScreen(self._permits.show(scene, customers, now_s, until_s), heard_s, now_s))

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
