"""Our own sentences in the nearest language that we write, with dates and money as that language has them."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time, format_timedelta
from babel.numbers import format_currency
from fluent.runtime import FluentBundle, FluentResource

from edge_agent.decide.languages import locale, nearest, right_to_left, written_right_to_left
from edge_agent.decide.phrases import ar, de, en, es, fr, it

BOOKS: Final = {"en": en.FTL, "de": de.FTL, "fr": fr.FTL, "es": es.FTL, "it": it.FTL, "ar": ar.FTL}
"""Language -> its sentences."""

_WEEK_DAYS: Final = 6  # farther back a day of the week would be another one


def phrase(name: str, language: str, **facts: str | int) -> str:
    """Return a sentence in the nearest language; English where none is near. A number chooses its words."""
    near = written_in(language)
    isolate = written_right_to_left(near) or any(isinstance(f, str) and right_to_left(f) for f in facts.values())
    bundle = _bundle(near, isolate)
    pattern = bundle.get_message(name).value
    assert pattern is not None
    return str(bundle.format_pattern(pattern, dict(facts))[0])


def written_in(language: str) -> str:
    """Return the language of the sentences that a reader of this one gets: dates within them are in it too."""
    return language if language in BOOKS else nearest((language,), BOOKS) or "en"


def viewed(product: str, viewed_at: datetime, utc: datetime, zone: ZoneInfo, language: str) -> str:
    """Say when a product was viewed: by the store's calendar, not by hours."""
    days = _days_ago(viewed_at, utc, zone)
    if days <= 0:
        return phrase("viewed-today", language, product=product)
    if days == 1:
        return phrase("viewed-yesterday", language, product=product)
    rules = locale(written_in(language))
    ago = format_timedelta(viewed_at - utc, granularity="day", add_direction=True, locale=rules)
    return phrase("viewed-earlier", language, product=product, ago=ago)


def ticket(opened_at: datetime, utc: datetime, zone: ZoneInfo, language: str) -> str:
    """Say since when a ticket is open: the day of the week, or the date where that is longer ago."""
    day, rules = wall_time(opened_at, zone).date(), locale(written_in(language))
    if _days_ago(opened_at, utc, zone) <= _WEEK_DAYS:
        return phrase("ticket", language, day=format_date(day, "EEEE", locale=rules))
    return phrase("ticket-earlier", language, date=format_skeleton("MMMMd", day, locale=rules))


def wall_time(at: datetime, zone: ZoneInfo) -> datetime:
    """Return a time as the clock on the store's wall shows it. Never raises.

    Platforms write the first and the last moment of the calendar for "long ago" and "never"; where the zone's offset
    leads beyond it, the moment stands as it was written.
    """
    try:
        return at.astimezone(zone)
    except OverflowError:
        return at.replace(tzinfo=zone)


def clock_time(at: datetime, language: str) -> str:
    """Return the time of day, in the zone that ``at`` has: ``15:00``, for ``en-US`` ``3:00 PM``.

    A language without a region says nothing about the country, and 24 hours are understood in each.
    """
    rules = locale(language)
    return format_time(at, "short", locale=rules) if rules.territory else format_skeleton("Hm", at, locale=rules)


def money(amount: Decimal, currency: str, language: str) -> str:
    """Return an amount as the language writes it."""
    return format_currency(amount, currency, locale=locale(language))


def _days_ago(at: datetime, utc: datetime, zone: ZoneInfo) -> int:
    return (utc.astimezone(zone).date() - wall_time(at, zone).date()).days


@lru_cache(2 * len(BOOKS))
def _bundle(language: str, isolate: bool) -> FluentBundle:
    bundle = FluentBundle([language], use_isolating=isolate)
    bundle.add_resource(FluentResource(BOOKS[language]))
    return bundle
