"""The visit's state machine: every signal in every state."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge_agent.visit.journey import STATES, ImpossibleSignalError, Journey, Signal, State, restored

BEGUN = datetime(2026, 3, 14, 13, tzinfo=UTC)
ARRIVED = Journey("v1", "anna", BEGUN, 5.0, badge=3, message_id="m1", campaign="jacket")

#           shown        card_sent    claimed      released     card_closed  left
TABLE = """
arrived     greeted      carded       -            -            -            ended
greeted     greeted      carded       -            -            -            ended
carded      carded       carded       claimed      -            closed       ended
claimed     claimed      carded       -            carded       closed       ended
closed      closed       carded       -            -            -            ended
ended       -            -            -            ended        ended        -
"""
CASES = [
    (state, signal, following)
    for state, *row in map(str.split, TABLE.strip().splitlines())
    for signal, following in zip(Signal, row, strict=True)
]


@pytest.mark.parametrize(("state", "signal", "following"), CASES)
def test_every_signal_in_every_state(state, signal, following):
    journey = replace(ARRIVED, state=State(state))
    if following == "-":
        with pytest.raises(ImpossibleSignalError, match=f"{state} cannot get {signal.value}"):
            journey.on(signal)
    else:
        assert journey.on(signal) == replace(journey, state=State(following))


def test_the_table_above_is_complete():
    assert {state for state, _, _ in CASES} == STATES
    assert len(CASES) == len(State) * len(Signal)


@pytest.mark.parametrize("state", [state for state in State if state is not State.ENDED])
def test_a_visit_survives_a_restart(state):
    again = restored(replace(ARRIVED, state=state, card="c1").row(), None, 100.0)
    assert again.row() == replace(ARRIVED, state=state, card="c1").row()
    assert again.shown_s == (None if state is State.ARRIVED else 100.0)
