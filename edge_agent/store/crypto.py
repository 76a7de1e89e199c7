"""Profiles are sealed on disk: each under a key of its own, which the unit's epoch key wraps.

Everything is AES-256-GCM with a fresh random nonce; the associated data name store, customer
and column, so that a blob that was moved to another row does not open.
"""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.errors import StoreError
from edge_agent.store.unit_key import KEY_BYTES, UnitKey

_NONCE_BYTES: Final = 12


class ProfileCipher:
    """Makes and unwraps the profile keys of one store."""

    def __init__(self, unit_key: UnitKey, store: Identifier) -> None:
        self._epoch = AESGCM(unit_key.secret)
        self.store = store
        """The store that everything is bound to."""

    def new_key(self, customer: CustomerId) -> "ProfileKey":
        """Return a fresh random key for one customer."""
        secret = os.urandom(KEY_BYTES)
        owner = f"{self.store}|{customer}"
        return ProfileKey(secret, _seal(self._epoch, secret, f"{owner}|key"), owner)

    def unwrap(self, customer: CustomerId, wrapped: bytes) -> "ProfileKey":
        """Return the key that was kept. Raises StoreError where the epoch key does not fit."""
        owner = f"{self.store}|{customer}"
        return ProfileKey(_open(self._epoch, wrapped, f"{owner}|key"), wrapped, owner)


class ProfileKey:
    """Seals the columns of one customer."""

    def __init__(self, secret: bytes, wrapped: bytes, owner: str) -> None:
        self._cipher = AESGCM(secret)
        self._owner = owner
        self.wrapped = wrapped
        """The key as it may lie on disk."""

    def seal(self, column: str, plaintext: bytes) -> bytes:
        """Return nonce and ciphertext of one column."""
        return _seal(self._cipher, plaintext, f"{self._owner}|{column}")

    def open(self, column: str, blob: bytes) -> bytes:
        """Return the plaintext. Raises StoreError where the blob is not what was sealed for this column."""
        return _open(self._cipher, blob, f"{self._owner}|{column}")


def _seal(cipher: AESGCM, plaintext: bytes, about: str) -> bytes:
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + cipher.encrypt(nonce, plaintext, about.encode())


def _open(cipher: AESGCM, blob: bytes, about: str) -> bytes:
    try:
        return cipher.decrypt(blob[:_NONCE_BYTES], blob[_NONCE_BYTES:], about.encode())
    except (InvalidTag, ValueError) as error:  # ValueError: shorter than a nonce
        raise StoreError("a sealed value does not open: other key, other store, or damaged") from error
