"""What is said to one customer: decided when she is received, and again whenever something has changed.

A decision that follows another within a visit says something new, or nothing: each campaign comes up once. An offer
follows only as long as no clerk was told of her. An obligation goes to the clerks at once; the screen is left alone
while a scene stands: a higher class takes its place after its shortest time, everything else after its end.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.event import DecisionEvent, DecisionSuppressed
from edge_agent.contracts.screen import Scene
from edge_agent.decide.decision import Decision, decide
from edge_agent.decide.knowledge import Knowledge
from edge_agent.decide.ranking import CLASS_RANK
from edge_agent.visit.company import Company
from edge_agent.visit.composing import Composer, Draft
from edge_agent.visit.greeter import Greeter
from edge_agent.visit.journey import Journey, State
from edge_agent.visit.ledger import Ledger
from edge_agent.visit.rehearsal import Rehearsal
from edge_agent.visit.roster import Roster
from edge_agent.visit.sharing import Sharing

_NO_CLERK: Final = frozenset({State.ARRIVED, State.GREETED})
_AT_ONCE: Final = float("-inf")
_COMPLAINT: Final = "open_complaint"


@dataclass(frozen=True, slots=True)
class _Late:
    """A decision whose card is out, and whose scene waits for the one that stands."""

    decision: Decision
    draft: Draft
    at_s: float


class Speaker:
    """Decides and speaks. The cards that follow from it are the liaison's."""

    def __init__(
        self,
        config: AgentConfig,
        knowledge: Knowledge,
        company: Company,
        roster: Roster,
        greeter: Greeter,
        composer: Composer,
        rehearsal: Rehearsal,
        sharing: Sharing,
        ledger: Ledger,
        new_id: Callable[[], str],
    ) -> None:
        self._config = config
        self._knowledge = knowledge
        self._company = company
        self._roster = roster
        self._greeter = greeter
        self._composer = composer
        self._rehearsal = rehearsal
        self._sharing = sharing
        self._ledger = ledger
        self._new_id = new_id
        self._late: dict[CustomerId, _Late] = {}

    def decide(self, journey: Journey) -> Journey:
        """Decide what is said to somebody who is received, say it on the screen, and report it."""
        decision = self._decision(journey, frozenset(journey.met))
        journey = replace(journey, undecided=False, review_s=None)
        if decision.silent is not None:
            self._report_silence(journey, decision, decision.silent)
            self._roster.tell("silent", journey.customer, journey.badge, text=decision.silent)
        elif decision.campaign is not None:
            if _COMPLAINT in decision.explanation.rejected:  # whatever else is said: offers would have been made
                self._report_silence(journey, decision, _COMPLAINT)
            draft, heard_s = self._rehearsal.draft(journey.customer), self._company.near_since_s(journey.customer)
            journey = self._carry_out(journey, decision, decision.campaign, draft, on_screen=True, heard_s=heard_s)
        return journey

    def _report_silence(self, journey: Journey, decision: Decision, reason: str) -> None:
        base = self._roster.base(journey.customer, journey.visit)
        suppressed = DecisionSuppressed(**base, reason=reason, explanation=decision.explanation)
        self._ledger.report("decision.suppressed", suppressed, journey.customer)

    def thank(self, customer: CustomerId) -> None:
        """She has bought something: say so much on the screen, if she stands alone before it and it is free to."""
        journey, profile = self._roster.get(customer), self._knowledge.profile(customer)
        now_s = self._ledger.now.monotonic_s
        allowed = self._config.screen.mode != "generic" and self._roster.screen_works
        if journey is None or profile is None or not allowed or not self._company.may_be_addressed(customer):
            return
        if self._company.others(customer) or not self._sharing.may_begin(customer):
            return
        if self._greeter.current is not None and now_s < self._yields_s(journey):
            return
        name = self._new_id()
        self._greeter.thank(customer, profile.languages, name)
        behind = _put_behind(journey)
        self._roster.put(replace(behind, message_id=name, spoken_s=now_s, shown_s=None, speaks_of_none=True))

    def forget(self, customer: CustomerId) -> None:
        """Drop what was still to be shown to her, profile included: she withdrew."""
        self._late.pop(customer, None)

    # --- what has changed -------------------------------------------------------------------

    def take_down_what_fell(self) -> None:
        """Clear the scene of a campaign that was withdrawn or is over, or whose product may not be shown any more."""
        about = self._greeter.about
        if about is not None and not self._roster.stands(*about):
            addressed = self._greeter.addressed
            self._greeter.clear("done")
            self._roster.review(addressed)

    def screen_is_free(self) -> None:
        """A scene has ended before its time: what waits for that need not wait any longer."""
        now_s = self._ledger.now.monotonic_s
        self._roster.review(journey.customer for journey in self._roster.all() if journey.review_s is not None)
        self._late = {customer: replace(late, at_s=now_s) for customer, late in self._late.items()}

    def time_passed(self) -> None:
        """See whether there is something new to say to those about whom something has changed."""
        now_s = self._ledger.now.monotonic_s
        for journey in self._roster.all():
            if journey.review_s is not None and now_s >= journey.review_s and self._may_speak_to(journey):
                self._review(journey)
        for customer, late in [(c, late) for c, late in self._late.items() if now_s >= late.at_s]:
            del self._late[customer]
            self._show_late(customer, late)

    def next_deadline(self) -> float | None:
        """When to call :meth:`time_passed`, monotonic second."""
        due = [j.review_s for j in self._roster.all() if j.review_s is not None and self._may_speak_to(j)]
        return min([*due, *(late.at_s for late in self._late.values())], default=None)

    def _may_speak_to(self, journey: Journey) -> bool:
        here = self._company.is_here(journey.customer) and not journey.undecided
        return here and self._sharing.may_begin(journey.customer)

    def _review(self, journey: Journey) -> None:
        journey = replace(journey, review_s=None)
        if journey.owed:
            self._send_again(journey)
            return
        done = journey.met if journey.comes_again or journey.campaign is None else (*journey.met, journey.campaign)
        decision = self._decision(journey, frozenset(done))
        campaign = decision.campaign
        if campaign is None or not self._may_follow(journey, campaign, decision):
            self._roster.note(journey)
            return
        free_s = self._free_s(journey, campaign)
        waits = free_s > self._ledger.now.monotonic_s
        if waits and not _obliges(campaign, decision):
            self._roster.note(replace(journey, review_s=free_s))
            return
        again = campaign.campaign == journey.campaign  # it has been on the screen: only its card comes again
        alone = not self._company.others(journey.customer)
        if not decision.card and (again or not alone):  # in company a scene would not say it
            self._roster.note(journey)
            return
        draft = self._rehearsal.draft(journey.customer)
        journey = self._carry_out(journey, decision, campaign, draft, on_screen=alone and not again and not waits)
        self._roster.put(journey)
        if waits and alone and decision.screen and not decision.holdout:
            self._late[journey.customer] = _Late(decision, draft, free_s)

    def _send_again(self, journey: Journey) -> None:
        """Let the first obligation go out again that was taken back when she left."""
        campaign, *others = journey.owed
        kind = self._roster.card_kind(campaign)
        journey = journey.done(journey.campaign)
        review_s = self._ledger.now.monotonic_s
        self._roster.put(
            replace(
                journey,
                campaign=campaign,
                decision=self._new_id(),
                owed=tuple(others),
                card_kind="obligation" if kind == "obligation" else None,
                review_s=review_s if others else None,
            )
        )

    def _may_follow(self, journey: Journey, campaign: Campaign, decision: Decision) -> bool:
        """Whether something may be said after what this visit has seen."""
        again = journey.comes_again and campaign.campaign == journey.campaign
        offers_are_over = journey.held_out or journey.state not in _NO_CLERK
        if campaign.message_class == "offer" and offers_are_over and not again:
            return False
        if journey.card_kind is None or _obliges(campaign, decision):
            return True
        return self._is_higher(campaign, journey.campaign)  # else not before the card that is to come

    def _free_s(self, journey: Journey, campaign: Campaign) -> float:
        """Return the monotonic second from which the screen may show a campaign to her."""
        current = self._greeter.current
        if current is None:
            return _AT_ONCE
        if not self._greeter.awaits(journey.message_id) or not self._is_higher(campaign, journey.campaign):
            return current.until_s
        return self._yields_s(journey)

    def _yields_s(self, journey: Journey) -> float:
        """Return the monotonic second from which her own scene may be replaced; never, another's."""
        if not self._greeter.awaits(journey.message_id):
            return float("inf")
        since_s = journey.spoken_s if journey.shown_s is None else journey.shown_s
        return _AT_ONCE if since_s is None else since_s + self._greeter.minimum_s(journey.message_id)

    def _is_higher(self, campaign: Campaign, than: str | None) -> bool:
        standing = self._roster.campaign(than)
        return standing is None or CLASS_RANK[campaign.message_class] < CLASS_RANK[standing.message_class]

    def _show_late(self, customer: CustomerId, late: _Late) -> None:
        journey, campaign, product = self._roster.get(customer), late.decision.campaign, late.decision.product
        if journey is None or journey.decision != late.draft.message_id or campaign is None:
            return
        stands = self._roster.stands(campaign.campaign, None if product is None else product.product)
        alone = not self._company.others(customer)
        may = self._roster.screen_works and self._company.may_be_addressed(customer)
        if stands and alone and may and self._sharing.may_begin(customer):
            journey, _ = self._show(journey, late.decision, late.draft)
            self._roster.put(journey)

    # --- saying it --------------------------------------------------------------------------

    def _decision(self, journey: Journey, met: frozenset[str]) -> Decision:
        situation = replace(self._roster.situation(journey.customer, journey), met=met)
        return decide(journey.customer, self._knowledge, situation)

    def _carry_out(
        self,
        journey: Journey,
        decision: Decision,
        campaign: Campaign,
        draft: Draft,
        *,
        on_screen: bool,
        heard_s: float | None = None,
    ) -> Journey:
        name, scene = draft.message_id, None
        again = campaign.campaign == journey.campaign
        if decision.holdout:
            journey = replace(journey.done(campaign.campaign), held_out=True)
        else:
            journey = replace(
                journey if again else _put_behind(journey.done(journey.campaign)),
                decision=name,
                campaign=campaign.campaign,
                card_kind=campaign.card if decision.card and campaign.card != "none" else None,
            ).without_card()
            if on_screen:
                journey, scene = self._show(journey, decision, draft, heard_s)
        self._ledger.report(
            "decision.holdout" if decision.holdout else "decision.made",
            DecisionEvent(
                **self._roster.base(journey.customer, journey.visit),
                decision=name,
                campaign=campaign.campaign,
                message_class=campaign.message_class,
                mode="generic" if scene is None else scene.mode,
                product_id=None if decision.product is None else decision.product.product,
                explanation=decision.explanation,
            ),
            journey.customer,
        )
        if scene is not None:
            self._roster.tell("screen", journey.customer, journey.badge, text=scene.product_name or scene.headline)
        else:
            why = "she is in the control group" if decision.holdout else "the screen stays general"
            self._roster.tell("silent", journey.customer, journey.badge, text=why)
        return journey

    def _show(
        self, journey: Journey, decision: Decision, draft: Draft, heard_s: float | None = None
    ) -> tuple[Journey, Scene | None]:
        """Show a decision; with other known customers near, greet the group instead, or nobody."""
        customer, now = journey.customer, self._ledger.now
        others = self._company.beside(customer)
        composed = self._composer.compose(draft, customer, journey.badge, decision, others, now.utc)
        if composed is not None:
            self._greeter.greet(composed, self._sharing.until_s(), heard_s)
        elif decision.screen:
            self._greeter.clear("group")
        journey = replace(
            _put_behind(journey),
            message_id=None if composed is None else draft.message_id,
            spoken_s=None if composed is None else now.monotonic_s,
            shown_s=journey.shown_s if composed is None else None,
            speaks_of_none=composed is not None and composed.campaign is None,
        )
        return journey, None if composed is None else composed.scene


def _put_behind(journey: Journey) -> Journey:
    """Return the visit with its scene in the past: a word about that may still come."""
    before = None if journey.message_id is None else (journey.message_id, journey.said(journey.message_id))
    return replace(journey, before=before or journey.before, message_id=None, speaks_of_none=False)


def _obliges(campaign: Campaign, decision: Decision) -> bool:
    return decision.card and campaign.card == "obligation"
