"""Hard filters: what stops a campaign for one customer. The first that holds is told; the plain ones come first."""

from collections.abc import Callable, Iterator

from edge_agent.constants import APPOINTMENT_LATE_S
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.dayparts import bounds, within
from edge_agent.decide.encounter import NEVER_S, Encounter

Stops = Callable[[Encounter], object]
"""Whether a filter stops its campaign: something true, or nothing."""


def filters(campaign: Campaign) -> Iterator[tuple[str, Stops]]:
    """Yield a campaign's filters by their reasons. What it does not ask for needs no filter, and costs nothing."""
    name, audience = campaign.campaign, campaign.audience
    if campaign.starts_at is not None or campaign.ends_at is not None:
        starts_s = 0.0 if campaign.starts_at is None else campaign.starts_at.timestamp()
        ends_s = float("inf") if campaign.ends_at is None else campaign.ends_at.timestamp()
        yield "not_now", lambda her: not starts_s <= her.now_s < ends_s
    if campaign.dayparts:
        parts = bounds(campaign.dayparts)
        yield "daypart", lambda her: not within(parts, her.week_s)
    if campaign.zones:
        zones = frozenset(campaign.zones)
        yield "zone", lambda her: her.zone not in zones
    if campaign.message_class == "offer":
        yield "open_complaint", lambda her: her.complained
        yield "bought", lambda her: her.bought
    if audience.viewed:
        listed, lately_s = frozenset(audience.viewed), audience.viewed_within_s
        yield "not_viewed", lambda her: listed.isdisjoint(her.viewed_s) or her.youngest_view_s(listed) > lately_s
    if audience.order_ready:
        yield "no_order", lambda her: not her.profile.orders
    if audience.ticket_open:
        yield "no_ticket", lambda her: not her.profile.tickets
    if audience.offered:
        yield "not_offered", lambda her: name not in her.offers
    if audience.basket:
        waiting = frozenset(audience.basket)
        yield "not_in_basket", lambda her: waiting.isdisjoint(her.basket)
    if audience.emailed:
        opened_s = audience.emailed_within_s
        yield "not_emailed", lambda her: her.emails_s.get(name, NEVER_S) > opened_s
    if audience.appointment_within_s is not None:
        soon_s = audience.appointment_within_s
        yield (
            "no_appointment",
            lambda her: not any(-APPOINTMENT_LATE_S <= in_s <= soon_s for in_s in her.appointments_s),
        )
    if audience.tiers:
        tiers = frozenset(audience.tiers)
        yield "tier", lambda her: her.profile.tier not in tiers
    if audience.needs:
        needs = frozenset(audience.needs)
        yield "no_need", lambda her: needs.isdisjoint(her.needs)
