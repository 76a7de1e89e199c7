"""Silence is a fault where it is unusual; an empty shop and a lone passer-by are not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.radio.ambient import DOUBT_MAX_S, IN_VAIN_MAX, MEMORY_S, PATIENCE_MAX, UNUSUAL, Ambient

SILENT_S = 12.0
HOUR_S = 3600
DAY_S = 24 * HOUR_S
PAUSES_S = st.lists(st.floats(0, 10_000), min_size=1, max_size=50)


def listened(*pauses_s: float) -> tuple[Ambient, float]:
    """Return a scan that heard something after each pause, and the time."""
    ambient, now_s = Ambient(SILENT_S, 0.0), 0.0
    for pause_s in pauses_s:
        now_s += pause_s
        ambient.heard(now_s, None)
    return ambient, now_s


class Scan:
    """A scan in a shop whose life is given by the second; restarted whenever it is found deaf, as the listener does."""

    def __init__(self) -> None:
        self.ambient = Ambient(SILENT_S, 0.0)
        self.restarts: list[int] = []
        self.deaf_ears = False

    def live(self, seconds: range, heard, *, canary: bool = False) -> None:
        """``heard``: whether the shop is heard in a second, by ears that work."""
        for second in seconds:
            if not self.deaf_ears and (canary or heard(second)):
                self.ambient.heard(second, second, canary=canary)
            if self.ambient.judge(second, second) == "deaf":
                self.restarts.append(second)
                self.ambient.begun(second)


def shop_hours(second: int) -> bool:
    """Busy from 9 to 19 o'clock except on the seventh day; a passer-by every half hour of the evening."""
    day, hour = second // DAY_S, second % DAY_S / HOUR_S
    if day % 7 == 6 or not 9 <= hour < 22:
        return False
    return hour < 19 or second % 1800 < 20


@pytest.mark.parametrize(
    ("pauses_s", "limit_s"),
    [
        ((), math.inf),  # nobody at all: an empty shop
        ((3.0, *[0.5] * 100), SILENT_S),  # a full shop
        ((600.0, 0.5, 0.5), UNUSUAL * MEMORY_S),  # a lone passer-by after a quiet hour
        ((40.0,), 120.0),
        ((10.24,) * 20, UNUSUAL * 10.24),  # a controller that reports each device once per scan
    ],
)
def test_how_long_a_scan_may_hear_nothing(pauses_s, limit_s):
    ambient, now_s = listened(*pauses_s)
    assert ambient.limit_s(None) == pytest.approx(limit_s, rel=0.02)
    if limit_s < math.inf:
        assert ambient.judge(now_s + 0.95 * limit_s, None) == "hearing"
        assert ambient.judge(now_s + 1.05 * limit_s, None) == "deaf"
        assert ambient.heard_s == now_s


def test_a_quiet_night_does_not_excuse_a_deaf_morning():
    ambient, _ = listened(8 * 3600.0, *[0.5] * 2 * 2400)
    assert ambient.limit_s(None) == SILENT_S


def test_a_cured_scan_teaches_nothing_but_patience_and_a_quiet_shop_teaches():
    ambient, now_s = listened(3.0, *[0.5] * 100)
    ambient.begun(now_s + 16)
    assert ambient.judge(now_s + 17, None) == "doubt"
    ambient.heard(now_s + 17, None)
    assert ambient.judge(now_s + 17 + SILENT_S, None) == "suspected", "exits need not be guessed meanwhile"
    assert ambient.judge(now_s + 17 + 2 * SILENT_S, None) == "deaf"
    ambient.begun(now_s + 33)
    ambient.heard(now_s + 57, None)
    assert ambient.limit_s(None) == UNUSUAL * 40


def test_an_hour_later_a_cure_is_forgotten():
    ambient, now_s = listened(*[0.5] * 100)
    ambient.begun(now_s + 13)
    for tick in range(14, 3700):
        ambient.heard(now_s + tick, None)
    assert ambient.judge(now_s + 3700 + SILENT_S, None) == "deaf"


def test_a_scan_that_dies_again_and_again_is_cured_again_and_again():
    ambient, now_s = listened(*[0.5] * 100)
    for cures in range(10):
        now_s += SILENT_S * min(1 + cures, PATIENCE_MAX)
        assert ambient.judge(now_s - 0.5, None) == ("suspected" if cures else "hearing")
        assert ambient.judge(now_s, None) == "deaf"
        ambient.begun(now_s)
        now_s += 0.5
        ambient.heard(now_s, None)


def test_after_some_scans_in_vain_the_shop_is_taken_for_empty():
    ambient, now_s = listened(*[0.5] * 100)
    verdicts = []
    for _ in range(IN_VAIN_MAX + 1):
        now_s += SILENT_S + 1
        verdicts.append(ambient.judge(now_s, None))
        ambient.begun(now_s)
    assert verdicts == ["deaf"] * IN_VAIN_MAX + ["quiet"]
    assert ambient.judge(now_s + 86_400, None) == "quiet"


