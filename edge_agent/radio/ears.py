"""Several adapters, one pair of ears: when are absences frozen? Pure.

While an adapter that could hear is ill, whom it alone heard may seem gone: so absences stand still although another
adapter hears. They may not stand still for ever: after :data:`GIVEN_UP_S`, which is enough for all steps of recovery,
the adapters that hear decide alone. One that never heard since the start does not count while another one does.

Advertisements of all adapters go on as they are, also when two heard the same one. Her distance is a median, so with
two antennas it lies between what each would say; she is heard twice as reliably, and strangers' addresses need not
be remembered to tell doubles. A unit is calibrated with the adapters that it uses.
"""

from dataclasses import dataclass
from typing import Final

from edge_agent.events import RadioHealth

GIVEN_UP_S: Final = 120.0


@dataclass(slots=True)
class _Adapter:
    healthy: bool = False
    ever: bool = False
    ill_since_s: float = 0.0


class Ears:
    """The one health of all adapters of a unit. Times are monotonic seconds."""

    def __init__(self, adapters: int, now_s: float) -> None:
        self._adapters = [_Adapter(ill_since_s=now_s) for _ in range(adapters)]
        self._said: bool | None = None

    def say(self, adapter: int, *, healthy: bool, now_s: float, since_s: float | None = None) -> RadioHealth | None:
        """Adapter number ``adapter`` says how it is, as often as it likes. ``since_s``: since when it has been ill.

        Returns what the tracker has to hear, ``None`` where nothing has changed.
        """
        one = self._adapters[adapter]
        if one.healthy and not healthy:
            one.ill_since_s = now_s if since_s is None else since_s
        one.healthy = healthy
        one.ever = one.ever or healthy
        return self._changed(now_s)

    def _changed(self, now_s: float) -> RadioHealth | None:
        hearing = any(adapter.healthy for adapter in self._adapters)
        missing = [
            adapter.ill_since_s
            for adapter in self._adapters
            if not adapter.healthy and (not hearing or (adapter.ever and now_s - adapter.ill_since_s < GIVEN_UP_S))
        ]
        healthy = not missing
        if healthy is self._said:
            return None
        self._said = healthy
        if healthy:
            return RadioHealth(healthy=True)
        return RadioHealth(healthy=False, since_s=min(max(missing) if not hearing else min(missing), now_s))
