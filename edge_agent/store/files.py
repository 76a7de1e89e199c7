"""Files that are either whole or absent, whenever the power is cut."""

import contextlib
import os
import re
import secrets
from pathlib import Path
from types import TracebackType

SECRET_MODE = 0o600
"""Only the agent's user reads it."""

_DRAFT = re.compile(r"\..+\.[0-9a-f]{8}")


class Draft:
    """A file in the making, beside the one whose place it takes. Leaving its block without :meth:`keep` removes it.

    All of it raises OSError where the disk refuses.
    """

    def __init__(self, path: Path, mode: int = 0o644) -> None:
        self._path = path
        self._draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._file = os.fdopen(os.open(self._draft, flags, mode), "wb")

    def __enter__(self) -> "Draft":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with contextlib.suppress(OSError):  # a full disk refuses what was buffered once more
            self._file.close()
        self._draft.unlink(missing_ok=True)

    def write(self, data: bytes) -> None:
        """Add bytes."""
        self._file.write(data)

    def keep(self) -> None:
        """Take the place of the file; what is there afterwards survives a power cut."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(folder)  # the new name itself
        finally:
            os.close(folder)


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write a file so that a reader, or a power cut, sees the old or the new one, never half of it. Raises OSError."""
    with Draft(path, mode) as draft:
        draft.write(data)
        draft.keep()


def sweep_drafts(folder: Path) -> None:
    """Remove the drafts that a power cut left in a folder, before anybody writes there. Raises OSError."""
    for left in folder.iterdir():
        if _DRAFT.fullmatch(left.name):
            left.unlink(missing_ok=True)
