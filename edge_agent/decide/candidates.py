"""The campaigns of a store, prepared once; and those of them that may be said to one customer."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from edge_agent.contracts.campaign import Campaign
from edge_agent.decide.caps import Room
from edge_agent.decide.eligibility import pieces
from edge_agent.decide.encounter import Encounter
from edge_agent.decide.filters import Stops, filters
from edge_agent.decide.knowledge import Knowledge
from edge_agent.decide.ranking import RankKey, Standing, rank_key, standing
from edge_agent.decide.topic import Topic, topic


class Candidate(NamedTuple):
    """A campaign that may be said."""

    campaign: Campaign
    topic: Topic
    expected_value: float
    """For her."""
    rank: RankKey
    """The lowest is said."""
    screen: bool
    """On the screen."""
    card: bool
    """To a clerk."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One campaign with what need not be worked out again for each customer."""

    campaign: Campaign
    name: str
    filters: tuple[tuple[str, Stops], ...]
    expected_value: float
    """Where the platform does not estimate it for her."""
    standing: Standing
    """Its rank, as far as it does not depend on her."""
    counts_everybody: bool
    """Whether one of its caps counts contacts with anybody."""


class Repertoire(tuple[Campaign, ...]):
    """What could be said in a store. Kept as long as the campaigns are the same, it saves every decision time."""

    prepared: tuple[Prepared, ...]
    by_name: dict[str, Campaign]

    def __new__(cls, campaigns: Iterable[Campaign] = ()) -> Self:
        """Prepare campaigns."""
        self = super().__new__(cls, campaigns)
        self.prepared = tuple(map(_prepared, self))
        self.by_name = {campaign.campaign: campaign for campaign in self}
        return self


def _prepared(campaign: Campaign) -> Prepared:
    return Prepared(
        campaign,
        campaign.campaign,
        tuple(filters(campaign)),
        campaign.value * campaign.probability,
        standing(campaign),
        any(cap.whose == "store" for cap in campaign.caps),
    )


def examine(prepared: Prepared, her: Encounter, knowledge: Knowledge) -> Candidate | str:
    """Return where a campaign may be said to her, or the reason of the first filter that stops it."""
    if prepared.name in her.met:
        return "met"
    for reason, stops in prepared.filters:
        if stops(her):
            return reason
    campaign = prepared.campaign
    about = topic(campaign, her.profile, knowledge, her.utc)
    if not about.known:
        return "unknown_product"
    if about.content_class == "sensitive":
        return "content_class"
    if _out_of_stock(campaign, about, her):
        return "no_stock"
    return _channels(prepared, about, her)


def _out_of_stock(campaign: Campaign, about: Topic, her: Encounter) -> bool:
    product = about.product
    if product is None or not campaign.needs_stock:
        return False
    return pieces(product, her.sizes.of(product), her.utc) < campaign.stock_min


def _channels(prepared: Prepared, about: Topic, her: Encounter) -> Candidate | str:
    """Return where it may be said. What is used up in one channel may still be said in the other."""
    campaign, name = prepared.campaign, prepared.name
    on_screen = her.screen and campaign.screen and about.content_class == "public"
    open_to = Room(on_screen, her.clerk and campaign.card != "none").within(
        her.room_for(campaign, counts_everybody=prepared.counts_everybody)
    )
    if open_to is None:
        return "capped"
    if campaign.message_class == "offer":
        open_to = open_to.within(her.room_for_offers)
        if open_to is None:
            return "limited"
    if campaign.exclusive is not None and her.heard_another(name, campaign.exclusive, campaign.exclusive_s):
        return "exclusive"
    screen, card = open_to
    if not screen and not card:
        return "no_channel"
    value = her.offers.get(name, prepared.expected_value)
    return Candidate(campaign, about, value, rank_key(prepared.standing, value), screen, card)
