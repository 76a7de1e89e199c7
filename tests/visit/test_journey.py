"""The visit's state machine: every signal in every state."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from edge_agent.visit.journey import STATES, ImpossibleSignalError, Journey, Signal, State, restored, returned

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


STAY = replace(ARRIVED, card="c1", decision="m1", continues="v0", met=("a", "b"), owed=("o",), held_out=True)


@pytest.mark.parametrize("state", [state for state in State if state is not State.ENDED])
def test_a_visit_survives_a_restart(state):
    again = restored(replace(STAY, state=state).row(), None, 100.0)
    assert again.row() == replace(STAY, state=state).row()
    assert again.shown_s == (None if state is State.ARRIVED else 100.0)


@pytest.mark.parametrize("state", [State.GREETED, State.CLAIMED, State.CLOSED])
def test_who_comes_back_goes_on_in_the_state_in_which_she_left(state):
    ended = replace(STAY, state=state).over(BEGUN, (), open_yet=False)
    past = restored(ended.row(), None, 50.0)
    assert past.state is State.ENDED
    again = returned(past, "v2", BEGUN, 100.0, None)
    assert (again.state, again.visit, again.continues, again.badge) == (state, "v2", "v0", 3)
    assert (again.met, again.owed, again.held_out) == (("a", "b", "jacket"), ("o",), True)
    assert again.ended_at is again.left_in is None


def test_where_nothing_had_been_said_it_is_decided_anew():
    again = returned(ARRIVED.over(BEGUN, (), open_yet=False), "v2", BEGUN, 100.0, "opportunity")
    assert (again.state, again.campaign, again.card_kind, again.met) == (State.ARRIVED, None, None, ())
    assert again.continues == "v1"
