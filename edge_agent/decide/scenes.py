"""What a screen says. Every screen counts as public.

Nothing here sees a profile or a product of the catalogue: a scene is made of a badge, of a product that is public by
its type, and of where she is expected. No wording, however it is written, can reach anything else.
"""

from typing import Final

from edge_agent.contracts.campaign import Campaign, ScreenMode
from edge_agent.contracts.reading import reading_s
from edge_agent.contracts.screen import Badge, Layout, Scene
from edge_agent.contracts.shorten import shorten
from edge_agent.contracts.wording import BODY_MAX, HEADLINE_MAX
from edge_agent.decide.facts import Expected, PublicFacts, price_text, slots
from edge_agent.decide.languages import text_in
from edge_agent.decide.patterns import fill
from edge_agent.decide.phrases.book import clock_time, phrase
from edge_agent.decide.products import PublicProduct
from edge_agent.decide.wording import words

_MINIMUM_MAX_S: Final = 60  # the contract's


def scene_mode(allowed: ScreenMode, badge: Badge | None) -> ScreenMode:
    """Return how personally this screen speaks to her; without a badge nobody is addressed."""
    if allowed in ("badge", "named") and badge is None:
        return "contextual"
    return "badge" if allowed == "named" else allowed  # names need a single-viewer screen, which none is yet


def compose_scene(
    campaign: Campaign,
    product: PublicProduct | None,
    expected: Expected,
    badge: Badge | None,
    mode: ScreenMode,
    language: str,
    message_id: str,
    minimum_s: float,
    maximum_s: float,
    qr: str = "",
) -> Scene:
    """Return the scene of a campaign. Never raises for what a wording says; something plainer is shown instead.

    It stays for ``minimum_s`` at least, longer where its words take longer to read, but never beyond ``maximum_s``.
    ``qr``: text of a QR code, a campaign or touchpoint and never a customer.
    """
    shown_badge = badge if mode == "badge" else None
    facts = _facts(product, expected, shown_badge, language)
    said, filled = words(campaign, mode, language), slots(facts)
    headline = fill(said.headline, said.language, filled) or facts.product or phrase("group", language)
    headline = shorten(headline, HEADLINE_MAX)
    body = shorten(fill(said.body, said.language, filled), BODY_MAX)
    return Scene(
        message_id=message_id,
        layout=_layout(campaign, product, qr),
        mode=mode,
        language=language,
        headline=headline,
        body=body,
        badges=() if shown_badge is None else (shown_badge,),
        product_name=facts.product,
        price=facts.price[:32],
        place=facts.place,
        picture=None if product is None else product.picture,  # a layout without pictures leaves it out
        qr=qr,
        minimum_s=_dwell_s(minimum_s, maximum_s, facts.badge, headline, body, facts.product, facts.price, facts.place),
        maximum_s=maximum_s,
    )


def compose_group(
    badges: tuple[Badge, ...], language: str, message_id: str, minimum_s: float, maximum_s: float
) -> Scene:
    """Return the scene for several known customers: it greets their badges and says nothing else."""
    headline = phrase("group", language)
    return Scene(
        message_id=message_id,
        layout="group",
        mode="badge",
        language=language,
        headline=headline,
        badges=badges[:4],
        minimum_s=_dwell_s(minimum_s, maximum_s, headline, *(badge.label for badge in badges[:4])),
        maximum_s=maximum_s,
    )


def compose_thanks(language: str, message_id: str, minimum_s: float, maximum_s: float) -> Scene:
    """Return the scene for somebody who has bought something: it addresses nobody and says nothing else."""
    headline = phrase("thanks", language)
    return Scene(
        message_id=message_id,
        layout="welcome",
        mode="contextual",
        language=language,
        headline=headline,
        minimum_s=_dwell_s(minimum_s, maximum_s, headline),
        maximum_s=maximum_s,
    )


def _dwell_s(minimum_s: float, maximum_s: float, *texts: str) -> float:
    """Return how long a scene with these texts stays at least."""
    return min(max(minimum_s, reading_s(*texts)), maximum_s, _MINIMUM_MAX_S)


def _facts(product: PublicProduct | None, expected: Expected, badge: Badge | None, language: str) -> PublicFacts:
    return PublicFacts(
        badge="" if badge is None else badge.label,
        product="" if product is None else text_in(product.names, language),
        price="" if product is None else price_text(product.price, language),
        place="" if product is None else text_in(product.place, language),
        pieces=0 if product is None else product.pieces,
        desk=expected.desk,
        time="" if expected.at is None else clock_time(expected.at, language),
    )


def _layout(campaign: Campaign, product: PublicProduct | None, qr: str) -> Layout:
    if campaign.message_class == "order":
        return "order_ready"
    if campaign.message_class == "service":
        return "service"
    if qr:
        return "offer"
    return "welcome" if product is None else "product"
