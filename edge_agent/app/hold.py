"""One agent at a time works with a unit's folder."""

import fcntl
from pathlib import Path
from typing import IO

from edge_agent.errors import StoreError
from edge_agent.store.database import make_folder

HOLD_FILE = "agent.lock"


def hold(folder: Path) -> IO[bytes]:
    """Take ``folder`` for this process, until the returned file is closed or the process ends, however it ends.

    Raises StoreError where another process has it: two would bring the same tables up to date at once, take each
    other's half-made file for a damaged one, and send every event twice.
    """
    make_folder(folder)
    path = folder / HOLD_FILE
    try:
        file = path.open("ab")
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; check the folder's owner and that the disk works") from error
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.close()
        raise StoreError(f"{folder}: another agent is at work here; stop it first, or set another folder") from error
    except OSError as error:
        file.close()
        raise StoreError(f"{path}: {error.strerror}; the folder must be on a local disk") from error
    return file
