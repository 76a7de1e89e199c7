"""No id of a device goes backwards, and nobody is locked out for ever."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.identify.freshness import Freshness
from edge_agent.identify.index import Device

LENGTH_S = 1024
OVERLAP_S = 60.0


def sends(slot: int, device: str = "phone", length_s: int = LENGTH_S) -> Device:
    return Device("anna", device, slot * length_s, length_s)


def everybody(_: str) -> bool:
    return True


def test_an_earlier_slot_counts_for_the_overlap_and_then_no_more():
    freshness = Freshness(OVERLAP_S)
    assert freshness.accepts(sends(7), 0.0)
    assert freshness.accepts(sends(8), 100.0)
    assert freshness.accepts(sends(7), 160.0)
    assert freshness.accepts(sends(8), 160.5)  # hearing it again does not prolong the overlap
    assert not freshness.accepts(sends(7), 160.5)
    assert freshness.accepts(sends(8), 161.0)
    assert freshness.ignored == 1


def test_each_device_has_its_own_slots_and_a_static_one_has_none():
    freshness = Freshness(OVERLAP_S)
    assert freshness.accepts(sends(8), 0.0)
    assert freshness.accepts(sends(7, "watch"), 100.0)
    assert all(freshness.accepts(Device("anna", "phone"), 100.0) for _ in range(2))
    assert not freshness.accepts(sends(7), 100.0)


def test_a_phone_whose_clock_was_ahead_is_heard_again_when_its_ids_catch_up():
    freshness = Freshness(OVERLAP_S)
    assert freshness.accepts(sends(8), 0.0)  # present is 7: it is one slot ahead
    heard = [freshness.accepts(sends(7 + second // LENGTH_S), second) for second in range(3 * LENGTH_S)]
    deaf = [second for second, accepted in enumerate(heard) if not accepted]
    assert (deaf[0], deaf[-1]) == (61, LENGTH_S - 1)
    assert freshness.ignored == len(deaf)


def test_a_unit_whose_clock_was_far_ahead_begins_anew():
    freshness = Freshness(OVERLAP_S)
    assert freshness.accepts(sends(100), 0.0)
    assert not freshness.accepts(sends(98), 61.0)  # the tables of one moment may hold both
    assert freshness.accepts(sends(97), 61.0)  # but not both of these: the unit's clock was set back
    assert freshness.accepts(sends(97), 200.0)


def test_what_no_table_can_contradict_is_forgotten():
    freshness = Freshness(OVERLAP_S)
    freshness.accepts(sends(7), 0.0)
    freshness.accepts(sends(7, "watch", 1 << 15), 0.0)
    freshness.forget(2.0 * LENGTH_S, everybody)
    assert len(freshness) == 2
    freshness.forget(2.0 * LENGTH_S + 1, everybody)
    assert len(freshness) == 1
    freshness.forget(2.0 * LENGTH_S + 1, lambda customer: customer != "anna")
    assert len(freshness) == 0


@given(
    heard=st.lists(st.tuples(st.integers(0, 3), st.floats(0, 700)), max_size=60),
    begins=st.integers(0, 5),
)
def test_an_accepted_slot_is_never_older_than_one_accepted_longer_ago_than_the_overlap(heard, begins):
    freshness, now_s, accepted = Freshness(OVERLAP_S), 0.0, []
    for behind, pause_s in heard:
        now_s += pause_s
        slot = max(0, begins + int(now_s // LENGTH_S) - behind + 1)
        if behind <= 2 and freshness.accepts(sends(slot), now_s):  # what the three tables would give
            accepted.append((slot, now_s))
        freshness.forget(now_s, everybody)
    for number, (slot, at_s) in enumerate(accepted):
        for earlier, earlier_at_s in accepted[:number]:
            assert slot >= earlier or any(
                later >= earlier and at_s - first_s <= OVERLAP_S for later, first_s in accepted[:number] if later > slot
            ), (slot, at_s, earlier, earlier_at_s)
