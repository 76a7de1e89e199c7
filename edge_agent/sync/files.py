"""What the disk says when it does not take the hub's files, as an error that a part survives."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge_agent.errors import DiskError

FOLDER_MODE = 0o750  # the display's user reads the content through its group


@contextmanager
def disk_told(path: Path) -> Iterator[None]:
    """Turn an OSError about ``path`` into a DiskError that names it and says what to do."""
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"{path}: {error.strerror or error}; check that the disk is neither full nor read-only, and its owner"
        ) from error
