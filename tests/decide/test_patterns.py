"""Filling a pattern: plurals, directions, and nothing that fails at the moment of showing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.pattern import CARD_SLOTS, check_pattern
from edge_agent.decide.facts import ClerkFacts, PublicFacts, slots
from edge_agent.decide.patterns import failures, fill

FACTS = PublicFacts(badge="Blue star", product="Trail Jacket", price="€149.00", place="rack 4", pieces=3)
PIECES = """{ $pieces ->
    [one] one piece
   *[other] { $pieces } pieces
}"""
ARABIC = "مرحباً { $badge }، { $product } هنا"


@pytest.mark.parametrize(
    ("text", "facts", "filled"),
    [
        ("{ $badge }, welcome back", FACTS, "Blue star, welcome back"),
        ("{ $badge }, welcome back", PublicFacts(), "welcome back"),
        ("{ $product }, { $place }", PublicFacts(product="Trail Jacket"), "Trail Jacket"),
        ("Hello { $badge }, here it is", PublicFacts(), "Hello, here it is"),
        ("{ $product }: { $price }", FACTS, "Trail Jacket: €149.00"),
        ("Collect at { $desk }!", PublicFacts(desk="Desk 2"), "Collect at Desk 2!"),
        ("5 $ off", FACTS, "5 $ off"),
        ("{ $product }", PublicFacts(product="{ $badge }"), "{ $badge }"),  # what is filled in is not filled again
        ("{ $badge }", PublicFacts(), ""),
        ("{ $badge }: { $price }!", PublicFacts(), ""),
        ("{ $badge }\N{LINE SEPARATOR}.title = x", FACTS, "Blue star .title = x"),
        (PIECES, FACTS, "3 pieces"),
        (PIECES.replace("\n", "\r\n"), FACTS, "3 pieces"),
        (PIECES, PublicFacts(pieces=1), "one piece"),
        ("{ NUMBER($pieces, minimumIntegerDigits: 2) }", FACTS, "03"),
    ],
)
def test_filling(text, facts, filled):
    assert fill(text, "en", slots(facts)) == filled


@pytest.mark.parametrize(
    ("language", "count", "word"),
    [("en", 1, "one"), ("en", 2, "other"), ("ar", 2, "two"), ("ar", 3, "few"), ("pl", 5, "many"), ("xx", 1, "one")],
)
def test_each_language_counts_by_its_own_rules(language, count, word):
    text = "{ $pieces ->\n [one] one\n [two] two\n [few] few\n [many] many\n *[other] other\n}"
    assert fill(text, language, {"pieces": count}) == word


def test_a_latin_name_within_arabic_is_marked_off_and_a_pure_sentence_is_not():
    filled = fill(ARABIC, "ar", {"badge": "نجمة زرقاء", "product": "Trail Jacket 2"})
    assert "\u2068Trail Jacket 2\u2069" in filled
    assert fill("{ $product }, 3 left", "en", {"product": "سترة"}) == "\u2068سترة\u2069, 3 left"
    assert fill("{ $product }, 3 left", "en", {"product": "Größe"}) == "Größe, 3 left"


@pytest.mark.parametrize(
    "text", ["{ $salutation }", "{ $", "{ other }", "{ -term }", "{ SECRET() }", "{ DATETIME($badge) }"]
)
def test_what_no_check_would_pass_is_empty_and_counted(text):
    before = failures[text]
    assert fill(text, "en", slots(FACTS)) == ""
    assert failures[text] == before + 1


TEXTS = st.lists(
    st.sampled_from(
        ["{", "}", "{ $", "pieces", " } ", "NUMBER(", ")", " ->\n", "[one]", "*[other]", ".a = ", '"', "1", "-"]
    )
    | st.text(max_size=3)
    | st.sampled_from(["\r", "\r\n", "\u2028", "\x0b", "\x85", "\t", "#"]),
    max_size=12,
).map("".join)


@given(text=TEXTS, language=st.sampled_from(["en", "ar", "pl", "zh-Hant", "xx"]), count=st.integers(0, 10**6))
def test_what_the_check_passes_can_always_be_filled(text, language, count):
    try:
        check_pattern(text, CARD_SLOTS, 200)
    except ValueError:
        return
    before = failures.total()
    filled = fill(text, language, slots(ClerkFacts(badge="B", product="P" * 200, pieces=count, quantity=count)))
    assert failures.total() == before
    assert len(filled) < 5000


@given(
    options=st.dictionaries(
        st.sampled_from(["minimumIntegerDigits", "minimumFractionDigits", "maximumFractionDigits"]),
        st.integers(0, 3),
    ),
    count=st.integers(0, 10**9),
)
def test_every_way_to_write_a_number_that_is_allowed_works(options, count):
    arguments = "".join(f", {name}: {digits}" for name, digits in options.items())
    text = check_pattern(f"{{ NUMBER($pieces{arguments}) }}", CARD_SLOTS, 80)
    before = failures.total()
    assert fill(text, "de", {"pieces": count})
    assert failures.total() == before
