"""Making a text fit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.shorten import shorten


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("Trail Jacket", 12, "Trail Jacket"),
        ("Trail Jacket in blue", 15, "Trail Jacket…"),
        ("Trail Jacket, in blue", 15, "Trail Jacket…"),
        ("Trail Jacket in blue", 13, "Trail Jacket…"),
        ("Donaudampfschifffahrt", 10, "Donaudamp…"),
        ("I Donaudampfschifffahrt", 10, "I Donauda…"),  # a word alone is too little of it
        ("cafe\u0301 cafe\u0301", 5, "caf…"),  # the accent is not torn off
        ("👨‍👩‍👧👨‍👩‍👧", 8, "👨‍👩‍👧…"),
        ("这件夹克就在四号货架", 6, "这件夹克就…"),
        ("\u2068Trail Jacket\u2069 ok", 12, "\u2068Trail\u2069…"),
    ],
)
def test_it_ends_where_a_reader_would_end_it(text, most, short):
    assert shorten(text, most) == short


# Everything that makes one character of several code points, and what stands between.
ALPHABET = "ab ,\u0301\u0308\u200d\u200c\ufe0f👨👩👧🏽🇦🇹🇩🇪각한\u1100\u1161\u11a8क्षि\u094dกำไ夹克\u064eعر\u2068\u2069"


@given(
    text=st.text(ALPHABET, max_size=120) | st.text(st.characters(codec="utf-8"), max_size=120), most=st.integers(8, 60)
)
def test_it_always_fits(text, most):
    assert len(shorten(text, most)) <= most


@given(text=st.text(ALPHABET, max_size=120), most=st.integers(8, 60))
def test_it_ends_where_unicode_has_a_boundary_between_characters(text, most):
    regex = pytest.importorskip("regex", reason="the judge of characters: pip install regex")
    short = shorten(text, most)
    if short == text:
        return
    kept = short.removesuffix("…")
    while kept.endswith("\u2069") and not text.startswith(kept):
        kept = kept.removesuffix("\u2069")
    assert text.startswith(kept)
    assert len(kept) in {0, *(found.end() for found in regex.finditer(r"\X", text))}
