"""Campaigns in words: what, for whom, when and where."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final, get_args

from edge_agent.contracts.campaign import Audience, Campaign, Cap
from edge_agent.contracts.dayparts import Daypart, Weekday

_DAYS: Final = get_args(Weekday)
_UNITS: Final = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
_LISTED_MAX: Final = 3


def in_words(campaign: Campaign) -> list[str]:
    """Return the lines that tell a campaign."""
    expected = f", {campaign.value:g} × {campaign.probability:.0%}" if campaign.value else ""
    return [
        f"{campaign.campaign}: {campaign.title} ({campaign.message_class}{expected})",
        f"  for    {_audience(campaign.audience)}",
        f"  when   {'; '.join([_dates(campaign), *map(_daypart, campaign.dayparts), *map(_cap, campaign.caps)])}",
        f"  where  {_where(campaign)}",
        f"  says   {', '.join(campaign.wording)}: {next(iter(campaign.wording.values())).headline}",
    ]


def _audience(audience: Audience) -> str:
    asked = []
    if audience.viewed:
        asked.append(f"viewed {_listed(audience.viewed)} in the last {_span(audience.viewed_within_s)}")
    if audience.basket:
        asked.append(f"left {_listed(audience.basket)} in the web basket")
    if audience.order_ready:
        asked.append("has an order that is ready here")
    if audience.ticket_open:
        asked.append("has an open ticket")
    if audience.offered:
        asked.append("is offered it by the platform")
    if audience.emailed:
        asked.append(f"opened its e-mail in the last {_span(audience.emailed_within_s)}")
    if audience.appointment_within_s is not None:
        asked.append(f"has an appointment within {_span(audience.appointment_within_s)}")
    if audience.tiers:
        asked.append(f"is {_listed(audience.tiers)}")
    if audience.needs:
        asked.append(f"said that she needs {_listed(audience.needs)}")
    return "whoever " + " and ".join(asked) if asked else "everybody who opted in"


def _dates(campaign: Campaign) -> str:
    since, until = campaign.starts_at, campaign.ends_at
    if since is None and until is None:
        return "always"
    return " ".join(
        [*([] if since is None else [f"from {_date(since)}"]), *([] if until is None else [f"until {_date(until)}"])]
    )


def _date(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes")


def _daypart(daypart: Daypart) -> str:
    numbers = sorted({_DAYS.index(day) for day in daypart.days})
    days = [_DAYS[number].capitalize() for number in numbers]
    if len(days) == len(_DAYS):
        said = "every day"
    elif len(days) > 2 and numbers[-1] - numbers[0] == len(days) - 1:
        said = f"{days[0]}–{days[-1]}"
    else:
        said = ", ".join(days)
    return said if daypart.begins == daypart.ends else f"{said} {daypart.begins:%H:%M}–{daypart.ends:%H:%M}"


def _cap(cap: Cap) -> str:
    whom = "" if cap.whose == "customer" else " to all together"
    by = {"screen": " on the screen", "clerk": " by clerks", None: ""}[cap.channel]
    return f"at most {cap.count} × {'per visit' if cap.per_s is None else 'in ' + _span(cap.per_s)}{by}{whom}"


def _where(campaign: Campaign) -> str:
    ways = ["screen with QR code" if campaign.qr else "screen"] if campaign.screen else []
    if campaign.card != "none":
        ways.append(f"{campaign.card} card for {campaign.department}")
    stock = (
        f", while {campaign.stock_min} in stock" if campaign.needs_stock and campaign.message_class == "offer" else ""
    )
    return f"{_listed(campaign.zones) if campaign.zones else 'all areas'}: {' and '.join(ways)}{stock}"


def _span(seconds: float) -> str:
    for size_s, unit in _UNITS:
        if seconds >= size_s and seconds % size_s == 0:
            count = round(seconds / size_s)
            return f"{count} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} seconds"


def _listed(names: Iterable[str]) -> str:
    named = list(names)
    more = len(named) - _LISTED_MAX
    return " or ".join(named[:_LISTED_MAX]) + (f" or {more} more" if more > 0 else "")
