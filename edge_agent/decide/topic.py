"""What a campaign is about, for one customer: its product, and how freely the store may speak of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import ContentClass, Product
from edge_agent.contracts.slice import Profile
from edge_agent.decide.audience import in_basket, viewed_last
from edge_agent.decide.knowledge import Knowledge

_STRICTNESS: Final[dict[ContentClass, int]] = {"public": 0, "discreet": 1, "sensitive": 2}


@dataclass(frozen=True, slots=True)
class Topic:
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
    grounds = _grounds(campaign, profile, utc)
    name = campaign.product or next(iter(grounds), None)
    product = None if name is None else knowledge.product(name)
    classes: list[ContentClass] = ["public" if product is None else product.content_class]
    for ground in grounds:
        known = product if ground == name else knowledge.product(ground)
        # What another shop sells has no class here: no screen speaks of it.
        classes.append("discreet" if known is None else known.content_class)
    if campaign.audience.needs:
        classes.append("discreet")  # what she told a clerk is no screen's business
    return Topic(product, product is not None or name is None, max(classes, key=_STRICTNESS.__getitem__))


def _grounds(campaign: Campaign, profile: Profile, utc: datetime) -> tuple[str, ...]:
    """Return the products of hers that the campaign goes by."""
    audience = campaign.audience
    viewed = viewed_last(audience, profile, utc) if audience.viewed else None
    waiting = in_basket(audience, profile) if audience.basket else None
    return tuple(name for name in (None if viewed is None else viewed.product, waiting) if name is not None)