def test_a_scan_begun_in_vain_does_not_hear_before_it_has_heard():
    """The second scan gets twice the time of the first. Its silence meanwhile is no sign that the ears are well."""
    ambient, now_s = listened(5.0, *[0.5] * 10)
    scans: list[set[str]] = [set()]
    for tick in range(1, int(DOUBT_MAX_S)):
        verdict = ambient.judge(now_s + tick, None)
        scans[-1].add(verdict)
        if verdict == "deaf":
            scans.append(set())
            ambient.begun(now_s + tick)
    first, *in_vain, last = scans
    assert first == {"hearing", "deaf"}
    assert in_vain == [{"doubt", "deaf"}] * (IN_VAIN_MAX - 1)
    assert last == {"doubt", "quiet"}, "all was tried: the shop may be empty"


def test_a_silence_may_be_taken_for_granted_only_after_something_was_heard():
    ambient = Ambient(SILENT_S, 0.0)
    assert ambient.silent_since_s(0.5) == 0.0
    ambient.heard(5.0, None)
    assert ambient.silent_since_s(5 + SILENT_S - 0.5) is None
    assert ambient.silent_since_s(5 + SILENT_S) == 5 + SILENT_S
    ambient.begun(20.0)
    assert ambient.silent_since_s(21.0) == 20.0


def test_pauses_in_which_nothing_listened_are_no_cures_in_vain():
    """The turns of a comparison: a scan that is dead after them must be found."""
    ambient, now_s = listened(*[0.5] * 100)
    for _ in range(2 * IN_VAIN_MAX):
        now_s += 20
        ambient.begun(now_s, listened=False)
    assert ambient.judge(now_s + SILENT_S, None) == "deaf"


def test_a_trial_in_a_shop_of_long_pauses_does_not_last_for_ever():
    ambient, now_s = listened(*[100.0] * 10)
    ambient.begun(now_s + 10, listened=False)
    assert ambient.limit_s(None) > 2 * DOUBT_MAX_S
    assert ambient.judge(now_s + 9 + DOUBT_MAX_S, None) == "doubt"
    assert ambient.judge(now_s + 10 + DOUBT_MAX_S, None) == "quiet"


def test_what_costs_more_needs_more_proof_where_pauses_are_long():
    ambient, now_s = listened(*[20.0] * 40)
    for silence_s in (60, 120, 240):
        assert ambient.judge(now_s + silence_s - 1, None) in ("hearing", "doubt", "quiet")
        assert ambient.judge(now_s + silence_s + 1, None) == "deaf"
        ambient.begun(now_s + silence_s + 1)
    assert ambient.judge(now_s + 86_400, None) == "quiet"


def test_an_adapter_that_comes_back_must_hear_what_was_there_just_before():
    ambient, now_s = listened(*[0.5] * 100)
    ambient.begun(now_s + 30, listened=False)
    assert ambient.judge(now_s + 31, None) == "doubt"
    assert ambient.judge(now_s + 30 + SILENT_S + 1, None) == "deaf"
    ambient.begun(now_s + 3600, listened=False)
    assert ambient.judge(now_s + 3601, None) == "quiet", "that was long ago: the shop may be empty by now"
    ambient.heard(now_s + 3700, None)
    assert ambient.limit_s(None) < 400, "away is no pause of the shop"


@pytest.mark.parametrize("every_s", [25, 45, 90, 290])
def test_a_street_with_few_passers_by_is_listened_to_nearly_always(every_s):
    """A passer-by is heard for 5 s, then nobody until the next. Restarts of a healthy scan are counted."""
    scan = Scan()
    scan.live(range(8 * HOUR_S), lambda second: second % every_s < 5)
    assert len(scan.restarts) <= IN_VAIN_MAX


@pytest.mark.parametrize("late_s", [0.0, 3.0, 10.0, 20.0])
def test_a_controller_that_reports_each_device_once_per_scan_is_not_restarted_in_step_with_it(late_s):
    """Everybody is reported as a scan begins, then nobody until the kernel begins the next one."""
    ambient, begun_s, restarts = Ambient(SILENT_S, 0.0), 0.0, 0
    for tick in range(4 * HOUR_S):
        if tick - begun_s >= 10.24 + late_s:
            begun_s = float(tick)
        if tick - begun_s < 1:
            ambient.heard(tick, None)
        if ambient.judge(tick, None) == "deaf":
            restarts += 1
            begun_s = float(tick)
            ambient.begun(tick)
    assert restarts <= 3


# --- the learned hours --------------------------------------------------------------------------------


