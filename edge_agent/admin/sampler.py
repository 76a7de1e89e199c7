"""Listens to one person: samples go from the engine to whoever asked, and are kept nowhere else."""

from collections import deque

from edge_agent.contracts.admin import SAMPLES_MAX, Sample, Samples
from edge_agent.contracts.base import CustomerId
from edge_agent.telling import Sighting

_DEVICES_MAX = 8  # as many as a profile may have


class Sampler:
    """What was heard of one person since it was last taken: a second's worth at most (hard rule 2)."""

    def __init__(self, customer: CustomerId) -> None:
        self.customer = customer
        self._samples: deque[Sample] = deque(maxlen=SAMPLES_MAX)
        self._devices: dict[str, int] = {}

    def hear(self, sighting: Sighting) -> None:
        """Add a sighting of this person; her devices become numbers."""
        if sighting.device not in self._devices and len(self._devices) >= _DEVICES_MAX:
            return
        device = self._devices.setdefault(sighting.device, len(self._devices) + 1)
        power_dbm = sighting.measured_power_dbm
        self._samples.append(Sample(device=device, rssi_dbm=sighting.rssi_dbm, measured_power_dbm=power_dbm))

    def take(self) -> Samples:
        """Return what was heard, and forget it."""
        samples = Samples(samples=tuple(self._samples))
        self._samples.clear()
        return samples
