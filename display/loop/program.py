"""What the loop shows at which moment: priority, dayparts, validity, shares of voice, and the emergency. Pure.

Whether something is due is asked of the wall clock each time anew, and at least once a second: a clock that jumps
is obeyed, and nothing that expired stays up because nobody came to take it down. How long something stays is measured
by the monotonic clock.
"""

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo
from typing import Final

from display.items import Brand, Item, LoopPicture
from display.loop.playlist import Entry, Loop, in_language
from display.loop.turns import Credit, pick
from edge_agent.contracts.catalogue import Emergency
from edge_agent.contracts.dayparts import week_second
from edge_agent.contracts.reading import reading_s
from edge_agent.contracts.screen import Scene

CALENDAR_S: Final = 1.0
"""The calendar is asked so often."""

WAIT_S: Final = 0.1
"""Something that is due but not prepared yet is asked for again after so long."""

AHEAD_S: Final = 15.0
"""What comes up by the calendar is prepared so long before: a picture takes up to this to be decoded."""

HOLD_S: Final = 3.0
"""What a new playlist no longer holds stays for so long, until what follows it can be drawn."""

BROKEN_S: Final = 600.0
"""A file that could not be shown is tried again after so long, or with the next playlist: it may have been mended."""


class Program:
    """Chooses what is up while no scene of the agent is."""

    def __init__(self, loop: Loop, zone: tzinfo, languages: tuple[str, ...]) -> None:
        self._loop = loop
        self._zone = zone
        self._languages = languages
        self._credit: Credit = {}
        self._entry: Entry | None = None
        self._until_s: float | None = None
        self._hold_until_s = 0.0
        self._covered = False
        self._broken_until_s: dict[str, float] = {}
        self._pages: tuple[Scene, ...] = ()
        self._paged: Emergency | None = None
        self._page = 0
        self._page_until_s = 0.0

    @property
    def loop(self) -> Loop:
        """The playlist that it follows."""
        return self._loop

    @property
    def entry(self) -> Entry | None:
        """What is up, for the proofs of play; None for the brand's name and for an emergency."""
        return self._entry

    @property
    def emergency(self) -> bool:
        """Whether an emergency was up at the last turn: nothing else is shown then."""
        return self._paged is not None

    def follow(self, loop: Loop, now_s: float) -> None:
        """Take over a new playlist. What is up and still in it stays, and entries keep their credit."""
        self._loop, self._hold_until_s = loop, now_s + HOLD_S
        self._broken_until_s.clear()
        self._credit = {entry: credit for entry, credit in self._credit.items() if entry in loop.entries}

    def over(self, now_s: float) -> None:
        """What is up has come to its own end: a film."""
        self._until_s = now_s

    def begin_anew(self) -> None:
        """Show what is due once it is prepared: another screen has come, and nothing is."""
        self._entry = self._until_s = None

    def discard(self, item: LoopPicture | Scene, now_s: float) -> None:
        """Leave out what cannot be drawn: a picture for a while; of an emergency the body, or else the page."""
        if isinstance(item, LoopPicture):
            self._broken_until_s[item.picture] = now_s + BROKEN_S
            return
        shorter = [page.model_copy(update={"body": ""}) if page == item else page for page in self._pages]
        self._pages = tuple(page for page in shorter if page != item)
        self._page = 0

    def turn(self, now_s: float, utc: datetime, covered: bool, ready: Callable[[Item], bool]) -> Item:
        """Return what to show now.

        ``covered``: a scene of the agent is up; what was below it is followed by something else. ``ready``: whether
        something can be drawn at once; until it is, what is up stays, if it still may, or else the brand's name.
        """
        self._turn_pages(now_s, utc)
        if self._paged is not None:
            self._entry = None
            return self._pages[self._page] if self._pages else Brand()
        due = self._due(now_s, utc)
        must_leave = self._entry not in due
        over = self._until_s is not None and now_s >= self._until_s and len(due) > 1
        if covered and not self._covered:
            over = len(due) > 1
        self._covered = covered
        if must_leave or over:
            self._next(due, now_s, not must_leave or self._may_stay(now_s, utc), ready)
        if self._entry is None:
            return Brand()
        if covered:
            self._until_s = None
        elif self._until_s is None or now_s >= self._until_s:  # alone, it has its time again
            self._until_s = now_s + self._entry.shows.duration_s
        return self._entry.shows

    def coming(self, now_s: float, utc: datetime) -> LoopPicture | None:
        """Return what will be shown next, so that it can be prepared; None: nothing else is due, or soon will be."""
        due = self._due(now_s, utc)
        if not due or self._entry in due:
            soon = self._due(now_s, utc + timedelta(seconds=AHEAD_S))
            if self._entry not in soon:
                due = [entry for entry in soon if self._loop.file(entry.shows.picture, utc) is not None] or due
        entry, _ = pick(due, self._credit)
        return entry.shows if entry is not None and entry is not self._entry else None

    def next_deadline(self, now_s: float, utc: datetime) -> float:
        """Return the monotonic second of the next :meth:`turn`, if nothing happens before."""
        if self._paged is not None:
            return min(self._page_until_s if self._pages else float("inf"), now_s + CALENDAR_S)
        alone = len(self._loop.entries) < 2 and (self._entry is None or self._entry in self._loop.entries)
        times = [] if self._until_s is None or alone else [self._until_s]
        if self._loop.emergency is not None or any(entry.timed for entry in self._loop.entries):
            times.append(now_s + CALENDAR_S)
        if self._entry is None and self._loop.entries:
            times.append(now_s + CALENDAR_S)
        elif self._entry is not None and self._entry.valid_until is not None:
            times.append(now_s + max(0.0, (self._entry.valid_until - utc).total_seconds()))
        return min(times, default=float("inf"))

    def _may_stay(self, now_s: float, utc: datetime) -> bool:
        """Whether what is up, though something else should be, may stay until that can be drawn."""
        entry = self._entry
        return (
            entry is not None
            and entry.due(utc, week_second(utc.astimezone(self._zone)))
            and now_s >= self._broken_until_s.get(entry.shows.picture, 0.0)
            and (entry in self._loop.entries or now_s < self._hold_until_s)
        )

    def _next(self, due: list[Entry], now_s: float, may_stay: bool, ready: Callable[[Item], bool]) -> None:
        chosen, credit = pick(due, self._credit)
        if chosen is not None and (chosen is self._entry or ready(chosen.shows)):
            self._entry, self._credit, self._until_s = chosen, credit, now_s + chosen.shows.duration_s
        elif chosen is None or not may_stay:
            self._entry = self._until_s = None
        else:
            self._until_s = now_s + WAIT_S

    def _due(self, now_s: float, utc: datetime) -> list[Entry]:
        week_s = week_second(utc.astimezone(self._zone))
        due = [
            entry
            for entry in self._loop.entries
            if entry.due(utc, week_s) and now_s >= self._broken_until_s.get(entry.shows.picture, 0.0)
        ]
        return [entry for entry in due if entry.campaign] or due

    def _turn_pages(self, now_s: float, utc: datetime) -> None:
        emergency = self._loop.emergency
        if emergency is not None and utc >= emergency.valid_until:
            emergency = None
        if emergency != self._paged:
            self._paged = emergency
            self._pages = pages(emergency, self._languages) if emergency is not None else ()
            self._page = 0
            if self._pages:
                self._page_until_s = now_s + _page_s(self._pages[0])
        elif self._pages and now_s >= self._page_until_s:
            self._page = (self._page + 1) % len(self._pages)
            self._page_until_s = now_s + _page_s(self._pages[self._page])


def pages(emergency: Emergency, languages: tuple[str, ...]) -> tuple[Scene, ...]:
    """Return an emergency in each of the shop's languages; in all that it has, where it has none of the shop's."""
    spoken = [language for language in languages if in_language(emergency.headline, language)[0]]
    return tuple(_page(emergency, language) for language in spoken or emergency.headline)


def _page(emergency: Emergency, language: str) -> Scene:
    headline, tag = in_language(emergency.headline, language)
    body, _ = in_language(emergency.body, language)
    name = f"emergency-{tag}"
    return Scene(
        message_id=name, layout="emergency", mode="generic", language=tag, headline=headline[:120], body=body[:240]
    )


def _page_s(page: Scene) -> float:
    return reading_s(page.headline, page.body)
