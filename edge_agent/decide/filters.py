"""Hard filters: what stops a campaign for one customer. The plain ones come first; the first that holds is told."""

from typing import NamedTuple

from edge_agent.contracts.campaign import Campaign
from edge_agent.decide.audience import outside
from edge_agent.decide.caps import Room
from edge_agent.decide.dayparts import in_daypart
from edge_agent.decide.eligibility import complained, pieces, wanted_size
from edge_agent.decide.encounter import Encounter
from edge_agent.decide.knowledge import Knowledge
from edge_agent.decide.topic import Topic, topic


class Candidate(NamedTuple):
    """A campaign that may be said."""

    campaign: Campaign
    topic: Topic
    screen: bool
    """On the screen."""
    card: bool
    """To a clerk."""


def examine(campaign: Campaign, her: Encounter, knowledge: Knowledge) -> Candidate | str:
    """Return where a campaign may be said to her, or the name of the first filter that stops it."""
    utc = her.utc
    if campaign.campaign in her.situation.met:
        return "met"
    if (campaign.starts_at and utc < campaign.starts_at) or (campaign.ends_at and utc >= campaign.ends_at):
        return "not_now"
    if campaign.dayparts and not in_daypart(campaign.dayparts, her.store_time):
        return "daypart"
    if campaign.zones and her.situation.zone not in campaign.zones:
        return "zone"
    if complained(campaign, her.profile):
        return "open_complaint"
    if campaign.message_class == "offer" and her.situation.bought:
        return "bought"
    if campaign.audience.bought and not her.situation.bought:
        return "not_bought"
    not_meant = outside(campaign, her.profile, utc)
    if not_meant is not None:
        return not_meant
    about = topic(campaign, her.profile, knowledge, utc)
    if not about.known:
        return "unknown_product"
    if about.content_class == "sensitive":
        return "content_class"
    if _out_of_stock(campaign, about, her):
        return "no_stock"
    return _channels(campaign, about, her)


def _out_of_stock(campaign: Campaign, about: Topic, her: Encounter) -> bool:
    product = about.product
    if product is None or not campaign.needs_stock:
        return False
    return pieces(product, wanted_size(her.profile, product), her.utc) < campaign.stock_min


def _channels(campaign: Campaign, about: Topic, her: Encounter) -> Candidate | str:
    """Return where it may be said. What is used up in one channel may still be said in the other."""
    open_to = Room(
        screen=campaign.screen and her.screen and about.content_class == "public",
        clerk=campaign.card != "none" and her.clerk,
    )
    limits = her.room_for_offers if campaign.message_class == "offer" else Room(screen=True, clerk=True)
    for reason, room in (("capped", her.room_for(campaign)), ("limited", limits)):
        left = Room(open_to.screen and room.screen, open_to.clerk and room.clerk)
        if not any(room) or (any(open_to) and not any(left)):
            return reason
        open_to = left
    if her.heard_another_of_group(campaign):
        return "exclusive"
    return Candidate(campaign, about, open_to.screen, open_to.clerk) if any(open_to) else "no_channel"
