"""When the panel is on: the opening hours of the configuration. Pure."""

from dataclasses import dataclass
from datetime import datetime

from edge_agent.contracts.dayparts import Daypart, bounds, week_second, within


@dataclass(frozen=True, slots=True)
class Hours:
    """Parts of the week, by the clock on the store's wall."""

    _bounds_s: tuple[float, ...]

    @classmethod
    def of(cls, dayparts: tuple[Daypart, ...]) -> "Hours":
        """Take over ``display.hours``. None at all: always."""
        return cls(bounds(dayparts))

    @property
    def limited(self) -> bool:
        """Whether the panel is ever off."""
        return bool(self._bounds_s)

    def on(self, store_time: datetime) -> bool:
        """Whether the panel is on at a moment, given in the store's time zone."""
        return not self._bounds_s or within(self._bounds_s, week_second(store_time))
