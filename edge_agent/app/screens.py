"""The unit's screen: the socket to its display, how fast it answers, and pictures of it."""

from collections.abc import Callable
from typing import Final

from edge_agent.clock import Clock
from edge_agent.contracts.admin import ScreenStatus
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.screen import LoopPlayed, Shown
from edge_agent.events import FromScreen, Input, ToScreen
from edge_agent.screen.link import ScreenLink
from edge_agent.screen.plays import PlaysLimit
from edge_agent.screen.shots import Shots
from edge_agent.screen.traces import Traces
from edge_agent.supervisor import Health

_MEDIAN: Final = 0.5
_NEARLY_ALL: Final = 0.99


class UnitScreen:
    """Follows each scene from the decision to its first frame, on its way out and back."""

    def __init__(self, config: AgentConfig, clock: Clock, emit: Callable[[Input], None], health: Health) -> None:
        self._clock = clock
        self._emit = emit
        self._plays = PlaysLimit()
        self.traces = Traces()
        """How long scenes take."""
        self.link = ScreenLink(config.screen.socket, self._heard, health)
        """The part that serves the display's socket."""
        self.shots = Shots(self.link, config.display.frame_file)
        """Pictures of what is on the screen."""

    def send(self, effect: ToScreen) -> None:
        """Tell the display."""
        self.traces.sent(effect, self._clock.now().monotonic_s)
        self.link.send(effect.message)

    def status(self) -> ScreenStatus:
        """Return how the screen is."""
        turns = self.traces.histograms["decided_shown"]
        return ScreenStatus(
            panel=self.link.panel,
            scenes=len(turns.late),
            p50_s=turns.quantile_s(_MEDIAN),
            p99_s=turns.quantile_s(_NEARLY_ALL),
        )

    def _heard(self, received: Input) -> None:
        match received:
            case FromScreen(Shown() as shown):
                self.traces.shown(shown)
            case FromScreen(LoopPlayed()) if not self._plays.takes(self._clock.now().monotonic_s):
                self.link.complain("plays", "it reports more of its loop than any screen can show; the rest is ignored")
                return
        self._emit(received)
