"""How many tablets are online, for the doctor. Nothing is known of who holds one (hard rule 8)."""

from typing import Final

from edge_agent.bus.connection import Bus
from edge_agent.contracts.bus import TABLET_PRESENCE
from edge_agent.contracts.clerk import TabletPresence
from edge_agent.contracts.topics import StoreTopics

TABLETS_MAX: Final = 256
"""So many are counted; more than any store has."""


class Tablets:
    """The tablets that said that they are here, and whose last will has not said otherwise."""

    def __init__(self, bus: Bus, topics: StoreTopics) -> None:
        self._online: set[str] = set()
        bus.handle(TABLET_PRESENCE, topics.every_tablet(), self._told)

    @property
    def online(self) -> int:
        """How many are online, as far as the broker has told."""
        return len(self._online)

    def _told(self, tablet: str, presence: TabletPresence) -> None:
        if not presence.online:
            self._online.discard(tablet)
        elif len(self._online) < TABLETS_MAX:
            self._online.add(tablet)
