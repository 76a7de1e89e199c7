"""Files that are either whole or absent, and secrets that nobody else can read."""

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SECRET_MODE = 0o600
_BITS_256 = 32


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader, or a power cut, sees the old or the new one, never half of it."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def secret_from(path: Path) -> str:
    """Return the secret that a file holds; make a new one of 256 bits where there is none yet.

    Raises PermissionError where others may read the file.
    """
    with alone(path.parent):
        if not path.exists():
            write_atomically(path, secrets.token_urlsafe(_BITS_256).encode() + b"\n", SECRET_MODE)
    refuse_open(path)
    return path.read_text().strip()


def refuse_open(secret: Path) -> None:
    """Raise PermissionError where others may read a secret."""
    if secret.stat().st_mode & 0o077:
        raise PermissionError(f"{secret}: others may read this secret; run: chmod 600 {secret}")


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep every other process out of a block that makes files of a folder which belong together."""
    descriptor = os.open(folder / ".lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, SECRET_MODE)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
