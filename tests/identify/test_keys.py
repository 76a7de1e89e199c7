"""Keys of a device, packed."""

from hypothesis import given
from hypothesis import strategies as st

from edge_agent.contracts.slice import TemporaryKey
from edge_agent.identify.keys import is_past, key_at, pack, without_past

WINDOWS = st.lists(st.integers(0, 0xFFFF), max_size=4, unique=True)


def keys(windows: list[int]) -> list[TemporaryKey]:
    return [TemporaryKey(window=window, key=f"{window:032x}") for window in windows]


@given(windows=WINDOWS, asked=st.integers(0, 0xFFFF))
def test_a_key_is_found_by_its_window_and_no_other(windows, asked):
    found = key_at(pack(keys(windows)), asked * 65_536 + 7)
    assert found == (bytes.fromhex(f"{asked:032x}") if asked in windows else None)


def test_a_window_that_looks_like_part_of_a_key_is_not_found():
    packed = pack([TemporaryKey(window=1, key="0002" * 8)])
    assert key_at(packed, 2 * 65_536) is None


@given(windows=WINDOWS, oldest=st.integers(0, 0xFFFF))
def test_only_past_windows_are_dropped(windows, oldest):
    packed = pack(keys(windows))
    kept = [window for window in windows if not is_past(window, oldest)]
    assert without_past(packed, oldest) == pack(keys(kept))
    assert without_past(pack(keys(kept)), oldest) == pack(keys(kept))


@given(oldest=st.integers(0, 0xFFFF), distance=st.integers(1, 0x7FFF))
def test_windows_are_compared_across_their_wrap(oldest, distance):
    assert is_past((oldest - distance) & 0xFFFF, oldest)
    assert not is_past((oldest + distance) & 0xFFFF, oldest)
    assert not is_past(oldest, oldest)
