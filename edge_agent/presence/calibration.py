"""What somebody who stands at 1 m and then at 4 m teaches a unit about its antenna and its shop."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median, quantiles
from typing import Protocol

NEAR_M = 1.0
"""Where to stand first, metres. The measured power of a beacon is defined at this distance."""

FAR_M = 4.0
"""Where to stand then: the distance at which she has left, as far as the screen is concerned."""

SAMPLES_MIN = 20
"""Fewer say more about fading than about the place: five seconds of a phone that sends four times a second."""

EXPONENT_MIN, EXPONENT_MAX = 1.5, 5.0
"""What ``presence.path_loss_exponent`` may be."""

CALIBRATION_MAX_DB = 40.0
"""What ``presence.calibration_db`` may be, either way."""

_FALL_MIN_DB, _FALL_MAX_DB = 4.0, 40.0  # exponents of 0.7 and 6.6: somebody stood in the wrong place
_SPREAD_MAX_DB = 9.0  # between the quartiles; Rayleigh fading alone has about 7 dB
_USUAL_DB = 15.0  # a body and a shelf take away no more


class Sample(Protocol):
    """One sighting, as :class:`edge_agent.events.Sighting` has it."""

    @property
    def rssi_dbm(self) -> int:
        """Received power, dBm."""

    @property
    def measured_power_dbm(self) -> int:
        """Power at 1 m that the phone announces, dBm."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Values for the unit's ``[presence]`` configuration, and how far to trust them."""

    calibration_db: float
    """For ``presence.calibration_db``."""
    path_loss_exponent: float
    """For ``presence.path_loss_exponent``."""
    near_spread_db: float
    """Distance between the quartiles of the samples at 1 m."""
    far_spread_db: float
    """The same at 4 m."""
    warnings: tuple[str, ...]
    """What is odd about the samples, in words for the person who took them."""


def propose(near: Sequence[Sample], far: Sequence[Sample]) -> Proposal:
    """Fit the log-distance model to samples taken at :data:`NEAR_M` and at :data:`FAR_M`.

    The median loss at 1 m is the calibration (0 dB where phone and antenna are what they claim to be);
    the fall from there to 4 m gives the exponent. The person carries the phone as customers do, so what
    her body takes away is part of the calibration.

    Raises :class:`ValueError` for too few samples, or where the signal at 4 m cannot be that of the same
    phone three metres farther away; the text says what to do.
    """
    near_db, far_db = _losses_db(near, NEAR_M), _losses_db(far, FAR_M)
    at_near_db, at_far_db = median(near_db), median(far_db)
    fall_db = at_far_db - at_near_db
    if not _FALL_MIN_DB <= fall_db <= _FALL_MAX_DB:
        raise ValueError(
            f"from {NEAR_M:g} m to {FAR_M:g} m the signal fell by {fall_db:.1f} dB, which is not plausible "
            f"({_FALL_MIN_DB:g} to {_FALL_MAX_DB:g}): use the same phone, measure the distances, keep the way free"
        )
    decades = math.log10(FAR_M / NEAR_M)
    measured = fall_db / (10 * decades)
    exponent = min(max(measured, EXPONENT_MIN), EXPONENT_MAX)
    # Where the exponent had to be bounded, both distances are wrong by the same factor.
    calibration_db = (at_near_db + at_far_db - 10 * exponent * decades) / 2
    if abs(calibration_db) > CALIBRATION_MAX_DB:
        raise ValueError(
            f"at {NEAR_M:g} m the signal differs by {calibration_db:.1f} dB from the power that the phone announces: "
            f"correct the app's measured power, or the place of the antenna"
        )
    near_spread_db, far_spread_db = _spread_db(near_db), _spread_db(far_db)
    warnings = []
    if exponent != measured:
        warnings.append(
            f"the signal fell by {fall_db:.1f} dB from {NEAR_M:g} m to {FAR_M:g} m, an exponent of {measured:.1f} "
            f"and not {EXPONENT_MIN:g} to {EXPONENT_MAX:g}: something reflects or shields; measure again a step aside"
        )
    warnings += [
        f"at {distance_m:g} m the samples spread over {spread_db:.1f} dB: stand still, keep the way free, measure again"
        for distance_m, spread_db in ((NEAR_M, near_spread_db), (FAR_M, far_spread_db))
        if spread_db > _SPREAD_MAX_DB
    ]
    if abs(calibration_db) > _USUAL_DB:
        warnings.append(
            f"{calibration_db:.1f} dB is much: is the antenna covered, or does the app announce a wrong measured power?"
        )
    return Proposal(round(calibration_db, 1), round(exponent, 2), near_spread_db, far_spread_db, tuple(warnings))


def _losses_db(samples: Sequence[Sample], distance_m: float) -> list[float]:
    if len(samples) < SAMPLES_MIN:
        raise ValueError(
            f"{len(samples)} samples at {distance_m:g} m, {SAMPLES_MIN} are needed: "
            f"is the app open and advertising? Stand there longer"
        )
    return [float(sample.measured_power_dbm - sample.rssi_dbm) for sample in samples]


def _spread_db(losses_db: list[float]) -> float:
    lower_db, _, upper_db = quantiles(losses_db, n=4)
    return upper_db - lower_db
