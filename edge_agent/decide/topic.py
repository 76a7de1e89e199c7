"""What a campaign is about, for one customer: its product, and how freely the store may speak of it."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Final, NamedTuple

from edge_agent.contracts.campaign import Audience, Campaign
from edge_agent.contracts.catalogue import ContentClass, Product
from edge_agent.contracts.slice import Profile, ViewedProduct
from edge_agent.decide.knowledge import Knowledge

_STRICTNESS: Final[dict[ContentClass, int]] = {"public": 0, "discreet": 1, "sensitive": 2}


class Topic(NamedTuple):
    """What a campaign is about."""

    product: Product | None
    """Its product; ``None``: none, or the catalogue does not hold it."""
    known: bool
    """Whether the catalogue holds it, where it needs one."""
    content_class: ContentClass
    """The strictest class of the product and of what she did or said that the campaign goes by: a public product
    that is shown because of a sensitive one would tell of the sensitive one."""


def topic(campaign: Campaign, profile: Profile, knowledge: Knowledge, utc: datetime) -> Topic:
    """Return what a campaign is about for a customer whom it means."""
    audience = campaign.audience
    grounds = _grounds(audience, profile, utc) if audience.viewed or audience.basket else []
    name = campaign.product or (grounds[0] if grounds else None)
    product = None if name is None else knowledge.product(name)
    strictest: ContentClass = "public" if product is None else product.content_class
    for ground in grounds:
        known = product if ground == name else knowledge.product(ground)
        # What another shop sells has no class here: no screen speaks of it.
        strictest = _stricter(strictest, "discreet" if known is None else known.content_class)
    if audience.needs or audience.ticket_open:
        strictest = _stricter(strictest, "discreet")  # what she told a clerk, or complained of, is no screen's business
    return Topic(product, product is not None or name is None, strictest)


def _stricter(one: ContentClass, other: ContentClass) -> ContentClass:
    return one if _STRICTNESS[one] >= _STRICTNESS[other] else other


def _grounds(audience: Audience, profile: Profile, utc: datetime) -> list[str]:
    """Return the products of hers that the campaign goes by: what she viewed last of them, what waits in her basket."""
    viewed = (viewed.product for viewed in profile.viewed if _listed_lately(viewed, audience, utc))
    waiting = (product for product in profile.basket if product in audience.basket)
    return [*islice(viewed, 1), *islice(waiting, 1)]


def _listed_lately(viewed: ViewedProduct, audience: Audience, utc: datetime) -> bool:
    lately = timedelta(seconds=audience.viewed_within_s)
    return viewed.product in audience.viewed and timedelta(0) <= utc - viewed.viewed_at <= lately
