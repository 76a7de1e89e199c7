"""Bad input is explained by key, value and remedy; checksums do not depend on the order of fields."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from edge_agent.contracts.checksum import operations_checksum
from edge_agent.contracts.config import AgentConfig
from edge_agent.contracts.problems import explain
from edge_agent.contracts.slice import SliceOperation, TemporaryKey

GOOD = {"store": "s", "unit": "u", "zone": "z"}


def problems(model: type[BaseModel], given_value: object) -> list[str]:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(given_value)
    return explain(caught.value)


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({"store": None}, "store = None: Input should be a valid string"),
        ({"zoen": "x"}, "zoen: no such key; check its spelling"),
        ({"presence": {"enter_m": -1}}, "presence.enter_m = -1: Input should be greater than 0"),
        ({"presence": {"enter_m": 9}}, "presence.leave_m = 4.0: must be at least enter_m, 9.0"),
        (
            {"radio": {"backend": "wifi"}},
            "radio.backend = 'wifi': Input should be 'bleak', 'mgmt', 'simulated' or 'off'",
        ),
        ({"screen": {"languages": ["EN"]}}, "screen.languages.0 = 'EN': String should match pattern"),
        ({"timezone": "Mars/Base"}, "timezone = 'Mars/Base': no such time zone; IANA names look like"),
        ({"timezone": "../passwd"}, "timezone = '../passwd': no such time zone"),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(changes, line):
    said = problems(AgentConfig, {**GOOD, **changes})
    assert said[0].startswith(line)


def test_every_wrong_key_has_a_line_of_its_own():
    assert problems(AgentConfig, {"zone": 3}) == [
        "store: is missing",
        "unit: is missing",
        "zone = 3: Input should be a valid string",
    ]


def test_something_else_altogether():
    assert problems(AgentConfig, "x") == ["Input should be a valid dictionary or instance of AgentConfig"]


def test_a_long_value_is_cut_and_a_secret_is_not_repeated():
    (long,) = problems(AgentConfig, {**GOOD, "zone": "x" * 1000})
    assert len(long) < 150
    (secret,) = problems(TemporaryKey, {"window": 1, "key": "5ecre7"})
    assert secret.startswith("key: ")
    assert "5ecre7" not in secret


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
PROFILES = st.dictionaries(st.text(), JSON, max_size=5)


def put(profile: dict | None, customer: str = "anna", kind: str = "put") -> SliceOperation:
    return SliceOperation(kind=kind, customer=customer, profile=profile)


def reversed_fields(value: object) -> object:
    if isinstance(value, dict):
        return {key: reversed_fields(value[key]) for key in reversed(value)}
    return [reversed_fields(item) for item in value] if isinstance(value, list) else value


@given(profile=PROFILES)
def test_the_order_of_fields_does_not_matter(profile):
    assert operations_checksum([put(profile)]) == operations_checksum([put(reversed_fields(profile))])


@given(profile=PROFILES, other=PROFILES)
def test_anything_else_does(profile, other):
    plain = operations_checksum([put(profile), put(other)])
    assert (operations_checksum([put(other), put(profile)]) == plain) == (profile == other)
    assert operations_checksum([put(profile)]) != plain
    assert operations_checksum([put(profile, "bert"), put(other)]) != plain
    assert operations_checksum([put(profile, kind="tombstone"), put(other)]) != plain


def test_a_published_checksum():
    # A hub in another language can check itself against this one.
    page = [put({"b": 1, "a": ["ü", None]}), SliceOperation(kind="tombstone", customer="bert")]
    assert operations_checksum(page) == "0ea15268beeeecb839a833122db4561c4a20b666699683c49532b3f3cdc40910"
