"""The air between a phone that somebody carries about and the unit: what RSSI an advertisement arrives with.

``rssi = measured power - path loss - phone - shadowing - body + fading``, all in dB, rounded to 1 dB as controllers do:

- *path loss* ``10 n log10(d / 1 m)`` (Rappaport, Wireless Communications, 2nd ed. 2002, eq. 4.69);
- *phone*: what is left of the difference between phone models once the app announces its measured power,
  and of an imperfect calibration of the unit; one value per walk;
- *shadowing*: log-normal, correlated along the way as ``exp(-dx / decorrelation)`` (Gudmundson, Electronics
  Letters 27(23), 1991). Deviation: 3 dB, indoor line of sight of 3GPP TR 38.901, table 7.4.1-1. (Slow fading of
  body-worn antennas measured at 2.45 GHz indoors is smaller, 1.3 to 2.0 dB: Int. J. Antennas Propag. 2019, 6181435);
- *body*: 0 dB where the phone faces the unit, ``body_db`` where she stands in between, as a cosine. It is far more
  in free space (above 20 dB), but indoors the reflections go round her (Januszkiewicz, Sensors 18(10) 3412, 2018);
- *fading*: Rice, K = 7 dB where the phone faces the unit (TR 38.901, table 7.5-6, indoor office, line of sight; the
  same K was used for walking bodies at 2.4 GHz, EURASIP JWCN 2014:29), down to 0 dB behind the body. The three
  advertising channels (2402, 2426, 2480 MHz) lie farther apart than the coherence bandwidth of a room, so they fade
  independently. A fade is left behind within centimetres: correlation ``exp(-dx / 0.05 m)``, near the first zero of
  Clarke's J0 at 0.38 wavelengths (12.3 cm). Somebody who stands still sways, and others move: 0.03 m/s.
"""

import cmath
import math
from dataclasses import dataclass
from random import Random

MEASURED_POWER_DBM = -59


@dataclass(frozen=True)
class Air:
    """The parameters of a shop."""

    exponent: float = 2.5
    """The unit is calibrated to it, and so are all peers."""
    exponent_error: float = 0.2
    """The true exponent of one walk is up to so much smaller or larger."""
    phone_db: float = 2.0
    """Standard deviation."""
    shadowing_db: float = 3.0
    """Standard deviation."""
    decorrelation_m: float = 2.0
    """Along the way; indoor values lie between 1 and 10 m."""
    body_db: float = 10.0
    """Loss where the body stands in between."""
    facing_k_db: float = 7.0
    """Rice factor where the phone faces the unit."""
    behind_k_db: float = 0.0
    """Rice factor behind the body."""


FADE_M = 0.05
SWAY_M_S = 0.03
CHANNELS = 3


class Channel:
    """One walk's air. Ask it in the order of time."""

    def __init__(self, air: Air, random: Random) -> None:
        self._air = air
        self._random = random
        self._exponent = air.exponent + random.uniform(-air.exponent_error, air.exponent_error)
        self._phone_db = random.gauss(0, air.phone_db)
        self._shadow_db = random.gauss(0, air.shadowing_db)
        self._fades = [self._scatter() for _ in range(CHANNELS)]

    def rssi_dbm(self, distance_m: float, moved_m: float, passed_s: float, phone_angle: float) -> int:
        """Return what arrives.

        ``moved_m`` and ``passed_s``: since the last question. ``phone_angle``: between the line from her to the unit
        and the side of her body on which the phone is, radians.
        """
        random, air = self._random, self._air
        kept = math.exp(-moved_m / air.decorrelation_m)
        self._shadow_db = kept * self._shadow_db + math.sqrt(1 - kept * kept) * random.gauss(0, air.shadowing_db)
        kept = math.exp(-(moved_m + SWAY_M_S * passed_s) / FADE_M)
        fresh = math.sqrt(1 - kept * kept)
        self._fades = [kept * fade + fresh * self._scatter() for fade in self._fades]
        behind = (1 - math.cos(phone_angle)) / 2
        k = 10 ** ((air.facing_k_db + (air.behind_k_db - air.facing_k_db) * behind) / 10)
        fade = self._fades[random.randrange(CHANNELS)]
        amplitude = abs(math.sqrt(k / (k + 1)) + math.sqrt(1 / (k + 1)) * fade)
        loss_db = 10 * self._exponent * math.log10(max(distance_m, 0.1))
        loss_db += self._phone_db + self._shadow_db + air.body_db * behind
        return round(MEASURED_POWER_DBM - loss_db + 20 * math.log10(max(amplitude, 1e-4)))

    def _scatter(self) -> complex:
        """A complex Gaussian of unit power."""
        return cmath.rect(math.sqrt(self._random.expovariate(1)), self._random.uniform(0, math.tau))
