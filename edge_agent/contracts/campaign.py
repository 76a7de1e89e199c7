"""What could be said, for whom and when. Written by marketing, checked at the hub and on the unit."""

from typing import Annotated, Final, Literal

from pydantic import Field, field_validator, model_validator

from edge_agent.contracts.base import FileContract, Identifier, Language, Seconds, ShortText, UtcTime
from edge_agent.contracts.dayparts import Daypart, no_number
from edge_agent.contracts.wording import Wording

MessageClass = Literal["service", "order", "offer"]
"""What a message is; the first ranks highest, and only offers are silenced by a complaint."""

ScreenMode = Literal["generic", "contextual", "badge", "named"]
"""How personally a screen speaks."""

Channel = Literal["screen", "clerk"]
"""How the store speaks."""


CAMPAIGNS_MAX: Final = 1000
"""So many campaigns a store may have."""


WrittenTime = Annotated[UtcTime, no_number("date with a time; write 2026-12-01T09:00:00+01:00")]
"""A point in time as a person writes it."""


class Cap(FileContract):
    """How often something may be said. Of several caps each must hold."""

    count: Annotated[int, Field(ge=1, le=100_000)]
    """At most so many contacts ..."""
    per_s: Seconds | None = None
    """... within so many seconds. Absent: within one visit."""
    channel: Channel | None = None
    """Counts this channel of the store alone. Absent: every contact, those of other channels too. What was first shown
    and then told to a clerk is one contact."""
    whose: Literal["customer", "store"] = "customer"
    """``customer``: contacts with her. ``store``: contacts of all its units with anybody."""


class Audience(FileContract):
    """Who is meant. Every condition that is given must hold."""

    viewed: Annotated[tuple[Identifier, ...], Field(max_length=1000)] = ()
    """She viewed one of these products."""
    viewed_within_s: Seconds = 14 * 86_400
    """... at most so long ago."""
    order_ready: bool = False
    """An order of hers waits here."""
    ticket_open: bool = False
    """A ticket of hers is open."""
    offered: bool = False
    """The platform lists this campaign among her next best offers."""
    basket: Annotated[tuple[Identifier, ...], Field(max_length=1000)] = ()
    """One of these products waits in her web basket."""
    emailed: bool = False
    """She opened an e-mail about this campaign ..."""
    emailed_within_s: Seconds = 14 * 86_400
    """... at most so long ago."""
    appointment_within_s: Seconds | None = None
    """An appointment of hers in this store begins within so many seconds, or began at most an hour ago."""
    tiers: Annotated[tuple[Annotated[str, Field(max_length=32)], ...], Field(max_length=20)] = ()
    """Her loyalty tier is one of these."""
    needs: Annotated[tuple[Identifier, ...], Field(max_length=50)] = ()
    """She said that she needs one of these."""


class Campaign(FileContract):
    """One thing that could be said."""

    campaign: Identifier
    """Campaign id."""
    title: ShortText
    """For people who read reports."""
    message_class: MessageClass
    """Service, order or offer."""
    audience: Audience = Audience()
    """For whom."""
    screen: bool = True
    """May be said on the screen."""
    card: Literal["none", "opportunity", "obligation"] = "none"
    """Whether a clerk is told."""
    department: Identifier
    """Which department's clerks."""
    product: Identifier | None = None
    """The product it is about; absent: the one of ``audience.viewed`` that she viewed last, else the first in her
    basket that ``audience.basket`` lists, if it lists any."""
    needs_stock: bool = True
    """Say it only while the product is known to be in stock ..."""
    stock_min: Annotated[int, Field(ge=1, le=10_000)] = 1
    """... with at least so many pieces, of her size where it is known."""
    zones: Annotated[tuple[ShortText, ...], Field(max_length=50)] = ()
    """Say it in these areas of the store only. Absent: in all."""
    dayparts: Annotated[tuple[Daypart, ...], Field(max_length=14)] = ()
    """Say it in these parts of the week only, by the store's clock. Absent: always."""
    exclusive: Identifier | None = None
    """Name of a group of campaigns: whoever has met one of them hears of no other one for ``exclusive_s``."""
    exclusive_s: Seconds = 7 * 86_400
    """How long that lasts; of two campaigns the longer time counts."""
    qr: bool = False
    """The screen shows a QR code for it, where ``screen.qr_url`` is set."""
    coupon: Identifier | None = None
    """The coupon that the QR code gives, bound when she redeems it. Absent: the code leads to the campaign."""
    wording: Annotated[dict[Language, Wording], Field(min_length=1)]
    """The words per language; the first language is the fallback."""
    starts_at: WrittenTime | None = None
    """Not before."""
    ends_at: WrittenTime | None = None
    """Not after."""
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0
    """What an acceptance is worth where her profile does not say."""
    probability: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)] = 0.1
    """How likely an acceptance is where her profile does not say."""
    priority: Annotated[int, Field(ge=0, le=100)] = 50
    """Breaks ties between equal expected values; higher wins."""
    caps: Annotated[tuple[Cap, ...], Field(max_length=8)] = (Cap(count=1, per_s=86_400),)
    """How often it may be said."""
    holdout: Annotated[float, Field(ge=0, le=0.5)] = 0
    """Share of customers who, for ever the same, get nothing, so that the effect can be measured."""

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Campaign":
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise ValueError("ends_at: must be later than starts_at")
        return self


class CampaignFile(FileContract):
    """A set of campaigns. Answer to ``GET /v1/stores/{store}/campaigns``, and the file that marketing writes."""

    version: Literal[1]
    """Version of this format."""
    campaigns: Annotated[tuple[Campaign, ...], Field(max_length=CAMPAIGNS_MAX)]
    """The campaigns."""

    @field_validator("campaigns")
    @classmethod
    def _ids_differ(cls, campaigns: tuple[Campaign, ...]) -> tuple[Campaign, ...]:
        seen: set[str] = set()
        for campaign in campaigns:
            if campaign.campaign in seen:
                raise ValueError(f"two campaigns have the id {campaign.campaign!r}; give each its own")
            seen.add(campaign.campaign)
        return campaigns
