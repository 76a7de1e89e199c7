"""What a campaign that is written rightly will not do as its author hopes. Pure; one line per finding."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta, tzinfo
from typing import Final, get_args

from edge_agent.cli.campaign_words import about, word_doubts
from edge_agent.constants import CONTACT_KEEP_S
from edge_agent.contracts.campaign import Campaign, Cap
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.dayparts import Daypart, Weekday
from edge_agent.decide.contacts import HERS_MAX
from edge_agent.decide.languages import nearest

_DAYS: Final = get_args(Weekday)


def never_said(campaign: Campaign, zone: tzinfo) -> Iterator[str]:
    """Yield why a campaign can never be said at all: mistakes."""
    if not campaign.screen and campaign.card == "none":
        yield "screen = false and card = 'none': nobody will ever hear of it; allow one of them"
    elif campaign.card == "none" and (campaign.audience.needs or campaign.audience.ticket_open):
        yield "card = 'none': what she needs, or complained of, is told to clerks only; write 'obligation'"
    if campaign.message_class == "offer" and campaign.audience.ticket_open:
        yield "message_class: no offer is made while a ticket is open; write 'service'"
    if campaign.dayparts and not _ever(campaign, zone):
        yield "dayparts: none of them falls between starts_at and ends_at"


def doubts(
    campaign: Campaign,
    campaigns: Sequence[Campaign],
    products: Mapping[str, Product] | None,
    languages: Sequence[str],
    now: datetime,
) -> Iterator[str]:
    """Yield what is allowed and probably not meant: warnings."""
    if campaign.ends_at is not None and campaign.ends_at <= now:
        yield f"ends_at: has passed, on {campaign.ends_at:%Y-%m-%d}"
    for language in languages:
        if nearest((language,), campaign.wording) is None:
            read = next(iter(campaign.wording))
            yield f"wording: has no {language}, which this shop speaks; such customers read {read}"
    groups = Counter(other.exclusive for other in campaigns)
    if campaign.exclusive is not None and groups[campaign.exclusive] == 1:
        yield f"exclusive: no other campaign is in the group '{campaign.exclusive}', so it keeps nothing apart"
    if campaign.coupon is not None and not campaign.qr:
        yield "coupon: is given by the QR code; set qr = true"
    if campaign.qr and not campaign.screen:
        yield "qr: only a screen shows a code, and screen = false"
    if campaign.holdout and campaign.message_class != "offer":
        yield f"holdout: only offers are held back; of a {campaign.message_class} message everybody hears"
    yield from _idle_caps(campaign.caps)
    yield from _forgotten(campaign)
    yield from _product_doubts(campaign, products)
    yield from word_doubts(campaign, products)


def _ever(campaign: Campaign, zone: tzinfo) -> bool:
    """Whether some part of a daypart lies between begin and end."""
    if (
        campaign.starts_at is None
        or campaign.ends_at is None
        or campaign.ends_at - campaign.starts_at >= timedelta(days=8)
    ):
        return True
    begin, end = campaign.starts_at.astimezone(zone), campaign.ends_at.astimezone(zone)
    days = (begin.date() + timedelta(days=n) for n in range(-1, (end.date() - begin.date()).days + 1))
    return any(
        _start(day, daypart, zone) < end and _start(day, daypart, zone) + _length(daypart) > begin
        for day in days
        for daypart in campaign.dayparts
        if _DAYS[day.weekday()] in daypart.days
    )


def _start(day: date, daypart: Daypart, zone: tzinfo) -> datetime:
    return datetime.combine(day, daypart.begins, zone)


def _length(daypart: Daypart) -> timedelta:
    begins, ends = (timedelta(hours=at.hour, minutes=at.minute) for at in (daypart.begins, daypart.ends))
    return ends - begins if ends > begins else ends - begins + timedelta(days=1)


def _idle_caps(caps: Sequence[Cap]) -> Iterator[str]:
    for number, cap in enumerate(caps, start=1):
        if cap.per_s == 0:
            yield f"caps {number}: within 0 seconds nothing is ever held back"
        for other_number, other in enumerate(caps, start=1):
            if other is not cap and _stricter(other, cap) and (other_number < number or not _stricter(cap, other)):
                yield f"caps {number}: is never reached, caps {other_number} is stricter"
                break


def _forgotten(campaign: Campaign) -> Iterator[str]:
    """Yield what would need a longer memory than a unit has."""
    days = round(CONTACT_KEEP_S / 86_400)
    for number, cap in enumerate(campaign.caps, start=1):
        if cap.per_s is not None and cap.per_s > CONTACT_KEEP_S:
            yield f"caps {number}, per_s: contacts are remembered for {days} days, no longer"
        if cap.whose == "customer" and cap.count > HERS_MAX:
            yield f"caps {number}, count: is never reached, {HERS_MAX} contacts with a customer are remembered"
    if campaign.exclusive is not None and campaign.exclusive_s > CONTACT_KEEP_S:
        yield f"exclusive_s: contacts are remembered for {days} days, no longer"


def _stricter(one: Cap, other: Cap) -> bool:
    """Whether whatever keeps within one keeps within the other too."""
    if one.whose != other.whose or one.channel not in (None, other.channel):
        return False
    if one.per_s is None or other.per_s is None:
        return one.per_s == other.per_s and one.count <= other.count
    return one.count <= other.count and one.per_s >= other.per_s


def _product_doubts(campaign: Campaign, products: Mapping[str, Product] | None) -> Iterator[str]:
    if products is None:
        return
    for where, name in about(campaign):
        product = products.get(name)
        if product is None:
            yield f"{where}: '{name}' is not in the catalogue of this file"
        elif product.content_class == "sensitive":
            yield f"{where}: '{name}' is sensitive, and named nowhere"
        elif product.content_class == "discreet" and campaign.screen:
            yield f"{where}: '{name}' is discreet: cards may name it, no screen will"
