"""Whether anybody can see the screen, and what is done about it.

A screen that is switched off when the unit starts, is unplugged, or loses its window system, is opened again when it
is back; outside its hours the panel is dark. ::

    absent ──it is there──► on ◄──► covered
       ▲                    │ ▲
       └────it has gone─────┤ └──within its hours, or an emergency──┐
                            └──outside its hours, or asleep───────► off
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from display.errors import ScreenAbsent
from display.panel.hours import Hours
from display.panel.television import Television
from display.panel.window import Offscreen, Screen

log = logging.getLogger(__name__)

LOOK_S = 2.0
"""An absent screen, its socket and the hours are looked at so often."""

COMMAND_LOOK_S = 0.25
"""While a command to the television runs, it is looked after so often."""

SCREEN_UNKNOWN = (1920, 1080)

PanelState = Literal["on", "covered", "off", "absent"]


@dataclass(frozen=True, slots=True)
class News:
    """What has changed since the last look."""

    state: bool = False
    """Whether :attr:`PanelWatch.state` has."""
    screen: bool = False
    """Whether there is another screen: posters that were uploaded to the last one are of no use."""
    redraw: bool = False
    """Whether the picture must be drawn again."""


@dataclass(slots=True)
class PanelWatch:
    """Holds the screen, and knows in which state it is."""

    open: Callable[[], Screen]
    """Opens the screen; raises ScreenAbsent."""
    plugged_in: Callable[[], bool | None]
    """Whether a socket has a screen; None where nobody can tell."""
    hours: Hours
    store_time: Callable[[], datetime]
    """Returns the time by the clock on the store's wall."""
    television: Television | None = None
    """Switches the panel itself, where there is one to talk to."""
    state: PanelState = "absent"
    screen: Screen = field(default_factory=lambda: Offscreen(SCREEN_UNKNOWN))
    """The screen; while it is absent, a stand-in of the last size that shows nothing."""
    _told: Screen | None = None
    _present: bool = False
    _was_plugged_in: bool = False
    _sockets_count: bool = False  # a socket had a screen once: from then on, no screen in any means no screen
    _look_at_s: float = 0.0
    _within_hours: bool = True
    _lit: bool | None = None
    _absence: str = ""

    @property
    def lit(self) -> bool:
        """Whether there is a panel with light in it: whether frames are to be presented."""
        return self.state in ("on", "covered")

    @property
    def seen(self) -> bool:
        """Whether somebody could look at it."""
        return self.state == "on"

    def turn(self, now_s: float, emergency: bool = False) -> News:
        """Look after the screen. An ``emergency`` lights it at any hour. Raises Closed when a person closed it."""
        before = self.state
        redraw = False
        if self._present:
            try:
                redraw = self.screen.wants_redraw()
            except ScreenAbsent as error:
                self.lose(error)
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + LOOK_S
            self._look()
        lit = self._within_hours or emergency
        if self.television is not None:  # also while it is absent: some are not there until they are switched on
            self.television.want(lit, now_s)
            self.television.turn(now_s)
        if self._present:
            self._light(lit, emergency)
        self.state = self._now()
        changed = self.state != before
        if changed:
            log.info("the screen is %s", self.state)
        another, self._told = self.screen is not self._told, self.screen
        return News(changed, another, redraw or changed)

    def lose(self, reason: ScreenAbsent) -> None:
        """Give up a screen that has gone; it is looked for from now on."""
        if not self._present:
            return
        log.warning("%s; looking for it every %.0f s", reason, LOOK_S)
        self._absence = str(reason)
        size = self.screen.size
        self.screen.close()
        self.screen, self._present, self._lit = Offscreen(size), False, None

    def next_deadline(self, now_s: float) -> float:
        """Return when to call :meth:`turn` at the latest."""
        times = [now_s + self.screen.events_s]
        if not self._present or self.hours.limited or self._was_plugged_in:
            times.append(self._look_at_s)
        if self.television is not None and self.television.busy:
            times.append(now_s + COMMAND_LOOK_S)
        return min(times)

    def close(self) -> None:
        """Give everything back. The panel is left as it is: the next process goes on with it."""
        if self.television is not None:
            self.television.close()
        self.screen.close()

    def _look(self) -> None:
        """Look at hours and socket, and open the screen if need be."""
        self._within_hours = self.hours.on(self.store_time())
        plugged_in = self.plugged_in()
        self._sockets_count |= bool(plugged_in)
        if self._present and self._was_plugged_in and plugged_in is False:
            self.lose(ScreenAbsent("the screen was unplugged"))
        self._was_plugged_in = bool(plugged_in) or (self._present and self._was_plugged_in)
        if self._present or (plugged_in is False and self._sockets_count and self._absence):
            return
        try:
            self.screen = self.open()
        except ScreenAbsent as error:
            if str(error) != self._absence:
                log.warning("%s; trying again every %.0f s", error, LOOK_S)
            self._absence = str(error)
        else:
            self._present, self._absence = True, ""

    def _light(self, lit: bool, emergency: bool) -> None:
        if lit == self._lit and not (emergency and self.screen.asleep):
            return
        self._lit = lit
        try:
            if not lit:
                self.screen.present(())
            self.screen.power(lit)
        except ScreenAbsent as error:
            self.lose(error)

    def _now(self) -> PanelState:
        if not self._present:
            return "absent" if self._within_hours else "off"
        if not self._lit or self.screen.asleep:
            return "off"
        return "covered" if self.screen.covered else "on"
