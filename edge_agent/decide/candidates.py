"""The campaigns of a store, prepared once; and those of them that may be said to one customer."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from edge_agent.contracts.campaign import Campaign
from edge_agent.decide.caps import ANYWHERE, Room
from edge_agent.decide.eligibility import holds
from edge_agent.decide.encounter import Encounter
from edge_agent.decide.filters import Sieve, sieves
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
    offer: bool
    screen: bool
    """Whether it may be said on a screen."""
    card: bool
    """Whether a clerk may be told."""
    stock_min: int
    """Pieces that the store must be known to hold of its product; 0: any stock will do, known or not."""
    exclusive: str | None
    """Its exclusive group."""
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
    sieves: tuple[tuple[str, Sieve], ...]

    def __new__(cls, campaigns: Iterable[Campaign] = ()) -> Self:
        """Prepare campaigns."""
        self = super().__new__(cls, campaigns)
        self.prepared = tuple(map(_prepared, self))
        self.by_name = {campaign.campaign: campaign for campaign in self}
        self.sieves = sieves(self)
        return self

    def sift(self, her: Encounter) -> tuple[defaultdict[str, set[str]], list[Prepared]]:
        """Return what the hard filters stop, reason -> names, and what is left. The first filter that holds counts."""
        rejected: defaultdict[str, set[str]] = defaultdict(set)
        left = self.by_name.keys() - her.met
        if len(left) < len(self.by_name):
            rejected["met"] = self.by_name.keys() & her.met
        for reason, sieve in self.sieves:
            stopped = sieve.stopped(her) & left
            if stopped:
                rejected[reason] = stopped
                left -= stopped
        return rejected, [prepared for prepared in self.prepared if prepared.name in left]


def _prepared(campaign: Campaign) -> Prepared:
    return Prepared(
        campaign,
        campaign.campaign,
        offer=campaign.message_class == "offer",
        screen=campaign.screen,
        card=campaign.card != "none",
        stock_min=campaign.stock_min if campaign.needs_stock else 0,
        exclusive=campaign.exclusive,
        expected_value=campaign.value * campaign.probability,
        standing=standing(campaign),
        counts_everybody=any(cap.whose == "store" for cap in campaign.caps),
    )


def examine(prepared: Prepared, her: Encounter, knowledge: Knowledge) -> Candidate | str:
    """Return where a campaign that no filter stops may be said to her, or the reason why it may not be said."""
    about = topic(prepared.campaign, her.profile, knowledge, her.utc)
    if not about.known:
        return "unknown_product"
    if about.content_class == "sensitive":
        return "content_class"
    if about.product is not None and not holds(about.product, prepared.stock_min, her.sizes, her.utc):
        return "no_stock"
    screen = her.screen and prepared.screen and about.content_class == "public"
    card = her.clerk and prepared.card
    # What is used up in one channel may still be said in the other.
    counted = prepared.counts_everybody or prepared.name in her.heard_of
    caps = her.room_for(prepared.campaign) if counted else ANYWHERE
    limits = her.room_for_offers if prepared.offer else ANYWHERE
    if caps != ANYWHERE or limits != ANYWHERE:
        room = Room(screen, card).within(caps)
        if room is None:
            return "capped"
        room = room.within(limits)
        if room is None:
            return "limited"
        screen, card = room
    if prepared.exclusive in her.groups and her.heard_another(prepared.campaign):
        return "exclusive"
    if not screen and not card:
        return "no_channel"
    value = her.offers.get(prepared.name, prepared.expected_value)
    return Candidate(prepared.campaign, about, value, rank_key(prepared.standing, value), screen, card)
