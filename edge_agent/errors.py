"""What can be handled, as one tree.

::

    EdgeError                      anything of ours that a caller may handle
    ├── AdapterError               a part of the outside world failed; the supervisor restarts the part
    │   ├── RadioError             Bluetooth: adapter, BlueZ, D-Bus
    │   ├── DisplayError           the display's socket
    │   ├── BusError               the store's broker
    │   ├── HubError               the platform's hub
    │   ├── ServerError            a socket that we serve could not be opened
    │   └── DiskError              a file or folder of the hub's could not be written or read
    ├── AgentError                 a local command cannot ask the running agent; says what to do
    ├── FileError                  a file that a person wrote or named is wrong; says where and what is allowed
    │   └── CaptureError           a capture is corrupt, at a byte offset
    └── StoreError                 a database of the unit cannot be used
        └── DamagedError           its content is broken; ends the process, and is set aside at the next start

Everything else is a bug: it ends the process, and systemd starts it again.
"""

from pathlib import Path
from typing import Literal

RadioTrouble = Literal["down", "away", "off", "failed", "deaf"]
"""What is wrong with an adapter, which tells what can help. ``down``: bluetoothd or D-Bus is not there. ``away``: the
adapter is not. ``off``: it is switched off, or blocked. ``failed``: it does not scan, or stopped. ``deaf``: it scans
and hears nothing."""


class EdgeError(Exception):
    """Base of the errors that a caller may handle. The message is for the person who reads it."""


class AdapterError(EdgeError):
    """A part of the outside world failed. The part is restarted."""


class RadioError(AdapterError):
    """Bluetooth failed: adapter, BlueZ or D-Bus."""

    def __init__(self, message: str, trouble: RadioTrouble = "failed") -> None:
        super().__init__(message)
        self.trouble: RadioTrouble = trouble
        """What is wrong, for the recovery ladder."""


class DisplayError(AdapterError):
    """The display's socket failed."""


class BusError(AdapterError):
    """The store's broker failed or is absent."""


class HubError(AdapterError):
    """The hub failed, is absent, or answered something that is not an answer."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        """How long the hub asked us to wait; ``None`` where it did not say."""


class ServerError(AdapterError):
    """A socket that we serve could not be opened."""


class DiskError(AdapterError):
    """The disk does not take or give what comes from the hub. The message names the path and what to do."""


class AgentError(EdgeError):
    """A local command cannot ask the running agent. The message says what to do."""


class FileError(EdgeError):
    """A file is wrong. The message names file, field, value and what is allowed."""


class CaptureError(FileError):
    """A capture is corrupt."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(f"{message} (at byte {offset})")
        self.offset = offset
        """Byte offset in the file."""


class StoreError(EdgeError):
    """A database of the unit cannot be used."""


class DamagedError(StoreError):
    """A database's content cannot be used. It is set aside when the process has ended; waiting does not help."""

    def __init__(self, message: str, path: Path | None = None) -> None:
        super().__init__(message)
        self.path = path
        """The database's file; ``None`` where it is not known any more."""
