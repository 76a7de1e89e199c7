"""Which iPhones in the background are asked, how often, and what is remembered of them."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.contracts.radio_config import BackgroundConfig, RadioConfig
from edge_agent.identify.background import (
    ANSWER_S,
    CUSTOMERS_MAX,
    REST_S,
    RESUME_S,
    STRANGER_S,
    STRANGERS_MAX,
    BackgroundPhones,
    background_phones,
    overflow_bit,
)

PUBLISHED = Path(__file__).parents[3] / "shared" / "data" / "ios_overflow_area.json"
TOKEN = bytes(8)
CHARACTERISTIC = "3f6a2c11-9d1e-4e0b-8a57-6c1d2b7f9e40"


def phones() -> BackgroundPhones:
    return BackgroundPhones(39, -75)


def asked(made: BackgroundPhones, address: str, now_s: float) -> bool:
    """Ask, and let it answer with nothing at once."""
    if not made.ask(address, -60, now_s):
        return False
    assert made.answered(address, now_s) == -60
    return True


@pytest.mark.skipif(not PUBLISHED.exists(), reason="shared data is absent: ../shared/data")
def test_the_published_uuids_set_the_published_bits() -> None:
    by_bit = json.loads(PUBLISHED.read_text())["uuid_by_bit"]
    assert [overflow_bit(uuid) for uuid in by_bit] == list(range(128))


@pytest.mark.parametrize(
    "uuid", ["00000000-0000-0000-0000-000000000080", "00000000-0000-0000-0000-000000000100", CHARACTERISTIC]
)
def test_the_bit_of_another_uuid_is_not_known(uuid: str) -> None:
    assert overflow_bit(uuid) is None


def test_nobody_is_asked_unless_it_is_turned_on() -> None:
    published, other = "00000000-0000-0000-0000-000000000000", "3f6a2c10-9d1e-4e0b-8a57-6c1d2b7f9e40"
    assert background_phones(BackgroundConfig()) is None
    assert background_phones(BackgroundConfig(service_uuid=published, characteristic_uuid=CHARACTERISTIC)) is None
    on = {"enabled": True, "characteristic_uuid": CHARACTERISTIC}
    known, told = (
        background_phones(BackgroundConfig(**on, service_uuid=published)),
        background_phones(BackgroundConfig(**on, service_uuid=other, overflow_bit=5)),
    )
    assert known is not None
    assert told is not None
    assert (known.bit, told.bit) == (7, 5)
    with pytest.raises(ValidationError, match="overflow_bit"):
        BackgroundConfig(**on, service_uuid=other)
    with pytest.raises(ValidationError, match="needs backend bleak"):
        RadioConfig(backend="mgmt", background={**on, "service_uuid": published})


def test_a_strangers_phone_is_asked_once_in_fifteen_minutes() -> None:
    made = phones()
    assert asked(made, "s", 0)
    for second in range(1, int(STRANGER_S)):
        made.expire(second)
        assert not made.ask("s", -60, second)
    assert asked(made, "s", STRANGER_S)


def test_one_phone_at_a_time_and_a_pause_between() -> None:
    made = phones()
    assert made.ask("a", -60, 0)
    assert not made.ask("b", -60, 1)
    assert made.answered("b", 1) is None, "b was not asked"
    assert made.answered("a", 1) == -60
    assert made.answered("a", 1) is None, "once"
    assert not made.ask("b", -60, 1 + REST_S / 2)
    assert made.ask("b", -60, 1 + REST_S)


def test_a_weak_phone_and_one_without_an_address_are_not_asked() -> None:
    made = phones()
    assert not made.ask("s", -76, 0)
    assert not made.ask("", -40, 0)
    assert made.ask("s", -75, 0)


def test_a_question_without_an_answer_ends_and_the_phone_counts_as_a_strangers() -> None:
    made = phones()
    assert made.ask("s", -60, 0)
    deadline_s = made.next_deadline()
    assert deadline_s == ANSWER_S
    made.expire(deadline_s)
    assert not made.ask("s", -60, ANSWER_S + REST_S)
    assert made.ask("t", -60, ANSWER_S + REST_S)
    assert made.answered("s", ANSWER_S + REST_S) is None, "too late"


def test_a_customers_phone_is_known_until_her_slot_ends_and_then_asked_again() -> None:
    made = phones()
    assert asked(made, "hers", 0)
    made.remember("hers", TOKEN, 500)
    for second in (0, 1, 499):
        assert made.token("hers", second) == TOKEN
        assert not made.ask("hers", -60, second)
    assert made.token("hers", 500) is None
    assert made.ask("hers", -60, 500)


def test_the_radio_is_deaf_from_the_question_until_something_is_heard_after_the_answer() -> None:
    made = phones()
    assert not made.deaf
    made.ask("s", -60, 0)
    assert made.deaf
    assert not made.heard(1), "an answer is awaited yet"
    made.answered("s", 2)
    assert made.deaf
    assert made.heard(7)
    assert not made.deaf
    assert not made.heard(7)


def test_in_an_empty_shop_the_deafness_ends_by_itself() -> None:
    made = phones()
    made.ask("s", -60, 0)
    made.answered("s", 2)
    assert made.next_deadline() == 2 + RESUME_S
    assert made.expire(2 + RESUME_S)
    assert not made.deaf


def test_phones_that_hint_and_never_answer_take_at_most_half_of_the_radios_time() -> None:
    made, now_s, deaf_s, asked_count = phones(), 0.0, 0.0, 0
    while now_s < 3600:
        made.expire(now_s)
        made.heard(now_s)
        if made.ask(f"f{now_s}", -60, now_s):
            asked_count += 1
            made.answered(f"f{now_s}", now_s + 4)  # the reader has given up
            deaf_s += 9  # and BlueZ takes up the scan again 5 s later
            now_s += 9
        now_s += 0.1
    assert asked_count > 100
    assert deaf_s <= 3600 / 2


def test_whose_token_is_nobodys_any_more_is_forgotten() -> None:
    made = phones()
    for address, token in (("hers", TOKEN), ("his", b"12345678")):
        made.remember(address, token, 1e6)
    made.keep({b"12345678": "bert"}.get)
    assert made.token("hers", 1) is None
    assert made.token("his", 1) == b"12345678"


def test_a_flood_of_hinting_addresses_is_asked_at_a_bounded_rate_and_kept_within_bounds() -> None:
    made = phones()
    questions = [number for number in range(100_000) if asked(made, f"f{number}", number / 10)]
    per_quarter = [
        sum(start <= number / 10 < start + STRANGER_S for number in questions) for start in range(0, 9100, 91)
    ]
    assert max(per_quarter) <= STRANGERS_MAX + 1
    for number in range(2 * CUSTOMERS_MAX):
        made.remember(f"c{number}", TOKEN, 1e9)
    known = sum(made.token(f"c{number}", 0) is not None for number in range(2 * CUSTOMERS_MAX))
    assert known == CUSTOMERS_MAX


def test_no_address_is_in_a_repr() -> None:
    made = phones()
    made.ask("AA:BB:CC:DD:EE:FF", -60, 0)
    assert "AA:BB" not in repr((made._asked, made))


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 400), st.booleans()), max_size=60))
def test_whatever_happens_no_phone_is_asked_twice_within_its_time_and_nothing_stays_for_ever(
    hints: list[tuple[str, float, bool]],
) -> None:
    made, now_s, asked_s = phones(), 0.0, dict[str, float]()
    for address, pause_s, answers in hints:
        now_s += pause_s
        while (due_s := made.next_deadline()) is not None and due_s <= now_s:
            made.expire(due_s)
        if made.ask(address, -60, now_s):
            assert now_s - asked_s.get(address, -1e9) >= STRANGER_S
            asked_s[address] = now_s
            if answers:
                made.answered(address, now_s)
    while (due_s := made.next_deadline()) is not None:
        assert due_s <= now_s + ANSWER_S + STRANGER_S
        made.expire(due_s)
    assert not made.deaf
    assert not vars(made)["_strangers"]
