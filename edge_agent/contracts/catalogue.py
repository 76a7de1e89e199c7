"""Products, prices, pictures, places and stock of a store. Hub -> unit."""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from edge_agent.contracts.base import Contract, Identifier, Language, Sha256, ShortText, UtcTime
from edge_agent.contracts.dayparts import Daypart

ContentClass = Literal["public", "discreet", "sensitive"]
"""``public``: may stand on a screen. ``discreet``: on a card only. ``sensitive``: nowhere."""


MediaType = Literal["image/png", "image/jpeg", "image/webp", "image/avif", "image/svg+xml", "video/mp4", "video/webm"]
"""What a screen can show. Films need the optional extra ``video``; a screen without it leaves them out."""


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
    media_type: MediaType
    """What kind of picture or film it is."""
    content_class: ContentClass = "sensitive"
    """Where it may be shown; a screen is public. A hub that does not say is taken at its strictest."""
    languages: Annotated[tuple[Language, ...], Field(max_length=8)] = ()
    """Languages of the words in it: only shops that speak one of them show it. Empty: it has no words."""
    valid_from: UtcTime | None = None
    """Not shown before this."""
    valid_until: UtcTime | None = None
    """Not shown from this on, whatever refers to it."""


class LoopItem(Contract):
    """One picture or film of the loop."""

    picture: Sha256
    """Which file."""
    item: Identifier | None = None
    """Its name for the proofs of play. Absent: the beginning of the file's digest."""
    kind: Literal["idle", "campaign"] = "idle"
    """``campaign``: while one of these is due, nothing that is merely ``idle`` is shown."""
    weight: Annotated[int, Field(ge=1, le=100)] = 1
    """Its share of voice: one with weight 3 comes up three times as often as one with weight 1, evenly spread."""
    duration_s: Annotated[float, Field(ge=3, le=600)] = 12
    """How long it stays; a film stays for its own length, at most for this."""
    headline: dict[Language, ShortText] = Field(default_factory=dict)
    """Words over the picture, per language."""
    motion: Literal["none", "ken_burns"] = "none"
    """``ken_burns``: a slow pan and zoom, where the screen can do it smoothly."""
    dayparts: Annotated[tuple[Daypart, ...], Field(max_length=14)] = ()
    """Only in these parts of the week, by the clock on the store's wall. Empty: always."""
    valid_from: UtcTime | None = None
    """Not shown before this."""
    valid_until: UtcTime | None = None
    """Not shown from this on; what is up then leaves at once."""


class Emergency(Contract):
    """What every screen of the store shows instead of anything else, at once."""

    headline: Annotated[dict[Language, ShortText], Field(min_length=1)]
    """What to do, in a few words, per language; screens show each of the shop's languages in turn."""
    body: dict[Language, ShortText] = Field(default_factory=dict)
    """Where to go, per language."""
    valid_until: UtcTime
    """It leaves by itself at this time."""


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
    emergency: Emergency | None = None
    """An emergency; it goes before everything."""


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
