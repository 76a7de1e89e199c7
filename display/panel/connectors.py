"""What the kernel knows of the sockets of the graphics cards: is a screen plugged in?"""

from pathlib import Path

_DRM = Path("/sys/class/drm")


def plugged_in(folder: Path = _DRM) -> bool | None:
    """Whether any socket has a screen; None where the machine has no sockets, or does not tell.

    A television that is off mostly counts as plugged in; some take the line away, and count as unplugged.
    """
    statuses = set()
    for file in folder.glob("card*-*/status"):
        if "Writeback" in file.parent.name:  # not a socket: it writes into memory
            continue
        try:
            statuses.add(file.read_text(encoding="ascii").strip())
        except (OSError, UnicodeDecodeError):
            continue
    if "connected" in statuses:
        return True
    return False if statuses == {"disconnected"} else None
