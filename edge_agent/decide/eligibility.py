"""Hard filters. Each answers with the name of the reason, or ``None``: it may pass."""

from datetime import datetime, timedelta

from edge_agent.contracts.campaign import Audience, Campaign
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.slice import Profile, Purpose, ViewedProduct
from edge_agent.decide.caps import capped
from edge_agent.decide.knowledge import Knowledge, Situation

STOCK_MAX_AGE = timedelta(hours=24)
"""Older stock is unknown, and unknown means no claim (design section 8)."""


def unit_silence(situation: Situation) -> str | None:
    """Return why nothing personal may be said to anybody, or ``None``. Fails closed."""
    if not situation.notice:
        return "no_notice"
    if not situation.utc_trusted:
        return "clock_untrusted"
    if situation.lease_until is None or situation.utc >= situation.lease_until:
        return "lease_expired"
    return None


def silence(profile: Profile | None, situation: Situation) -> str | None:
    """Return why nothing at all may be said to her, or ``None``. Fails closed."""
    nobody = unit_silence(situation)
    if nobody is not None:
        return nobody
    if profile is None or situation.utc >= profile.valid_until:
        return "profile_expired"
    paused = profile.paused_until is not None and situation.utc < profile.paused_until
    if situation.withdrawn or paused:
        return "withdrawn"
    if profile.age != "adult":
        return "age"
    if not any(consents(profile, purpose, situation.utc) for purpose in ("screen", "clerk")):
        return "no_consent"
    if profile.do_not_disturb:
        return "do_not_disturb"
    return None


def consents(profile: Profile, purpose: Purpose, utc: datetime) -> bool:
    """Whether she consents to a purpose at a time. Of several consents for one purpose the strictest wins."""
    mine = [consent for consent in profile.consents if consent.purpose == purpose]
    return bool(mine) and all(consent.granted_at <= utc < consent.expires_at for consent in mine)


def subject(campaign: Campaign, profile: Profile, knowledge: Knowledge, utc: datetime) -> Product | None:
    """Return the product that a campaign speaks of: its own, or the newest of its audience's that she viewed."""
    if campaign.product is not None:
        return knowledge.product(campaign.product)
    if not campaign.audience.viewed:
        return None
    viewed = _viewed(campaign.audience, profile, utc)
    return knowledge.product(viewed.product) if viewed else None


def ineligible(campaign: Campaign, profile: Profile, product: Product | None, situation: Situation) -> str | None:
    """Return the name of the first filter that stops a campaign for her, or ``None``."""
    utc = situation.utc
    if campaign.campaign in situation.met:
        return "met"
    if (campaign.starts_at and utc < campaign.starts_at) or (campaign.ends_at and utc >= campaign.ends_at):
        return "not_now"
    if complained(campaign, profile):
        return "open_complaint"
    reason = _audience(campaign, profile, utc)
    if reason is not None:
        return reason
    if product is None and (campaign.product is not None or campaign.audience.viewed):
        return "unknown_product"
    if product is not None and product.content_class == "sensitive":
        return "content_class"
    if campaign.needs_stock and product is not None and not in_stock(product, wanted_size(profile, product), utc):
        return "no_stock"
    if capped(campaign, profile, situation.contacts, utc):
        return "capped"
    return None


def complained(campaign: Campaign, profile: Profile) -> bool:
    """Whether a campaign must be silent because of a complaint of hers: it silences every offer."""
    return campaign.message_class == "offer" and bool(profile.tickets)


def in_stock(product: Product, size: str | None, utc: datetime) -> bool:
    """Whether the store is known to hold the product, in her size where she chose one."""
    return pieces(product, size, utc) > 0


def pieces(product: Product, size: str | None, utc: datetime) -> int:
    """Return how many pieces the store is known to hold, in a size where one is given."""
    return sum(
        stock.quantity
        for stock in product.stock
        if timedelta(0) <= utc - stock.counted_at <= STOCK_MAX_AGE and (size is None or stock.size in (None, size))
    )


def wanted_size(profile: Profile, product: Product) -> str | None:
    """Return the size that she chose when she viewed the product."""
    return next((viewed.size for viewed in profile.viewed if viewed.product == product.product), None)


def _audience(campaign: Campaign, profile: Profile, utc: datetime) -> str | None:
    audience = campaign.audience
    if audience.order_ready and not profile.orders:
        return "not_in_audience"
    if audience.ticket_open and not profile.tickets:
        return "not_in_audience"
    if audience.offered and all(offer.campaign != campaign.campaign for offer in profile.offers):
        return "not_in_audience"
    if audience.viewed and _viewed(audience, profile, utc) is None:
        return "not_in_audience"
    return None


def _viewed(audience: Audience, profile: Profile, utc: datetime) -> ViewedProduct | None:
    for viewed in profile.viewed:
        recent = timedelta(0) <= utc - viewed.viewed_at <= timedelta(seconds=audience.viewed_within_s)
        if recent and (not audience.viewed or viewed.product in audience.viewed):
            return viewed
    return None
