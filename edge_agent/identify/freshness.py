"""The ids of a device never go backwards: who replays an older one is not believed.

Tables hold ids of three slots, so that a phone's clock may be wrong. Once a device has sent the id of one slot, those
of earlier slots are ignored, but for a short overlap: an advertisement may wait in the radio, and a phone may send two
forms that do not change in the same moment. What follows:

- a phone whose clock was ahead and is set right is not heard until its ids catch up: for one slot at most;
- a unit whose clock is set back to where the ids of a device are impossible begins anew with it;
- after a restart, or where a device was not heard for two slots, the first id begins anew; the tables alone judge it;
- where slots are shorter than the overlap, the tables alone judge.

A replay within the slot, and of the slot before until the device is heard again, remains possible: it can cause a
badge scene or a card, and reveals nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge_agent.contracts.base import CustomerId
from edge_agent.identify.index import Device

_SLOTS_APART_MAX: Final = 2
"""From the previous to the next slot."""


@dataclass(frozen=True, slots=True)
class _Latest:
    slot: int
    slot_length_s: int
    since_s: float
    """When an id of it was first heard, monotonic second."""


class Freshness:
    """Remembers the latest slot of every device that is about, in memory only."""

    def __init__(self, overlap_s: float) -> None:
        """``overlap_s``: how long ids of earlier slots still count after the first of a later one."""
        self._overlap_s = overlap_s
        self._latest: dict[tuple[CustomerId, str], _Latest] = {}
        self.ignored = 0
        """How many ids were too old, since the start."""

    def __len__(self) -> int:
        return len(self._latest)

    def accepts(self, device: Device, now_s: float) -> bool:
        """Return whether an id that was heard at ``now_s`` (monotonic) may be believed; a static one always is."""
        if device.slot is None:
            return True
        name = device.customer, device.device
        latest = self._latest.get(name)
        behind_s = 0 if latest is None else latest.slot - device.slot
        if latest is None or behind_s < 0 or behind_s > _SLOTS_APART_MAX * device.slot_length_s:
            self._latest[name] = _Latest(device.slot, device.slot_length_s, now_s)
            return True
        if behind_s == 0 or now_s - latest.since_s <= self._overlap_s:
            return True
        self.ignored += 1
        return False

    def forget(self, now_s: float, known: Callable[[CustomerId], bool]) -> None:
        """Forget devices of which no table holds an older id any more, and customers who are not ``known``."""
        past = [
            name
            for name, latest in self._latest.items()
            if now_s - latest.since_s > _SLOTS_APART_MAX * latest.slot_length_s or not known(name[0])
        ]
        for name in past:
            del self._latest[name]
