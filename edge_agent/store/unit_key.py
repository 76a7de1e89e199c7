"""The unit key, which wraps the epoch keys of the slice: where it comes from, and what that protects."""

import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from edge_agent.constants import UNIT_CREDENTIAL
from edge_agent.errors import StoreError
from edge_agent.store.files import SECRET_MODE, write_atomically

log = logging.getLogger(__name__)

KEY_BYTES: Final = 32
KEY_FILE: Final = "unit.key"

KeySource = Literal["file", "credential", "tpm", "hub"]
"""``file``: beside the data, protects nothing once the card is stolen. ``credential``: of systemd, opened with a secret
of this machine's disk. ``tpm``: a credential that only this machine's TPM opens. ``hub``: handed out at each start, in
memory only. See ``docs/keys.md``."""

OFF_THE_CARD: Final[frozenset[str]] = frozenset({"tpm", "hub"})
"""Whoever holds the card does not hold the key: only then is what is erased *shredded* too."""


@dataclass(frozen=True, slots=True)
class UnitKey:
    """Whoever has it opens the slice."""

    secret: bytes = field(repr=False)
    """32 random bytes."""
    source: KeySource
    """Where it comes from."""


def load_unit_key(folder: Path, credentials_directory: Path | None, *, in_tpm: bool = False) -> UnitKey:
    """Return the unit's key: the systemd credential if there is one, else a file, made at first use.

    ``credentials_directory`` is what systemd names in ``$CREDENTIALS_DIRECTORY``; ``in_tpm``: whoever made the
    credential says that only this machine's TPM opens it. Raises StoreError where the credential is no key, or where
    others can read the file. A damaged file is replaced by a new key: the slice does not open with it, and is pulled
    again.
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
            return UnitKey(secret, "tpm" if in_tpm else "credential")
        return UnitKey(_key_file(folder / KEY_FILE), "file")
    except OSError as error:
        raise StoreError(f"{error.filename}: {error.strerror}; the unit key cannot be read") from error


def _key_file(path: Path) -> bytes:
    if path.exists():
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise StoreError(f"{path}: mode {mode:04o}, others can read the unit key; run: chmod 600 {path}")
        secret = path.read_bytes()
        if len(secret) == KEY_BYTES:
            return secret
        log.warning("%s: %d bytes, must be %d; a new key is made, the slice is pulled again", path, len(secret), 32)
    secret = os.urandom(KEY_BYTES)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write_atomically(path, secret, SECRET_MODE)
    return secret
