"""Products, prices, pictures, places and stock of a store. Hub -> unit."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from edge_agent.contracts.base import Contract, Identifier, Language, Sha256, ShortText, UtcTime

ContentClass = Literal["public", "discreet", "sensitive"]
"""``public``: may stand on a screen. ``discreet``: on a card only. ``sensitive``: nowhere."""


class Price(Contract):
    """What a product costs in this store."""

    amount: Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=4)]
    """Amount in the currency's major unit."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    """ISO 4217 code."""
    valid_until: UtcTime | None = None
    """Past this no price is claimed."""


class Stock(Contract):
    """How many pieces the store holds."""

    size: Annotated[str, Field(max_length=16)] | None = None
    """The size that this count is about; absent for products without sizes."""
    quantity: Annotated[int, Field(ge=0)]
    """Pieces on hand."""
    counted_at: UtcTime
    """When that was true. Too old means unknown, and unknown means no claim."""


class Product(Contract):
    """One product as a screen or a clerk may speak of it."""

    product: Identifier
    """Product id (GTIN)."""
    names: Annotated[dict[Language, ShortText], Field(min_length=1)]
    """Name per language."""
    price: Price | None = None
    """Price in this store."""
    picture: Sha256 | None = None
    """Picture in the content folder."""
    department: Identifier
    """Which department sells it."""
    place: dict[Language, ShortText] = Field(default_factory=dict)
    """Where it stands, per language: "rack 4"."""
    size_system: Identifier | None = None
    """Which sizes it has, as profiles name them: ``jackets``. Absent: none, or nobody's sizes are known for it."""
    stock: Annotated[tuple[Stock, ...], Field(max_length=64)] = ()
    """Stock, per size where it has sizes."""
    content_class: ContentClass = "sensitive"
    """Where it may be mentioned; a hub that does not say is taken at its strictest."""


class ContentItem(Contract):
    """One file that screens show."""

    sha256: Sha256
    """Digest of the file, and its name in the content folder."""
    size_bytes: Annotated[int, Field(ge=1, le=64 * 1024 * 1024)]
    """Size in bytes."""
    media_type: Literal["image/png", "image/jpeg", "image/webp", "image/avif", "image/svg+xml"]
    """What kind of picture it is."""


class LoopItem(Contract):
    """One picture of the idle loop."""

    picture: Sha256
    """Which picture."""
    duration_s: Annotated[float, Field(ge=3, le=600)] = 12
    """How long it stays."""
    headline: dict[Language, ShortText] = Field(default_factory=dict)
    """Words over the picture, per language."""


class Catalogue(Contract):
    """Answer to ``GET /v1/stores/{store}/catalogue``: what the store sells and what its screens may show."""

    store: Identifier
    """Whose catalogue."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    """The store's currency."""
    products: Annotated[tuple[Product, ...], Field(max_length=200_000)]
    """Products of the store."""
    content: Annotated[tuple[ContentItem, ...], Field(max_length=10_000)] = ()
    """Files that products and the loop refer to."""
    loop: Annotated[tuple[LoopItem, ...], Field(max_length=500)] = ()
    """The idle loop of the screens."""


class CatalogueChanges(Contract):
    """Answer to ``GET /v1/stores/{store}/catalogue/changes``: from the version that a unit holds to the present one."""

    store: Identifier
    """Whose catalogue."""
    since: str
    """ETag of the version that it begins with; it fits no other."""
    etag: str
    """ETag of the version that it leads to."""
    products: Annotated[tuple[Product, ...], Field(max_length=200_000)] = ()
    """Products that are new or have changed, as they are now."""
    removed: Annotated[tuple[Identifier, ...], Field(max_length=200_000)] = ()
    """Products that are gone."""
    rest: Catalogue | None = None
    """Everything but the products, where something of it has changed; its ``products`` mean nothing."""
    checksum: str
    """Over all products that are then held, see :func:`edge_agent.contracts.checksum.products_checksum`."""
