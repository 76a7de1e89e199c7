"""A screen over a day: off when the unit starts, unplugged, covered, dark at night, lit by an emergency."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, time

import pytest

from display.errors import ScreenAbsent
from display.panel.hours import Hours
from display.panel.watch import LOOK_S, PanelWatch
from display.panel.window import Offscreen, Screen
from edge_agent.contracts.dayparts import Daypart

MONDAY_NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
MONDAY_NIGHT = datetime(2026, 11, 23, 22, tzinfo=UTC)
SHOP_HOURS = (Daypart(begins=time(9), ends=time(20)),)


class Pane(Offscreen):
    """A screen that can be covered and broken."""

    covered = False
    broken = False
    asleep = False
    powered: bool | None = None
    closed = False

    def wants_redraw(self) -> bool:
        if self.broken:
            raise ScreenAbsent("the cable was cut")
        return False

    def power(self, on: bool) -> None:
        self.powered = on
        self.asleep = not on

    def close(self) -> None:
        self.closed = True


@dataclass
class Wall:
    """What a watch finds: a socket, a clock, and what hangs there."""

    pane: Pane | None = field(default_factory=lambda: Pane((640, 360)))
    plugged_in: bool | None = True
    at: datetime = MONDAY_NOON
    hours: tuple[Daypart, ...] = ()
    opened: int = 0

    def open(self) -> Screen:
        if self.pane is None:
            raise ScreenAbsent("no screen")
        self.opened += 1
        return self.pane

    def watch(self) -> PanelWatch:
        return PanelWatch(
            open=self.open,
            plugged_in=lambda: self.plugged_in,
            hours=Hours.of(self.hours),
            store_time=lambda: self.at,
        )


def test_a_screen_that_is_there_is_on_at_once() -> None:
    wall = Wall()
    watch = wall.watch()
    news = watch.turn(0.0)
    assert (news.state, news.screen, news.redraw) == (True, True, True)
    assert (watch.state, watch.lit, watch.seen) == ("on", True, True)
    assert watch.screen is wall.pane
    again = watch.turn(0.1)
    assert (again.state, again.screen, again.redraw) == (False, False, False)


def test_a_television_that_is_off_when_the_unit_starts_is_shown_when_it_comes() -> None:
    wall = Wall(pane=None, plugged_in=False)
    watch = wall.watch()
    watch.turn(0.0)
    assert (watch.state, watch.lit) == ("absent", False)
    assert watch.next_deadline(0.1) <= LOOK_S
    wall.pane, wall.plugged_in = Pane((1280, 720)), True
    assert not watch.turn(0.5).state  # not asked again yet
    news = watch.turn(LOOK_S)
    assert (watch.state, news.state, news.screen, watch.screen.size) == ("on", True, True, (1280, 720))


def test_an_unplugged_screen_is_given_back_and_opened_again() -> None:
    wall = Wall()
    watch = wall.watch()
    watch.turn(0.0)
    wall.plugged_in = False
    news = watch.turn(LOOK_S)
    assert (watch.state, news.state, news.screen) == ("absent", True, True)
    assert watch.screen is not wall.pane
    assert wall.pane is not None
    assert wall.pane.closed
    assert watch.screen.size == (640, 360)
    for number in range(2, 6):
        news = watch.turn(number * LOOK_S)
        assert (news.state, news.screen) == (False, False)
    assert wall.opened == 1
    wall.plugged_in = True
    watch.turn(6 * LOOK_S)
    assert (watch.state, wall.opened) == ("on", 2)


def test_a_desktop_whose_sockets_were_never_used_is_opened_again() -> None:
    """A remote desktop: the graphics card of the machine has sockets, and nothing is plugged into them."""
    wall = Wall(plugged_in=False)
    watch = wall.watch()
    watch.turn(0.0)
    assert wall.pane is not None
    assert watch.state == "on"
    watch.lose(ScreenAbsent("the screen has another size now"))
    watch.turn(LOOK_S)
    assert (watch.state, wall.opened) == ("on", 2)


def test_a_machine_that_does_not_tell_is_believed_to_have_a_screen() -> None:
    wall = Wall(plugged_in=None)
    watch = wall.watch()
    watch.turn(0.0)
    watch.turn(LOOK_S)
    assert watch.state == "on"


def test_a_window_system_that_dies_is_looked_for() -> None:
    wall = Wall()
    watch = wall.watch()
    watch.turn(0.0)
    assert wall.pane is not None
    wall.pane.broken = True
    assert watch.turn(0.1).screen
    assert watch.state == "absent"
    wall.pane = None
    watch.turn(LOOK_S)
    assert watch.state == "absent"
    wall.pane = Pane((640, 360))
    watch.turn(2 * LOOK_S)
    assert watch.state == "on"


def test_a_screen_that_fails_while_it_is_drawn_on_is_absent() -> None:
    wall = Wall()
    watch = wall.watch()
    watch.turn(0.0)
    watch.lose(ScreenAbsent("the graphics card has gone"))
    assert watch.turn(0.1).screen
    assert (watch.state, watch.screen.size) == ("absent", (640, 360))


def test_a_covered_window_is_drawn_but_not_seen() -> None:
    wall = Wall()
    watch = wall.watch()
    watch.turn(0.0)
    assert wall.pane is not None
    wall.pane.covered = True
    assert watch.turn(0.1).state
    assert (watch.state, watch.lit, watch.seen) == ("covered", True, False)
    wall.pane.covered = False
    assert watch.turn(0.2).redraw
    assert watch.state == "on"


def test_outside_its_hours_the_panel_is_dark_and_an_emergency_lights_it() -> None:
    wall = Wall(hours=SHOP_HOURS, at=MONDAY_NIGHT)
    watch = wall.watch()
    watch.turn(0.0)
    assert wall.pane is not None
    assert (watch.state, watch.lit, wall.pane.powered) == ("off", False, False)
    watch.turn(0.1, emergency=True)
    assert (watch.state, wall.pane.powered) == ("on", True)
    wall.pane.panel.fill((255, 255, 255))
    watch.turn(0.2)
    assert watch.state == "off"
    assert wall.pane.panel.get_at((0, 0))[:3] == (0, 0, 0)
    wall.at = MONDAY_NOON
    watch.turn(LOOK_S)
    assert (watch.state, wall.pane.powered) == ("on", True)


def test_an_emergency_wakes_a_panel_that_fell_asleep() -> None:
    wall = Wall()
    watch = wall.watch()
    watch.turn(0.0)
    assert wall.pane is not None
    wall.pane.asleep = True
    watch.turn(0.1)
    assert (watch.state, wall.pane.asleep) == ("off", True)
    watch.turn(0.2, emergency=True)
    assert (watch.state, wall.pane.asleep) == ("on", False)


def test_a_screen_that_is_away_at_night_is_off_and_nothing_is_said_twice() -> None:
    wall = Wall(hours=SHOP_HOURS)
    watch = wall.watch()
    watch.turn(0.0)
    wall.at, wall.plugged_in = MONDAY_NIGHT, False
    assert watch.turn(LOOK_S).screen
    assert watch.state == "off"
    later = watch.turn(2 * LOOK_S)
    assert (later.state, later.screen) == (False, False)


@pytest.mark.parametrize(
    ("at", "on"),
    [
        (datetime(2026, 3, 28, 22, 30, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), True),  # 01:59 in Vienna, a second before the clock goes to 03:00
        (datetime(2026, 3, 29, 1, 1, tzinfo=UTC), False),  # 03:01: two o'clock never came
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), False),  # 02:30, in summer time
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), False),  # 02:30 again, in winter time
    ],
)
def test_hours_go_by_the_clock_on_the_wall(at: datetime, on: bool) -> None:
    from zoneinfo import ZoneInfo

    hours = Hours.of((Daypart(begins=time(20), ends=time(2)),))
    assert hours.on(at.astimezone(ZoneInfo("Europe/Vienna"))) is on
