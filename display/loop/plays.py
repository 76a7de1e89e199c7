"""How often and how long each item of the loop was visible, counted up per quarter of an hour. Pure."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from display.loop.playlist import Entry
from edge_agent.contracts.screen import LoopPlayed

INTERVAL_S: Final = 900.0
"""Length of an interval; longer while nobody listens."""

ITEMS_MAX: Final = 1000
"""So many items are counted in one interval: twice what a playlist holds. The oldest goes when there are more."""

_PLAYS_MAX: Final = 100_000


@dataclass(slots=True)
class _Count:
    plays: int = 0
    on_screen_s: float = 0.0


class Plays:
    """Counts what the loop shows."""

    def __init__(self, now_s: float) -> None:
        self._counts: OrderedDict[tuple[str, str, str], _Count] = OrderedDict()
        self._from_s = now_s
        self._visible: tuple[str, str, str] | None = None
        self._entry: Entry | None = None
        self._since_s = now_s

    def showing(self, entry: Entry | None, version: str, visible: bool, now_s: float) -> None:
        """Tell what is up from now on.

        None: nothing of the loop, or a scene covers it. ``visible``: whether anybody can see the screen.
        """
        self._settle(now_s)
        begins = entry is not None and entry is not self._entry
        self._entry = entry
        self._visible = None
        if entry is None or not visible:
            if begins:
                self._entry = None  # it begins when it is seen
            return
        self._visible = (entry.name, entry.shows.picture, version)
        count = self._counts.setdefault(self._visible, _Count())
        count.plays += begins
        if len(self._counts) > ITEMS_MAX:
            self._counts.popitem(last=False)

    def next_deadline(self) -> float:
        """Return when to :meth:`collect`; infinity where there is nothing to tell."""
        return self._from_s + INTERVAL_S if self._counts else float("inf")

    def collect(self, now_s: float, utc: datetime) -> list[LoopPlayed]:
        """Return the counts of the interval that ends now, and begin the next.

        When it began is reckoned from its length: a unit without a battery clock may have started years ago.
        """
        self._settle(now_s)
        from_at = utc - timedelta(seconds=now_s - self._from_s)
        told = [
            LoopPlayed(
                item=name,
                picture=picture,
                from_at=from_at,
                until_at=utc,
                plays=min(count.plays, _PLAYS_MAX),
                on_screen_s=round(count.on_screen_s, 1),
                content_version=version,
            )
            for (name, picture, version), count in self._counts.items()
            if count.plays or count.on_screen_s
        ]
        self._counts.clear()
        self._from_s = now_s
        return told

    def _settle(self, now_s: float) -> None:
        if self._visible is not None:
            self._counts.setdefault(self._visible, _Count()).on_screen_s += now_s - self._since_s
        self._since_s = now_s
