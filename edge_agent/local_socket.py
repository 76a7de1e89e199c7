"""A socket for other programs of the same unit: Unix ``SOCK_SEQPACKET``, which its group may connect to."""

import socket
from pathlib import Path
from typing import Final

SOCKET_MODE: Final = 0o660  # the group decides who may speak; systemd/tmpfiles.d sets it on the folder
FOLDER_MODE: Final = 0o750


def listen_locally(path: Path, backlog: int) -> socket.socket:
    """Return a socket that does not block, in the place of whatever a process that was killed left there.

    ``backlog``: how many may wait to be accepted. Raises OSError.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
        path.unlink(missing_ok=True)
        listener.bind(str(path))
        path.chmod(SOCKET_MODE)
        listener.listen(backlog)
    except OSError:
        listener.close()
        raise
    return listener
