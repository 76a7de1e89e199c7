"""A display tells how often each item of its loop was up, and cannot fill the disk with it."""

from pathlib import Path

from edge_agent.app.screens import UnitScreen
from edge_agent.clock import SystemClock
from edge_agent.contracts.config import AgentConfig, ScreenConfig
from edge_agent.contracts.screen import LoopPlayed, Shown
from edge_agent.events import FromScreen, Input
from edge_agent.screen.plays import PLAYS_MAX, PlaysLimit
from edge_agent.supervisor import Health

AT = "2026-03-14T13:00:00Z"
PLAYED = LoopPlayed.model_validate(
    {"item": "spring", "picture": "ab" * 32, "from_at": AT, "until_at": AT, "plays": 1, "on_screen_s": 10}
)
SHOWN = FromScreen(Shown(message_id="m1", first_frame_s=1.0))


def passed(limit: PlaysLimit, now_s: float, count: int) -> int:
    return sum(limit.takes(now_s) for _ in range(count))


def test_the_longest_playlist_is_told_at_once_and_again_a_quarter_of_an_hour_later() -> None:
    limit = PlaysLimit()
    assert passed(limit, 50_000.0, PLAYS_MAX) == PLAYS_MAX
    assert passed(limit, 50_900.0, 900) == 900


def test_what_no_loop_can_have_shown_is_not_let_through() -> None:
    limit = PlaysLimit()
    assert passed(limit, 50_000.0, 50_000) == PLAYS_MAX
    assert passed(limit, 50_010.0, 50_000) == 10
    assert passed(limit, 49_000.0, 10) == 0, "a clock that goes back gives nothing"
    assert passed(limit, 1e9, 50_000) == PLAYS_MAX, "what is not used is not saved up"


def test_a_flood_of_plays_is_said_once_and_keeps_nothing_else_away(tmp_path: Path) -> None:
    heard: list[Input] = []
    clock = SystemClock("always")
    config = AgentConfig(store="s", unit="u", zone="z", screen=ScreenConfig(socket=tmp_path / "display.sock"))
    screen = UnitScreen(config, clock, heard.append, Health("screen", clock))
    for _ in range(PLAYS_MAX + 500):
        screen.link._emit(FromScreen(PLAYED))
    screen.link._emit(SHOWN)
    assert PLAYS_MAX <= heard.count(FromScreen(PLAYED)) <= PLAYS_MAX + 60
    assert heard[-1] == SHOWN
    assert screen.link.faults["plays"] >= 440
