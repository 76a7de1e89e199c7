"""Silence is a fault where it is unusual; an empty shop and a lone passer-by are not."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.radio.silence import MEMORY_S, UNUSUAL, Silence

SILENT_S = 15.0
PAUSES_S = st.lists(st.floats(0, 10_000), min_size=1, max_size=50)


def listened(*pauses_s: float) -> tuple[Silence, float]:
    """Return a scan that heard something after each pause, and the time."""
    silence, now_s = Silence(SILENT_S, 0.0), 0.0
    for pause_s in pauses_s:
        now_s += pause_s
        silence.heard(now_s)
    return silence, now_s


@pytest.mark.parametrize(
    ("pauses_s", "limit_s"),
    [
        ((), math.inf),  # nobody at all: an empty shop
        ((0.5,) * 100, SILENT_S),  # a full shop
        ((600.0, 0.5, 0.5), UNUSUAL * MEMORY_S),  # a lone passer-by after a quiet hour
        ((40.0,), 120.0),
    ],
)
def test_how_long_a_scan_may_hear_nothing(pauses_s, limit_s):
    silence, now_s = listened(*pauses_s)
    assert silence.limit_s() == pytest.approx(limit_s, rel=0.01)
    if limit_s < math.inf:
        assert silence.deaf_since_s(now_s + 0.98 * limit_s) is None
        assert silence.deaf_since_s(now_s + 1.02 * limit_s) == now_s


def test_a_quiet_night_does_not_excuse_a_deaf_morning():
    silence, _ = listened(8 * 3600.0, *[0.5] * 2 * 2400)
    assert silence.limit_s() == SILENT_S


def test_a_cured_scan_teaches_nothing_and_a_quiet_shop_does():
    silence, now_s = listened(*[0.5] * 100)
    silence.begun(now_s + 16)
    assert silence.deaf_since_s(now_s + 100) is None
    silence.heard(now_s + 17)
    assert silence.limit_s() == SILENT_S
    silence.begun(now_s + 33)
    silence.heard(now_s + 57)
    assert silence.limit_s() == UNUSUAL * 40


@pytest.mark.parametrize("every_s", [25, 45, 90, 290])
def test_a_street_with_few_passers_by_is_listened_to_nearly_always(every_s):
    """A passer-by is heard for 5 s, then nobody until the next. Restarts of a healthy scan are counted."""
    silence, restarts = Silence(SILENT_S, 0.0), 0
    for tick in range(8 * 3600):
        if tick % every_s < 5:
            silence.heard(float(tick))
        elif silence.deaf_since_s(float(tick)) is not None:
            silence.begun(float(tick))
            restarts += 1
    assert restarts <= 2


@given(PAUSES_S, st.floats(0, 10_000))
def test_the_laws_of_any_scan(pauses_s, waited_s):
    silence, now_s = listened(*pauses_s)
    assert SILENT_S <= silence.limit_s() <= max(SILENT_S, UNUSUAL * MEMORY_S)
    since_s = silence.deaf_since_s(now_s + waited_s)
    assert since_s in (None, now_s)
    if waited_s <= pauses_s[-1]:
        assert since_s is None or pauses_s[-1] > MEMORY_S, "it has just come back from a silence as long"
