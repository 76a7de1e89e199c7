"""Whether a customer may be spoken to at all, and what the store may claim. Fails closed."""

from datetime import datetime, timedelta

from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.slice import Profile, Purpose
from edge_agent.decide.knowledge import Situation

STOCK_MAX_AGE = timedelta(hours=24)
"""Older stock is unknown, and unknown means no claim (design section 8)."""

_NOW = timedelta(0)


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


def complained(campaign: Campaign, profile: Profile) -> bool:
    """Whether a campaign must be silent because of a complaint of hers: it silences every offer."""
    return campaign.message_class == "offer" and bool(profile.tickets)


def pieces(product: Product, size: str | None, utc: datetime) -> int:
    """Return how many pieces the store is known to hold, in a size where one is given."""
    known = 0
    for stock in product.stock:
        if (
            size is None or stock.size is None or stock.size == size
        ) and _NOW <= utc - stock.counted_at <= STOCK_MAX_AGE:
            known += stock.quantity
    return known


class Sizes:
    """Which size she wants, as far as she has let it be known."""

    def __init__(self, profile: Profile) -> None:
        self._chosen = {viewed.product: viewed.size for viewed in reversed(profile.viewed) if viewed.size is not None}
        self._worn = {known.size_system: known.size for known in reversed(profile.sizes)}

    def of(self, product: Product) -> str | None:
        """Return the size of a product that she chose when she viewed it, else the one that she wears."""
        chosen = self._chosen.get(product.product)
        system = product.size_system
        return chosen if chosen is not None or system is None else self._worn.get(system)


def holds(product: Product, wanted: int, sizes: Sizes, utc: datetime) -> bool:
    """Whether the store is known to hold so many :func:`pieces` in her size, as far as that is known.

    Stops counting when they are found: most campaigns want one.
    """
    if not wanted:
        return True
    size = sizes.of(product)
    known = 0
    for stock in product.stock:
        if size is not None and stock.size is not None and stock.size != size:
            continue
        if _NOW <= utc - stock.counted_at <= STOCK_MAX_AGE:
            known += stock.quantity
            if known >= wanted:
                return True
    return False


def wanted_size(profile: Profile, product: Product) -> str | None:
    """Return the size that she chose when she viewed the product, else the one that she wears, where that is known."""
    return Sizes(profile).of(product)
