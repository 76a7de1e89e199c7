"""The scene that is likely to be shown at the end of a dwell is composed during it, so that it comes up at once.

One at a time: the scene of whom the screen will speak to first. It is not decided yet: nothing is written or reported,
no cap counts it, and nobody sees it. The decision at the end of the dwell is made anew, and if it says the same, it
makes the same scene: name and code are those of the draft. What was prepared for somebody is dropped as soon as it
could not be shown to her: she went away, or withdrew, another unit serves her, or nobody can see the screen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.screen import Clear, Prepare, Scene
from edge_agent.decide.decision import decide
from edge_agent.decide.knowledge import Knowledge
from edge_agent.events import ToScreen
from edge_agent.visit.company import Company
from edge_agent.visit.composing import Composer, Draft
from edge_agent.visit.greeter import Greeter
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.permits import ClearReason
from edge_agent.visit.roster import Roster
from edge_agent.visit.sharing import Sharing

COMING_MAX: Final = 8
"""So many may be in their dwell at once; of a crowd, the last ones."""

LOOK_S: Final = 1.0
"""How often it is looked again while a dwell is under way: she may have gone on, or come nearer, without a word."""


@dataclass(slots=True)
class _Coming:
    draft: Draft
    badge: int | None
    scene: Scene | None = None
    """What the display has been told to prepare."""


class Rehearsal:
    """Looks ahead to the end of each dwell that is under way."""

    def __init__(
        self,
        knowledge: Knowledge,
        company: Company,
        roster: Roster,
        greeter: Greeter,
        composer: Composer,
        sharing: Sharing,
        ledger: Ledger,
        new_id: Callable[[], str],
    ) -> None:
        self._knowledge = knowledge
        self._company = company
        self._roster = roster
        self._greeter = greeter
        self._composer = composer
        self._sharing = sharing
        self._ledger = ledger
        self._new_id = new_id
        self._coming: dict[CustomerId, _Coming] = {}
        self._used: list[str] = []
        self._look_s = 0.0

    def comes(self, customer: CustomerId, badge: int | None) -> None:
        """She came near: her dwell has begun."""
        self.leaves(customer, "away")
        while len(self._coming) >= COMING_MAX:
            self.leaves(next(iter(self._coming)), "replaced")
        self._coming[customer] = _Coming(self._new_draft(), badge)

    def leaves(self, customer: CustomerId, reason: ClearReason) -> None:
        """Drop what was prepared for her."""
        coming = self._coming.pop(customer, None)
        if coming is not None and coming.scene is not None:
            self._clear(coming.scene.message_id, reason)

    def draft(self, customer: CustomerId) -> Draft:
        """Return the draft of the scene that is decided for her now. It is good for one decision."""
        coming = self._coming.pop(customer, None)
        if coming is None:
            return self._new_draft()
        if coming.scene is not None:
            self._used.append(coming.draft.message_id)
        return coming.draft

    def display_joined(self) -> None:
        """A display connected that has prepared nothing yet."""
        for coming in self._coming.values():
            coming.scene = None

    def look(self) -> None:
        """Something has changed: prepare what is likely now, and drop what is not any more."""
        for message_id in self._used:
            if not self._greeter.awaits(message_id):  # the decision was another one
                self._clear(message_id, "replaced")
        self._used.clear()
        self._look_s = self._ledger.now.monotonic_s + LOOK_S
        found = False
        for customer, coming in list(self._coming.items()):
            if not self._is_new(customer):
                self.leaves(customer, "done")
                continue
            scene = None if found else self._likely(customer, coming)
            found = found or scene is not None
            if coming.scene is not None and scene is None:
                self._clear(coming.draft.message_id, "expired")
            elif scene is not None and scene != coming.scene:
                self._ledger.do(ToScreen(Prepare(scene=scene)))
            coming.scene = scene

    def time_passed(self) -> None:
        """Look again, now and then; at once after a decision, and where another unit had to say first whose she is."""
        waits = self._coming and all(coming.scene is None for coming in self._coming.values())
        if self._used or waits or (self._coming and self._ledger.now.monotonic_s >= self._look_s):
            self.look()

    def next_deadline(self) -> float | None:
        """When to call :meth:`time_passed`, monotonic second."""
        return self._look_s if self._coming else None

    def _likely(self, customer: CustomerId, coming: _Coming) -> Scene | None:
        """Return the scene that the end of her dwell would bring, as things stand; the same checks as then."""
        may = self._roster.screen_works and self._company.may_be_addressed(customer)
        may = may and self._company.is_close(customer)
        if not may or not self._sharing.may_begin(customer):
            return None
        decision = decide(customer, self._knowledge, self._roster.situation(customer))
        others = self._company.beside(customer)
        utc = self._ledger.now.utc
        composed = self._composer.compose(coming.draft, customer, coming.badge, decision, others, utc)
        return None if composed is None else composed.scene

    def _is_new(self, customer: CustomerId) -> bool:
        """Whether the end of her dwell brings a decision: nothing has been said to her yet, here or elsewhere."""
        journey, known = self._roster.get(customer), self._sharing.known(customer)
        begun = journey is not None and not journey.undecided
        said = known is not None and (known.greeted or known.card is not None)
        was_here = self._roster.past.of(customer, self._ledger.now.monotonic_s) or self._sharing.left(customer)
        return not (begun or said or was_here)

    def _clear(self, message_id: str, reason: ClearReason) -> None:
        self._ledger.do(ToScreen(Clear(message_id=message_id, reason=reason)))

    def _new_draft(self) -> Draft:
        return Draft(self._new_id(), self._new_id())
