"""What may be known of a product where: a type that a product without permission cannot be turned into."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from edge_agent.contracts.base import Sha256
from edge_agent.contracts.catalogue import Price, Product
from edge_agent.decide.eligibility import pieces


@dataclass(frozen=True, slots=True, init=False)
class PublicProduct:
    """A product that may stand on a screen. It is made from a public one, or not at all."""

    names: Mapping[str, str]
    """Name per language."""
    place: Mapping[str, str]
    """Where it stands, per language."""
    price: Price | None
    """What it costs; ``None``: no price is claimed."""
    picture: Sha256 | None
    """Picture in the content folder."""
    pieces: int
    """How many the store is known to hold; 0: not known."""

    def __init__(self, product: Product, utc: datetime) -> None:
        """Raises ValueError where the product is not public: use :func:`public`."""
        if product.content_class != "public":
            raise ValueError(f"product {product.product}: content class {product.content_class}: not for a screen")
        for name, value in (
            ("names", product.names),
            ("place", product.place),
            ("price", current_price(product, utc)),
            ("picture", product.picture),
            ("pieces", pieces(product, None, utc)),
        ):
            object.__setattr__(self, name, value)


def public(product: Product | None, utc: datetime) -> PublicProduct | None:
    """Return what a screen may know of a product; ``None`` where it may not know that there is one."""
    return None if product is None or product.content_class != "public" else PublicProduct(product, utc)


def current_price(product: Product, utc: datetime) -> Price | None:
    """Return what a product costs now; past its date no price is claimed."""
    price = product.price
    return price if price is not None and (price.valid_until is None or utc < price.valid_until) else None


def speakable(product: Product | None) -> Product | None:
    """Return a product that a card may speak of; ``None`` for a sensitive one, which is named nowhere."""
    return None if product is None or product.content_class == "sensitive" else product
