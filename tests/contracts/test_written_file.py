"""What people write in files is read, or refused with the place of the mistake."""

import json

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.written_file import toml_or_json_tree, toml_tree

WORDS = st.text(st.characters(codec="utf-8"), max_size=20)
TREES = st.dictionaries(WORDS, st.booleans() | st.integers(-(2**63), 2**63 - 1) | WORDS | st.lists(WORDS), max_size=4)


@given(tree=TREES)
def test_what_was_written_is_read(tree: dict[str, object]) -> None:
    assert toml_tree(tomli_w.dumps(tree).encode()) == tree
    assert toml_or_json_tree(tomli_w.dumps(tree).encode(), ".toml") == tree
    assert toml_or_json_tree(json.dumps(tree).encode(), ".JSON") == tree


@given(tree=TREES)
def test_json_is_known_by_its_brace_whatever_the_file_is_called(tree: dict[str, object]) -> None:
    assert toml_or_json_tree(b"\xef\xbb\xbf \n" + json.dumps(tree).encode(), ".txt") == tree


@given(content=st.binary(max_size=200), suffix=st.sampled_from([".toml", ".json", ""]))
def test_bytes_of_any_kind_are_read_or_refused(content: bytes, suffix: str) -> None:
    try:
        toml_or_json_tree(content, suffix)
    except ValueError as error:
        assert str(error).startswith(("byte ", "is not "))  # noqa: PT017 (most of them are refused, some are TOML)


@pytest.mark.parametrize(
    ("content", "suffix", "why"),
    [
        (b"a = 1\nb c = 2", ".toml", "is not TOML: .*line 2"),
        (b'{"a":', ".toml", "is not JSON: line 1, column 6: "),
        (b"a = '\xff'", ".toml", "byte 5 is not UTF-8 text; save it as UTF-8"),
        (b"a = " + b"[" * 100_000, ".toml", "brackets within brackets"),
        (b"[" * 100_000, ".json", "brackets within brackets"),
        (b"a = " + b"1" * 5000, ".toml", "thousands of digits"),
    ],
)
def test_a_mistake_is_named_with_its_place(content: bytes, suffix: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        toml_or_json_tree(content, suffix)
