"""Rolling ids and badges against the published vectors, and their laws."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.identify.badges import PALETTE_SIZE, badge
from edge_agent.identify.token import WINDOW_S, badge_number, ephemeral_id, slot_of, temporary_key, window_of

KEYS = st.binary(min_size=16, max_size=16)
TIMES = st.integers(0, 2**32 - 1)
EXPONENTS = st.integers(0, 15)


@pytest.mark.parametrize(
    ("identity_key", "exponent", "eid"),
    [
        ("7c91330e61dfea4606b5b3ecb4457d76", 0, "436bfe57d5a09505"),
        ("0102030405060708090a111213141516", 10, "a9b76a71c5f89290"),
    ],
)
def test_published_vectors(identity_key, exponent, eid):
    key = temporary_key(bytes.fromhex(identity_key), window_of(0))
    assert ephemeral_id(key, exponent, slot_of(0, exponent)).hex() == eid


def test_published_temporary_key():
    key = temporary_key(bytes.fromhex("7c91330e61dfea4606b5b3ecb4457d76"), 0)
    assert key.hex() == "4d7ad123b3f67bb3c7ac3ffd02599f6a"


@given(key=KEYS, at=TIMES, exponent=EXPONENTS)
def test_an_id_lasts_exactly_one_slot(key, at, exponent):
    slot = slot_of(at, exponent)
    assert slot <= at < slot + 2**exponent
    assert slot_of(slot + 2**exponent - 1, exponent) == slot
    assert ephemeral_id(key, exponent, slot) != ephemeral_id(key, exponent, slot + 2**exponent)


@given(at=TIMES, exponent=EXPONENTS)
def test_no_slot_crosses_a_window(at, exponent):
    slot = slot_of(at, exponent)
    assert window_of(slot) == window_of(slot + 2**exponent - 1)


def test_windows_wrap_at_16_bits():
    assert window_of(WINDOW_S * 0x1_0000 + 5) == 0


@given(key=KEYS)
def test_a_badge_is_in_the_palette_and_tells_nothing_of_the_id(key):
    number = badge_number(key, PALETTE_SIZE)
    assert 0 <= number < PALETTE_SIZE
    assert badge(number, "en").number == number


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: temporary_key(b"short", 0), "identity_key: 5 bytes, must be 16"),
        (lambda: ephemeral_id(bytes(17), 10, 0), "temporary key: 17 bytes, must be 16"),
        (lambda: ephemeral_id(bytes(16), 16, 0), "rotation_exponent: 16 is not between 0 and 15"),
        (lambda: badge_number(b"", 64), "temporary key: 0 bytes"),
    ],
)
def test_wrong_keys_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_every_badge_has_a_look_and_a_name_of_its_own():
    for language in ("en", "de", "fr"):
        badges = [badge(number, language) for number in range(PALETTE_SIZE)]
        assert len({(b.colour, b.shape) for b in badges}) == len({b.label for b in badges}) == PALETTE_SIZE


@pytest.mark.parametrize(
    ("number", "language", "label"),
    [(0, "en", "Blue diamond"), (0, "de-AT", "Blaue Raute"), (9, "de", "Orange Kreis"), (63, "xx", "White cross")],
)
def test_names_of_badges(number, language, label):
    assert badge(number, language).label == label
