"""Whom a campaign means. Each condition answers with the name of its reason."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from edge_agent.contracts.campaign import Audience, Campaign
from edge_agent.contracts.slice import Profile, ViewedProduct

APPOINTMENT_LATE: Final = timedelta(hours=1)
"""An appointment that began so long ago may still be kept."""


def outside(campaign: Campaign, profile: Profile, utc: datetime) -> str | None:
    """Return the name of the first condition that she does not meet, or ``None``: she is meant."""
    audience = campaign.audience
    if audience.viewed and viewed_last(audience, profile, utc) is None:
        return "not_viewed"
    if audience.order_ready and not profile.orders:
        return "no_order"
    if audience.ticket_open and not profile.tickets:
        return "no_ticket"
    if audience.offered and all(offer.campaign != campaign.campaign for offer in profile.offers):
        return "not_offered"
    if audience.basket and set(profile.basket).isdisjoint(audience.basket):
        return "not_in_basket"
    if audience.emailed and not any(
        email.campaign == campaign.campaign and _lately(email.opened_at, utc, audience.emailed_within_s)
        for email in profile.emails
    ):
        return "not_emailed"
    if audience.appointment_within_s is not None and not _expected(profile, utc, audience.appointment_within_s):
        return "no_appointment"
    if audience.tiers and profile.tier not in audience.tiers:
        return "tier"
    if audience.needs and not any(_may_count(profile, audience.needs)):
        return "no_need"
    return None


def viewed_last(audience: Audience, profile: Profile, utc: datetime) -> ViewedProduct | None:
    """Return what she viewed last of the products that the audience lists, if that was lately enough."""
    wanted = {viewed.product for viewed in profile.viewed}.intersection(audience.viewed)
    if not wanted:
        return None
    for viewed in profile.viewed:
        if viewed.product in wanted and _lately(viewed.viewed_at, utc, audience.viewed_within_s):
            return viewed
    return None


def in_basket(audience: Audience, profile: Profile) -> str | None:
    """Return the first product of her web basket that the audience lists."""
    return next((product for product in profile.basket if product in audience.basket), None)


def _lately(at: datetime, utc: datetime, within_s: float) -> bool:
    """Whether something has happened, and not too long ago; what lies ahead has not."""
    return timedelta(0) <= utc - at <= timedelta(seconds=within_s)


def _expected(profile: Profile, utc: datetime, within_s: float) -> bool:
    within = timedelta(seconds=within_s)
    return any(-APPOINTMENT_LATE <= appointment.at - utc <= within for appointment in profile.appointments)


def _may_count(profile: Profile, needs: Collection[str]) -> Iterator[bool]:
    """A sensitive need is not even acted upon: what follows from it would tell it."""
    return (need.topic in needs and need.content_class != "sensitive" for need in profile.needs)
