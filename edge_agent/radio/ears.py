"""Several adapters, one pair of ears: when are absences frozen? Pure.

While an adapter that could hear is ill, whom it alone heard may seem gone: so absences stand still although another
adapter hears. They may not stand still for ever: after :data:`GIVEN_UP_S`, which is enough for all steps of recovery,
the adapters that hear decide alone. One that was ill and is taken for well again, but has heard nothing yet, is waited
for as long. One that never heard since the start does not count while another one does.

Where every adapter has heard nobody for long, the shop may be empty, or the stack may hang. Then absences stand still
as well, from then on, until somebody is heard, the silence is judged, or :data:`GIVEN_UP_S` have passed: a silence of
everybody is a weak sign that one of them has left. While all adapters are known to be ill, nobody decides.

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
    since_s: float | None = 0.0
    """Since when it has been ill, or, while it is healthy, silent; ``None`` while it hears."""
    ill: bool = False
    """Whether it has been ill since it heard last. One that is taken for well, but is silent, may still be."""


class Ears:
    """The one health of all adapters of a unit. Times are monotonic seconds."""

    def __init__(self, adapters: int, now_s: float) -> None:
        self._adapters = [_Adapter(since_s=now_s) for _ in range(adapters)]
        self._said: RadioHealth | None = None

    def say(self, adapter: int, *, healthy: bool, now_s: float, since_s: float | None = None) -> RadioHealth | None:
        """Adapter number ``adapter`` says how it is, as often as it likes.

        ``since_s``: since when it has been ill, ``None``: since now. Of a healthy one: since when it has been silent
        for too long to be taken for granted, ``None``: it hears.
        Returns what the tracker has to hear, ``None`` where nothing has changed.
        """
        one = self._adapters[adapter]
        if healthy and since_s is None:
            one.since_s, one.ill = None, False
        elif one.since_s is None:
            one.since_s = now_s if since_s is None else since_s
        elif since_s is not None:
            one.since_s = min(one.since_s, since_s)  # its silence has been judged: it was ill all the while
        one.healthy = healthy
        one.ill = one.ill or not healthy
        one.ever = one.ever or healthy
        return self._changed(now_s)

    def _changed(self, now_s: float) -> RadioHealth | None:
        hearing = any(one.since_s is None for one in self._adapters)
        decided = any(one.healthy for one in self._adapters)
        missing = [
            one.since_s
            for one in self._adapters
            if one.since_s is not None
            and not (decided and now_s - one.since_s >= GIVEN_UP_S)
            and (not hearing or (one.ill and one.ever))
        ]
        if not missing:
            health = RadioHealth(healthy=True)
        else:
            health = RadioHealth(healthy=False, since_s=min(min(missing) if hearing else max(missing), now_s))
        if self._said is not None and health.healthy is self._said.healthy and not _earlier(health, self._said):
            return None
        self._said = health
        return health


def _earlier(health: RadioHealth, said: RadioHealth) -> bool:
    return health.since_s is not None and said.since_s is not None and health.since_s < said.since_s
