"""Which of the hub's files a unit holds, and what goes first where there is no room for all. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from edge_agent.contracts.base import Language, Sha256
from edge_agent.contracts.catalogue import ContentItem, LoopItem
from edge_agent.contracts.media import is_film
from edge_agent.decide.languages import nearest

Reason = Literal["class", "language", "past", "film", "budget", "room"]
"""Why a file is not held. ``class``: it is not ``public``. ``language``: the shop speaks none of its languages.
``past``: its validity has ended. ``film``: this unit shows none. ``budget``: with it the content would take more than
``content.budget_mb``. ``room``: the disk would have less than ``content.spare_mb`` left."""


@dataclass(frozen=True, slots=True)
class Shop:
    """What the screen of this unit can show."""

    languages: Sequence[Language]
    films: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """What is held of a manifest, and what is not."""

    wanted: tuple[ContentItem, ...] = ()
    """Files to hold, the most important first."""
    pictures_due: int = 0
    """So many of them, the first ones, are pictures that may be on the screen today."""
    left_out: Mapping[Sha256, Reason] = field(default_factory=dict)
    """The others."""
    over_bytes: int = 0
    """By how much the files that are due now exceed the budget; they are held all the same."""


def choose(
    items: Sequence[ContentItem],
    loop: Sequence[LoopItem],
    shop: Shop,
    now: datetime | None,
    held: Collection[Sha256],
    budget_bytes: int,
    room_bytes: int,
) -> Choice:
    """Choose what to hold.

    ``now``: ``None`` where the clock may not be believed; then nothing is past, and everything due. ``room_bytes``:
    what all content together may take before the disk has too little left. Where there is no room for all, films that
    are not due go first, then pictures that are not due. What is due now is never left out for the budget, and what of
    it is held is never given up for room.
    """
    left_out: dict[Sha256, Reason] = {}
    fitting = []
    for item in {item.sha256: item for item in items}.values():
        reason = _unfit(item, shop, now)
        if reason is None:
            fitting.append(item)
        else:
            left_out[item.sha256] = reason
    due = _due(fitting, loop, now)
    ranked = sorted(fitting, key=lambda item: (item.sha256 not in due, is_film(item.media_type)))
    wanted: list[ContentItem] = []
    taken_bytes = due_bytes = 0
    for item in ranked:
        with_it_bytes = taken_bytes + item.size_bytes
        needed = item.sha256 in due
        if with_it_bytes > room_bytes and not (needed and item.sha256 in held):
            left_out[item.sha256] = "room"
        elif with_it_bytes > budget_bytes and not needed:
            left_out[item.sha256] = "budget"
        else:
            wanted.append(item)
            taken_bytes = with_it_bytes
            due_bytes += item.size_bytes if needed else 0
    pictures_due = sum(item.sha256 in due and not is_film(item.media_type) for item in wanted)
    return Choice(tuple(wanted), pictures_due, left_out, max(0, due_bytes - budget_bytes))


def _unfit(item: ContentItem, shop: Shop, now: datetime | None) -> Reason | None:
    if item.content_class != "public":
        return "class"
    if item.languages and all(nearest((language,), item.languages) is None for language in shop.languages):
        return "language"
    if now is not None and item.valid_until is not None and item.valid_until <= now:
        return "past"
    return "film" if is_film(item.media_type) and not shop.films else None


def _due(items: Sequence[ContentItem], loop: Sequence[LoopItem], now: datetime | None) -> set[Sha256]:
    """Return the files that may be on the screen today. What the loop does not name is a product's picture."""
    if now is None:
        return {item.sha256 for item in items}
    in_loop = {item.picture for item in loop}
    loop_due = {item.picture for item in loop if _valid(item, now)}
    return {
        item.sha256 for item in items if _valid(item, now) and (item.sha256 in loop_due or item.sha256 not in in_loop)
    }


def _valid(item: ContentItem | LoopItem, now: datetime) -> bool:
    begun = item.valid_from is None or item.valid_from <= now
    return begun and (item.valid_until is None or now < item.valid_until)
