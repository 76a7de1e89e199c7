"""Several adapters, one health: absences wait for an adapter that is ill, but not for ever."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.events import RadioHealth
from edge_agent.radio.ears import GIVEN_UP_S, Ears

WELL = RadioHealth(healthy=True)


def ill(since_s: float) -> RadioHealth:
    return RadioHealth(healthy=False, since_s=since_s)


def test_one_adapter_is_what_it_says():
    ears = Ears(1, 0.0)
    assert ears.say(0, healthy=True, now_s=1) == WELL
    assert ears.say(0, healthy=True, now_s=2) is None
    assert ears.say(0, healthy=False, now_s=20, since_s=7) == ill(7)
    assert ears.say(0, healthy=False, now_s=900) is None, "there is nobody else who could decide"
    assert ears.say(0, healthy=True, now_s=901) == WELL


def test_who_was_well_and_is_ill_is_waited_for_and_then_given_up():
    ears = Ears(2, 0.0)
    ears.say(0, healthy=True, now_s=1)
    ears.say(1, healthy=True, now_s=1)
    assert ears.say(1, healthy=False, now_s=113, since_s=100) == ill(100)
    assert ears.say(0, healthy=True, now_s=99 + GIVEN_UP_S) is None
    assert ears.say(0, healthy=True, now_s=100 + GIVEN_UP_S) == WELL
    assert ears.say(1, healthy=False, now_s=500) is None
    assert ears.say(0, healthy=False, now_s=510, since_s=505) == ill(505), "until then somebody heard"
    assert ears.say(1, healthy=True, now_s=520) is None, "now the other one is waited for"
    assert ears.say(0, healthy=True, now_s=530) == WELL


def test_an_adapter_that_never_heard_does_not_hold_up_the_other_one():
    ears = Ears(2, 0.0)
    assert ears.say(1, healthy=False, now_s=0) == ill(0)
    assert ears.say(0, healthy=True, now_s=1) == WELL
    assert ears.say(1, healthy=False, now_s=2) is None


def test_a_silence_that_nobody_has_judged_yet_is_waited_for_but_not_for_ever():
    ears = Ears(1, 0.0)
    ears.say(0, healthy=True, now_s=1)
    assert ears.say(0, healthy=True, now_s=20, since_s=20) == ill(20)
    assert ears.say(0, healthy=True, now_s=25) == WELL, "somebody was heard"
    ears.say(0, healthy=True, now_s=40, since_s=40)
    assert ears.say(0, healthy=True, now_s=39 + GIVEN_UP_S, since_s=40) is None
    assert ears.say(0, healthy=True, now_s=40 + GIVEN_UP_S, since_s=40) == WELL, "an empty shop"


def test_a_silence_that_is_found_to_be_a_fault_was_one_from_the_beginning():
    ears = Ears(1, 0.0)
    ears.say(0, healthy=True, now_s=1)
    ears.say(0, healthy=True, now_s=20, since_s=20)
    assert ears.say(0, healthy=False, now_s=30, since_s=8) == ill(8)
    assert ears.say(0, healthy=False, now_s=31) is None
    assert ears.say(0, healthy=True, now_s=32) == WELL


def test_a_silent_adapter_does_not_hold_up_one_that_hears():
    ears = Ears(2, 0.0)
    ears.say(0, healthy=True, now_s=1)
    ears.say(1, healthy=True, now_s=1)
    assert ears.say(0, healthy=True, now_s=20, since_s=20) is None
    assert ears.say(1, healthy=True, now_s=25, since_s=25) == ill(25), "until then somebody heard"
    assert ears.say(1, healthy=True, now_s=26) == WELL


def test_an_adapter_whose_fault_was_not_cured_is_waited_for_until_it_is_given_up():
    """Its silence is taken for an empty shop after some attempts; another one that hears knows better."""
    ears = Ears(2, 0.0)
    ears.say(0, healthy=True, now_s=1)
    ears.say(1, healthy=True, now_s=1)
    assert ears.say(1, healthy=False, now_s=113, since_s=100) == ill(100)
    assert ears.say(1, healthy=True, now_s=150, since_s=137) is None
    assert ears.say(0, healthy=True, now_s=100 + GIVEN_UP_S) == WELL


def test_an_adapter_that_has_heard_nobody_for_long_is_no_witness():
    ears = Ears(2, 0.0)
    ears.say(0, healthy=True, now_s=1, since_s=1)
    ears.say(1, healthy=True, now_s=2)
    assert ears.say(0, healthy=True, now_s=300, since_s=1) is None
    assert ears.say(1, healthy=True, now_s=312, since_s=312) == ill(312), "she may have been heard by this one alone"
    assert ears.say(0, healthy=True, now_s=312 + GIVEN_UP_S, since_s=1) == WELL, "an empty shop"


def test_an_ill_adapter_does_not_hold_up_an_empty_shop_for_ever():
    ears = Ears(2, 0.0)
    ears.say(0, healthy=True, now_s=1)
    ears.say(1, healthy=True, now_s=1)
    assert ears.say(0, healthy=True, now_s=20, since_s=20) is None
    assert ears.say(1, healthy=False, now_s=50) == ill(50)
    assert ears.say(0, healthy=True, now_s=20 + GIVEN_UP_S, since_s=20) is None
    assert ears.say(0, healthy=True, now_s=50 + GIVEN_UP_S, since_s=20) == WELL


@given(
    st.integers(1, 4),
    st.lists(st.tuples(st.integers(0, 3), st.booleans(), st.floats(0, 300), st.floats(0, 30)), max_size=80),
)
def test_the_laws_of_ears(adapters, sayings):
    ears, now_s, told = Ears(adapters, 0.0), 0.0, []
    healthy = [False] * adapters
    for number, well, pause_s, ago_s in sayings:
        now_s += pause_s
        healthy[number % adapters] = well
        said = ears.say(number % adapters, healthy=well, now_s=now_s, since_s=None if well else now_s - ago_s)
        if said is not None:
            told.append(said)
            assert said.healthy or (said.since_s is not None and said.since_s <= now_s)
        if all(healthy):
            assert told[-1].healthy
        if not any(healthy):
            assert not told[-1].healthy
    for one, other in pairwise(told):
        longer = not one.healthy and not other.healthy and (other.since_s or 0) < (one.since_s or 0)
        assert one.healthy is not other.healthy or longer, "only changes are told"
