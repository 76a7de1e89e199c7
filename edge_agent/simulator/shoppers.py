"""What a radio would hear of shoppers on their walks. Pure: seconds in, advertisements out.

Signal: log-distance path loss with log-normal shadowing that is correlated along the way
(Gudmundson, Electronics Letters 27(23), 1991), here in time: an AR(1) process.
"""

import heapq
import math
from bisect import bisect_right
from collections.abc import Iterator
from random import Random

from edge_agent.contracts.scenario import Scenario, Shopper
from edge_agent.events import Advertisement
from edge_agent.frames import ad
from edge_agent.frames.eddystone import EddystoneEid
from edge_agent.identify.token import ephemeral_id, slot_of, temporary_key, window_of

TX_POWER_DBM = -18  # at 0 m: an ordinary phone, -59 dBm at 1 m
PATH_LOSS_EXPONENT = 2.5
SHADOWING_DB = 2.0
SHADOWING_S = 2.0  # correlation time of somebody who strolls
LOSS = 0.1  # share of advertisements that collide or fade away
EARSHOT_M = 30.0
_STRANGER_INTERVAL_S = 0.5


Heard = tuple[float, Advertisement | None]
"""(seconds since the start, advertisement). ``None``: sent, but not heard; so a silent shop never blocks its reader."""


def advertisements(scenario: Scenario, start_unix_s: float) -> Iterator[Heard]:
    """Yield what is sent and heard for ever, in order of time."""
    random = Random(scenario.seed)  # noqa: S311 (noise, not a secret)
    voices = [_shopper(shopper, scenario.round_s, start_unix_s, random) for shopper in scenario.shoppers]
    voices += [_stranger(number, random) for number in range(scenario.strangers)]
    return heapq.merge(*voices, key=lambda heard: heard[0])


def distance_m(shopper: Shopper, at_s: float) -> float:
    """Return where she is at a second of the round, in metres from the unit; infinite when out of earshot."""
    times_s = [point_s for point_s, _ in shopper.walk]
    after = bisect_right(times_s, at_s)
    if after == 0 or after == len(times_s):
        return math.inf
    (from_s, from_m), (to_s, to_m) = shopper.walk[after - 1], shopper.walk[after]
    return from_m + (to_m - from_m) * (at_s - from_s) / max(to_s - from_s, 1e-9)


def _shopper(shopper: Shopper, round_s: float, start_unix_s: float, random: Random) -> Iterator[Heard]:
    identity_key = bytes.fromhex(shopper.identity_key)
    at_s, shadow_db = random.random() * shopper.interval_s, 0.0
    memory = math.exp(-shopper.interval_s / SHADOWING_S)
    while True:
        metres = distance_m(shopper, at_s % round_s)
        shadow_db = memory * shadow_db + math.sqrt(1 - memory**2) * random.gauss(0, SHADOWING_DB)
        if metres <= EARSHOT_M and random.random() > LOSS:
            unix_s = int(start_unix_s + at_s)
            key = temporary_key(identity_key, window_of(unix_s))
            eid = ephemeral_id(key, shopper.rotation_exponent, slot_of(unix_s, shopper.rotation_exponent))
            frame = EddystoneEid(eid, TX_POWER_DBM)
            rssi_dbm = frame.measured_power_dbm - 10 * PATH_LOSS_EXPONENT * math.log10(max(metres, 0.1)) + shadow_db
            yield at_s, ad.heard(frame.encode(), max(-110, min(-20, round(rssi_dbm))))
        else:
            yield at_s, None
        at_s += shopper.interval_s + random.random() * 0.01  # advDelay, Core Specification Vol 6 Part B 4.4.2.2.1


def _stranger(number: int, random: Random) -> Iterator[Heard]:
    at_s = random.random() * _STRANGER_INTERVAL_S
    while True:
        nearby_info = bytes([0x10, 0x05]) + random.randbytes(5)  # what every iPhone sends all day
        address = ":".join(f"{byte:02X}" for byte in (0x40 | number & 0x3F, *random.randbytes(5)))
        yield (
            at_s,
            Advertisement(
                rssi_dbm=random.randint(-95, -45),
                manufacturer_data=((0x004C, nearby_info),),
                address=address,
                address_type="random",
            ),
        )
        at_s += _STRANGER_INTERVAL_S
