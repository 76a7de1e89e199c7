"""Profiles are sealed on disk: each under a key of its own, which the unit's epoch key wraps.

Everything is AES-256-GCM with a fresh random nonce; the associated data name store, customer
and column, so that a blob that was moved to another row does not open.
"""

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge_agent.constants import UNIT_CREDENTIAL
from edge_agent.contracts.base import CustomerId, Identifier
from edge_agent.errors import StoreError
from edge_agent.store.files import SECRET_MODE, write_atomically

log = logging.getLogger(__name__)

KEY_BYTES: Final = 32
KEY_FILE: Final = "epoch.key"
_NONCE_BYTES: Final = 12


@dataclass(frozen=True, slots=True)
class EpochKey:
    """The key that wraps the profile keys: whoever destroys it has shredded the slice."""

    secret: bytes = field(repr=False)
    """32 random bytes."""
    source: Literal["credential", "file"]
    """A systemd credential, or a file beside the data, which protects nothing once the card is stolen."""


def load_epoch_key(folder: Path, credentials_directory: Path | None) -> EpochKey:
    """Return the unit's epoch key: the systemd credential if there is one, else a file, made at first use.

    ``credentials_directory`` is what systemd names in ``$CREDENTIALS_DIRECTORY``. Raises StoreError
    where the credential is no key, or where others can read the file. A damaged file is replaced by
    a new key: the slice does not open with it, and is pulled again.
    """
    credential = credentials_directory / UNIT_CREDENTIAL if credentials_directory else None
    try:
        if credential is not None and credential.exists():
            secret = credential.read_bytes()
            if len(secret) != KEY_BYTES:
                raise StoreError(
                    f"credential {UNIT_CREDENTIAL}: {len(secret)} bytes, must be {KEY_BYTES}; make a new one: "
                    f"head -c {KEY_BYTES} /dev/urandom | systemd-creds encrypt --name={UNIT_CREDENTIAL} - FILE"
                )
            return EpochKey(secret, "credential")
        return EpochKey(_key_file(folder / KEY_FILE), "file")
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}; the epoch key cannot be read") from error


def _key_file(path: Path) -> bytes:
    if path.exists():
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise StoreError(f"{path}: mode {mode:04o}, others can read the epoch key; run: chmod 600 {path}")
        secret = path.read_bytes()
        if len(secret) == KEY_BYTES:
            return secret
        log.warning("%s: %d bytes, must be %d; a new key is made, the slice is pulled again", path, len(secret), 32)
    secret = os.urandom(KEY_BYTES)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, secret, SECRET_MODE)
    return secret


class ProfileCipher:
    """Makes and unwraps the profile keys of one store."""

    def __init__(self, epoch_key: EpochKey, store: Identifier) -> None:
        self._epoch = AESGCM(epoch_key.secret)
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
