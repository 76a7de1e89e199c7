"""What a wording may be: what is refused here can never be shown, and what passes cannot grow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from edge_agent.contracts.pattern import CARD_SLOTS, PATTERN_MAX, SCREEN_SLOTS, check_pattern
from edge_agent.contracts.wording import HEADLINE_MAX, ModeWording, Wording

PLURAL = "Only { $pieces ->\n [one] one\n *[other] { $pieces }\n} left"


@pytest.mark.parametrize(
    "text",
    ["Welcome back", "", "{ $badge }, welcome back", "{$product}", "5 $ off, −10 %", PLURAL, 'Braces: { "{" }',
     "{ NUMBER($pieces, minimumIntegerDigits: 2) }", "مرحباً { $badge }"],
)  # fmt: skip
def test_what_may_be_said(text):
    assert check_pattern(text, SCREEN_SLOTS, 80) == text


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{ $salutation }", "{ $salutation } is no slot here; slots are { $badge }"),
        ("{ $size }", "{ $size } is no slot here"),  # a clerk's
        ("$badge, hello", r"$badge: a slot is written { $badge }"),
        ("${badge}", "refers to another text"),
        ("{ badge }", "{ badge } refers to another text; a slot is written { $badge }"),
        ("{ -brand }", "{ brand } refers to another text"),
        ("{ badge.title }", "refers to another text"),
        ("{ DATETIME($badge) }", "DATETIME() cannot be called; only NUMBER() can"),
        ("{ NUMBER($badge) }", "only a slot that counts can choose the words: { $pieces }"),
        ("{ NUMBER(3) }", "only a slot that counts"),
        ("{ NUMBER() }", "NUMBER() takes one slot"),
        ("{ NUMBER($pieces, minimumFractionDigits: 1000000000) }", "minimumFractionDigits: 1000000000 is not allowed"),
        ('{ NUMBER($pieces, currency: "EUR") }', "currency: EUR is not allowed"),
        ("{ $badge ->\n [a] x\n *[other] y\n}", "only a slot that counts can choose the words"),
        ("{ $pieces ->\n [ones] x\n *[other] y\n}", "[ones] is no plural"),
        ("{ $pieces -> [one] x }", 'after "{ $pieces ->" a new line begins, and with each [choice] another one'),
        ("{ $pieces ->\n [one] x\n}", "Expected one of the variants to be marked as default"),
        ("{ $pieces ->\n [one] { $salutation }\n *[other] y\n}", "{ $salutation } is no slot"),
        ("Hello { $badge", 'is no sentence: Expected token: "}" after "Hello { $badge"'),
        ("Hello }", "Unbalanced closing brace"),
        ("Hello {}", "is no sentence"),
        ("Hello\n.title = x", "must be one sentence"),
        ("{" * 600, "braces within braces"),
        ("{ $badge }" * 21, "more than 20 pairs of braces"),
        ("x" * 81, "has 81 characters even before it is filled; at most 80 fit"),
        ("{ $badge }" + "x" * 81, "has 81 characters even before it is filled"),
    ],
)
def test_what_is_refused_says_why(text, why):
    with pytest.raises(ValueError) as refused:
        check_pattern(text, SCREEN_SLOTS, 80)
    assert why in str(refused.value)


def test_a_card_may_know_more_than_a_screen():
    assert Wording(headline="Hello", opening="{ $quantity } in { $size }").opening
    with pytest.raises(ValidationError, match="is no slot here"):
        Wording(headline="{ $quantity } in { $size }")
    with pytest.raises(ValidationError, match="is no slot here"):
        ModeWording(body="{ $size }")


def test_limits():
    with pytest.raises(ValidationError, match="at most 600"):
        Wording(headline="{ $badge }" * (PATTERN_MAX // 10 + 1))
    assert Wording(headline="x" * HEADLINE_MAX)


@given(st.text(max_size=200) | st.text('{}$ ->*[]()".-\n1a', max_size=200))
def test_whatever_is_written_is_passed_or_refused_with_a_sentence(text):
    try:
        assert check_pattern(text, CARD_SLOTS, 200) == text
    except ValueError as refused:
        assert str(refused)  # noqa: PT017
