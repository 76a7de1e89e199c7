"""The seals: what does not open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.store.crypto import ProfileKey, Seal, SealError

ANNA = ProfileKey("store-7", "anna", bytes(range(32)))


@given(st.binary(max_size=200), st.integers(min_value=0))
def test_what_is_sealed_opens_and_one_flipped_bit_does_not(plaintext: bytes, where: int) -> None:
    blob = ANNA.close(b"profile", plaintext)
    assert ANNA.open(b"profile", blob) == plaintext
    bad = bytearray(blob)
    bad[where % len(bad)] ^= 1
    with pytest.raises(SealError, match="does not open"):
        ANNA.open(b"profile", bytes(bad))


@pytest.mark.parametrize(("store", "customer"), [("store-7", "bea"), ("store-8", "anna")])
def test_a_blob_opens_in_its_own_place_only(store: str, customer: str) -> None:
    blob = ANNA.close(b"profile", b"text")
    with pytest.raises(SealError):
        ANNA.open(b"tokens", blob)
    with pytest.raises(SealError):
        ProfileKey(store, customer, bytes(range(32))).open(b"profile", blob)


def test_another_secret_does_not_open_it() -> None:
    with pytest.raises(SealError):
        Seal(bytes(32)).open(Seal(bytes(31) + b"1").close(b"text", b""), b"")


@pytest.mark.parametrize("blob", [b"", b"short", bytes(12), bytes(27)])
def test_a_blob_that_is_too_short_does_not_open(blob: bytes) -> None:
    with pytest.raises(SealError):
        ANNA.open(b"profile", blob)
