"""What people type at a command line, as values."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from pydantic import TypeAdapter, ValidationError

from edge_agent.contracts.base import Language
from edge_agent.contracts.catalogue import Emergency
from edge_agent.contracts.problems import explain

_OFFSET: Final = re.compile(r"([+-])(\d{1,6})([smhd])")
_LANGUAGE: Final[TypeAdapter[str]] = TypeAdapter(Language)
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class TypedError(ValueError):
    """Something was typed wrongly; the message says what is allowed."""


def typed_emergency(headlines: Iterable[str], bodies: Iterable[str], until: str, now: datetime) -> Emergency:
    """Return the emergency that somebody typed. Raises TypedError."""
    tree = {"headline": words(headlines), "body": words(bodies), "valid_until": moment(until, now)}
    try:
        return Emergency.model_validate(tree)
    except ValidationError as error:
        raise TypedError("; ".join(explain(error))) from error


def offset(text: str) -> timedelta | None:
    """Return an offset such as ``-20h``, ``+30d`` or ``+5m``; ``None``: it is none."""
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    sign, count, unit = match.groups()
    found = timedelta(**{_UNITS[unit]: int(count)})
    return found if sign == "+" else -found


def moment(text: str, now: datetime) -> datetime:
    """Return the time that ``+2h`` or ``2026-05-04T18:00+02:00`` means. Raises TypedError."""
    by = offset(text)
    try:
        found = datetime.fromisoformat(text) if by is None else now + by
    except (ValueError, OverflowError):
        found = None
    if found is None or found.tzinfo is None:
        raise TypedError(f"{text!r}: write +2h, or a time with its offset such as 2026-05-04T18:00+02:00")
    return found


def words(pairs: Iterable[str]) -> dict[str, str]:
    """Return the texts of ``en=Please leave the building``, by language. Raises TypedError."""
    found: dict[str, str] = {}
    for pair in pairs:
        language, equals, text = pair.partition("=")
        if not equals or not text.strip() or language in found:
            raise TypedError(f"{pair!r}: write LANGUAGE=TEXT, each language once, as in 'en=Please leave the building'")
        try:
            found[_LANGUAGE.validate_python(language)] = text.strip()
        except ValidationError as error:
            raise TypedError(f"{pair!r}: {language!r} is no language; write it like en, de-AT or zh-Hant") from error
    return found
