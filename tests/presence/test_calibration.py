"""What is proposed after standing at 1 m and at 4 m."""

import math
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.config import PresenceConfig
from edge_agent.presence.calibration import FAR_M, NEAR_M, SAMPLES_MIN, propose
from edge_agent.presence.ranging import LEAN_DB, Ranging, RangingRules


@dataclass(frozen=True)
class Sample:
    rssi_dbm: int
    measured_power_dbm: int = -59


def samples(distance_m: float, exponent: float = 2.5, offset_db: float = 0, spread_db: int = 2) -> list[Sample]:
    rssi_dbm = round(-59 - offset_db - 10 * exponent * math.log10(distance_m))
    return [Sample(rssi_dbm + spread_db * (number % 3 - 1)) for number in range(30)]


@given(exponent=st.floats(1.6, 4.8), offset_db=st.integers(-14, 14))
def test_with_the_proposal_the_unit_measures_what_was_measured(exponent, offset_db):
    near, far = samples(NEAR_M, exponent, offset_db, 0), samples(FAR_M, exponent, offset_db, 0)
    proposal = propose(near, far)
    assert proposal.warnings == ()
    PresenceConfig(calibration_db=proposal.calibration_db, path_loss_exponent=proposal.path_loss_exponent)
    for distance_m, heard in ((NEAR_M, near), (FAR_M, far)):
        ranging = Ranging(RangingRules(proposal.path_loss_exponent, proposal.calibration_db, 4))
        measured_m = [ranging.observe("phone", s.rssi_dbm, -59, n * 0.1) for n, s in enumerate(heard)][-1]
        lean = 10 ** (LEAN_DB / (10 * proposal.path_loss_exponent))
        assert measured_m * lean == pytest.approx(distance_m, rel=0.1)


def test_what_the_phone_announces_counts():
    louder = [Sample(s.rssi_dbm + 10, -49) for s in samples(FAR_M)]
    assert propose(samples(NEAR_M), louder) == propose(samples(NEAR_M), samples(FAR_M))


@pytest.mark.parametrize(
    ("near", "far", "words"),
    [
        ([], samples(4), "0 samples at 1 m"),
        (samples(1), samples(4)[: SAMPLES_MIN - 1], f"{SAMPLES_MIN - 1} samples at 4 m"),
        (samples(4), samples(1), "the same phone"),
        (samples(1), samples(1), "the same phone"),
        (samples(1), samples(4, 7), "the same phone"),
        (samples(1, offset_db=45), samples(4, offset_db=45), "measured power"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(near, far, words):
    with pytest.raises(ValueError, match=words):
        propose(near, far)


@pytest.mark.parametrize(
    ("near", "far", "words"),
    [
        (samples(1), samples(4, 1.2), "a step aside"),
        (samples(1), samples(4, spread_db=7), "at 4 m the samples spread"),
        (samples(1, offset_db=20), samples(4, offset_db=20), "is much"),
    ],
)
def test_what_is_odd_is_said(near, far, words):
    (warning,) = propose(near, far).warnings
    assert words in warning


def test_a_bounded_exponent_is_wrong_by_the_same_factor_at_both_places():
    proposal = propose(samples(1), samples(4, 1.2))
    assert proposal.path_loss_exponent == 1.5
    assert proposal.calibration_db == pytest.approx((0 + 7 - 9.03) / 2, abs=0.1)
