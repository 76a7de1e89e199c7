"""Our own sentences, in every language that we write."""

import re
from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from fluent.syntax import FluentParser, FluentSerializer, ast

from edge_agent.decide.phrases.book import BOOKS, clock_time, money, phrase, ticket, viewed
from tests.scenario.shop import START

ZONE = ZoneInfo("Europe/Vienna")


def messages(language):
    found = {}
    for entry in FluentParser().parse(BOOKS[language]).body:
        assert isinstance(entry, ast.Message), f"{language}: {entry}"
        found[entry.id.name] = set(re.findall(r"\$([a-z]+)", FluentSerializer().serialize_entry(entry)))
    return found


@pytest.mark.parametrize("language", BOOKS)
def test_every_language_has_every_sentence_with_the_same_slots(language):
    assert messages(language) == messages("en")


@pytest.mark.parametrize("language", [*BOOKS, "de-AT", "pl", "xx"])
@pytest.mark.parametrize("name", messages("en"))
def test_every_sentence_can_be_said(language, name):
    facts = {
        "product": "P1",
        "place": "P2",
        "size": "M",
        "desk": "D",
        "time": "15:00",
        "day": "Monday",
        "date": "1 May",
    }
    said = phrase(name, language, **facts, ago="3 days ago", need="N", count=3)
    assert said
    assert "{" not in said
    assert "???" not in said


@pytest.mark.parametrize(
    ("language", "count", "text"),
    [
        ("en", 3, "3 in stock, rack 4"),
        ("de", 3, "3 auf Lager, rack 4"),
        ("it", 1, "1 pezzo in negozio, rack 4"),
        ("es", 3, "3 unidades en tienda, rack 4"),
        ("pl", 1, "1 in stock, rack 4"),
        ("ar", 2, "قطعتان، \u2068rack 4\u2069"),
    ],
)
def test_counts(language, count, text):
    assert phrase("in-stock", language, count=count, place="rack 4").replace("\u2068قطعتان\u2069", "قطعتان") == text


@pytest.mark.parametrize(
    ("amount", "currency", "language", "text"),
    [
        ("149", "EUR", "en", "€149.00"),
        ("149", "EUR", "de", "149,00\N{NO-BREAK SPACE}€"),
        ("1234.5", "USD", "en", "$1,234.50"),
        ("980", "JPY", "en", "¥980"),
        ("3", "ZZZ", "en", "ZZZ3.00"),  # a currency that nobody knows
        ("149", "EUR", "xx", "€149.00"),  # a language that nobody knows
        ("149", "EUR", "en-ZZ", "€149.00"),
    ],
)
def test_money(amount, currency, language, text):
    assert money(Decimal(amount), currency, language).replace("ZZZ\N{NO-BREAK SPACE}", "ZZZ") == text


@pytest.mark.parametrize(
    ("hours", "language", "text"),
    [
        (1, "en", "Viewed it today"),
        (20, "en", "Viewed it yesterday"),  # 20 hours ago is yesterday by the calendar
        (72, "en", "Viewed it 3 days ago"),
        (72, "de", "Angesehen vor 3 Tagen: it"),
        (72, "es", "Visto hace 3 días: it"),
        (1, "pl", "Viewed it today"),
        (72, "pl", "Viewed it 3 days ago"),
    ],
)
def test_when_she_viewed_it(hours, language, text):
    assert viewed("it", START - timedelta(hours=hours), START, ZONE, language) == text


@pytest.mark.parametrize(
    ("days", "language", "text"),
    [
        (2, "en", "Open ticket since Thursday; no offers"),
        (6, "de", "Offenes Anliegen seit Sonntag; keine Angebote"),
        (7, "en", "Open ticket since March 7; no offers"),
        (7, "fr", "Demande ouverte depuis le 7 mars ; aucune offre"),
    ],
)
def test_since_when_a_ticket_is_open(days, language, text):
    assert ticket(START - timedelta(days=days), START, ZONE, language) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "14:00"), ("en-US", "2:00\N{NARROW NO-BREAK SPACE}PM"), ("de", "14:00"), ("ar", "14:00")],
)
def test_the_time_of_day(language, text):
    assert clock_time(START.astimezone(ZONE), language) == text
