"""Simulated shoppers: in order, reproducible, as far away as they say, and their phones' ids are right."""

import math
from itertools import pairwise, takewhile

import pytest
from pydantic import ValidationError

from edge_agent.contracts.scenario import Scenario, Shopper
from edge_agent.frames.decode import decode
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.identify.token import ephemeral_id, slot_of, temporary_key, window_of
from edge_agent.simulator.shoppers import EARSHOT_M, advertisements, distance_m

START_S = 1_773_493_200
KEY = "00112233445566778899aabbccddeeff"
WALK = ((10, 20.0), (20, 1.0), (40, 1.0), (50, 20.0))
SHOPPER = Shopper(name="Anna", identity_key=KEY, walk=WALK)


def heard(until_s: float, **changes):
    scenario = Scenario.model_validate({"round_s": 60, "shoppers": (SHOPPER,), **changes})
    day = takewhile(lambda item: item[0] < until_s, advertisements(scenario, START_S))
    return [(at_s, advertisement) for at_s, advertisement in day if advertisement is not None]


@pytest.mark.parametrize(("at_s", "metres"), [(9.9, math.inf), (10, 20), (15, 10.5), (30, 1), (51, math.inf)])
def test_she_walks_straight_from_point_to_point(at_s, metres):
    assert distance_m(SHOPPER, at_s) == pytest.approx(metres)


def test_time_goes_forward_and_the_same_seed_gives_the_same_day():
    day = heard(120, strangers=5)
    assert all(before[0] <= after[0] for before, after in pairwise(day))
    assert day == heard(120, strangers=5)
    assert day != heard(120, strangers=5, seed=2)


def test_she_is_heard_only_on_her_walk_and_again_in_the_next_round():
    times_s = [at_s for at_s, _ in heard(120)]
    assert min(times_s) >= 10
    assert not [at_s for at_s in times_s if 51 < at_s < 69]
    assert [at_s for at_s in times_s if at_s > 70]
    assert EARSHOT_M > 20


def test_her_phone_sends_the_id_of_its_slot():
    for at_s, advertisement in heard(60):
        unix_s = int(START_S + at_s)
        key = temporary_key(bytes.fromhex(KEY), window_of(unix_s))
        (frame,) = decode(advertisement).frames
        assert isinstance(frame, EddystoneEid)
        assert frame.token == ephemeral_id(key, 10, slot_of(unix_s, 10))


def test_nearer_is_louder():
    loud = [advertisement.rssi_dbm for at_s, advertisement in heard(60) if 20 < at_s < 40]
    faint = [advertisement.rssi_dbm for at_s, advertisement in heard(60) if at_s < 13]
    assert sum(loud) / len(loud) == pytest.approx(-59, abs=4)
    assert max(faint) < min(loud)


def test_strangers_send_nothing_that_anybody_recognises():
    crowd = heard(10, strangers=20, shoppers=())
    assert len(crowd) == pytest.approx(400, abs=20)
    assert all(decode(advertisement).frames == () for _, advertisement in crowd)
    assert len({advertisement.address for _, advertisement in crowd}) > 300


@pytest.mark.parametrize(
    "changes",
    [{"walk": ((5, 1.0), (1, 1.0))}, {"walk": ((5, 1.0),)}, {"walk": ((0, 0), (1, 1))}, {"identity_key": "xyz"}],
)
def test_a_scenario_that_cannot_be_walked_is_refused(changes):
    with pytest.raises(ValidationError, match=next(iter(changes))):
        Shopper.model_validate({"name": "Anna", "identity_key": KEY, "walk": WALK, **changes})
