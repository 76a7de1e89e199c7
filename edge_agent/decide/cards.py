"""What a clerk is told: at most three facts, each of which she allowed clerks to see, and an opening line."""

from datetime import datetime
from typing import Final, Literal
from zoneinfo import ZoneInfo

from edge_agent.constants import APPOINTMENT_LATE_S
from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.clerk import Card
from edge_agent.contracts.screen import Badge
from edge_agent.contracts.shorten import shorten
from edge_agent.contracts.slice import Profile
from edge_agent.contracts.wording import OPENING_MAX
from edge_agent.decide.eligibility import consents, pieces, wanted_size
from edge_agent.decide.facts import ClerkFacts, expected, price_text, slots
from edge_agent.decide.languages import text_in
from edge_agent.decide.patterns import fill
from edge_agent.decide.phrases.book import clock_time, phrase, ticket, viewed, wall_time
from edge_agent.decide.products import current_price, speakable
from edge_agent.decide.wording import words

_FACTS_MAX: Final = 3
_LINE_MAX: Final = 200


def compose_card(
    campaign: Campaign,
    product: Product | None,
    profile: Profile,
    badge: Badge | None,
    card: str,
    unit: str,
    zone: str,
    language: str,
    timezone: ZoneInfo,
    utc: datetime,
    until: datetime,
) -> Card:
    """Return the card of a campaign. A sensitive product is not named on it; a name needs ``clerk_name``."""
    product = speakable(product)
    kind: Literal["opportunity", "obligation"] = "obligation" if campaign.card == "obligation" else "opportunity"
    facts = _facts(campaign, product, profile, badge, language, timezone, utc)
    said = words(campaign, "generic", language)
    name = profile.salutation if consents(profile, "clerk_name", utc) else None
    return Card(
        card=card,
        revision=1,
        unit=unit,
        state="open",
        kind=kind,
        department=campaign.department,
        zone=zone,
        language=language,
        title=shorten(name or facts.product or campaign.title, _LINE_MAX),
        badge=facts.badge,
        badge_colour=None if badge is None else badge.colour,
        badge_shape=None if badge is None else badge.shape,
        facts=_told(product, profile, facts, language, timezone, utc),
        opening=shorten(fill(said.opening, said.language, slots(facts)), OPENING_MAX),
        why=phrase("why", language),
        created_at=utc,
        expires_at=until,
    )


def _facts(
    campaign: Campaign,
    product: Product | None,
    profile: Profile,
    badge: Badge | None,
    language: str,
    timezone: ZoneInfo,
    utc: datetime,
) -> ClerkFacts:
    label = "" if badge is None else badge.label
    meeting = expected(campaign, profile, timezone, utc)
    time = "" if meeting.at is None else clock_time(meeting.at, language)
    if product is None:
        return ClerkFacts(badge=label, desk=meeting.desk, time=time)
    size = wanted_size(profile, product)
    return ClerkFacts(
        badge=label,
        product=text_in(product.names, language),
        price=price_text(current_price(product, utc), language),
        place=text_in(product.place, language),
        pieces=pieces(product, None, utc),
        desk=meeting.desk,
        time=time,
        size=size or "",
        quantity=pieces(product, size, utc),
    )


def _told(
    product: Product | None, profile: Profile, facts: ClerkFacts, language: str, timezone: ZoneInfo, utc: datetime
) -> tuple[str, ...]:
    """Return the facts that help most, best first."""
    told = [ticket(open_.opened_at, utc, timezone, language) for open_ in profile.tickets[:1]]
    told += [phrase("order", language, desk=order.desk) for order in profile.orders[:1]]
    today = utc.astimezone(timezone).date()
    told += [
        phrase("appointment", language, time=clock_time(wall_time(meeting.at, timezone), language), desk=meeting.desk)
        for meeting in profile.appointments
        if (utc - meeting.at).total_seconds() <= APPOINTMENT_LATE_S and wall_time(meeting.at, timezone).date() == today
    ][:1]
    if product is not None:
        told += _about(product, profile, facts, language, timezone, utc)
    told += [
        phrase("need", language, need=text_in(need.words, language))
        for need in profile.needs
        if need.content_class != "sensitive" and need.words
    ]
    return tuple(shorten(fact, _LINE_MAX) for fact in told[:_FACTS_MAX])


def _about(
    product: Product, profile: Profile, facts: ClerkFacts, language: str, timezone: ZoneInfo, utc: datetime
) -> list[str]:
    told = [
        viewed(facts.product, seen.viewed_at, utc, timezone, language)
        for seen in profile.viewed
        if seen.product == product.product
    ][:1]
    if product.product in profile.basket:
        told.append(phrase("in-basket", language, product=facts.product))
    if facts.quantity:
        place = facts.place or product.department
        told.append(
            phrase("in-stock-size", language, size=facts.size, count=facts.quantity, place=place)
            if facts.size
            else phrase("in-stock", language, count=facts.quantity, place=place)
        )
    return told
