"""Active or passive: decided by listening both ways, and by nothing else."""

import pytest

from edge_agent.contracts.radio_config import BackgroundConfig, RadioConfig
from edge_agent.frames import ad
from edge_agent.radio.patterns import of_interest, patterns
from edge_agent.radio.turns import REPEAT_S, TURN_S, TURNS, UNDECIDED_S, Turns

PREFIX = "0f1e2d3c4b5a6978"
UUID = "3f6a2c10-9d1e-4e0b-8a57-6c1d2b7f9e40"
BACKGROUND = BackgroundConfig(enabled=True, service_uuid=UUID, characteristic_uuid=UUID, overflow_bit=7)
EVERYTHING = RadioConfig(operator_prefix=PREFIX, background=BACKGROUND)


def compare(turns: Turns, active: int, passive: int, now_s: float = 0.0) -> float:
    """Play a comparison with so many frames heard in each turn; return when it was over."""
    for number in range(2 * TURNS):
        turn = turns.turn(now_s)
        assert turn.test
        assert turn.kind == ("active", "passive")[number % 2]
        now_s = turn.until_s
        last = turns.listened(turn.kind, active if turn.kind == "active" else passive, TURN_S, now_s)
        assert last is (number == 2 * TURNS - 1)
    return now_s


@pytest.mark.parametrize(
    ("active", "passive", "kind", "text", "again_s"),
    [
        (100, 95, "passive", "hears as much: 285 frames passively, 300 actively", REPEAT_S),
        (100, 80, "passive", "hears as much", REPEAT_S),
        (100, 79, "active", "hears less", REPEAT_S),
        (100, 0, "active", "hears less", REPEAT_S),
        (16, 16, "active", "too little was heard to compare", UNDECIDED_S),
    ],
)
def test_the_rule(active, passive, kind, text, again_s):
    turns = Turns("passive")
    now_s = compare(turns, active, passive)
    assert text in turns.result
    turn = turns.turn(now_s)
    assert (turn.kind, turn.test, turn.until_s) == (kind, False, now_s + again_s)
    assert turns.turn(now_s + again_s).test, "it is compared again"


def test_too_little_heard_changes_nothing_later_either():
    turns = Turns("passive")
    now_s = compare(turns, 100, 100)
    compare(turns, 1, 0, now_s + REPEAT_S)
    assert turns.kind == "passive"


@pytest.mark.parametrize("wanted", ["active", "raw"])
def test_nothing_is_compared_where_nobody_asked_for_passive(wanted):
    turn = Turns(wanted).turn(1e6)
    assert (turn.kind, turn.test) == (wanted, False)


def test_a_refusal_ends_the_comparison():
    turns = Turns("passive")
    turns.listened("active", 100, TURN_S, TURN_S)
    turns.refused("no --experimental", 25.0)
    assert turns.turn(26.0).kind == "active"
    assert not turns.turn(26.0).test
    compare(turns, 100, 100, 25.0 + REPEAT_S)
    assert turns.kind == "passive", "a newer bluetoothd may be able to"


# --- patterns ----------------------------------------------------------------------------------------


def matched(payload: bytes, config: RadioConfig) -> bool:
    """What a controller does with the patterns."""
    while payload:
        kind, data = payload[1], payload[2 : 1 + payload[0]]
        if any(kind == wanted and data[at:].startswith(content) for at, wanted, content in patterns(config)):
            return True
        payload = payload[1 + payload[0] :]
    return False


FRAMES = {
    "ibeacon": "1aff4c000215" + "11" * 20 + "c5",
    "altbeacon": "1bff1801beac" + "22" * 20 + "c500",
    "eddystone": "0303aafe0d16aafe30eb0001020304050607",
    "operator": "1107" + "0706050403020100" + bytes.fromhex(PREFIX)[::-1].hex(),
    "operator, incomplete": "1106" + "0706050403020100" + bytes.fromhex(PREFIX)[::-1].hex(),
    "overflow": "14ff4c0001" + "00" * 16,
    "other uuid": "1107" + "00" * 16,
    "apple nearby": "0aff4c001005011c5f7aad",
    "name": "0908426574727565",
}
WANTED = {"ibeacon", "altbeacon", "eddystone", "operator", "operator, incomplete", "overflow"}


@pytest.mark.parametrize("name", FRAMES)
def test_the_patterns_ask_for_what_a_customer_can_send_and_for_nothing_else(name):
    payload = bytes.fromhex(FRAMES[name])
    assert matched(payload, EVERYTHING) is (name in WANTED)
    assert of_interest(ad.heard(payload, -60), EVERYTHING) is (name in WANTED)


def test_what_is_not_configured_is_not_asked_for():
    plain = RadioConfig()
    for name in ("operator", "overflow"):
        payload = bytes.fromhex(FRAMES[name])
        assert not matched(payload, plain)
        assert not of_interest(ad.heard(payload, -60), plain)
    assert len(patterns(EVERYTHING)) <= 16
