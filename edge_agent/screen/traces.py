"""How long each stretch of a scene's way takes, from the advertisement that brought her near to the first frame.

Pure, and about nobody: only durations are kept, of the last scenes and as a histogram.
"""

from collections import OrderedDict, deque
from dataclasses import dataclass, field
from typing import Final, Literal

from edge_agent.contracts.screen import Show, Shown
from edge_agent.events import ToScreen

Stretch = Literal[
    "heard_decided",
    "decided_sent",
    "sent_received",
    "received_composed",
    "composed_shown",
    "decided_shown",
    "heard_shown",
]
STRETCHES: Final[dict[Stretch, str]] = {
    "heard_decided": "heard near -> decided; the dwell is part of it",
    "decided_sent": "decided -> command sent",
    "sent_received": "sent -> read by the display",
    "received_composed": "read -> poster ready; nothing, where it had been prepared",
    "composed_shown": "ready -> first frame presented",
    "decided_shown": "decided -> first frame presented",
    "heard_shown": "the whole way",
}

BUCKETS_S: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 10.0)
"""Upper bounds of the histogram: a prepared scene takes some milliseconds, the whole way at least the dwell."""

LATE_MAX: Final = 200
"""So many scenes are "of late": a busy day."""

PENDING_MAX: Final = 8
"""So many scenes may be on their way; those that never come up are forgotten first."""


@dataclass(slots=True)
class Histogram:
    """Durations, counted."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    """How many fell into each bucket; the last one has no bound."""
    sum_s: float = 0.0
    late: deque[float] = field(default_factory=lambda: deque(maxlen=LATE_MAX))
    """The last ones, in seconds."""

    def add(self, duration_s: float) -> None:
        """Count one."""
        bucket = next((number for number, bound_s in enumerate(BUCKETS_S) if duration_s <= bound_s), len(BUCKETS_S))
        self.counts[bucket] += 1
        self.sum_s += duration_s
        self.late.append(duration_s)

    def quantile_s(self, share: float) -> float | None:
        """Return what so large a share of the last ones did not exceed; ``None``: there were none."""
        ordered = sorted(self.late)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


@dataclass(frozen=True, slots=True)
class _Sent:
    heard_s: float | None
    decided_s: float
    sent_s: float


class Traces:
    """Follows scenes on their way. All times are seconds of CLOCK_MONOTONIC, which agent and display share."""

    def __init__(self) -> None:
        self.histograms: dict[Stretch, Histogram] = {stretch: Histogram() for stretch in STRETCHES}
        self._pending: OrderedDict[str, _Sent] = OrderedDict()

    def sent(self, effect: ToScreen, now_s: float) -> None:
        """A command went out; other messages than new scenes are ignored."""
        if isinstance(effect.message, Show) and effect.decided_s is not None:
            while len(self._pending) >= PENDING_MAX:
                self._pending.popitem(last=False)
            self._pending[effect.message.scene.message_id] = _Sent(effect.heard_s, effect.decided_s, now_s)

    def shown(self, shown: Shown) -> None:
        """The first frame was presented."""
        sent = self._pending.pop(shown.message_id, None)
        if sent is None:
            return
        self._add("decided_sent", sent.decided_s, sent.sent_s)
        self._add("decided_shown", sent.decided_s, shown.first_frame_s)
        if sent.heard_s is not None:
            self._add("heard_decided", sent.heard_s, sent.decided_s)
            self._add("heard_shown", sent.heard_s, shown.first_frame_s)
        if shown.received_s is None:
            return
        self._add("sent_received", sent.sent_s, shown.received_s)
        if shown.composed_s is not None:
            self._add("received_composed", shown.received_s, shown.composed_s)
            self._add("composed_shown", max(shown.received_s, shown.composed_s), shown.first_frame_s)

    def _add(self, stretch: Stretch, from_s: float, until_s: float) -> None:
        self.histograms[stretch].add(max(0.0, until_s - from_s))
