"""From a decision to the words of a scene and of a card.

What a screen may say is built from :class:`PublicFacts` alone, so no template, however
written, can reach anything else of a profile.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from string import Template
from typing import Literal, TypeVar
from zoneinfo import ZoneInfo

from edge_agent.contracts.campaign import Campaign, ScreenMode, Wording
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.clerk import Card
from edge_agent.contracts.screen import Badge, Layout, Scene
from edge_agent.contracts.slice import Profile
from edge_agent.decide.eligibility import consents, pieces, wanted_size
from edge_agent.decide.phrases import money, phrase, viewed, weekday


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """Everything that words on a screen can ever contain, apart from the template's own."""

    badge: str = ""
    product: str = ""
    price: str = ""
    place: str = ""
    desk: str = ""


T = TypeVar("T")


def language_for(profile: Profile, offered: tuple[str, ...]) -> str:
    """Return her best language among those of the shop; the shop's first where she has none of them."""
    for wanted in profile.languages:
        for language in offered:
            if wanted == language or wanted.split("-")[0] == language.split("-")[0]:
                return language
    return offered[0]


def fill(template: str, facts: PublicFacts) -> str:
    """Fill the slots of a template; the contract lets none through that does not exist.

    Where a slot is empty, the punctuation that it leaves at either end goes too: nobody reads ", welcome back".
    """
    filled = " ".join(Template(template).safe_substitute(asdict(facts)).split())
    return filled.lstrip(" ,;:–—-").rstrip(" ,;–—-")


def scene_mode(allowed: ScreenMode, badge: Badge | None) -> ScreenMode:
    """Return how personally this screen speaks to her; without a badge nobody is addressed."""
    if allowed in ("badge", "named") and badge is None:
        return "contextual"
    return "badge" if allowed == "named" else allowed  # names need a single-viewer screen, which none is yet


def compose_scene(
    campaign: Campaign,
    product: Product | None,
    profile: Profile,
    badge: Badge | None,
    mode: ScreenMode,
    language: str,
    message_id: str,
    minimum_s: float,
    maximum_s: float,
    utc: datetime,
) -> Scene:
    """Return the scene of a campaign. Raises ValueError for a product that is not public: that would be a bug."""
    if product is not None and product.content_class != "public":
        raise ValueError(f"product {product.product}: content class {product.content_class} cannot be on a screen")
    words = _words(campaign, language)
    shown_badge = badge if mode == "badge" else None
    facts = _facts(product, profile, shown_badge, language, utc)
    return Scene(
        message_id=message_id,
        layout=_layout(campaign, product),
        mode=mode,
        language=language,
        headline=_clip(fill(words.headline, facts) or facts.product or phrase("group", language), 120),
        body=_clip(fill(words.body, facts), 240),
        badges=() if shown_badge is None else (shown_badge,),
        product_name=facts.product,
        price=facts.price[:32],
        place=facts.place,
        picture=None if product is None else product.picture,  # a layout without pictures leaves it out
        minimum_s=minimum_s,
        maximum_s=maximum_s,
    )


def compose_group(
    badges: tuple[Badge, ...], language: str, message_id: str, minimum_s: float, maximum_s: float
) -> Scene:
    """Return the scene for several known customers: it greets their badges and says nothing else."""
    return Scene(
        message_id=message_id,
        layout="group",
        mode="badge",
        language=language,
        headline=phrase("group", language),
        badges=badges[:4],
        minimum_s=minimum_s,
        maximum_s=maximum_s,
    )


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
    """Return the card of a campaign: at most three facts, each of which she allowed clerks to see."""
    kind: Literal["opportunity", "obligation"] = "obligation" if campaign.card == "obligation" else "opportunity"
    words = _words(campaign, language)
    facts = _facts(product, profile, badge, language, utc)
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
        title=_clip(name or facts.product or campaign.title, 200),
        badge="" if badge is None else badge.label,
        badge_colour=None if badge is None else badge.colour,
        badge_shape=None if badge is None else badge.shape,
        facts=_card_facts(product, profile, language, timezone, utc),
        opening=_clip(fill(words.opening, facts), 200),
        why=phrase("why", language),
        created_at=utc,
        expires_at=until,
    )


def _card_facts(
    product: Product | None, profile: Profile, language: str, timezone: ZoneInfo, utc: datetime
) -> tuple[str, ...]:
    facts = [
        phrase("ticket", language, date=weekday(ticket.opened_at, timezone, language)) for ticket in profile.tickets[:1]
    ]
    facts += [phrase("order", language, desk=order.desk) for order in profile.orders[:1]]
    if product is not None:
        name = _text(product.names, language)
        facts += [
            viewed(name, seen.viewed_at, utc, timezone, language)
            for seen in profile.viewed
            if seen.product == product.product
        ]
        size = wanted_size(profile, product)
        count = pieces(product, size, utc)
        if count:
            slots = {"count": str(count), "place": _text(product.place, language) or product.department}
            facts.append(
                phrase("in_stock", language, **slots)
                if size is None
                else phrase("in_stock_size", language, size=size, **slots)
            )
    return tuple(_clip(fact, 200) for fact in facts[:3])


def _facts(product: Product | None, profile: Profile, badge: Badge | None, language: str, utc: datetime) -> PublicFacts:
    price = product.price if product is not None else None
    current = price is not None and (price.valid_until is None or utc < price.valid_until)
    return PublicFacts(
        badge="" if badge is None else badge.label,
        product="" if product is None else _text(product.names, language),
        price=money(price.amount, price.currency, language) if price is not None and current else "",
        place="" if product is None else _text(product.place, language),
        desk=profile.orders[0].desk if profile.orders else "",
    )


def _words(campaign: Campaign, language: str) -> Wording:
    return campaign.wording.get(language) or campaign.wording.get(language.split("-")[0]) or _first(campaign.wording)


def _text(texts: dict[str, str], language: str) -> str:
    return texts.get(language) or texts.get(language.split("-")[0]) or (_first(texts) if texts else "")


def _first(values: dict[str, T]) -> T:
    return next(iter(values.values()))


def _layout(campaign: Campaign, product: Product | None) -> Layout:
    if campaign.message_class == "order":
        return "order_ready"
    if campaign.message_class == "service":
        return "service"
    return "welcome" if product is None else "product"


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
