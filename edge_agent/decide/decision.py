"""The decision itself: what is said to one customer now, or why nothing is."""

from dataclasses import dataclass
from datetime import datetime

from edge_agent.contracts.base import CustomerId
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.explanation import Explanation
from edge_agent.contracts.slice import Profile
from edge_agent.decide.candidates import Candidate, Repertoire, examine
from edge_agent.decide.eligibility import silence
from edge_agent.decide.encounter import Encounter
from edge_agent.decide.explaining import explain
from edge_agent.decide.holdout import held_out
from edge_agent.decide.knowledge import Knowledge, Situation
from edge_agent.decide.topic import topic


@dataclass(frozen=True, slots=True)
class Decision:
    """What was chosen, and why."""

    profile: Profile | None
    explanation: Explanation
    """Why this, why not that."""
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


def decide(customer: CustomerId, knowledge: Knowledge, situation: Situation) -> Decision:
    """Choose one campaign for a customer: hard filters, then rank. The same inputs give the same decision."""
    profile = knowledge.profile(customer)
    reason = silence(profile, situation)
    if reason is not None or profile is None:
        explanation = Explanation(at=situation.utc, mode=situation.mode, silent=reason)
        return Decision(profile, explanation, silent=reason)
    campaigns = knowledge.campaigns()
    repertoire = campaigns if isinstance(campaigns, Repertoire) else Repertoire(campaigns)
    her = Encounter(profile, repertoire.by_name, situation)
    rejected, left = repertoire.sift(her)
    ranked: list[Candidate] = []
    for prepared in left:
        found = examine(prepared, her, knowledge)
        if isinstance(found, Candidate):
            ranked.append(found)
        else:
            rejected[found].add(prepared.name)
    if not ranked:
        silent = "open_complaint" if "open_complaint" in rejected else "nothing_to_say"
        explanation = explain(situation, ranked, rejected, silent, holdout=False)
        return Decision(profile, explanation, silent=silent)
    ranked.sort(key=lambda candidate: candidate.rank)
    best = ranked[0]
    holdout = best.campaign.message_class == "offer" and held_out(profile, best.campaign)
    return Decision(
        profile,
        explain(situation, ranked, rejected, None, holdout),
        best.campaign,
        best.topic.product,
        screen=best.screen and not holdout,
        card=best.card and not holdout,
        holdout=holdout,
    )


def speakable_product(campaign: Campaign, profile: Profile, knowledge: Knowledge, utc: datetime) -> Product | None:
    """Return the product that a card may speak of; a sensitive one is named nowhere."""
    about = topic(campaign, profile, knowledge, utc)
    return None if about.content_class == "sensitive" else about.product
