"""The few sentences that are not written by marketing, per language."""

from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError
from babel.dates import format_date, format_timedelta
from babel.numbers import format_currency

_PHRASES: Final[dict[str, dict[str, str]]] = {
    "en": {
        "viewed_today": "Viewed {product} today",
        "viewed_yesterday": "Viewed {product} yesterday",
        "viewed_earlier": "Viewed {product} {ago}",
        "in_stock": "{count} in stock, {place}",
        "in_stock_size": "Size {size}: {count} in stock, {place}",
        "order": "Order ready, {desk}",
        "ticket": "Open ticket since {date}; no offers",
        "why": "The customer allowed clerks to see this, and is here now.",
        "group": "Welcome back",
    },
    "de": {
        "viewed_today": "Heute angesehen: {product}",
        "viewed_yesterday": "Gestern angesehen: {product}",
        "viewed_earlier": "Angesehen {ago}: {product}",
        "in_stock": "{count} auf Lager, {place}",
        "in_stock_size": "Größe {size}: {count} auf Lager, {place}",
        "order": "Bestellung bereit, {desk}",
        "ticket": "Offenes Anliegen seit {date}; keine Angebote",
        "why": "Mit Einwilligung der Person, die gerade hier steht.",
        "group": "Willkommen zurück",
    },
}


def phrase(name: str, language: str, **slots: str) -> str:
    """Return a sentence in a language; English where the language has none yet."""
    return _words(language)[name].format(**slots)


def viewed(product: str, viewed_at: datetime, utc: datetime, zone: ZoneInfo, language: str) -> str:
    """Say when a product was viewed: by the store's calendar, not by hours."""
    days = (utc.astimezone(zone).date() - viewed_at.astimezone(zone).date()).days
    if days <= 0:
        return phrase("viewed_today", language, product=product)
    if days == 1:
        return phrase("viewed_yesterday", language, product=product)
    ago = format_timedelta(viewed_at - utc, granularity="day", add_direction=True, locale=_locale(language))
    return phrase("viewed_earlier", language, product=product, ago=ago)


def weekday(at: datetime, zone: ZoneInfo, language: str) -> str:
    """Return the day of the week, in words."""
    return format_date(at.astimezone(zone).date(), "EEEE", locale=_locale(language))


def money(amount: Decimal, currency: str, language: str) -> str:
    """Return an amount as the language writes it."""
    return format_currency(amount, currency, locale=_locale(language))


def _words(language: str) -> dict[str, str]:
    return _PHRASES.get(language.split("-")[0], _PHRASES["en"])


@cache
def _locale(language: str) -> Locale:
    """Return the nearest locale that there are rules for: "en-FR" is written as English is."""
    for known in (language, language.split("-")[0]):
        try:
            return Locale.parse(known, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
