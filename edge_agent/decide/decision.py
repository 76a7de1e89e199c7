"""The decision itself: what is said to one customer now, or why nothing is."""

from dataclasses import dataclass
from datetime import datetime

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.event import Rejection
from edge_agent.contracts.slice import Profile
from edge_agent.decide.eligibility import consents, ineligible, silence, subject
from edge_agent.decide.holdout import held_out
from edge_agent.decide.knowledge import Knowledge, Situation
from edge_agent.decide.ranking import rank_key

_REASONS_MAX = 50


@dataclass(frozen=True, slots=True)
class Decision:
    """What was chosen, with the reasons of what was not."""

    profile: Profile | None
    campaign: Campaign | None = None
    product: Product | None = None
    screen: bool = False
    """The campaign may be said on the screen."""
    card: bool = False
    """A clerk may be told."""
    silent: str | None = None
    """Why nothing at all is said."""
    holdout: bool = False
    """She would have got the campaign, and gets nothing, so that the effect can be measured."""
    reasons: tuple[Rejection, ...] = ()


def decide(customer: CustomerId, knowledge: Knowledge, situation: Situation) -> Decision:
    """Choose one campaign for a customer: hard filters, then rank. The same inputs give the same decision."""
    profile = knowledge.profile(customer)
    reason = silence(profile, situation)
    if reason is not None or profile is None:
        return Decision(profile, silent=reason)
    reasons: list[Rejection] = []
    eligible: list[Campaign] = []
    for campaign in knowledge.campaigns():
        product = subject(campaign, profile, knowledge, situation.utc)
        why = ineligible(campaign, profile, product, situation)
        if why is None and not any(_channels(campaign, product, profile, situation)):
            why = "no_channel"
        if why is None:
            eligible.append(campaign)
        else:
            reasons.append(Rejection(campaign=campaign.campaign, reason=why))
    eligible.sort(key=lambda campaign: rank_key(campaign, profile))
    reasons += [Rejection(campaign=campaign.campaign, reason="outranked") for campaign in eligible[1:]]
    kept = tuple(reasons[:_REASONS_MAX])
    if not eligible:
        complained = any(rejection.reason == "open_complaint" for rejection in reasons)
        return Decision(profile, silent="open_complaint" if complained else "nothing_to_say", reasons=kept)
    best = eligible[0]
    product = subject(best, profile, knowledge, situation.utc)
    if best.message_class == "offer" and held_out(profile, best):
        return Decision(profile, best, product, holdout=True, reasons=kept)
    screen, card = _channels(best, product, profile, situation)
    return Decision(profile, best, product, screen, card, reasons=kept)


def _channels(campaign: Campaign, product: Product | None, profile: Profile, situation: Situation) -> tuple[bool, bool]:
    """Return whether the screen may speak and whether a clerk may be told."""
    public = product is None or product.content_class == "public"
    screen = (
        campaign.screen
        and public
        and situation.screen
        and situation.mode != "generic"
        and consents(profile, "screen", situation.utc)
    )
    return screen, campaign.card != "none" and consents(profile, "clerk", situation.utc)


def speakable_product(campaign: Campaign, profile: Profile, knowledge: Knowledge, utc: datetime) -> Product | None:
    """Return the product that a card may speak of; a sensitive one is named nowhere."""
    product = subject(campaign, profile, knowledge, utc)
    return None if product is None or product.content_class == "sensitive" else product
