"""Frequency caps: what the store said, and what other channels said, set against what is allowed."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from edge_agent.contracts.campaign import Cap, Channel
from edge_agent.events import ContactRow

WithAnybody = Callable[[Channel | None, datetime], int]
"""(channel or any, since) -> contacts of the store with anybody."""


class Room(NamedTuple):
    """Where one more contact is possible, or allowed."""

    screen: bool
    clerk: bool

    def within(self, allowed: "Room") -> "Room | None":
        """Return what is possible and allowed; ``None`` where nothing is allowed, or nothing of what is possible."""
        if allowed.screen and allowed.clerk:
            return self
        left = Room(self.screen and allowed.screen, self.clerk and allowed.clerk)
        used_up = not any(allowed) or (any(self) and not any(left))
        return None if used_up else left


ANYWHERE: Final = Room(screen=True, clerk=True)


def room(
    caps: Iterable[Cap],
    contacts: Sequence[ContactRow],
    elsewhere: int,
    with_anybody: WithAnybody,
    visit: str,
    utc: datetime,
) -> Room:
    """Return where the caps leave room for one more contact.

    ``contacts``: those that count, of the store with her. ``elsewhere``: how many she had in other channels;
    they have no times and are part of no visit. ``visit``: the present one, empty where it has not begun.
    """
    screen = clerk = True
    most = len(contacts) + elsewhere
    for cap in caps:
        if cap.whose == "customer" and most < cap.count:
            continue  # the usual case: there is nothing to count
        if _used(cap, contacts, elsewhere, with_anybody, visit, utc) >= cap.count:
            screen = screen and cap.channel == "clerk"
            clerk = clerk and cap.channel == "screen"
    return Room(screen, clerk)


def _used(
    cap: Cap, contacts: Sequence[ContactRow], elsewhere: int, with_anybody: WithAnybody, visit: str, utc: datetime
) -> int:
    if cap.per_s is None:  # within a visit there is nobody but her
        return _decisions((row for row in contacts if visit and row.visit == visit), cap.channel)
    since = utc - timedelta(seconds=cap.per_s)
    if cap.whose == "store":
        return with_anybody(cap.channel, since)
    # A contact that lies ahead was made before the clock was set back: it counts.
    used = _decisions((row for row in contacts if row.at > since), cap.channel)
    return used + elsewhere if cap.channel is None else used


def _decisions(contacts: Iterable[ContactRow], channel: Channel | None) -> int:
    """Return how many decisions were carried out; those that are not known are one each."""
    counted = [row.decision for row in contacts if channel is None or row.channel == channel]
    known = {decision for decision in counted if decision}
    return len(known) + counted.count("")
