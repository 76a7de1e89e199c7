"""Whether the words of a campaign fit, once they are filled with what the shop has. Pure; one line per finding."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from edge_agent.contracts.campaign import Campaign
from edge_agent.contracts.catalogue import Product
from edge_agent.contracts.reading import words
from edge_agent.contracts.wording import BODY_MAX, HEADLINE_MAX, HEADLINE_WORDS_MAX, OPENING_MAX, ModeWording, Wording
from edge_agent.decide.facts import ClerkFacts, slots
from edge_agent.decide.languages import text_in
from edge_agent.decide.patterns import fill
from edge_agent.identify.badges import PALETTE_SIZE, badge

_TYPICAL_PRODUCT: Final = "Waterproof Trail Jacket"
_LIMITS: Final = {"headline": HEADLINE_MAX, "body": BODY_MAX, "opening": OPENING_MAX}


def word_doubts(campaign: Campaign, products: Mapping[str, Product] | None) -> Iterator[str]:
    """Yield what will be cut, or empty, when a headline or another sentence is filled with the longest facts."""
    audience = campaign.audience
    known = {
        "product": bool(about(campaign)),
        "place": bool(about(campaign)),
        "price": bool(about(campaign)),
        "pieces": bool(about(campaign)) and campaign.needs_stock,
        "desk": audience.order_ready or audience.appointment_within_s is not None,
        "time": audience.appointment_within_s is not None,
    }
    for language, wording in campaign.wording.items():
        if wording.opening and campaign.card == "none":
            yield f"wording.{language}.opening: is for a card, and card = 'none'"
        if wording.named is not None:
            yield f"wording.{language}.named: no screen speaks by name yet; there the words for a badge are said"
        facts = _longest(campaign, products, language)
        for field, text in _sentences(wording):
            missing = [slot for slot, given in known.items() if not given and f"${slot}" in text]
            if missing:
                yield f"wording.{language}.{field}: {{ ${missing[0]} }} will often be empty: {_why(missing[0])}"
            said = fill(text, language, slots(facts))
            yield from _too_long(f"wording.{language}.{field}", said, _LIMITS[field.rpartition(".")[2]])


def about(campaign: Campaign) -> list[tuple[str, str]]:
    """Return the products that a campaign names, each with its field."""
    own = [] if campaign.product is None else [("product", campaign.product)]
    viewed = [("audience.viewed", name) for name in campaign.audience.viewed]
    return own + viewed + [("audience.basket", name) for name in campaign.audience.basket]


def _why(slot: str) -> str:
    if slot == "pieces":
        return "with needs_stock = false, or without a product, the number is not known"
    if slot in ("desk", "time"):
        return "the audience is asked for neither an order nor an appointment"
    return "the campaign is about no product"


def _too_long(where: str, said: str, most: int) -> Iterator[str]:
    if len(said) > most:
        yield f"{where}: '{said}' has {len(said)} characters; more than {most} are cut off"
    elif where.endswith("headline") and round(words(said)) > HEADLINE_WORDS_MAX:
        yield f"{where}: '{said}' has {words(said):.0f} words; at a glance {HEADLINE_WORDS_MAX} are read"


def _sentences(wording: Wording) -> Iterator[tuple[str, str]]:
    yield from (("headline", wording.headline), ("body", wording.body), ("opening", wording.opening))
    for mode in ("contextual", "badge", "named"):
        special: ModeWording | None = getattr(wording, mode)
        if special is not None:
            yield from (
                (f"{mode}.{name}", text)
                for name, text in (("headline", special.headline), ("body", special.body))
                if text
            )


def _longest(campaign: Campaign, products: Mapping[str, Product] | None, language: str) -> ClerkFacts:
    """Return the longest facts that the words may be filled with: the catalogue's, else typical ones."""
    named = [products[name] for _, name in about(campaign) if name in products] if products else []
    return ClerkFacts(
        badge=_longest_of(badge(number, language).label for number in range(PALETTE_SIZE)),
        product=_longest_of(text_in(product.names, language) for product in named) or _TYPICAL_PRODUCT,
        price="1,149.00 €",
        place=_longest_of(text_in(product.place, language) for product in named) or "rack 12",
        pieces=12,
        desk="desk 2",
        time="15:00",
        size="XL",
        quantity=12,
    )


def _longest_of(texts: Iterable[str]) -> str:
    return max(texts, key=len, default="")
