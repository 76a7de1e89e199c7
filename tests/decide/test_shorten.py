"""Making a text fit."""

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.decide.shorten import shorten


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


@given(text=st.text(max_size=300), most=st.integers(8, 200))
def test_it_always_fits_and_is_a_whole_beginning(text, most):
    short = shorten(text, most)
    assert len(short) <= most
    if short != text:
        kept = regex.findall(r"\X", short.rstrip("…\u2069"))
        assert short.endswith("…")
        assert kept == regex.findall(r"\X", text)[: len(kept)] or "…" in text or "\u2069" in text
