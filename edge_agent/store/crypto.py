"""Seals: AES-256-GCM with a fresh random nonce.

The associated data name what a blob is (store, customer and column), so that one that was moved to another row does
not open.
"""

import os
from collections.abc import Sequence
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.errors import StoreError

SECRET_BYTES: Final = 32
_NONCE_BYTES: Final = 12


class SealError(StoreError):
    """A sealed value does not open: another key, another place, or damaged."""


class Seal:
    """A key, at work."""

    def __init__(self, secret: bytes) -> None:
        self._cipher = AESGCM(secret)

    def close(self, plaintext: bytes, about: bytes) -> bytes:
        """Return nonce and ciphertext."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plaintext, about)

    def open(self, blob: bytes, about: bytes) -> bytes:
        """Return the plaintext; raises SealError."""
        try:
            return self._cipher.decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], about)
        except (InvalidTag, ValueError) as error:  # ValueError: shorter than a nonce
            raise SealError("a sealed value does not open: other key, other store, or damaged") from error


class ProfileKey:
    """Seals the columns of one version of one customer's profile. It lies on the disk wrapped only."""

    def __init__(self, store: Identifier, customer: CustomerId, secret: bytes) -> None:
        self._seal = Seal(secret)
        self._owner = owner(store, customer)

    def close(self, column: bytes, plaintext: bytes) -> bytes:
        """Return one column sealed."""
        return self._seal.close(plaintext, self._owner + column)

    def open(self, column: bytes, blob: bytes) -> bytes:
        """Return the plaintext. Raises SealError where the blob is not what was sealed for this column."""
        return self._seal.open(blob, self._owner + column)


def seal_afresh(
    store: Identifier, customer: CustomerId, columns: Sequence[tuple[bytes, bytes]]
) -> tuple[bytes, list[bytes]]:
    """Seal columns, each with its plaintext, under a new key; return its secret, and what :class:`ProfileKey` opens."""
    random = os.urandom(SECRET_BYTES + len(columns) * _NONCE_BYTES)  # in one draw: each costs as much as a seal
    secret, mine = random[:SECRET_BYTES], owner(store, customer)
    encrypt = AESGCM(secret).encrypt
    sealed = []
    for start, (column, plaintext) in zip(range(SECRET_BYTES, len(random), _NONCE_BYTES), columns, strict=True):
        nonce = random[start : start + _NONCE_BYTES]
        sealed.append(nonce + encrypt(nonce, plaintext, mine + column))
    return secret, sealed


def owner(store: Identifier, customer: CustomerId) -> bytes:
    """Whose column it is, for the associated data."""
    return f"{store}|{customer}|".encode()