def test_a_fortnight_of_a_shop_and_then_its_quiet_hours_are_no_fault_and_its_busy_ones_are():
    scan = Scan()
    scan.live(range(0, 14 * DAY_S, 8), shop_hours)
    scan.restarts.clear()
    scan.live(range(14 * DAY_S, 21 * DAY_S, 5), shop_hours)
    assert len(scan.restarts) <= 7 * 6, "at most one after each lone passer-by of the evening"
    night_s = 21 * DAY_S + 3 * HOUR_S
    scan.live(range(21 * DAY_S, night_s), shop_hours)
    scan.restarts.clear()
    scan.deaf_ears = True
    scan.live(range(night_s, 21 * DAY_S + 9 * HOUR_S, 2), shop_hours)
    assert scan.restarts == [], "at night silence is usual"
    scan.live(range(21 * DAY_S + 9 * HOUR_S, 21 * DAY_S + 11 * HOUR_S, 2), shop_hours)
    first_s = scan.restarts[0] - 21 * DAY_S
    assert first_s <= 10 * HOUR_S + 60, "in the second hour of the day silence was never usual"
    assert len(scan.restarts) > 10, "and no empty shop is assumed then"


def test_the_hour_of_the_week_wins_over_the_hour_of_the_day():
    scan = Scan()
    scan.live(range(0, 20 * DAY_S, 8), shop_hours)
    sunday_s = 20 * DAY_S + 15 * HOUR_S
    assert scan.ambient.usual_pause_s(sunday_s) == HOUR_S
    assert scan.ambient.usual_pause_s(sunday_s - DAY_S) < 10


def test_what_is_usual_is_not_known_on_the_first_days_nor_without_a_clock():
    scan = Scan()
    scan.live(range(0, DAY_S, 4), shop_hours)
    assert scan.ambient.usual_pause_s(DAY_S + 15 * HOUR_S) is None
    scan.live(range(DAY_S, 2 * DAY_S, 4), shop_hours)
    assert scan.ambient.usual_per_s(2 * DAY_S + 15 * HOUR_S) == pytest.approx(0.25, rel=0.01)
    assert scan.ambient.judge(2 * DAY_S, None) == "quiet"


# --- the canary -------------------------------------------------------------------------------------


def test_a_canary_keeps_an_empty_shop_healthy_and_its_silence_is_a_fault():
    scan = Scan()
    scan.live(range(HOUR_S), lambda _: False, canary=True)
    assert scan.restarts == []
    scan.deaf_ears = True
    scan.live(range(HOUR_S, HOUR_S + 600), lambda _: False, canary=True)
    assert len(scan.restarts) > IN_VAIN_MAX, "no empty shop is assumed"
    scan.deaf_ears = False
    scan.live(range(HOUR_S + 600, HOUR_S + 700), lambda _: False, canary=True)
    assert scan.ambient.judge(HOUR_S + 700, None) == "hearing"


def test_a_canary_that_was_taken_away_while_the_shop_was_heard_is_no_fault():
    scan = Scan()
    scan.live(range(HOUR_S), lambda _: True, canary=True)
    scan.live(range(HOUR_S, HOUR_S + 600), lambda _: True)
    scan.live(range(HOUR_S + 600, 2 * HOUR_S), lambda _: False)
    assert len(scan.restarts) <= IN_VAIN_MAX


# --- laws ---------------------------------------------------------------------------------------------


@given(PAUSES_S, st.floats(0, 10_000))
def test_the_laws_of_any_scan(pauses_s, waited_s):
    ambient, now_s = listened(*pauses_s)
    assert SILENT_S <= ambient.limit_s(None) <= UNUSUAL * MEMORY_S
    assert ambient.heard_s == now_s
    verdict = ambient.judge(now_s + waited_s, None)
    assert verdict in ("hearing", "deaf")
    if waited_s < SILENT_S or (2 < waited_s <= pauses_s[-1] <= MEMORY_S):
        assert verdict == "hearing", "it has just come back from a silence as long"


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["heard", "canary", "deaf", "away", "look"]),
            st.floats(0, 2 * DAY_S),
            st.sampled_from([None, 0.0, 1e9, 1e9 + 3600, -5.0]),
        ),
        max_size=60,
    )
)
def test_whatever_happens_memory_is_bounded_and_the_clock_may_jump(happenings):
    ambient, now_s = Ambient(SILENT_S, 0.0), 0.0
    for kind, pause_s, offset_s in happenings:
        now_s += pause_s
        utc_s = None if offset_s is None else now_s + offset_s
        match kind:
            case "heard" | "canary":
                ambient.heard(now_s, utc_s, canary=kind == "canary")
                assert ambient.judge(now_s, utc_s) == "hearing"
            case "deaf" | "away":
                ambient.begun(now_s, listened=kind == "deaf")
                assert ambient.judge(now_s, utc_s) in ("doubt", "quiet")
            case _:
                ambient.judge(now_s, utc_s)
        assert ambient.heard_s <= now_s
        assert ambient.remembered <= 4 * 4 * 168 + 2 * 168
